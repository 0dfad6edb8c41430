/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_test.c - the publisher's memory: jobs wait for each other, and contents for which it is
 * not enough are encoded with less. */
#include "unit.h"

#include <stdlib.h>

#include "allowance.h"
#include "group_encode.h"
#include "jobs.h"
#include "memory.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* ---- waiting ------------------------------------------------------------------------------- */

enum { CEILING = 100, PIECES = 400 };

struct place {
    struct wh_allowance allowance;
    pthread_mutex_t lock;
    uint64_t at_work; /* what jobs have now */
    uint32_t jobs;
    bool exceeded;
};

static uint64_t need_of(uint32_t number)
{
    return number % 7 == 0 ? 3 * CEILING : number % 60 + 1;
}

static bool work(void *context, uint32_t number)
{
    struct place *place = context;
    uint64_t need = need_of(number);

    wh_allowance_take(&place->allowance, need);
    (void)pthread_mutex_lock(&place->lock);
    place->at_work += need;
    place->jobs++;
    place->exceeded |= place->at_work > CEILING && place->jobs > 1;
    (void)pthread_mutex_unlock(&place->lock);
    (void)sched_yield();
    (void)pthread_mutex_lock(&place->lock);
    place->at_work -= need;
    place->jobs--;
    (void)pthread_mutex_unlock(&place->lock);
    wh_allowance_give(&place->allowance, need);
    return true;
}

static void jobs_wait_for_memory(void **state)
{
    struct place place = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const struct wh_jobs jobs = {work, &place, PIECES, 8};

    (void)state;
    wh_allowance_init(&place.allowance, CEILING);
    wh_jobs_run(&jobs); /* ends, though some pieces need more than there is */
    assert_false(place.exceeded);
    assert_int_equal(place.allowance.taken, 0);
    wh_allowance_clear(&place.allowance);
}

/* ---- what fits ----------------------------------------------------------------------------- */

#define MIB ((uint64_t)1 << 20)

static const struct wh_means plenty = {
    .effort = WH_EFFORT_BEST, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX};

static void larger_contents_need_more(void **state)
{
    (void)state;
    for (enum wh_effort effort = WH_EFFORT_LEAST; effort <= WH_EFFORT_BEST; effort++) {
        uint64_t before = 0;
        for (uint64_t size = 0; size < 1024 * MIB; size = 2 * size + 4096) {
            uint64_t now = wh_memory_of_content(size, size, effort, WH_BUNDLE_MAX);
            assert_true(now > before);
            assert_true(now >= wh_memory_of_content(0, size, effort, WH_BUNDLE_MAX));
            before = now;
        }
    }
}

static void effort_shrinks_with_room(void **state)
{
    enum wh_effort before = WH_EFFORT_BEST;
    bool with_base = true;
    bool seen[WH_EFFORT_BEST + 1] = {false};

    (void)state;
    for (uint64_t room = 2048 * MIB; room > 0; room -= 4 * MIB) {
        struct wh_fit fit = wh_memory_fit(40 * MIB, 40 * MIB, room, &plenty);
        uint64_t need = wh_memory_of_content(
            fit.with_base ? 40 * MIB : 0, 40 * MIB, fit.effort, WH_BUNDLE_MAX);
        assert_true(need <= room || (fit.effort == WH_EFFORT_LEAST && !fit.with_base));
        assert_true(!fit.with_base || with_base); /* a base that was given up stays so */
        assert_true(fit.effort <= before || (with_base && !fit.with_base));
        seen[fit.effort] |= fit.with_base;
        with_base = fit.with_base;
        before = fit.effort;
    }
    for (size_t i = 0; i < COUNT(seen); i++)
        assert_true(seen[i]);
    assert_false(with_base);
    assert_int_equal(before, WH_EFFORT_LEAST);
}

/* 400 MB at the default effort is what the default is for. */
static void the_default_is_enough_for_large_files(void **state)
{
    const struct wh_means means = {
        .effort = WH_EFFORT_DEFAULT, .memory = 3008 * MIB, .stored_max = 120 * MIB};
    struct wh_file old_files[] = {PLAIN("/", "a", 400000000, "1", 0)};
    struct wh_file new_files[] = {PLAIN("/", "a", 400000001, "2", 0)};
    struct wh_header old_header = HEADER(old_files);
    struct wh_header new_header = HEADER(new_files);
    const struct wh_entry entry = {.file = 0, .base = 0};

    (void)state;
    struct wh_memory memory = wh_memory_of_bundle(&entry, 1, &old_header, &new_header, &means);
    struct wh_fit fit = wh_memory_fit(400000000, 400000001, memory.room, &means);
    assert_int_equal(fit.effort, WH_EFFORT_DEFAULT);
    assert_true(fit.with_base);
    assert_true(memory.total <= means.memory);
    assert_true(memory.room < means.memory);
}

