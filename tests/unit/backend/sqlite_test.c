/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sqlite_test.c - files that are no catalogue, or one of another version, are made anew. */
#include <sys/file.h>

#include "backend.h"

static const char name[] = "catalogue";

static struct wh_catalogue *publish_one(const struct scratch *scratch)
{
    struct wh_catalogue *catalogue = catalogue_open(scratch);
    static char text[] = "t";
    struct wh_known_package package = {
        .name = text, .evr = text, .arch = text, .location = text, .pkgid = "p"};

    OK(wh_catalogue_publish(catalogue, "/f", &package, 1, &err));
    return catalogue;
}

static bool has_one(struct wh_catalogue *catalogue)
{
    struct wh_known_package found = {0};
    wh_status status = wh_catalogue_by_pkgid(catalogue, "p", &found, NULL);

    assert_true(status == WH_OK || status == WH_MISSING);
    wh_known_package_clear(&found);
    return status == WH_OK;
}

static void overwrite(const struct scratch *scratch, off_t at, const void *bytes, size_t length)
{
    wh_autoclose int fd = openat(scratch->folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, length, at), (ssize_t)length);
}

/* Opens it again; does it still know the package? */
static bool still_knows(const struct scratch *scratch)
{
    struct wh_catalogue *catalogue = catalogue_open(scratch);
    bool found = has_one(catalogue);

    wh_catalogue_close(catalogue);
    catalogue = publish_one(scratch); /* whatever it was, it works now */
    assert_true(has_one(catalogue));
    wh_catalogue_close(catalogue);
    return found;
}

static void keeps_what_is_right(void **state)
{
    struct scratch scratch = scratch_make();

    (void)state;
    wh_catalogue_close(publish_one(&scratch));
    assert_true(still_knows(&scratch));
    scratch_remove(&scratch);
}

static void makes_garbage_anew(void **state)
{
    struct scratch scratch = scratch_make();
    uint8_t garbage[5000];

    (void)state;
    memset(garbage, 'g', sizeof garbage);
    overwrite(&scratch, 0, garbage, sizeof garbage);
    assert_false(still_knows(&scratch));
    scratch_remove(&scratch);
}

static void makes_a_damaged_file_anew(void **state)
{
    struct scratch scratch = scratch_make();
    uint8_t garbage[100];

    (void)state;
    memset(garbage, 0xee, sizeof garbage);
    wh_catalogue_close(publish_one(&scratch));
    overwrite(&scratch, 4096, garbage, sizeof garbage); /* a page of a table */
    assert_false(still_knows(&scratch));
    scratch_remove(&scratch);
}

static void makes_another_version_anew(void **state)
{
    static const uint8_t version[] = {0, 0, 0, 99};
    struct scratch scratch = scratch_make();

    (void)state;
    wh_catalogue_close(publish_one(&scratch));
    overwrite(&scratch, 60, version, sizeof version); /* of the header: user version */
    assert_false(still_knows(&scratch));
    scratch_remove(&scratch);
}

static void leaves_alone_what_others_have_open(void **state)
{
    static const uint8_t version[] = {0, 0, 0, 99};
    struct scratch scratch = scratch_make();
    struct wh_catalogue *catalogue = publish_one(&scratch);
    struct wh_catalogue *second = NULL;
    char path[256];

    (void)state;
    wh_catalogue_close(publish_one(&scratch));
    wh_catalogue_close(catalogue); /* the log is now in the file */
    overwrite(&scratch, 60, version, sizeof version);
    wh_autoclose int lock = openat(scratch.folder, "catalogue.lock", O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(lock, LOCK_SH), 0);
    REFUSED(WH_UNSUPPORTED, "version 99",
        wh_catalogue_open(catalogue_place(&scratch, path), &second, &err));
    scratch_remove(&scratch);
}

static void says_where_it_cannot_be(void **state)
{
    struct wh_catalogue *catalogue = NULL;

    (void)state;
    REFUSED(WH_SYSTEM, "/nowhere/at/all", wh_catalogue_open("/nowhere/at/all", &catalogue, &err));
    assert_null(catalogue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_right),
        cmocka_unit_test(makes_garbage_anew),
        cmocka_unit_test(makes_a_damaged_file_anew),
        cmocka_unit_test(makes_another_version_anew),
        cmocka_unit_test(leaves_alone_what_others_have_open),
        cmocka_unit_test(says_where_it_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
