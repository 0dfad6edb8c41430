/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signature_test.c - rpm's own verdict on the header of an assembled package. */
#include "root.h"

#include <sys/mman.h>

#include "assemble/signature.h"
#include "whittle/cleanup.h"

struct place {
    struct root root;
    struct wh_buffer package;
    size_t header; /* where the main header begins */
};

static void place_make(struct place *place)
{
    static const uint8_t magic[] = {0x8e, 0xad, 0xe8, 0x01};
    wh_cleanup(sample_clear) struct sample sample;

    *place = (struct place){0};
    root_make(&place->root);
    sample_new(&sample);
    sample_assembled(&sample, &place->package);
    const uint8_t *signature = place->package.data + WH_LEAD_LENGTH;
    size_t left = place->package.length - WH_LEAD_LENGTH;
    const uint8_t *header = memmem(signature + 8, left - 8, magic, sizeof magic);
    assert_non_null(header);
    place->header = (size_t)(header - place->package.data);
}

static void place_remove(struct place *place)
{
    wh_buffer_clear(&place->package);
    root_remove(&place->root);
}

static wh_status check(const struct place *place, size_t length, struct wh_error *err)
{
    wh_autoclose int fd = memfd_create("package", MFD_CLOEXEC);

    assert_int_equal(write(fd, place->package.data, length), length); /* and so at its end */
    return wh_signature_check(place->root.system, fd, "n-1-1", err);
}

static void accepts_a_header_that_came_out_whole(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    OK(check(&place, place.package.length, &err));
}

static void refuses_a_changed_header(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    for (size_t at = place.header; at < place.header + 400; at += 7) {
        place.package.data[at] ^= 0x20;
        REFUSED(WH_MISMATCH, "n-1-1: rpm does not accept its header",
            check(&place, place.package.length, &err));
        place.package.data[at] ^= 0x20;
    }
}

static void refuses_what_is_no_package(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    REFUSED(WH_MISMATCH, "does not accept", check(&place, 0, &err));
    REFUSED(WH_MISMATCH, "does not accept", check(&place, WH_LEAD_LENGTH, &err));
    REFUSED(WH_MISMATCH, "does not accept", check(&place, place.header + 100, &err));
    place.package.data[0] ^= 1;
    REFUSED(WH_MISMATCH, "does not accept", check(&place, place.package.length, &err));
    REFUSED(WH_SYSTEM, "n-1-1", wh_signature_check(place.root.system, -1, "n-1-1", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_header_that_came_out_whole),
        cmocka_unit_test(refuses_a_changed_header),
        cmocka_unit_test(refuses_what_is_no_package),
    };

    return cmocka_run_group_tests(tests, root_begin, NULL);
}
