/* SPDX-License-Identifier: GPL-2.0-or-later */
/* member_test.c - the way of one content: bases that do not help cost nothing, and what takes long
 * is compared roughly before it is made. */
#include "version.h"

#include <stdlib.h>

#include "encode.h"
#include "group_encode.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { SMALL = 20000, LARGE = 1 << 20 };

static const struct wh_means means = {
    .effort = WH_EFFORT_DEFAULT, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX};

static uint64_t stored_with(struct wh_bytes base, struct wh_bytes content)
{
    struct wh_encoded_groups groups;
    uint64_t sum = 0;

    OK(wh_groups_encode_one(base, content, &means, &groups, &err));
    for (uint32_t i = 0; i < groups.group_count; i++)
        sum += groups.stored[i].length;
    wh_encoded_groups_clear(&groups);
    return sum;
}

static void zeros_and_ones(uint8_t *bytes, size_t length, uint32_t seed)
{
    memset(bytes, 0, length);
    make_changes(bytes, length, 50, seed);
}

typedef void make_fn(uint8_t *bytes, size_t length, uint32_t seed);

/* Every kind of content over every other kind, and over its own with nothing in common. */
static void a_bad_base_costs_nothing(void **state)
{
    static make_fn *const kinds[] = {make_noise, make_text, zeros_and_ones};
    static uint8_t old[LARGE];
    static uint8_t fresh[LARGE];

    (void)state;
    for (size_t size = 200; size <= LARGE; size = size * 16 + 13) {
        for (size_t from = 0; from < COUNT(kinds); from++) {
            for (size_t to = size > SMALL * 4 ? 2 : 0; to < COUNT(kinds); to++) {
                kinds[from](old, size, 1);
                kinds[to](fresh, size, 2);
                struct wh_bytes content = {fresh, size};
                uint64_t with = stored_with((struct wh_bytes){old, size}, content);
                uint64_t without = stored_with((struct wh_bytes){0}, content);
                if (with > without + without / 500 + 8)
                    fail_msg("%zu over %zu, %zu bytes: %zu, not %zu", to, from, size, (size_t)with,
                        (size_t)without);
            }
        }
    }
}

static void short_contents_are_compared_exactly(void **state)
{
    assert_int_equal(wh_trial_effort(SMALL, WH_EFFORT_DEFAULT), WH_EFFORT_DEFAULT);
    assert_int_equal(wh_trial_effort(LARGE, WH_EFFORT_FAST), WH_EFFORT_FAST);
    assert_int_equal(wh_trial_effort(LARGE + 1, WH_EFFORT_FAST), WH_EFFORT_LEAST);
    assert_int_equal(wh_trial_effort(LARGE + 1, WH_EFFORT_DEFAULT), WH_EFFORT_LEAST);
    assert_int_equal(wh_trial_effort(UINT64_MAX, WH_EFFORT_BEST), WH_EFFORT_BEST);
    (void)state;
}

/* Pieces of the base in another order, too short for copies but not for zstd. */
static void shuffle(const uint8_t *base, uint8_t *out, size_t length)
{
    enum { PIECE = 16 };
    uint32_t seed = 1;

    for (size_t at = 0; at < length; at += PIECE) {
        seed = seed * 1664525u + 1013904223u;
        memcpy(out + at, base + (seed >> 8) % (length / PIECE) * PIECE, PIECE);
    }
}

static void a_long_frame_is_made_when_it_is_settled_for(void **state)
{
    static uint8_t old[LARGE];
    static uint8_t fresh[LARGE];
    struct wh_member member;

    (void)state;
    make_noise(old, LARGE, 1);
    shuffle(old, fresh, LARGE);
    wh_member_init_alone((struct wh_bytes){old, LARGE}, (struct wh_bytes){fresh, LARGE}, &member);
    OK(wh_member_choose(&member, &err));
    assert_true(member.rough);
    assert_false(member.contested);
    assert_int_equal(member.way, WH_WAY_PREFIXED);
    assert_int_equal(member.frame.length, 0);
    uint64_t rough = wh_member_frame_cost(&member);
    OK(wh_member_make_frame(&member, &err));
    assert_int_equal(member.frame.length, wh_member_frame_cost(&member));
    assert_true(member.frame.length <= rough);
    assert_true(rough <= member.frame.length + member.frame.length / 3);
    wh_member_clear(&member);
}

static void a_small_patch_needs_no_frame(void **state)
{
    static uint8_t old[LARGE];
    static uint8_t fresh[LARGE];
    struct wh_member member;

    (void)state;
    make_noise(old, LARGE, 1);
    make_noise(fresh, LARGE, 1);
    make_changes(fresh, LARGE, 20000, 2);
    wh_member_init_alone((struct wh_bytes){old, LARGE}, (struct wh_bytes){fresh, LARGE}, &member);
    OK(wh_member_choose(&member, &err));
    assert_int_equal(member.way, WH_WAY_PATCH);
    assert_false(member.contested);
    assert_true(member.costs.prefixed == WH_NO_COST);
    assert_true(member.costs.whole == WH_NO_COST);
    wh_member_clear(&member);
}

static void a_frame_that_is_too_long_is_refused(void **state)
{
    static uint8_t old[LARGE];
    static uint8_t fresh[LARGE];
    struct wh_member member;

    (void)state;
    make_noise(old, LARGE, 1);
    make_noise(fresh, LARGE, 2);
    wh_member_init_alone((struct wh_bytes){old, LARGE}, (struct wh_bytes){fresh, LARGE}, &member);
    member.stored_max = LARGE / 2;
    REFUSED(WH_OVER_LIMIT, "more than 524288 bytes", wh_member_choose(&member, &err));
    wh_member_clear(&member);
}

/* ---- company ------------------------------------------------------------------------------- */

/* Two programs with much new code that is the same in both: a frame each would hold it twice. */
static void what_is_new_in_both_is_stored_once(void **state)
{
    static uint8_t old[LARGE];
    static uint8_t fresh[LARGE];
    static const char *const names[] = {"one", "two"};
    struct version older;
    struct version newer;
    struct wh_encoded_groups groups;

    (void)state;
    version_init(&older, 2);
    version_init(&newer, 2);
    for (uint32_t i = 0; i < 2; i++) {
        make_noise(old, LARGE, i);
        version_add(&older, "/bin/", names[i], 0, (struct wh_bytes){old, LARGE});
        make_noise(fresh, LARGE, 77);
        memcpy(fresh, old, LARGE / 4);
        version_add(&newer, "/bin/", names[i], 0, (struct wh_bytes){fresh, LARGE});
    }
    version_seal(&older);
    version_seal(&newer);
    static const struct wh_entry entries[] = {{.file = 0, .base = 0}, {.file = 1, .base = 1}};
    OK(wh_groups_encode(
        entries, COUNT(entries), &older.package, &newer.package, &means, &groups, &err));
    assert_int_equal(groups.group_count, 1);
    assert_int_equal(groups.groups[0].codec, WH_CODEC_PATCH);
    assert_int_equal(groups.groups[0].entry_count, 2);
    assert_true(groups.stored[0].length < LARGE * 4 / 5);
    wh_encoded_groups_clear(&groups);
    version_clear(&older);
    version_clear(&newer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_base_costs_nothing),
        cmocka_unit_test(short_contents_are_compared_exactly),
        cmocka_unit_test(a_long_frame_is_made_when_it_is_settled_for),
        cmocka_unit_test(a_small_patch_needs_no_frame),
        cmocka_unit_test(a_frame_that_is_too_long_is_refused),
        cmocka_unit_test(what_is_new_in_both_is_stored_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
