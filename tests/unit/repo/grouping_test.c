/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grouping_test.c - which contents are compressed together. */
#include "unit.h"

#include "grouping.h"
#include "whittle/cleanup.h"

enum { KIB = 1024 };

static void keeps_classes_and_large_files_apart(void **state)
{
    struct wh_file old_files[] = {PLAIN("/", "base", 40 * KIB, "o", 0)};
    struct wh_file new_files[] = {
        PLAIN("/", "a", 10, "0", 0), PLAIN("/", "b", 33 * KIB, "1", 0),
        PLAIN("/", "c", 10, "2", WH_FILE_CONFIG), PLAIN("/", "d", 10, "3", WH_FILE_DOC),
        PLAIN("/", "e", 10, "4", 0), PLAIN("/", "f", 10, "5", WH_FILE_CONFIG),
        PLAIN("/", "g", 10, "6", WH_FILE_DOC),
        PLAIN("/", "h", 10, "7", 0), /* small, but its base is not */
    };
    struct wh_entry entries[COUNT(new_files)];
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);
    wh_cleanup(wh_grouping_clear) struct wh_grouping grouping = {0};

    (void)state;
    for (uint32_t i = 0; i < COUNT(new_files); i++)
        entries[i] = (struct wh_entry){i, i == 7 ? 0 : WH_NO_FILE};
    assert_int_equal(
        wh_grouping_make(entries, COUNT(entries), &old_header, &new_header, &grouping, NULL),
        WH_OK);
    static const uint32_t counts[] = {2, 2, 1, 1, 1, 1};
    static const uint32_t order[] = {0, 4, 3, 6, 1, 2, 5, 7};
    assert_int_equal(grouping.group_count, COUNT(counts));
    assert_memory_equal(grouping.counts, counts, sizeof counts);
    assert_int_equal(grouping.entry_count, COUNT(order));
    for (uint32_t i = 0; i < COUNT(order); i++)
        assert_int_equal(grouping.entries[i].file, order[i]);
}

static void text_groups_end_at_a_mebibyte(void **state)
{
    enum { FILES = 100 };
    struct wh_file old_files[FILES];
    struct wh_file new_files[FILES];
    struct wh_entry entries[FILES];
    wh_cleanup(wh_grouping_clear) struct wh_grouping grouping = {0};

    (void)state;
    for (uint32_t i = 0; i < FILES; i++) {
        struct wh_file file = PLAIN("/", "x", 32 * KIB, "d", 0);
        old_files[i] = new_files[i] = file;
        entries[i] = (struct wh_entry){i, i};
    }
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);
    assert_int_equal(
        wh_grouping_make(entries, FILES, &old_header, &new_header, &grouping, NULL), WH_OK);
    static const uint32_t counts[] = {16, 16, 16, 16, 16, 16, 4};
    assert_int_equal(grouping.group_count, COUNT(counts));
    assert_memory_equal(grouping.counts, counts, sizeof counts);
}

static void nothing_makes_no_group(void **state)
{
    struct wh_file files[] = {PLAIN("/", "x", 1, "d", 0)};
    struct wh_header header = HEADER(files);
    wh_cleanup(wh_grouping_clear) struct wh_grouping grouping = {0};

    (void)state;
    assert_int_equal(wh_grouping_make(NULL, 0, NULL, &header, &grouping, NULL), WH_OK);
    assert_int_equal(grouping.group_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_classes_and_large_files_apart),
        cmocka_unit_test(text_groups_end_at_a_mebibyte),
        cmocka_unit_test(nothing_makes_no_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
