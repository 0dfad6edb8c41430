/* SPDX-License-Identifier: GPL-2.0-or-later */
/* match_test.c - what the match finder promises for any two contents, and what it finds in some
 * whose origin is known. */
#include "unit.h"

#include <stdlib.h>

#include "match/match.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { EFFORTS = WH_EFFORT_BEST + 1, LENGTH = 20000 };

/* A content that is put together piece by piece, in memory of its size. */
struct content {
    uint8_t *bytes;
    size_t length;
};

static uint32_t state_of_random;

static uint8_t random_byte(void)
{
    state_of_random = state_of_random * 1664525u + 1013904223u;
    return (uint8_t)(state_of_random >> 24);
}

static size_t random_below(size_t below)
{
    return ((size_t)random_byte() << 16 | (size_t)random_byte() << 8 | random_byte()) % below;
}

static uint8_t *grow(struct content *content, size_t length)
{
    content->bytes = realloc(content->bytes, content->length + length + 1);
    assert_non_null(content->bytes);
    content->length += length;
    return content->bytes + content->length - length;
}

static void put(struct content *content, const uint8_t *bytes, size_t length)
{
    memcpy(grow(content, length), bytes, length);
}

static void put_random(struct content *content, size_t length)
{
    uint8_t *bytes = grow(content, length);

    for (size_t i = 0; i < length; i++)
        bytes[i] = random_byte();
}

static void clear(struct content *content)
{
    free(content->bytes);
}

#define CONTENT wh_cleanup(clear) struct content

static struct content random_content(size_t length)
{
    struct content content = {0};

    put_random(&content, length);
    return content;
}

/* Memory of exactly the contents' sizes, so that the address sanitizer sees any byte too far. */
static struct wh_copies match(
    const struct content *old, const struct content *fresh, enum wh_effort effort)
{
    wh_autofree uint8_t *exact_old = malloc(old->length);
    wh_autofree uint8_t *exact_fresh = malloc(fresh->length);
    struct wh_copies copies = {0};

    if (old->length > 0)
        memcpy(exact_old, old->bytes, old->length);
    if (fresh->length > 0)
        memcpy(exact_fresh, fresh->bytes, fresh->length);
    OK(wh_match((struct wh_bytes){exact_old, old->length},
        (struct wh_bytes){exact_fresh, fresh->length}, effort, &copies, &err));
    return copies;
}

static size_t check_copies(
    const struct wh_copies *copies, const struct content *old, const struct content *fresh)
{
    size_t end = 0;
    size_t covered = 0;

    for (size_t i = 0; i < copies->count; i++) {
        struct wh_copy copy = copies->copies[i];
        assert_true(copy.length > 0);
        assert_true(copy.new_offset >= end && copy.new_offset < fresh->length);
        assert_true(copy.length <= fresh->length - copy.new_offset);
        assert_true(copy.old_offset < old->length);
        assert_true(copy.length <= old->length - copy.old_offset);
        end = copy.new_offset + copy.length;
        covered += copy.length;
    }
    return covered;
}

/* Every effort keeps the promises of match.h and does the same when it is asked again. Gives the
 * least number of bytes that copies cover. */
static size_t try_all(const struct content *old, const struct content *fresh)
{
    size_t least = SIZE_MAX;

    for (int effort = 0; effort < EFFORTS; effort++) {
        wh_cleanup(wh_copies_clear) struct wh_copies first = match(
            old, fresh, (enum wh_effort)effort);
        wh_cleanup(wh_copies_clear) struct wh_copies second = match(
            old, fresh, (enum wh_effort)effort);
        size_t covered = check_copies(&first, old, fresh);
        assert_int_equal(first.count, second.count);
        if (first.count > 0)
            assert_memory_equal(first.copies, second.copies, first.count * sizeof *first.copies);
        if (covered < least)
            least = covered;
    }
    return least;
}

static void expect(const struct content *old, const struct content *fresh,
    const struct wh_copy *expected, size_t count)
{
    for (int effort = 0; effort < EFFORTS; effort++) {
        wh_cleanup(wh_copies_clear) struct wh_copies found = match(
            old, fresh, (enum wh_effort)effort);
        assert_int_equal(found.count, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(found.copies[i].new_offset, expected[i].new_offset);
            assert_int_equal(found.copies[i].old_offset, expected[i].old_offset);
            assert_int_equal(found.copies[i].length, expected[i].length);
        }
    }
}

