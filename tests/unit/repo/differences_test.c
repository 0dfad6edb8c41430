/* SPDX-License-Identifier: GPL-2.0-or-later */
/* differences_test.c - which contents are new, and what they are made from. */
#include "unit.h"

#include <stdlib.h>

#include "counterpart.h"
#include "differences.h"
#include "whittle/cleanup.h"

static struct wh_differences compare(struct wh_header *old_header, struct wh_header *new_header)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = NULL;
    struct wh_differences differences = {0};

    assert_int_equal(wh_file_map_new(old_header, &map, NULL), WH_OK);
    assert_int_equal(wh_differences_find(old_header, map, new_header, &differences, NULL), WH_OK);
    return differences;
}

static void folds_runs_of_digits(void **state)
{
    static const struct {
        const char *folder, *name, *folded;
    } cases[] = {
        {"/lib/", "libx.so.1.22.3", "/lib/libx.so.0.0.0"},
        {"/lib/modules/6.1.0-47/", "a.ko", "/lib/modules/0.0.0-0/a.ko"},
        {"", "007", "0"},
        {"", "0a00b", "0a0b"},
        {"", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        wh_autofree char *folded = wh_fold_digits(cases[i].folder, cases[i].name);
        assert_string_equal(folded, cases[i].folded);
    }
}

static void finds_the_counterpart_by_name_then_size(void **state)
{
    struct wh_file old_files[] = {
        PLAIN("/bin/", "same", 10, "o0", 0),
        PLAIN("/lib/", "libx.so.1.2", 100, "o1", 0),
        PLAIN("/a/", "moved", 50, "o2", 0),
        PLAIN("/b/", "moved", 70, "o3", 0),
        PLAIN("/c/", "tool-1.py", 30, "o4", 0),
        PLAIN("/d/", "ghost", 30, "o5", WH_FILE_GHOST),
        PLAIN("/d/", "empty", 0, "o6", 0),
    };
    struct wh_file new_files[] = {
        PLAIN("/bin/", "same", 11, "n0", 0),         /* same path */
        PLAIN("/lib/", "libx.so.1.3", 101, "n1", 0), /* same path but for digits */
        PLAIN("/z/", "moved", 69, "n2", 0),          /* same base name, closest size */
        PLAIN("/z/", "tool-22.py", 31, "n3", 0),     /* same base name but for digits */
        PLAIN("/d/", "ghost", 31, "n4", 0),          /* a ghost is no base */
        PLAIN("/d/", "empty", 31, "n5", 0),          /* nor is an empty file */
        PLAIN("/q/", "new", 5, "n6", 0),
    };
    static const uint32_t expected[] = {0, 1, 3, 4, WH_NO_FILE, WH_NO_FILE, WH_NO_FILE};
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);

    (void)state;
    wh_cleanup(wh_differences_clear) struct wh_differences found = compare(
        &old_header, &new_header);
    assert_int_equal(found.entry_count, COUNT(expected));
    for (uint32_t i = 0; i < COUNT(expected); i++) {
        assert_int_equal(found.entries[i].file, i);
        assert_int_equal(found.entries[i].base, expected[i]);
    }
}

static void known_contents_need_no_entry(void **state)
{
    struct wh_file old_files[] = {
        PLAIN("/a/", "x", 10, "same", 0),
        PLAIN("/a/", "y", 20, "other", 0),
    };
    struct wh_file new_files[] = {
        PLAIN("/b/", "renamed", 10, "same", 0),
        PLAIN("/b/", "size-differs", 11, "same", 0),
        PLAIN("/b/", "empty", 0, "nothing", 0),
    };
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);

    (void)state;
    wh_cleanup(wh_differences_clear) struct wh_differences found = compare(
        &old_header, &new_header);
    assert_int_equal(found.entry_count, 1);
    assert_int_equal(found.entries[0].file, 1);

    /* Digests of two algorithms cannot be compared by a client, so everything is an entry. */
    old_header.digest_algorithm = 10;
    wh_cleanup(wh_differences_clear) struct wh_differences other = compare(
        &old_header, &new_header);
    assert_int_equal(other.entry_count, 2);
}

