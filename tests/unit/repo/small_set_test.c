/* SPDX-License-Identifier: GPL-2.0-or-later */
/* small_set_test.c - small files are stored together, apart or as residues, whichever is smallest.
 */
#include "version.h"

#include <stdlib.h>

#include "small_set.h"
#include "whittle/cleanup.h"

enum { FILES = 40, LENGTH = 12000 };

struct set {
    uint8_t bases[FILES][LENGTH];
    uint8_t contents[FILES][LENGTH];
    struct wh_member list[FILES];
    struct wh_member *members[FILES];
    struct wh_set_choice choice;
};

/* The same text, edited about every so many bytes; 0: not at all alike. */
static void put(struct set *set, uint32_t number, size_t distance)
{
    make_text(set->bases[number], LENGTH, number);
    if (distance > 0)
        make_edits(set->bases[number], set->contents[number], LENGTH, distance, number);
    else
        make_text(set->contents[number], LENGTH, number + 1000);
    wh_member_init_alone((struct wh_bytes){set->bases[number], LENGTH},
        (struct wh_bytes){set->contents[number], LENGTH}, &set->list[number]);
    set->list[number].entry = (struct wh_entry){.file = number, .base = number};
    set->members[number] = &set->list[number];
}

static const struct wh_set_means ample = {WH_EFFORT_DEFAULT, UINT64_MAX, 2};

static void choose(struct set *set, uint32_t count)
{
    OK(wh_set_choose(set->members, count, &ample, &set->choice, &err));
}

static void clear(struct set *set)
{
    for (uint32_t i = 0; i < FILES; i++)
        wh_member_clear(&set->list[i]);
    wh_buffer_clear(&set->choice.shared);
}

static bool is_shared(const struct wh_member *member)
{
    return member->way == WH_WAY_TEXT || member->way == WH_WAY_PATCH;
}

/* What is stored, without the list of groups. */
static uint64_t stored(const struct set *set, uint32_t count)
{
    uint64_t sum = set->choice.shared.length;

    for (uint32_t i = 0; i < count; i++)
        if (!is_shared(&set->list[i]))
            sum += set->list[i].frame.length;
    return sum;
}

static void what_hardly_changed_is_together(void **state)
{
    static struct set set;

    (void)state;
    for (uint32_t i = 0; i < FILES; i++)
        put(&set, i, 5000);
    choose(&set, FILES);
    for (uint32_t i = 0; i < FILES; i++) {
        assert_true(is_shared(&set.list[i]));
        assert_int_equal(set.list[i].way, set.list[0].way);
        assert_int_equal(set.list[i].frame.length, 0); /* nothing is kept for nothing */
    }
    assert_int_equal(
        set.choice.codec, set.list[0].way == WH_WAY_TEXT ? WH_CODEC_ZSTD : WH_CODEC_PATCH);
    assert_true(set.choice.shared.length < 40 * FILES);
    clear(&set);
}

/* Each way alone would take more. */
static void some_may_be_together_and_others_apart(void **state)
{
    static struct set set;
    uint64_t alone = 0;

    (void)state;
    for (uint32_t i = 0; i < FILES; i++)
        put(&set, i, i % 4 == 0 ? 60 : 9000);
    choose(&set, FILES);
    for (uint32_t i = 0; i < FILES; i++) {
        alone += set.list[i].costs.prefixed;
        assert_int_equal(is_shared(&set.list[i]), i % 4 != 0);
        assert_int_equal(set.list[i].frame.length > 0, i % 4 == 0);
    }
    uint64_t total = stored(&set, FILES);
    assert_true(total < set.choice.all_frame);
    assert_true(total < set.choice.all_patch);
    assert_true(total < alone);
    clear(&set);
}

/* Whatever the set: none of the simple ways is better by more than the list of groups takes. */
static void the_choice_is_never_worse_than_a_simple_one(void **state)
{
    static const size_t distances[] = {0, 25, 80, 300, 1200, 5000, 20000};
    static struct set set;
    uint32_t seed = 1;

    (void)state;
    for (uint32_t round = 0; round < 12; round++) {
        uint32_t count = 1 + round * 3;
        uint64_t alone = 0;
        for (uint32_t i = 0; i < count; i++) {
            seed = seed * 1664525u + 1013904223u;
            put(&set, i, distances[(seed >> 16) % COUNT(distances)]);
        }
        choose(&set, count);
        for (uint32_t i = 0; i < count; i++) {
            const struct wh_costs *costs = &set.list[i].costs;
            alone += costs->prefixed < costs->whole ? costs->prefixed : costs->whole;
        }
        uint64_t most = stored(&set, count);
        assert_true(most <= set.choice.all_frame + 5);
        assert_true(most <= set.choice.all_patch + 5);
        assert_true(most <= alone + 5 * count);
        clear(&set);
    }
}

/* It would only be in the way, and the client would have to have it. */
static void a_base_that_does_not_help_is_dropped(void **state)
{
    static struct set set;

    (void)state;
    make_noise(set.contents[0], LENGTH, 2);
    struct wh_bytes base = {set.bases[0], 16}; /* zeros */
    struct wh_bytes content = {set.contents[0], LENGTH};
    uint64_t taken[2];
    for (int with = 0; with < 2; with++) {
        wh_member_init_alone(with ? base : (struct wh_bytes){0}, content, &set.list[0]);
        set.list[0].entry = (struct wh_entry){.file = 0, .base = with ? 0 : WH_NO_FILE};
        set.members[0] = &set.list[0];
        choose(&set, 1);
        assert_int_equal(set.list[0].entry.base, WH_NO_FILE);
        taken[with] = stored(&set, 1);
        clear(&set);
    }
    assert_int_equal(taken[0], taken[1]);
}

static void little_room_lowers_the_effort(void **state)
{
    static struct set set;

    (void)state;
    for (uint32_t i = 0; i < FILES; i++)
        put(&set, i, 5000);
    OK(wh_set_choose(
        set.members, FILES, &(struct wh_set_means){WH_EFFORT_DEFAULT, 1, 1}, &set.choice, &err));
    assert_true(stored(&set, FILES) < FILES * LENGTH / 16);
    clear(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_hardly_changed_is_together),
        cmocka_unit_test(some_may_be_together_and_others_apart),
        cmocka_unit_test(the_choice_is_never_worse_than_a_simple_one),
        cmocka_unit_test(a_base_that_does_not_help_is_dropped),
        cmocka_unit_test(little_room_lowers_the_effort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
