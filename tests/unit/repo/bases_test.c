/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bases_test.c - from which old file a content is made where its name does not tell. */
#include "version.h"

#include <stdio.h>
#include <stdlib.h>

#include "bases.h"
#include "likeness.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { LENGTH = 30000 };

static const struct wh_means means = {
    .effort = WH_EFFORT_DEFAULT, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX};
static const struct wh_means best = {
    .effort = WH_EFFORT_BEST, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX};

struct pair {
    struct version old;
    struct version fresh;
    struct wh_differences differences;
};

static void begin(struct pair *pair, uint32_t room)
{
    *pair = (struct pair){0};
    version_init(&pair->old, room);
    version_init(&pair->fresh, room);
}

static void end(struct pair *pair)
{
    version_clear(&pair->old);
    version_clear(&pair->fresh);
    wh_differences_clear(&pair->differences);
}

/* What names say, then what contents say. */
static void choose(struct pair *pair, const struct wh_means *with)
{
    version_seal(&pair->old);
    version_seal(&pair->fresh);
    OK(wh_differences_find(
        &pair->old.header, pair->old.map, &pair->fresh.header, &pair->differences, &err));
    OK(wh_bases_correct(
        &pair->old.package, pair->old.map, &pair->fresh.package, with, &pair->differences, &err));
}

static uint32_t base_of(const struct pair *pair, uint32_t file)
{
    for (uint32_t i = 0; i < pair->differences.entry_count; i++)
        if (pair->differences.entries[i].file == file)
            return pair->differences.entries[i].base;
    fail_msg("file %u has no entry", file);
    return WH_NO_FILE;
}

static struct wh_bytes text(uint8_t *bytes, size_t length, uint32_t seed)
{
    make_text(bytes, length, seed);
    return (struct wh_bytes){bytes, length};
}

static struct wh_bytes changed(uint8_t *bytes, size_t length, uint32_t seed)
{
    make_text(bytes, length, seed);
    make_changes(bytes, length, 300, seed);
    return (struct wh_bytes){bytes, length};
}

static void finds_what_has_another_name_in_another_folder(void **state)
{
    static uint8_t bytes[LENGTH];
    struct pair pair;

    (void)state;
    begin(&pair, 40);
    for (uint32_t i = 0; i < 40; i++)
        version_add(&pair.old, "/usr/lib/", "x", 0, text(bytes, LENGTH - i, i));
    version_add(&pair.fresh, "/opt/", "moved", 0, changed(bytes, LENGTH - 17, 17));
    version_add(&pair.fresh, "/opt/", "made", 0, text(bytes, LENGTH, 100));
    make_text(bytes, LENGTH / 8, 23); /* the beginning of a file that stays */
    version_add(&pair.fresh, "/opt/", "split", 0, (struct wh_bytes){bytes, LENGTH / 8});
    make_text(bytes, LENGTH, 5);
    make_text(bytes + LENGTH / 2, LENGTH / 2, 101); /* half of one is new */
    version_add(&pair.fresh, "/opt/", "half", 0, (struct wh_bytes){bytes, LENGTH});
    choose(&pair, &means);
    assert_int_equal(base_of(&pair, 0), 17);
    assert_int_equal(base_of(&pair, 1), WH_NO_FILE);
    assert_int_equal(base_of(&pair, 2), 23);
    assert_int_equal(base_of(&pair, 3), 5);
    end(&pair);
}

/* The closest in size would be another one. */
static void of_several_with_the_name_the_content_decides(void **state)
{
    static const struct {
        const char *old_folder, *old_name, *folder, *name;
    } cases[] = {
        {"/usr/lib/a/", "__init__.py", "/opt/", "__init__.py"},
        {"/usr/lib/", "libx-1.2.so", "/usr/lib/", "libx-1.3.so"},
        {"/www/", "main.3f2a1c.js", "/www/", "main.77aa00.js"},
    };
    static uint8_t bytes[LENGTH];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pair pair;
        begin(&pair, 3);
        version_add(&pair.old, cases[i].old_folder, cases[i].old_name, 0, text(bytes, 20000, 1));
        version_add(&pair.old, cases[i].old_folder, cases[i].old_name, 0, text(bytes, 20400, 2));
        version_add(&pair.old, cases[i].old_folder, cases[i].old_name, 0, text(bytes, 20300, 3));
        version_add(&pair.fresh, cases[i].folder, cases[i].name, 0, changed(bytes, 20350, 1));
        choose(&pair, &means);
        assert_int_equal(base_of(&pair, 0), 0);
        end(&pair);
    }
}