/* ---- any contents -------------------------------------------------------------------------- */

static void empty_and_tiny_contents(void **state)
{
    static const size_t lengths[] = {0, 1, 2, 7, 8, 9, 23, 24, 25, 47, 48, 100};

    (void)state;
    state_of_random = 1;
    for (size_t i = 0; i < COUNT(lengths); i++)
        for (size_t j = 0; j < COUNT(lengths); j++) {
            CONTENT old = random_content(lengths[i]);
            CONTENT fresh = random_content(lengths[j]);
            CONTENT part = {0};
            assert_true(try_all(&old, &fresh) <= lengths[j]);
            put(&part, old.bytes, lengths[i] < lengths[j] ? lengths[i] : lengths[j]);
            (void)try_all(&old, &part);
        }
    CONTENT nothing = {0};
    CONTENT something = random_content(100);
    expect(&nothing, &something, NULL, 0);
    expect(&something, &nothing, NULL, 0);
}

/* Pieces of the old content in any order, changed here and there, and new ones between them. */
static struct content rearranged(const struct content *old)
{
    struct content fresh = {0};

    while (fresh.length < old->length) {
        size_t length = 1 + random_below(random_below(3) ? 60 : 3000);
        size_t from = random_below(old->length);
        if (random_below(4) == 0) {
            put_random(&fresh, length);
        } else {
            size_t piece = length < old->length - from ? length : old->length - from;
            put(&fresh, old->bytes + from, piece);
            for (size_t changes = random_below(9); changes > 0; changes--)
                fresh.bytes[fresh.length - piece + random_below(piece)]++;
        }
    }
    return fresh;
}

static void rearranged_contents(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 12; seed++) {
        state_of_random = seed;
        CONTENT old = {0};
        /* Few different bytes make many chance matches, zeros many equally good ones. */
        for (size_t i = 0; i < LENGTH; i++)
            *grow(&old, 1) = (uint8_t)(random_below(3) ? random_below(seed % 3 ? 256 : 3) : 0);
        CONTENT fresh = rearranged(&old);
        (void)try_all(&old, &fresh);
    }
}

static void too_long_contents_are_refused(void **state)
{
    static const uint8_t byte;
    const struct wh_bytes one = {&byte, 1};
    const struct wh_bytes many = {&byte, (size_t)WH_CONTENT_MAX + 1};
    struct wh_copies copies;

    (void)state;
    REFUSED(WH_OVER_LIMIT, "over the limit", wh_match(many, one, WH_EFFORT_DEFAULT, &copies, &err));
    REFUSED(WH_OVER_LIMIT, "over the limit", wh_match(one, many, WH_EFFORT_DEFAULT, &copies, &err));
}

/* ---- time ---------------------------------------------------------------------------------- */

/* Where the time grew with the square of the length these would take hours. */
static void time_is_not_squared(void **state)
{
    enum { LONG = 1 << 22 };
    static const size_t periods[] = {1, 2, 7, 24, 61};

    (void)state;
    CONTENT old = {0};
    CONTENT fresh = {0};
    CONTENT half = {0};
    (void)grow(&old, LONG);
    (void)grow(&fresh, LONG);
    for (size_t i = 0; i < COUNT(periods); i++) {
        for (size_t at = 0; at < LONG; at++) {
            old.bytes[at] = (uint8_t)(at % periods[i]);
            fresh.bytes[at] = (uint8_t)((at + 5) % periods[i]);
        }
        for (int effort = 0; effort < EFFORTS; effort++) {
            wh_cleanup(wh_copies_clear) struct wh_copies copies = match(
                &old, &fresh, (enum wh_effort)effort);
            assert_true(check_copies(&copies, &old, &fresh) >= LONG - 200);
        }
    }
    /* A run that is longer than the old one: no place of the old view is better than another. */
    memset(fresh.bytes, 0, LONG);
    put(&half, fresh.bytes, LONG / 2);
    for (int effort = 0; effort < EFFORTS; effort++) {
        wh_cleanup(wh_copies_clear) struct wh_copies copies = match(
            &half, &fresh, (enum wh_effort)effort);
        assert_true(check_copies(&copies, &half, &fresh) >= LONG / 2);
    }
}

/* ---- known origins ------------------------------------------------------------------------- */