static void equal_contents_are_twins_of_the_most_dependable(void **state)
{
    struct wh_file old_files[] = {PLAIN("/a/", "x", 1, "o", 0)};
    struct wh_file new_files[] = {
        PLAIN("/etc/", "conf", 9, "new", WH_FILE_CONFIG),
        PLAIN("/doc/", "conf", 9, "new", WH_FILE_DOC),
        PLAIN("/usr/", "conf", 9, "new", 0),
        PLAIN("/usr/", "conf2", 9, "new", 0),
    };
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);

    (void)state;
    wh_cleanup(wh_differences_clear) struct wh_differences found = compare(
        &old_header, &new_header);
    assert_int_equal(found.entry_count, 1);
    assert_int_equal(found.entries[0].file, 2);
    assert_int_equal(found.twin_count, 3);
    static const uint32_t twins[] = {0, 1, 3};
    for (uint32_t i = 0; i < COUNT(twins); i++) {
        assert_int_equal(found.twins[i].file, twins[i]);
        assert_int_equal(found.twins[i].original, 2);
    }
}

static void a_twins_name_may_lead_to_the_base(void **state)
{
    struct wh_file old_files[] = {
        PLAIN("/usr/", "second", 8, "o", 0),
        PLAIN("/etc/", "conf", 8, "c", WH_FILE_CONFIG),
    };
    struct wh_file new_files[] = {
        PLAIN("/usr/", "first", 9, "new", 0), PLAIN("/usr/", "second", 9, "new", 0),
        PLAIN("/usr/", "plain", 9, "other", 0),
        PLAIN("/etc/", "conf", 9, "other", WH_FILE_CONFIG), /* no base for a plain file */
    };
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);

    (void)state;
    wh_cleanup(wh_differences_clear) struct wh_differences found = compare(
        &old_header, &new_header);
    assert_int_equal(found.entry_count, 2);
    assert_int_equal(found.twin_count, 2);
    assert_int_equal(found.entries[0].file, 0);
    assert_int_equal(found.entries[0].base, 0);
    assert_int_equal(found.entries[1].file, 2);
    assert_int_equal(found.entries[1].base, WH_NO_FILE);
}

/* A system that lacks a %config or %doc file has a supplement for those, and for nothing else. */
static void nothing_plain_depends_on_config_or_doc(void **state)
{
    struct wh_file old_files[] = {
        PLAIN("/etc/", "c", 10, "conf", WH_FILE_CONFIG),
        PLAIN("/doc/", "d", 10, "doc", WH_FILE_DOC),
        PLAIN("/etc/", "e", 10, "e-old", WH_FILE_CONFIG),
    };
    struct wh_file new_files[] = {
        PLAIN("/usr/", "c", 10, "conf", 0), /* only known from a %config file */
        PLAIN("/etc/", "c", 10, "conf", WH_FILE_CONFIG),
        PLAIN("/usr/", "d", 10, "doc", WH_FILE_CONFIG), /* only known from a %doc file */
        PLAIN("/etc/", "e", 10, "e-new", 0),            /* was %config: no base */
    };
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);

    (void)state;
    wh_cleanup(wh_differences_clear) struct wh_differences found = compare(
        &old_header, &new_header);
    assert_int_equal(found.entry_count, 3);
    static const uint32_t files[] = {0, 2, 3};
    for (uint32_t i = 0; i < COUNT(files); i++) {
        assert_int_equal(found.entries[i].file, files[i]);
        assert_int_equal(found.entries[i].base, WH_NO_FILE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_runs_of_digits),
        cmocka_unit_test(finds_the_counterpart_by_name_then_size),
        cmocka_unit_test(known_contents_need_no_entry),
        cmocka_unit_test(equal_contents_are_twins_of_the_most_dependable),
        cmocka_unit_test(a_twins_name_may_lead_to_the_base),
        cmocka_unit_test(nothing_plain_depends_on_config_or_doc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