static void a_path_may_have_become_something_else(void **state)
{
    static uint8_t bytes[LENGTH];
    struct pair pair;

    (void)state;
    begin(&pair, 3);
    version_add(&pair.old, "/bin/", "tool", 0, text(bytes, 20000, 1));
    version_add(&pair.old, "/bin/", "same", 0, text(bytes, 20000, 2));
    version_add(&pair.fresh, "/bin/", "tool", 0, text(bytes, 20000, 3)); /* a new one */
    version_add(&pair.fresh, "/libexec/", "tool.real", 0, changed(bytes, 20000, 1));
    version_add(&pair.fresh, "/bin/", "same", 0, changed(bytes, 20000, 2));
    choose(&pair, &means);
    assert_int_equal(base_of(&pair, 0), 0); /* nothing better is known */
    assert_int_equal(base_of(&pair, 1), 0);
    assert_int_equal(base_of(&pair, 2), 1);
    end(&pair);
}

static void contents_that_changed_places_are_found(void **state)
{
    static uint8_t bytes[LENGTH];
    struct pair pair;

    (void)state;
    begin(&pair, 2);
    version_add(&pair.old, "/a/", "one", 0, text(bytes, 20000, 1));
    version_add(&pair.old, "/a/", "two", 0, text(bytes, 20000, 2));
    version_add(&pair.fresh, "/a/", "one", 0, changed(bytes, 20000, 2));
    version_add(&pair.fresh, "/a/", "two", 0, changed(bytes, 20000, 1));
    choose(&pair, &means);
    assert_int_equal(base_of(&pair, 0), 1);
    assert_int_equal(base_of(&pair, 1), 0);
    end(&pair);
}

/* Nothing may depend on a file that a system can lack without a supplement for the content. */
static void classes_are_kept(void **state)
{
    static const uint32_t flags[] = {0, WH_FILE_DOC, WH_FILE_CONFIG};
    static uint8_t bytes[LENGTH];
    struct pair pair;

    (void)state;
    for (uint32_t from = 0; from < COUNT(flags); from++) {
        begin(&pair, 3);
        version_add(&pair.old, "/a/", "x", flags[from], text(bytes, LENGTH, 1));
        for (uint32_t to = 0; to < COUNT(flags); to++) {
            make_text(bytes, LENGTH, 1);
            make_changes(bytes, LENGTH, 300, 10 + to);
            version_add(&pair.fresh, "/b/", "y", flags[to], (struct wh_bytes){bytes, LENGTH});
        }
        choose(&pair, &means);
        for (uint32_t to = 0; to < COUNT(flags); to++)
            assert_int_equal(base_of(&pair, to), from == 0 || from == to ? 0 : WH_NO_FILE);
        end(&pair);
    }
}

/* A plain file is found behind any number of %doc files with the same content. */
static void other_classes_hide_nothing(void **state)
{
    static uint8_t bytes[LENGTH];
    struct pair pair;

    (void)state;
    begin(&pair, 60);
    for (uint32_t i = 0; i < 59; i++) {
        text(bytes, LENGTH, 1);
        memcpy(bytes, &i, sizeof i);
        version_add(&pair.old, "/doc/", "x", WH_FILE_DOC, (struct wh_bytes){bytes, LENGTH});
    }
    version_add(&pair.old, "/lib/", "x", 0, text(bytes, LENGTH, 1));
    version_add(&pair.fresh, "/opt/", "y", 0, changed(bytes, LENGTH, 1));
    choose(&pair, &means);
    assert_int_equal(base_of(&pair, 0), 59);
    end(&pair);
}

