/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files_test.c - locations from hostile metadata, and files put in place. */
#include "unit.h"

#include "files.h"
#include "scratch.h"
#include "whittle/cleanup.h"

static void refuses_locations_that_lead_elsewhere(void **state)
{
    static const struct {
        const char *location;
        bool safe;
    } cases[] = {
        {"a.rpm", true},
        {"Packages/a/a-1.0-1.x86_64.rpm", true},
        {"..a/b..c/...", true},
        {"", false},
        {"/etc/passwd", false},
        {"../a.rpm", false},
        {"a/../../b", false},
        {"a/..", false},
        {"./a", false},
        {"a//b", false},
        {"a/", false},
        {"a\nb", false},
        {"a\x7f"
         "b",
            false},
        {"a\\b", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(wh_location_is_safe(cases[i].location), cases[i].safe);
    char endless[5000];
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_false(wh_location_is_safe(endless));
}

static void opens_regular_files_only(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    struct wh_error error;
    int fd = -1;

    (void)state;
    scratch_put(&scratch, "d/file", "x", 1);
    assert_int_equal(mkfifoat(scratch.folder, "pipe", 0600), 0);
    assert_int_equal(wh_open_below(scratch.folder, "R", "../R", &fd, &error), WH_MALFORMED);
    assert_int_equal(wh_open_below(scratch.folder, "R", "none", &fd, &error), WH_MISSING);
    assert_string_equal(error.message, "R/none: not there");
    assert_int_equal(wh_open_below(scratch.folder, "R", "d", &fd, &error), WH_MALFORMED);
    assert_int_equal(wh_open_below(scratch.folder, "R", "pipe", &fd, &error), WH_MALFORMED);
    assert_int_equal(fd, -1);
    assert_int_equal(wh_open_below(scratch.folder, "R", "d/file", &fd, &error), WH_OK);
    assert_int_equal(close(fd), 0);
}

static void places_a_file_in_one_step(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = scratch_make();
    wh_cleanup(wh_buffer_clear) struct wh_buffer read = {.ceiling = 16};
    wh_cleanup(wh_buffer_clear) struct wh_buffer small = {.ceiling = 3};
    wh_autoclose int fd = -1;

    (void)state;
    scratch_put(&scratch, "f", "before", 6);
    assert_int_equal(
        wh_place_file(scratch.folder, "f", (struct wh_bytes){(const uint8_t *)"after", 5}, NULL),
        WH_OK);
    assert_int_equal(wh_open_below(scratch.folder, "R", "f", &fd, NULL), WH_OK);
    assert_int_equal(wh_read_whole(fd, "f", &read, NULL), WH_OK);
    assert_int_equal(read.length, 5);
    assert_memory_equal(read.data, "after", 5);
    assert_int_equal(wh_read_whole(fd, "f", &small, NULL), WH_OVER_LIMIT);

    assert_int_equal(scratch_names(&scratch, "."), 1); /* nothing unfinished */
    assert_int_equal(
        wh_place_file(scratch.folder, "none/f", (struct wh_bytes){0}, NULL), WH_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_locations_that_lead_elsewhere),
        cmocka_unit_test(opens_regular_files_only),
        cmocka_unit_test(places_a_file_in_one_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