static void equal_contents_are_one_copy(void **state)
{
    (void)state;
    state_of_random = 4;
    for (size_t length = 64; length <= LENGTH; length += 997) {
        CONTENT old = random_content(length);
        expect(&old, &old, &(struct wh_copy){0, 0, length}, 1);
    }
}

static void shifted_and_moved_blocks(void **state)
{
    enum { BLOCK = 4000 };

    (void)state;
    state_of_random = 5;
    CONTENT old = random_content(3 * BLOCK);
    CONTENT shifted = random_content(101);
    put(&shifted, old.bytes, old.length);
    put_random(&shifted, 77);
    expect(&old, &shifted, &(struct wh_copy){101, 0, 3 * BLOCK}, 1);

    CONTENT moved = {0};
    put(&moved, old.bytes + 2 * BLOCK, BLOCK);
    put(&moved, old.bytes, BLOCK);
    put(&moved, old.bytes + BLOCK, BLOCK);
    static const struct wh_copy copies[] = {{0, 2 * BLOCK, BLOCK}, {BLOCK, 0, 2 * BLOCK}};
    expect(&old, &moved, copies, COUNT(copies));

    CONTENT twice = {0};
    put(&twice, old.bytes + BLOCK, BLOCK);
    put(&twice, old.bytes + BLOCK, BLOCK);
    static const struct wh_copy both[] = {{0, BLOCK, BLOCK}, {BLOCK, BLOCK, BLOCK}};
    expect(&old, &twice, both, COUNT(both));
}

static void insertions_and_deletions(void **state)
{
    (void)state;
    state_of_random = 6;
    CONTENT old = random_content(10000);
    CONTENT longer = {0};
    put(&longer, old.bytes, 3000);
    put_random(&longer, 50);
    put(&longer, old.bytes + 3000, 7000);
    static const struct wh_copy inserted[] = {{0, 0, 3000}, {3050, 3000, 7000}};
    expect(&old, &longer, inserted, COUNT(inserted));

    CONTENT shorter = {0};
    put(&shorter, old.bytes, 3000);
    put(&shorter, old.bytes + 3009, 6991);
    static const struct wh_copy deleted[] = {{0, 0, 3000}, {3000, 3009, 6991}};
    expect(&old, &shorter, deleted, COUNT(deleted));

    CONTENT replaced = {0};
    put(&replaced, old.bytes, 3000);
    put_random(&replaced, 300);
    put(&replaced, old.bytes + 3300, 6700);
    static const struct wh_copy kept[] = {{0, 0, 3000}, {3300, 3300, 6700}};
    expect(&old, &replaced, kept, COUNT(kept));
}

static void single_differences_stay_in_a_copy(void **state)
{
    (void)state;
    state_of_random = 7;
    CONTENT old = random_content(LENGTH);
    CONTENT fresh = {0};
    put(&fresh, old.bytes, old.length);
    for (size_t at = 30; at + 30 < fresh.length; at += 20 + random_below(40))
        fresh.bytes[at] ^= 0x55;
    expect(&old, &fresh, &(struct wh_copy){0, 0, LENGTH}, 1);
}

/* All entries move by the same number: three of their four bytes differ, always in the same way. */
static void a_table_of_offsets_stays_in_a_copy(void **state)
{
    enum { ENTRIES = 1000, MOVE = 0x010203 };

    (void)state;
    state_of_random = 8;
    CONTENT old = random_content(1000);
    CONTENT fresh = {0};
    put(&fresh, old.bytes, old.length);
    for (size_t i = 0; i < ENTRIES; i++) {
        uint32_t offset = 0xff000000u | ((uint32_t)random_below(1 << 24) & 0x7f7f7f);
        for (unsigned shift = 0; shift < 32; shift += 8) {
            *grow(&old, 1) = (uint8_t)(offset >> shift);
            *grow(&fresh, 1) = (uint8_t)((offset + MOVE) >> shift);
        }
    }
    put_random(&old, 1000);
    put(&fresh, old.bytes + old.length - 1000, 1000);
    expect(&old, &fresh, &(struct wh_copy){0, 0, old.length}, 1);
}

/* ---- small matters ------------------------------------------------------------------------- */

