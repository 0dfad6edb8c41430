/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz_describe_test.c - settings of .xz streams that liblzma's usual callers make, found again. */
#include "unit.h"

#include <lzma.h>
#include <stdlib.h>

#include "made_xz.h"
#include "packed/xz_describe.h"
#include "whittle/cleanup.h"

enum { LENGTH = 100000, SHORT = 700, ROOM = 1 << 20, USUAL = (2 * 5 + 0) * 9 + 3 };

/* A stream and what it holds. */
struct pair {
    struct wh_buffer plain;
    struct wh_buffer packed;
};

static void clear_pair(struct pair *pair)
{
    wh_buffer_clear(&pair->plain);
    wh_buffer_clear(&pair->packed);
}

static struct pair pair_of(size_t length, const struct made_xz *how)
{
    struct pair pair = {.plain = {.ceiling = ROOM}, .packed = {.ceiling = ROOM}};

    made_xz_plain(length, &pair.plain);
    made_xz(wh_buffer_bytes(&pair.plain), how, &pair.packed);
    return pair;
}

static wh_status describe(const struct pair *pair, const struct wh_xz_settings *last,
    struct wh_xz_settings *out_settings, struct wh_error *err)
{
    return wh_xz_describe(
        wh_buffer_bytes(&pair->packed), wh_buffer_bytes(&pair->plain), last, out_settings, err);
}

/* Finds settings that give the stream. */
static struct wh_xz_settings found(size_t length, const struct made_xz *how)
{
    wh_cleanup(clear_pair) struct pair pair = pair_of(length, how);
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = ROOM};
    struct wh_xz_settings settings;

    OK(describe(&pair, NULL, &settings, &err));
    OK(wh_xz_encode(wh_buffer_bytes(&pair.plain), &settings, &again, &err));
    assert_int_equal(again.length, pair.packed.length);
    assert_memory_equal(again.data, pair.packed.data, again.length);
    return settings;
}

/* The dictionary tells 7, 8 and 9 apart; a slow search of one level is that of another. */
static void every_preset(void **state)
{
    static const uint32_t slow[] = {6, 6, 6, 3, 6, 3, 6, 6, 6, 6};

    (void)state;
    for (uint32_t level = 0; level <= 9; level++) {
        lzma_options_lzma options;
        assert_false(lzma_lzma_preset(&options, level));
        struct made_xz how = {.preset = level, .check = LZMA_CHECK_CRC64};
        struct wh_xz_settings settings = found(LENGTH, &how);
        assert_int_equal(settings.preset, level < 6 ? level : 6);
        assert_int_equal(settings.dictionary, options.dict_size);
        how.preset |= LZMA_PRESET_EXTREME;
        assert_int_equal(found(LENGTH, &how).preset, slow[level] | LZMA_PRESET_EXTREME);
    }
}

static void what_the_headers_tell(void **state)
{
    struct wh_xz_settings settings = found(LENGTH, &(struct made_xz){.preset = 6,
                                                       .dictionary = 3u << 18,
                                                       .lc_lp_pb = 14,
                                                       .filter = LZMA_FILTER_X86,
                                                       .check = LZMA_CHECK_SHA256});

    (void)state;
    assert_int_equal(settings.dictionary, 3u << 18);
    assert_int_equal(settings.properties, (4 * 5 + 1) * 9 + 0);
    assert_int_equal(settings.filter, LZMA_FILTER_X86);
    assert_int_equal(settings.check, LZMA_CHECK_SHA256);
    assert_int_equal(settings.header_size, 2);
    assert_false(settings.threaded);
    assert_true(settings.block_size == 0);

    settings = found(SHORT, &(struct made_xz){.preset = 6, .check = LZMA_CHECK_NONE});
    assert_int_equal(settings.properties, USUAL);
    assert_int_equal(settings.filter, 0);
    assert_int_equal(settings.check, LZMA_CHECK_NONE);
}

static void threads(void **state)
{
    struct wh_xz_settings settings = found(
        LENGTH, &(struct made_xz){.preset = 6, .check = LZMA_CHECK_CRC32, .threaded = true});

    (void)state;
    assert_true(settings.threaded);
    assert_true(settings.small);
    assert_true(settings.block_size == 0);
    assert_int_equal(settings.header_size, 4);

    settings = found(300000,
        &(struct made_xz){
            .preset = 6, .check = LZMA_CHECK_CRC32, .threaded = true, .block_size = 1 << 16});
    assert_true(settings.threaded);
    assert_true(settings.block_size == 1 << 16);
    assert_int_equal(settings.header_size, 3);

    settings = found(
        300000, &(struct made_xz){.preset = 6, .check = LZMA_CHECK_CRC32, .block_size = 1 << 17});
    assert_false(settings.threaded);
    assert_true(settings.block_size == 1 << 17);
}

/* The fast searches depend on the dictionary. A content that is longer than it tells nothing. */
static void small_where_that_does(void **state)
{
    wh_cleanup(clear_pair) struct pair pair = pair_of(
        LENGTH, &(struct made_xz){.preset = 6, .dictionary = 1 << 16});
    struct wh_xz_settings settings;

    (void)state;
    assert_true(found(LENGTH, &(struct made_xz){.preset = 6, .check = 1}).small);
    assert_false(found(LENGTH, &(struct made_xz){.preset = 2, .check = 1}).small);
    OK(describe(&pair, NULL, &settings, &err));
    assert_true(settings.small);
    settings.small = false;
    OK(describe(&pair, &settings, &settings, &err));
    assert_false(settings.small);
}

