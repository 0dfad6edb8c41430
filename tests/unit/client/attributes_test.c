/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attributes_test.c - extended attributes of package files. Where the temporary folder's file
 * system has none, the test sees that this is said. */
#include "scratch.h"

#include <sys/xattr.h>

#include "assemble/attributes.h"
#include "whittle/cleanup.h"

struct place {
    struct scratch scratch;
    int fd;
    bool can; /* the file system has user attributes */
};

static void place_make(struct place *place)
{
    place->scratch = scratch_make();
    scratch_put(&place->scratch, "probe", "", 0);
    scratch_put(&place->scratch, "p.rpm", "content", 7);
    int probe = openat(place->scratch.folder, "probe", O_RDWR | O_CLOEXEC);
    place->can = fsetxattr(probe, "user.probe", "1", 1, 0) == 0;
    (void)close(probe);
    place->fd = openat(place->scratch.folder, "p.rpm", O_RDWR | O_CLOEXEC);
    assert_true(place->fd >= 0);
}

static void place_remove(struct place *place)
{
    (void)close(place->fd);
    scratch_remove(&place->scratch);
}

/* The attribute's value, "" when there is none. */
static const char *value_of(const struct place *place, const char *name)
{
    static char value[256];
    ssize_t length = fgetxattr(place->fd, name, value, sizeof value - 1);

    value[length < 0 ? 0 : length] = '\0';
    return value;
}

static void librepo_takes_the_file_for_the_published_one(void **state)
{
    static const char *const types[][2] = {{"md5", "md5"}, {"sha", "sha1"}, {"sha1", "sha1"},
        {"sha224", "sha224"}, {"sha256", "sha256"}, {"sha384", "sha384"}, {"sha512", "sha512"}};
    static const char *const prefixes[] = {"user.Librepo.checksum.", "user.librepo.checksum."};

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        wh_cleanup(place_remove) struct place place;
        place_make(&place);
        assert_int_equal(wh_attributes_set(place.fd, types[i][0], "00ff"), place.can);
        for (size_t k = 0; k < COUNT(prefixes) && place.can; k++) {
            char name[64];
            (void)snprintf(name, sizeof name, "%s%s", prefixes[k], types[i][1]);
            assert_string_equal(value_of(&place, name), "00ff");
        }
        assert_string_equal(value_of(&place, WH_ATTRIBUTE_ASSEMBLED), place.can ? "1" : "");
    }
}

/* In nanoseconds, as librepo compares it. */
static void the_time_is_the_files(void **state)
{
    const struct timespec times[2] = {{1, 2}, {1234567890, 987654321}};
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    assert_int_equal(futimens(place.fd, times), 0);
    assert_int_equal(wh_attributes_set(place.fd, "sha256", "00ff"), place.can);
    const char *time = place.can ? "1234567890987654321" : "";
    assert_string_equal(value_of(&place, "user.Librepo.checksum.mtime"), time);
    assert_string_equal(value_of(&place, "user.librepo.checksum.mtime"), time);
}

/* A name from the repository's metadata becomes no attribute of its own, but the file can still be
 * found and removed with the rpm plugin. */
static void unknown_checksums_leave_the_mark_only(void **state)
{
    char endless[512];
    const char *const types[] = {"sha3-256", "", "mtime", "SHA256", "sha2560", endless};

    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        wh_cleanup(place_remove) struct place place;
        char names[512];
        place_make(&place);
        assert_false(wh_attributes_set(place.fd, types[i], "00ff"));
        assert_string_equal(value_of(&place, WH_ATTRIBUTE_ASSEMBLED), place.can ? "1" : "");
        ssize_t length = flistxattr(place.fd, names, sizeof names);
        assert_null(memmem(names, length < 0 ? 0 : (size_t)length, "ibrepo", 6));
    }
}

static void says_where_there_are_no_attributes(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_false(wh_attributes_set(ends[0], "sha256", "00ff"));
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_false(wh_attributes_set(-1, "sha256", "00ff"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(librepo_takes_the_file_for_the_published_one),
        cmocka_unit_test(the_time_is_the_files),
        cmocka_unit_test(unknown_checksums_leave_the_mark_only),
        cmocka_unit_test(says_where_there_are_no_attributes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