static void short_matches_are_found_opposite_a_gap(void **state)
{
    (void)state;
    state_of_random = 9;
    CONTENT old = random_content(2060);
    CONTENT fresh = {0};
    put(&fresh, old.bytes, 1000);
    put_random(&fresh, 25);
    put(&fresh, old.bytes + 1010, 20); /* too short for an anchor of the whole view */
    put_random(&fresh, 10);
    put(&fresh, old.bytes + 1060, 1000);
    static const struct wh_copy copies[] = {{0, 0, 1000}, {1025, 1010, 20}, {1055, 1060, 1000}};
    expect(&old, &fresh, copies, COUNT(copies));
}

static void a_copy_has_to_pay(void **state)
{
    (void)state;
    state_of_random = 10;
    CONTENT old = random_content(1000);
    CONTENT few = random_content(500);
    put(&few, old.bytes + 500, 8);
    put_random(&few, 492);
    expect(&old, &few, NULL, 0);

    CONTENT fresh = random_content(500);
    memset(grow(&fresh, 17), 0, 17); /* cheaper to send than to refer to */
    put_random(&fresh, 483);
    memset(old.bytes + 500, 0, 17);
    expect(&old, &fresh, NULL, 0);
}

static void of_equal_places_the_nearest(void **state)
{
    /* The index leaves some places out; with these bytes it has the beginnings of both blocks. */
    enum { BLOCK = 400, PLACES = 3200 };

    (void)state;
    state_of_random = 14;
    CONTENT block = random_content(BLOCK);
    CONTENT old = random_content(PLACES);
    put(&old, block.bytes, BLOCK);
    put_random(&old, PLACES - BLOCK);
    put(&old, block.bytes, BLOCK);
    put_random(&old, PLACES);
    for (size_t inserted = 200; inserted <= 333; inserted += 133) {
        CONTENT fresh = {0};
        put(&fresh, old.bytes, 2 * PLACES - 200);
        put_random(&fresh, inserted); /* what was before the second block is new */
        put(&fresh, block.bytes, BLOCK);
        put_random(&fresh, 600);
        const struct wh_copy copies[] = {
            {0, 0, 2 * PLACES - 200}, {2 * PLACES - 200 + inserted, 2 * PLACES, BLOCK}};
        expect(&old, &fresh, copies, COUNT(copies));
    }
}

/* Parts are joined: a change of alignment in the middle, and what all numbers of threads give. */
static void long_views_are_matched_in_parts(void **state)
{
    enum { LONG = 3 << 20, SHIFT = 1000 };
    static uint8_t old[LONG];
    static uint8_t fresh[LONG];
    struct wh_copies found[2];

    (void)state;
    for (size_t i = 0; i < LONG; i++)
        old[i] = (uint8_t)(i * i * 2654435761u >> 13 ^ i >> 7);
    memcpy(fresh, old, LONG / 2);
    memcpy(fresh + LONG / 2, old + LONG / 2 - SHIFT, LONG / 2);
    for (uint32_t k = 0; k < 2; k++) {
        const struct wh_match_means means = {WH_EFFORT_FAST, k == 0 ? 2 : 7};
        OK(wh_match_by(
            (struct wh_bytes){old, LONG}, (struct wh_bytes){fresh, LONG}, &means, &found[k], &err));
    }
    assert_int_equal(found[0].count, found[1].count);
    assert_memory_equal(found[0].copies, found[1].copies, found[0].count * sizeof *found[0].copies);
    size_t end = 0;
    for (size_t i = 0; i < found[0].count; i++) {
        const struct wh_copy *copy = &found[0].copies[i];
        assert_int_equal(copy->new_offset, end);
        assert_memory_equal(fresh + copy->new_offset, old + copy->old_offset, copy->length);
        end += copy->length;
    }
    assert_int_equal(end, LONG);
    wh_copies_clear(&found[0]);
    wh_copies_clear(&found[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_and_tiny_contents),
        cmocka_unit_test(rearranged_contents),
        cmocka_unit_test(too_long_contents_are_refused),
        cmocka_unit_test(time_is_not_squared),
        cmocka_unit_test(equal_contents_are_one_copy),
        cmocka_unit_test(shifted_and_moved_blocks),
        cmocka_unit_test(insertions_and_deletions),
        cmocka_unit_test(single_differences_stay_in_a_copy),
        cmocka_unit_test(a_table_of_offsets_stays_in_a_copy),
        cmocka_unit_test(short_matches_are_found_opposite_a_gap),
        cmocka_unit_test(a_copy_has_to_pay),
        cmocka_unit_test(of_equal_places_the_nearest),
        cmocka_unit_test(long_views_are_matched_in_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