/* Nothing in it could be compressed, so no chunk has properties. */
static void nothing_but_noise(void **state)
{
    struct pair pair = {.plain = {.ceiling = ROOM}, .packed = {.ceiling = ROOM}};
    struct wh_xz_settings settings;
    uint32_t value = 1;

    (void)state;
    for (int i = 0; i < LENGTH; i++) {
        value = value * 1664525u + 1013904223u;
        wh_buffer_u8(&pair.plain, (uint8_t)(value >> 24));
    }
    made_xz(wh_buffer_bytes(&pair.plain), &(struct made_xz){.preset = 6, .check = 1}, &pair.packed);
    OK(describe(&pair, NULL, &settings, &err));
    assert_int_equal(settings.properties, USUAL);
    clear_pair(&pair);
}

/* All presets make the same of three bytes. */
static void what_worked_last_is_tried_first(void **state)
{
    wh_cleanup(clear_pair) struct pair pair = pair_of(
        3, &(struct made_xz){.preset = 6, .dictionary = 1 << 20, .check = LZMA_CHECK_CRC64});
    wh_cleanup(clear_pair) struct pair other = pair_of(
        LENGTH, &(struct made_xz){.preset = 4, .check = LZMA_CHECK_CRC64});
    struct wh_xz_settings settings;

    (void)state;
    OK(describe(&pair, NULL, &settings, &err));
    assert_int_equal(settings.preset, 6);
    assert_true(settings.small);
    settings.preset = 3;
    settings.small = false;
    OK(describe(&pair, &settings, &settings, &err));
    assert_int_equal(settings.preset, 3);
    assert_false(settings.small);
    OK(describe(&other, &settings, &settings, &err));
    assert_int_equal(settings.preset, 4);
    assert_true(settings.small); /* the other one would be 4 MiB */
}

static void what_no_settings_give(void **state)
{
    static const struct made_xz rows[] = {
        {.preset = 6, .nice = 100, .check = 1},
        {.preset = 6, .filter = LZMA_FILTER_DELTA, .check = 1},
        {.preset = 6, .check = 1, .block_size = 1 << 12}, /* thousands of blocks */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        wh_cleanup(clear_pair) struct pair pair = pair_of(LENGTH, &rows[i]);
        struct wh_xz_settings settings;
        REFUSED(WH_UNSUPPORTED, "no known settings", describe(&pair, NULL, &settings, &err));
    }
}

/* What it holds is not what it is said to hold. */
static void another_content(void **state)
{
    wh_cleanup(clear_pair) struct pair pair = pair_of(LENGTH, &(struct made_xz){.preset = 6});
    struct wh_xz_settings settings;

    (void)state;
    pair.plain.data[LENGTH / 2] ^= 1;
    REFUSED(WH_UNSUPPORTED, "no known settings", describe(&pair, NULL, &settings, &err));
    pair.plain.length = 0;
    REFUSED(WH_UNSUPPORTED, "no known settings", describe(&pair, NULL, &settings, &err));
}

static void no_stream_with_a_block(void **state)
{
    struct pair pair = {.plain = {.ceiling = ROOM}, .packed = {.ceiling = ROOM}};
    struct wh_xz_settings settings;

    (void)state;
    REFUSED(WH_MALFORMED, "not an .xz stream", describe(&pair, NULL, &settings, &err));
    made_xz((struct wh_bytes){0}, &(struct made_xz){.preset = 6}, &pair.packed);
    REFUSED(WH_MALFORMED, "not an .xz stream", describe(&pair, NULL, &settings, &err));
    clear_pair(&pair);
}

static void truncated_and_damaged(void **state)
{
    wh_cleanup(clear_pair) struct pair pair = pair_of(
        60, &(struct made_xz){.preset = 0, .check = LZMA_CHECK_CRC32});
    struct wh_xz_settings settings;

    (void)state;
    OK(describe(&pair, NULL, &settings, &err));
    for (size_t i = 0; i < pair.packed.length; i++) {
        wh_autofree uint8_t *part = malloc(i ? i : 1);
        assert_non_null(part);
        memcpy(part, pair.packed.data, i);
        assert_int_not_equal(wh_xz_describe((struct wh_bytes){part, i},
                                 wh_buffer_bytes(&pair.plain), NULL, &settings, NULL),
            WH_OK);
        pair.packed.data[i] ^= 0x11;
        assert_int_not_equal(describe(&pair, NULL, &settings, NULL), WH_OK);
        pair.packed.data[i] ^= 0x11;
    }
    wh_buffer_u8(&pair.packed, 0);
    assert_int_not_equal(describe(&pair, NULL, &settings, NULL), WH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_preset),
        cmocka_unit_test(what_the_headers_tell),
        cmocka_unit_test(threads),
        cmocka_unit_test(small_where_that_does),
        cmocka_unit_test(nothing_but_noise),
        cmocka_unit_test(what_worked_last_is_tried_first),
        cmocka_unit_test(what_no_settings_give),
        cmocka_unit_test(another_content),
        cmocka_unit_test(no_stream_with_a_block),
        cmocka_unit_test(truncated_and_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