/* ---- what comes of it ---------------------------------------------------------------------- */

enum { LENGTH = 1 << 20 };

static void fill(uint8_t *bytes, size_t length, uint32_t seed)
{
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

static struct wh_encoded_groups encode(
    struct wh_bytes base, struct wh_bytes content, enum wh_effort effort, uint64_t memory)
{
    const struct wh_means means = {.effort = effort, .memory = memory, .stored_max = WH_BUNDLE_MAX};
    struct wh_encoded_groups groups;

    OK(wh_groups_encode_one(base, content, &means, &groups, &err));
    assert_int_equal(groups.group_count, 1);
    return groups;
}

static void little_memory_gives_the_whole_content(void **state)
{
    static uint8_t old_content[LENGTH];
    static uint8_t new_content[LENGTH];
    struct wh_bytes base = {old_content, LENGTH};
    struct wh_bytes content = {new_content, LENGTH};

    (void)state;
    fill(old_content, LENGTH, 1);
    fill(new_content, LENGTH, 1);
    new_content[LENGTH / 2] ^= 1;
    for (enum wh_effort effort = WH_EFFORT_LEAST; effort <= WH_EFFORT_BEST; effort++) {
        struct wh_encoded_groups groups = encode(base, content, effort, UINT64_MAX);
        assert_int_equal(groups.groups[0].codec, WH_CODEC_PATCH);
        assert_int_equal(groups.entries[0].base, 0);
        assert_true(groups.stored[0].length < 100);
        wh_encoded_groups_clear(&groups);
    }
    struct wh_encoded_groups groups = encode(base, content, WH_EFFORT_DEFAULT, 1);
    assert_int_equal(groups.groups[0].codec, WH_CODEC_ZSTD);
    assert_int_equal(groups.entries[0].base, WH_NO_FILE);
    wh_encoded_groups_clear(&groups);
}

/* The least effort keeps little of a residue: what has too much that is new goes whole. */
static void the_least_effort_is_for_small_changes(void **state)
{
    static uint8_t old_content[LENGTH];
    static uint8_t new_content[LENGTH];

    (void)state;
    fill(old_content, LENGTH, 1);
    fill(new_content, LENGTH, 1);
    fill(new_content, LENGTH / 4, 2);
    for (size_t i = 0; i < LENGTH; i++) /* a frame with its base as prefix finds nothing */
        new_content[i] ^= i < LENGTH / 4 ? 0 : i % 16 == 0;
    struct wh_encoded_groups groups = encode((struct wh_bytes){old_content, LENGTH},
        (struct wh_bytes){new_content, LENGTH}, WH_EFFORT_LEAST, UINT64_MAX);
    assert_int_equal(groups.groups[0].codec, WH_CODEC_ZSTD);
    assert_true(groups.costs[0].patch == WH_NO_COST);
    wh_encoded_groups_clear(&groups);
}

static void gives_up_what_takes_too_much(void **state)
{
    static uint8_t content[LENGTH];
    const struct wh_means means = {
        .effort = WH_EFFORT_DEFAULT, .memory = UINT64_MAX, .stored_max = LENGTH / 2};
    struct wh_encoded_groups groups;

    (void)state;
    fill(content, LENGTH, 1);
    REFUSED(WH_OVER_LIMIT, "more than 524288 bytes",
        wh_groups_encode_one(
            (struct wh_bytes){0}, (struct wh_bytes){content, LENGTH}, &means, &groups, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_wait_for_memory),
        cmocka_unit_test(larger_contents_need_more),
        cmocka_unit_test(effort_shrinks_with_room),
        cmocka_unit_test(the_default_is_enough_for_large_files),
        cmocka_unit_test(little_memory_gives_the_whole_content),
        cmocka_unit_test(the_least_effort_is_for_small_changes),
        cmocka_unit_test(gives_up_what_takes_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
