/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sketch_test.c - samples of contents say how much two contents have in common. */
#include "unit.h"

#include <stdlib.h>

#include "sketch.h"

enum { LENGTH = 200000 };

static void fill(uint8_t *bytes, size_t length, uint32_t seed)
{
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

static struct wh_sketch sketch(const uint8_t *bytes, size_t length)
{
    struct wh_sketch made;

    wh_sketch_make((struct wh_bytes){bytes, length}, WH_SKETCH_MAX, &made);
    assert_true(made.count <= WH_SKETCH_MAX);
    for (uint32_t i = 1; i < made.count; i++)
        assert_true(made.hashes[i - 1] < made.hashes[i]);
    return made;
}

static uint32_t score(const struct wh_sketch *content, const struct wh_sketch *source)
{
    return wh_common_score(wh_sketch_compare(content, source));
}

static void equal_contents_have_all_in_common(void **state)
{
    static uint8_t bytes[LENGTH + 3];

    (void)state;
    fill(bytes, sizeof bytes, 1);
    struct wh_sketch one = sketch(bytes, LENGTH);
    struct wh_sketch moved = sketch(bytes + 3, LENGTH);
    struct wh_common common = wh_sketch_compare(&one, &one);
    assert_int_equal(one.count, WH_SKETCH_MAX);
    assert_false(one.complete);
    assert_int_equal(common.known, WH_SKETCH_MAX);
    assert_int_equal(common.shared, WH_SKETCH_MAX);
    assert_true(score(&one, &moved) > 900); /* wherever they stand */
}

static void others_have_nothing_in_common(void **state)
{
    static uint8_t bytes[LENGTH];
    static uint8_t others[LENGTH];

    (void)state;
    fill(bytes, sizeof bytes, 1);
    fill(others, sizeof others, 2);
    struct wh_sketch one = sketch(bytes, LENGTH);
    struct wh_sketch other = sketch(others, LENGTH);
    assert_int_equal(wh_sketch_compare(&one, &other).shared, 0);
    assert_true(wh_sketch_compare(&one, &other).known > WH_SKETCH_MAX / 2);
}

/* The score follows what part of the content the source has, not how alike the two are. */
static void the_score_is_the_part_that_is_known(void **state)
{
    static uint8_t source[LENGTH];
    static uint8_t content[LENGTH];

    (void)state;
    fill(source, sizeof source, 1);
    struct wh_sketch old = sketch(source, LENGTH);
    for (uint32_t percent = 0; percent <= 100; percent += 25) {
        fill(content, sizeof content, 2);
        memcpy(content, source, LENGTH / 100 * percent);
        struct wh_sketch fresh = sketch(content, LENGTH);
        assert_in_range(score(&fresh, &old) + 150, 10 * percent, 10 * percent + 300);
    }
    struct wh_sketch part = sketch(source + LENGTH / 2, LENGTH / 8); /* split off */
    assert_true(score(&part, &old) > 600);
    assert_true(score(&old, &part) < 300);
}

/* Of a source that is much longer only few hashes are in reach: they are believed less. */
static void small_samples_are_believed_less(void **state)
{
    const struct wh_common all = {64, 64};
    const struct wh_common few = {2, 2};
    const struct wh_common none = {0, 0};

    (void)state;
    assert_true(wh_common_score(all) > 900);
    assert_true(wh_common_score(few) < 500);
    assert_int_equal(wh_common_score(none), 0);
}

static void short_contents_are_sampled_completely(void **state)
{
    static uint8_t bytes[WH_SKETCH_MAX + 8];

    (void)state;
    fill(bytes, sizeof bytes, 1);
    for (size_t length = 0; length < sizeof bytes; length++) {
        struct wh_sketch made = sketch(bytes, length);
        size_t runs = length < 8 ? 0 : length - 7;
        assert_int_equal(made.count, runs < WH_SKETCH_MAX ? runs : WH_SKETCH_MAX);
        assert_int_equal(made.complete, runs < WH_SKETCH_MAX);
    }
}

static void takes_no_more_than_asked_for(void **state)
{
    static uint8_t bytes[LENGTH];
    struct wh_sketch all;

    (void)state;
    fill(bytes, sizeof bytes, 1);
    wh_sketch_make((struct wh_bytes){bytes, LENGTH}, WH_SKETCH_MAX, &all);
    for (uint32_t most = 1; most <= WH_SKETCH_MAX; most++) {
        struct wh_sketch some;
        wh_sketch_make((struct wh_bytes){bytes, LENGTH}, most, &some);
        assert_int_equal(some.count, most);
        assert_memory_equal(some.hashes, all.hashes, most * sizeof *all.hashes); /* the least */
        assert_int_equal(wh_sketch_compare(&all, &some).known, most);
        assert_int_equal(wh_sketch_compare(&all, &some).shared, most);
    }
}

static void what_everybody_has_tells_nothing(void **state)
{
    static uint8_t bytes[LENGTH];

    (void)state;
    assert_int_equal(sketch(bytes, LENGTH).count, 0); /* zeros */
    memset(bytes, ' ', sizeof bytes);
    assert_int_equal(sketch(bytes, LENGTH).count, 0);
    memset(bytes, 0, sizeof bytes); /* small numbers */
    for (size_t i = 0; i + 4 <= LENGTH; i += 4)
        bytes[i] = (uint8_t)(i / 4);
    assert_int_equal(sketch(bytes, LENGTH).count, 0);
}

/* Few different runs, however often they come. */
static void repetitive_contents_have_few_hashes(void **state)
{
    static uint8_t bytes[LENGTH];

    (void)state;
    for (size_t i = 0; i < LENGTH; i++)
        bytes[i] = (uint8_t)('a' + i % 11);
    struct wh_sketch made = sketch(bytes, LENGTH);
    assert_int_equal(made.count, 11);
    assert_true(made.complete);
}

static void knows_compressed_contents(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool compressed;
    } cases[] = {
        {"\x1f\x8b\x08\x00", 4, true},
        {"\xfd\x37zXZ\x00", 6, true},
        {"\x28\xb5\x2f\xfd", 4, true},
        {"BZh91AY", 7, true},
        {"\x04\x22\x4d\x18", 4, true},
        {"\x5d\x00\x00\x80", 4, true},
        {"\x1f\x8b", 2, false},
        {"\x89PNG\r\n", 6, false},
        {"PK\x03\x04", 4, false},
        {"#!/bin/sh", 9, false},
        {"", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(
            wh_is_compressed((struct wh_bytes){(const uint8_t *)cases[i].bytes, cases[i].length}),
            cases[i].compressed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_contents_have_all_in_common),
        cmocka_unit_test(others_have_nothing_in_common),
        cmocka_unit_test(the_score_is_the_part_that_is_known),
        cmocka_unit_test(small_samples_are_believed_less),
        cmocka_unit_test(short_contents_are_sampled_completely),
        cmocka_unit_test(takes_no_more_than_asked_for),
        cmocka_unit_test(what_everybody_has_tells_nothing),
        cmocka_unit_test(repetitive_contents_have_few_hashes),
        cmocka_unit_test(knows_compressed_contents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
