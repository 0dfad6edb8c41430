/* SPDX-License-Identifier: GPL-2.0-or-later */
/* operations_test.c - changes between versions, merged; and what people are told of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "unit.h"
#include "whittle/operations.h"

enum { PATHS = 24, VERSIONS = 6, ROUNDS = 300 };

/* A version whose files are some of /0 to /23. */
struct version {
    struct wh_header header;
    struct wh_file files[PATHS];
    char names[PATHS][8];
    char digests[PATHS][65];
};

static uint32_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void put(struct version *version, uint32_t number, uint32_t flags, char content)
{
    struct wh_file *file = &version->files[version->header.file_count];

    (void)snprintf(version->names[version->header.file_count], 8, "%u", number);
    memset(version->digests[version->header.file_count], content, 64);
    *file = (struct wh_file){
        .dirname = "/etc/",
        .basename = version->names[version->header.file_count],
        .linkto = "",
        .digest = version->digests[version->header.file_count],
        .flags = flags,
        .mode = S_IFREG,
        .size = 1,
    };
    version->header.files = version->files;
    version->header.digest_algorithm = WH_SHA256;
    version->header.file_count++;
}

static void make_version(struct version *version, uint64_t *state)
{
    static const uint32_t flags[] = {
        0, 0, WH_FILE_CONFIG, WH_FILE_CONFIG | WH_FILE_NOREPLACE, WH_FILE_GHOST};

    *version = (struct version){0};
    for (uint32_t i = 0; i < PATHS; i++)
        if (next(state) % 3 != 0)
            put(version, i, flags[next(state) % COUNT(flags)], "abc"[next(state) % 3]);
}

static void assert_same(const struct wh_changes *a, const struct wh_changes *b)
{
    assert_int_equal(a->count, b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct wh_change *x = &a->changes[i];
        const struct wh_change *y = &b->changes[i];
        assert_string_equal(x->path, y->path);
        assert_int_equal(x->before.exists, y->before.exists);
        assert_int_equal(x->after.exists, y->after.exists);
        assert_int_equal(x->before.is_config, y->before.is_config);
        assert_int_equal(x->after.is_config, y->after.is_config);
        assert_int_equal(x->after.is_noreplace, y->after.is_noreplace);
        assert_true(wh_digest_equal(&x->before.digest, &y->before.digest));
        assert_true(wh_digest_equal(&x->after.digest, &y->after.digest));
    }
    assert_int_equal(a->suggestion, b->suggestion);
    assert_int_equal(a->advisory_count, b->advisory_count);
    for (uint32_t i = 0; i < a->advisory_count; i++)
        assert_string_equal(a->advisories[i], b->advisories[i]);
}

/* One step, with an advisory of the newer version now and then. */
static void step(const struct version *versions, uint32_t to, struct wh_changes *out)
{
    static const enum wh_suggestion asked[VERSIONS] = {WH_SUGGEST_NOTHING, WH_SUGGEST_RESTART,
        WH_SUGGEST_NOTHING, WH_SUGGEST_REBOOT, WH_SUGGEST_RELOGIN, WH_SUGGEST_NOTHING};
    char name[16];

    OK(wh_changes_between(&versions[to - 1].header, &versions[to].header, out, &err));
    (void)snprintf(name, sizeof name, "ADV-%u", to / 2);
    OK(wh_changes_advise(out, name, asked[to], &err));
}

static void chain(
    const struct version *versions, uint32_t from, uint32_t to, struct wh_changes *out)
{
    *out = (struct wh_changes){0};
    for (uint32_t i = from + 1; i <= to; i++) {
        struct wh_changes one = {0};
        struct wh_changes both;
        step(versions, i, &one);
        OK(wh_changes_merge(out, &one, &both, &err));
        wh_changes_clear(out);
        wh_changes_clear(&one);
        *out = both;
    }
}

static void merging_is_one_after_the_other(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        static struct version versions[VERSIONS];
        for (int i = 0; i < VERSIONS; i++)
            make_version(&versions[i], &seed);
        uint32_t middle = next(&seed) % VERSIONS;
        struct wh_changes first, second, merged, whole;
        chain(versions, 0, middle, &first);
        chain(versions, middle, VERSIONS - 1, &second);
        chain(versions, 0, VERSIONS - 1, &whole);
        OK(wh_changes_merge(&first, &second, &merged, &err));
        assert_same(&merged, &whole);
        struct wh_changes straight = {0};
        OK(wh_changes_between(
            &versions[0].header, &versions[VERSIONS - 1].header, &straight, &err));
        assert_int_equal(straight.count, whole.count);
        wh_changes_clear(&first);
        wh_changes_clear(&second);
        wh_changes_clear(&merged);
        wh_changes_clear(&whole);
        wh_changes_clear(&straight);
    }
}

static bool is_edited(void *context, const char *path)
{
    return strcmp(context, path) == 0;
}

static void what_people_are_told(void **state)
{
    static struct version older, newer;
    struct wh_changes changes = {0};
    struct wh_operations operations = {0};

    (void)state;
    put(&older, 1, 0, 'a'); /* disappears */
    put(&older, 2, 0, 'a'); /* changes: nobody need be told */
    put(&older, 3, WH_FILE_CONFIG, 'a');
    put(&older, 4, WH_FILE_CONFIG | WH_FILE_NOREPLACE, 'a');
    put(&older, 5, WH_FILE_CONFIG | WH_FILE_NOREPLACE, 'a');
    put(&older, 6, WH_FILE_CONFIG, 'a'); /* stays */
    put(&newer, 2, 0, 'b');
    put(&newer, 3, WH_FILE_CONFIG, 'b');
    put(&newer, 4, WH_FILE_CONFIG | WH_FILE_NOREPLACE, 'b');
    put(&newer, 5, WH_FILE_CONFIG | WH_FILE_NOREPLACE, 'b');
    put(&newer, 6, WH_FILE_CONFIG, 'a');
    put(&newer, 7, 0, 'a'); /* new: nobody need be told */
    OK(wh_changes_between(&older.header, &newer.header, &changes, &err));
    OK(wh_changes_advise(&changes, "ADV-1", WH_SUGGEST_RESTART, &err));
    OK(wh_changes_advise(&changes, "ADV-2", WH_SUGGEST_NOTHING, &err));
    OK(wh_operations_of(&changes, is_edited, "/etc/4", &operations, &err));
    assert_int_equal(operations.count, 4);
    static const struct wh_operation expected[] = {{WH_OPERATION_REMOVE, "/etc/1"},
        {WH_OPERATION_REPLACE, "/etc/3"}, {WH_OPERATION_KEEP, "/etc/4"},
        {WH_OPERATION_REPLACE, "/etc/5"}};
    for (uint32_t i = 0; i < COUNT(expected); i++) {
        assert_int_equal(operations.operations[i].kind, expected[i].kind);
        assert_string_equal(operations.operations[i].path, expected[i].path);
    }
    assert_int_equal(operations.suggestion, WH_SUGGEST_RESTART);
    assert_int_equal(operations.advisory_count, 1);
    assert_string_equal(operations.advisories[0], "ADV-1");
    wh_operations_clear(&operations);
    wh_changes_clear(&changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_is_one_after_the_other),
        cmocka_unit_test(what_people_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