static void what_tells_nothing_is_left_as_it_was(void **state)
{
    static uint8_t bytes[LENGTH];
    struct pair pair;

    (void)state;
    begin(&pair, 8);
    make_noise(bytes, LENGTH, 1);
    memcpy(bytes, "\x1f\x8b\x08", 3);
    version_add(&pair.old, "/a/", "x.gz", 0, (struct wh_bytes){bytes, LENGTH});
    version_add(&pair.old, "/a/", "byte", 0, (struct wh_bytes){bytes, 1});
    version_add(&pair.old, "/a/", "empty", 0, (struct wh_bytes){bytes, 0});
    memset(bytes, 0, LENGTH);
    version_add(&pair.old, "/a/", "zeros", 0, (struct wh_bytes){bytes, LENGTH});

    bytes[0] = 1;
    version_add(&pair.fresh, "/b/", "nothing", 0, (struct wh_bytes){bytes, LENGTH});
    make_noise(bytes, LENGTH, 1);
    memcpy(bytes, "\x1f\x8b\x08", 3);
    bytes[LENGTH / 2] ^= 1;
    version_add(&pair.fresh, "/b/", "moved.gz", 0, (struct wh_bytes){bytes, LENGTH});
    version_add(&pair.fresh, "/a/", "x.gz", 0, (struct wh_bytes){bytes, LENGTH - 1});
    version_add(&pair.fresh, "/b/", "moved", 0, (struct wh_bytes){bytes + 1, 1});
    version_add(&pair.fresh, "/a/", "byte", 0, (struct wh_bytes){bytes + 2, 1});
    version_add(&pair.fresh, "/a/", "empty", 0, (struct wh_bytes){bytes + 3, 2});
    choose(&pair, &means);
    static const uint32_t expected[] = {WH_NO_FILE, WH_NO_FILE, 0, WH_NO_FILE, 1, WH_NO_FILE};
    for (uint32_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(base_of(&pair, i), expected[i]);
    end(&pair);
}

/* ---- two bases ----------------------------------------------------------------------------- */

/* The file of the path has a third of the content, in small pieces all over; another one has the
 * rest in one piece. Only who tries both knows which takes less. */
static void the_best_effort_tries_two(void **state)
{
    static uint8_t bytes[LENGTH];
    static uint8_t one[LENGTH];
    static uint8_t other[LENGTH];

    (void)state;
    for (int other_is_better = 0; other_is_better < 2; other_is_better++) {
        struct pair pair;
        begin(&pair, 2);
        make_noise(bytes, LENGTH, 1);
        make_noise(one, LENGTH, 2);
        make_noise(other, LENGTH, 3);
        memcpy(one, bytes, other_is_better ? LENGTH / 3 : LENGTH / 2);
        memcpy(other + LENGTH / 2, bytes + LENGTH / 2, other_is_better ? LENGTH / 2 : LENGTH / 3);
        version_add(&pair.old, "/a/", "x", 0, (struct wh_bytes){one, LENGTH});
        version_add(&pair.old, "/a/", "y", 0, (struct wh_bytes){other, LENGTH});
        version_add(&pair.fresh, "/a/", "x", 0, (struct wh_bytes){bytes, LENGTH});
        choose(&pair, &best);
        assert_int_equal(base_of(&pair, 0), other_is_better);
        end(&pair);
    }
}

/* ---- many ---------------------------------------------------------------------------------- */

enum { MANY = 5000 };

/* As many equal and nearly equal files as there are hashes of theirs: the time is not that of all
 * pairs, and each gets a base. */
static void thousands_of_like_files(void **state)
{
    static uint8_t bytes[1024];
    struct pair pair;

    (void)state;
    begin(&pair, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        make_text(bytes, sizeof bytes, 1);
        if (i % 2 == 1)
            memcpy(bytes + 100, &i, sizeof i);
        version_add(&pair.old, "/old/", "x", 0, (struct wh_bytes){bytes, sizeof bytes});
        i += 1000000;
        memcpy(bytes + 200, &i, sizeof i);
        i -= 1000000;
        version_add(&pair.fresh, "/new/", "y", 0, (struct wh_bytes){bytes, sizeof bytes});
    }
    choose(&pair, &means);
    assert_int_equal(pair.differences.entry_count, MANY);
    for (uint32_t i = 0; i < MANY; i++)
        assert_true(pair.differences.entries[i].base < MANY);
    end(&pair);
}

/* With few hashes each, a content that moved is still found among very many. */
static void many_files_have_small_sketches(void **state)
{
    enum { FILES = 1 << 16, SIZE = 300 };
    static uint8_t bytes[SIZE];
    struct pair pair;

    (void)state;
    begin(&pair, FILES);
    for (uint32_t i = 0; i < FILES; i++) {
        make_noise(bytes, SIZE, i);
        version_add(&pair.old, "/old/", "x", 0, (struct wh_bytes){bytes, SIZE});
    }
    for (uint32_t i = 0; i < FILES; i += FILES / 8) {
        make_noise(bytes, SIZE, i);
        bytes[SIZE / 2] ^= 1;
        version_add(&pair.fresh, "/new/", "y", 0, (struct wh_bytes){bytes, SIZE});
    }
    choose(&pair, &means);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(base_of(&pair, i), i * (FILES / 8));
    end(&pair);
}

static void an_empty_version_has_no_bases(void **state)
{
    static uint8_t bytes[LENGTH];
    struct pair pair;

    (void)state;
    begin(&pair, 2);
    version_add(&pair.old, "/a/", "empty", 0, (struct wh_bytes){bytes, 0});
    version_add(&pair.fresh, "/a/", "x", 0, text(bytes, LENGTH, 1));
    choose(&pair, &means);
    assert_int_equal(base_of(&pair, 0), WH_NO_FILE);
    end(&pair);
}

/* ---- memory -------------------------------------------------------------------------------- */

static void the_widest_base_is_no_smaller_than_any(void **state)
{
    struct wh_file old_files[] = {
        PLAIN("/a/", "x", 1000, "o0", 0),
        PLAIN("/a/", "y", 16000, "o1", 0),
        PLAIN("/a/", "z", 2000000, "o2", 0),
    };
    struct wh_file new_files[] = {
        PLAIN("/a/", "x", 1000, "n0", 0), PLAIN("/a/", "z", 900, "n1", 0),
        PLAIN("/b/", "n", 200000, "n2", 0),
        PLAIN("/b/", "m", 10, "n3", 0), /* too short to be compared */
    };
    static const uint32_t expected[] = {1, 2, 2, WH_NO_FILE};
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = NULL;
    wh_cleanup(wh_differences_clear) struct wh_differences differences = {0};

    (void)state;
    OK(wh_file_map_new(&old_header, &map, &err));
    OK(wh_differences_find(&old_header, map, &new_header, &differences, &err));
    OK(wh_bases_widest(&old_header, &new_header, &differences, &err));
    assert_int_equal(differences.entry_count, COUNT(expected));
    for (uint32_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(differences.entries[i].base, expected[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_has_another_name_in_another_folder),
        cmocka_unit_test(of_several_with_the_name_the_content_decides),
        cmocka_unit_test(a_path_may_have_become_something_else),
        cmocka_unit_test(contents_that_changed_places_are_found),
        cmocka_unit_test(classes_are_kept),
        cmocka_unit_test(other_classes_hide_nothing),
        cmocka_unit_test(what_tells_nothing_is_left_as_it_was),
        cmocka_unit_test(the_best_effort_tries_two),
        cmocka_unit_test(thousands_of_like_files),
        cmocka_unit_test(many_files_have_small_sketches),
        cmocka_unit_test(an_empty_version_has_no_bases),
        cmocka_unit_test(the_widest_base_is_no_smaller_than_any),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
