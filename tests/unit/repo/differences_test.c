/* SPDX-License-Identifier: GPL-2.0-or-later */
/* differences_test.c - which contents are new, and what they are made from. */
#include "unit.h"

#include <stdio.h>
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

static uint64_t key_of(const char *folder, const char *name)
{
    return wh_folded_key(folder, name);
}

static void numbers_and_hashes_make_no_difference(void **state)
{
    static const struct {
        const char *folder, *name, *other_folder, *other_name;
    } alike[] = {
        {"/lib/", "libx.so.1.22.3", "/lib/", "libx.so.1.22.4"},
        {"/lib/", "libx-1.2.so", "/lib/", "libx-1.3.1.so"},
        {"/lib/modules/6.1.0-47-amd64/", "a.ko", "/lib/modules/6.1.0-48-amd64/", "a.ko"},
        {"/lib/modules/6.5/", "a.ko", "/lib/modules/6.5.1/", "a.ko"},
        {"/p/__pycache__/", "m.cpython-311.pyc", "/p/__pycache__/", "m.cpython-312.pyc"},
        {"/www/", "main.3f2a1c.js", "/www/", "main.bb00e7d2.js"},
        {"/www/", "main.3f2a1c.js", "/www/", "main.7.js"},
        {"/lib/.build-id/ab/", "0123456789abcdef.debug", "/lib/.build-id/ab/", "fe9876.debug"},
        {"", "007", "", "1"},
        {"", "0a00b", "", "7a1b"},
    };
    static const struct {
        const char *folder, *name, *other_folder, *other_name;
    } different[] = {
        {"/lib/", "liba.so.1", "/lib/", "libb.so.1"},
        {"/a1/", "x", "/b1/", "x"},
        {"/www/", "main.facade.js", "/www/", "main.decade.js"}, /* no digits: words */
        {"/www/", "main.12345g.js", "/www/", "main.12345h.js"},
        {"/www/", "a1b2.js", "/www/", "c3d4.js"}, /* too short for hashes */
        {"/x/", "a-1", "/x/", "a-"},
        {"", "1", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(alike); i++)
        assert_true(key_of(alike[i].folder, alike[i].name) ==
                    key_of(alike[i].other_folder, alike[i].other_name));
    for (size_t i = 0; i < COUNT(different); i++)
        assert_true(key_of(different[i].folder, different[i].name) !=
                    key_of(different[i].other_folder, different[i].other_name));
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

/* Other numbers in the name are another file; other numbers in its folder are another version. */
static void the_name_counts_more_than_the_folders_numbers(void **state)
{
    struct wh_file old_files[] = {
        PLAIN("/lib/modules/6.1-47/", "adm1021.ko", 900, "o0", 0),
        PLAIN("/lib/modules/6.1-47/", "adm1025.ko", 1000, "o1", 0),
        PLAIN("/lib/modules/6.1-47/", "adm1031.ko", 1100, "o2", 0),
    };
    struct wh_file new_files[] = {
        PLAIN("/lib/modules/6.1-48/", "adm1021.ko", 1000, "n0", 0),
        PLAIN("/lib/modules/6.1-48/", "adm1031.ko", 1000, "n1", 0),
        PLAIN("/lib/modules/6.1-48/", "adm1033.ko", 1099, "n2", 0), /* new: the closest size */
    };
    static const uint32_t expected[] = {0, 2, 2};
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);

    (void)state;
    wh_cleanup(wh_differences_clear) struct wh_differences found = compare(
        &old_header, &new_header);
    assert_int_equal(found.entry_count, COUNT(expected));
    for (uint32_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(found.entries[i].base, expected[i]);
}

/* ---- many ---------------------------------------------------------------------------------- */

enum { MANY = 20000 };

static void candidates_are_the_closest_of_many(void **state)
{
    static struct wh_file files[MANY];
    struct wh_header header = {.file_count = MANY, .files = files, .digest_algorithm = 8};
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = NULL;
    wh_cleanup(wh_counterparts_cleanup) struct wh_counterparts *counterparts = NULL;
    const struct wh_file sought = PLAIN("/new/", "__init__.py", 3 * 10000 + 1, "n", 0);
    struct wh_candidates candidates;

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        const struct wh_file file = PLAIN("/old/", "__init__.py", 3 * (uint64_t)i, "o", 0);
        files[i] = file;
        files[i].flags = i % 4 == 1 ? WH_FILE_CONFIG : i % 4 == 2 ? WH_FILE_DOC : 0;
    }
    OK(wh_file_map_new(&header, &map, &err));
    OK(wh_counterparts_new(&header, map, &counterparts, &err));
    wh_counterparts_find(counterparts, &sought, &candidates);
    static const uint32_t expected[] = {10000, 9999, 10003, 10004}; /* plain ones, by distance */
    assert_int_equal(candidates.count, COUNT(expected));
    for (uint32_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(candidates.files[i], expected[i]);
}

/* All equal in name and size: the time is not that of all pairs, and the first one is taken. */
static void thousands_of_equal_files(void **state)
{
    static struct wh_file old_files[MANY];
    static struct wh_file new_files[MANY];
    static char digests[MANY][8];
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        const struct wh_file old = PLAIN("/old/", "index.html", 100, "old", 0);
        const struct wh_file fresh = PLAIN("/new/", "index.html", 100, digests[i], 0);
        (void)snprintf(digests[i], sizeof digests[i], "%u", i);
        old_files[i] = old;
        new_files[i] = fresh;
    }
    wh_cleanup(wh_differences_clear) struct wh_differences found = compare(
        &old_header, &new_header);
    assert_int_equal(found.entry_count, MANY);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(found.entries[i].base, 0);
}

static void names_may_be_long(void **state)
{
    enum { LONG = 4000 };
    static char names[3][LONG + 1];
    static const char fill[] = {'7', 'f', '.'}; /* a number, a hash or a word, neither */
    struct wh_file old_files[3];
    struct wh_file new_files[3];
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        const struct wh_file old = PLAIN("/a/", names[i], 50, "old", 0);
        const struct wh_file fresh = PLAIN("/b/", names[i], 50 + i, "new", 0);
        memset(names[i], fill[i], LONG);
        old_files[i] = old;
        new_files[i] = fresh;
    }
    wh_cleanup(wh_differences_clear) struct wh_differences found = compare(
        &old_header, &new_header);
    assert_int_equal(found.entry_count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(found.entries[i].base, i);
    names[0][LONG - 1] = '\0'; /* shorter by one digit: the same but for numbers */
    assert_true(wh_folded_key("/a/", names[0]) == wh_folded_key("/a/", "7"));
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
        cmocka_unit_test(numbers_and_hashes_make_no_difference),
        cmocka_unit_test(finds_the_counterpart_by_name_then_size),
        cmocka_unit_test(the_name_counts_more_than_the_folders_numbers),
        cmocka_unit_test(candidates_are_the_closest_of_many),
        cmocka_unit_test(thousands_of_equal_files),
        cmocka_unit_test(names_may_be_long),
        cmocka_unit_test(known_contents_need_no_entry),
        cmocka_unit_test(equal_contents_are_twins_of_the_most_dependable),
        cmocka_unit_test(a_twins_name_may_lead_to_the_base),
        cmocka_unit_test(nothing_plain_depends_on_config_or_doc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
