/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz_test.c - .xz streams made again: against liblzma's own encoders, with hostile parameters, and
 * the way back with hostile streams. */
#include "unit.h"

#include <lzma.h>

#include "made_xz.h"
#include "packed/coders.h"
#include "packed/xz_proof.h"

enum { LENGTH = 60000, SHORT = 700, ROOM = 1 << 20, USUAL = (2 * 5 + 0) * 9 + 3 };

#define SETTINGS                                                                                   \
    .preset = 6, .dictionary = 1u << 20, .properties = USUAL, .header_size = 2, .small = true,     \
    .check = LZMA_CHECK_CRC32

static const struct wh_xz_settings usual = {SETTINGS};

static void plain_of(size_t length, struct wh_buffer *out)
{
    *out = (struct wh_buffer){.ceiling = ROOM};
    made_xz_plain(length, out);
}

static void assert_same(const struct wh_buffer *made, const struct wh_buffer *expected)
{
    assert_int_equal(made->length, expected->length);
    assert_memory_equal(made->data, expected->data, expected->length);
}

/* Settings give what that way of calling liblzma gives, and it comes apart again. */
static void assert_gives(
    size_t length, const struct wh_xz_settings *settings, const struct made_xz *how)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain;
    wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer parameters = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = ROOM};
    size_t packed_length = 0;

    plain_of(length, &plain);
    made_xz(wh_buffer_bytes(&plain), how, &expected);
    wh_xz_settings_write(settings, &parameters);
    OK(wh_xz_pack(wh_buffer_bytes(&plain), wh_buffer_bytes(&parameters), &made, &err));
    assert_same(&made, &expected);
    OK(wh_xz_compare(wh_buffer_bytes(&plain), settings, wh_buffer_bytes(&expected), &err));
    OK(wh_xz_unpack(wh_buffer_bytes(&made), &again, &packed_length, &err));
    assert_int_equal(packed_length, made.length);
    assert_same(&again, &plain);
}

/* ---- parameters ----------------------------------------------------------------------------- */

static void parameters_come_back(void **state)
{
    static const struct wh_xz_settings rows[] = {
        {SETTINGS},
        {.preset = 9 | LZMA_PRESET_EXTREME,
            .dictionary = UINT32_MAX,
            .properties = 216,
            .threaded = true,
            .block_size = LZMA_VLI_MAX,
            .header_size = 255,
            .check = LZMA_CHECK_SHA256,
            .filter = 4},
        {.dictionary = 3u << 11, .header_size = 2, .block_size = WH_XZ_BLOCK_MIN, .filter = 11},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer spelled = {.ceiling = ROOM};
        wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = ROOM};
        struct wh_xz_settings read;
        wh_xz_settings_write(&rows[i], &spelled);
        OK(wh_xz_settings_read(wh_buffer_bytes(&spelled), &read, &err));
        assert_int_equal(read.preset, rows[i].preset);
        assert_int_equal(read.dictionary, rows[i].dictionary);
        assert_int_equal(read.properties, rows[i].properties);
        assert_int_equal(read.small, rows[i].small);
        assert_int_equal(read.threaded, rows[i].threaded);
        assert_true(read.block_size == rows[i].block_size);
        assert_int_equal(read.header_size, rows[i].header_size);
        assert_int_equal(read.check, rows[i].check);
        assert_int_equal(read.filter, rows[i].filter);
        wh_xz_settings_write(&read, &again);
        assert_same(&again, &spelled);

        for (size_t length = 0; length < spelled.length; length++)
            REFUSED(WH_MALFORMED, "garbled",
                wh_xz_settings_read((struct wh_bytes){spelled.data, length}, &read, &err));
        wh_buffer_u8(&spelled, 0);
        REFUSED(
            WH_MALFORMED, "garbled", wh_xz_settings_read(wh_buffer_bytes(&spelled), &read, &err));
    }
}

static void parameters_out_of_range(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
    } rows[] = {
        {0, 10},        /* no such preset */
        {0, 0x86},      /* a bit that means nothing */
        {1, 41},        /* more than 4 GiB */
        {2, 225},       /* pb 5 */
        {2, 4 * 9 + 1}, /* lp 4, lc 1: more than 4 together */
        {3, 2},         /* no such check */
        {3, 0x11},      /* filter 1 */
        {3, 0x31},      /* filter 3, delta */
        {3, 0xc1},      /* filter 12 */
        {4, 1},         /* a header of 8 bytes */
        {5, 0x7f},      /* blocks of 127 bytes */
    };
    wh_cleanup(wh_buffer_clear) struct wh_buffer spelled = {.ceiling = ROOM};
    struct wh_xz_settings read;

    (void)state;
    wh_xz_settings_write(&usual, &spelled);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t kept = spelled.data[rows[i].at];
        spelled.data[rows[i].at] = rows[i].byte;
        REFUSED(WH_MALFORMED, "out of range",
            wh_xz_settings_read(wh_buffer_bytes(&spelled), &read, &err));
        REFUSED(WH_MALFORMED, "out of range",
            wh_xz_pack((struct wh_bytes){0}, wh_buffer_bytes(&spelled), &spelled, &err));
        spelled.data[rows[i].at] = kept;
    }
    OK(wh_xz_settings_read(wh_buffer_bytes(&spelled), &read, &err));
}

static void dictionaries_are_spelled(void **state)
{
    (void)state;
    assert_int_equal(wh_xz_dictionary(0), 4096);
    assert_int_equal(wh_xz_dictionary(1), 6144);
    assert_int_equal(wh_xz_dictionary(22), 8 << 20);
    assert_int_equal(wh_xz_dictionary(39), 3u << 30);
    assert_int_equal(wh_xz_dictionary(40), UINT32_MAX);
}

/* ---- as liblzma does it --------------------------------------------------------------------- */

/* The fast searches of 1 to 3 find other matches where the dictionary is small; from 7 on a whole
 * one needs more memory than the encoder may have. */
static void every_preset(void **state)
{
    static const uint32_t extremes[] = {0, LZMA_PRESET_EXTREME};

    (void)state;
    for (uint32_t level = 0; level <= 9; level++)
        for (size_t i = 0; i < COUNT(extremes); i++) {
            const struct made_xz how = {.preset = level | extremes[i], .check = LZMA_CHECK_CRC32};
            struct wh_xz_settings settings = {SETTINGS};
            lzma_options_lzma options;
            assert_false(lzma_lzma_preset(&options, how.preset));
            settings.preset = how.preset;
            settings.dictionary = options.dict_size;
            if (options.mode == LZMA_MODE_NORMAL)
                assert_gives(LENGTH, &settings, &how);
            settings.small = false;
            if (level <= 6)
                assert_gives(LENGTH, &settings, &how);
        }
}

static void every_check(void **state)
{
    static const lzma_check checks[] = {
        LZMA_CHECK_NONE, LZMA_CHECK_CRC32, LZMA_CHECK_CRC64, LZMA_CHECK_SHA256};

    (void)state;
    for (size_t i = 0; i < COUNT(checks); i++) {
        struct wh_xz_settings settings = {SETTINGS};
        settings.check = (uint8_t)checks[i];
        assert_gives(SHORT, &settings,
            &(struct made_xz){.preset = 6, .dictionary = 1 << 20, .check = (int)checks[i]});
    }
}

static void other_properties(void **state)
{
    struct wh_xz_settings settings = {SETTINGS};

    (void)state;
    settings.properties = (0 * 5 + 2) * 9 + 1;
    assert_gives(LENGTH, &settings,
        &(struct made_xz){
            .preset = 6, .dictionary = 1 << 20, .lc_lp_pb = 120, .check = LZMA_CHECK_CRC32});
}

/* Those that the running liblzma knows; the others are refused. */
static void filters(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};

    (void)state;
    for (uint8_t filter = 4; filter <= 11; filter++) {
        struct wh_xz_settings settings = {SETTINGS};
        settings.filter = filter;
        if (lzma_filter_encoder_is_supported(filter))
            assert_gives(LENGTH, &settings,
                &(struct made_xz){.preset = 6,
                    .dictionary = 1 << 20,
                    .filter = filter,
                    .check = LZMA_CHECK_CRC32});
        else
            REFUSED(WH_UNSUPPORTED, "does not know all settings",
                wh_xz_encode((struct wh_bytes){0}, &settings, &made, &err));
    }
}

/* A header with sizes has room for the largest block. */
static void blocks(void **state)
{
    static const struct {
        size_t length;
        uint64_t told; /* to liblzma */
        uint64_t block_size;
        uint8_t header_size;
        bool threaded;
    } rows[] = {
        {LENGTH, 0, 0, 4, true},             /* as xz -T does small files */
        {200000, 1 << 16, 1 << 16, 3, true}, /* the last one is shorter */
        {1 << 17, 1 << 16, 1 << 16, 3, true}, {1000, 1 << 16, 0, 3, true},
        {200000, 1 << 16, 1 << 16, 2, false}, /* as xz -T1 --block-size does */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_xz_settings settings = {SETTINGS};
        settings.threaded = rows[i].threaded;
        settings.block_size = rows[i].block_size;
        settings.header_size = rows[i].header_size;
        assert_gives(rows[i].length, &settings,
            &(struct made_xz){.preset = 6,
                .dictionary = 1 << 20,
                .check = LZMA_CHECK_CRC32,
                .threaded = rows[i].threaded,
                .block_size = rows[i].told});
    }
}

/* Never as far as the end of what is compared with. */
static void another_stream_is_noticed(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain;
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = ROOM};

    (void)state;
    plain_of(SHORT, &plain);
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &usual, &packed, &err));
    for (size_t i = 0; i < packed.length; i++) {
        packed.data[i] ^= 1;
        REFUSED(WH_MISMATCH, "another",
            wh_xz_compare(wh_buffer_bytes(&plain), &usual, wh_buffer_bytes(&packed), &err));
        packed.data[i] ^= 1;
        REFUSED(WH_MISMATCH, "another",
            wh_xz_compare(
                wh_buffer_bytes(&plain), &usual, (struct wh_bytes){packed.data, i}, &err));
    }
    wh_buffer_u8(&packed, 0);
    REFUSED(WH_MISMATCH, "shorter",
        wh_xz_compare(wh_buffer_bytes(&plain), &usual, wh_buffer_bytes(&packed), &err));
}

/* ---- limits --------------------------------------------------------------------------------- */

static void the_encoder_has_a_limit(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain;
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
    struct wh_xz_settings settings = {SETTINGS};

    (void)state;
    plain_of(SHORT, &plain);
    settings.dictionary = 16u << 20;
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &settings, &made, &err));
    settings.small = false;
    REFUSED(WH_OVER_LIMIT, "MiB of memory",
        wh_xz_encode(wh_buffer_bytes(&plain), &settings, &made, &err));
    settings.dictionary = UINT32_MAX; /* more than any encoder does */
    REFUSED(WH_UNSUPPORTED, "does not know all settings",
        wh_xz_encode(wh_buffer_bytes(&plain), &settings, &made, &err));
    settings.small = true;
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &settings, &made, &err));
    made.ceiling = made.length;
    REFUSED(
        WH_OVER_LIMIT, "more than", wh_xz_encode(wh_buffer_bytes(&plain), &settings, &made, &err));
}

static void a_header_has_room_or_not(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = ROOM};
    struct wh_xz_settings settings = {SETTINGS};
    size_t length = 0;

    (void)state;
    settings.threaded = true;
    settings.filter = 4;
    REFUSED(WH_MALFORMED, "too short",
        wh_xz_encode((struct wh_bytes){(const uint8_t *)"a", 1}, &settings, &made, &err));
    wh_buffer_clear(&made);
    settings.header_size = 255;
    OK(wh_xz_encode((struct wh_bytes){(const uint8_t *)"a", 1}, &settings, &made, &err));
    OK(wh_xz_unpack(wh_buffer_bytes(&made), &again, &length, &err));
    assert_int_equal(length, made.length);
    assert_true(length > 1024);
    assert_int_equal(again.length, 1);
}

static void nothing_is_a_block_too(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = ROOM};
    size_t length = 0;

    (void)state;
    OK(wh_xz_encode((struct wh_bytes){0}, &usual, &made, &err));
    OK(wh_xz_unpack(wh_buffer_bytes(&made), &again, &length, &err));
    assert_int_equal(length, made.length);
    assert_int_equal(again.length, 0);

    wh_buffer_clear(&made);
    made_xz((struct wh_bytes){0}, &(struct made_xz){.preset = 6, .check = 1}, &made);
    REFUSED(
        WH_MALFORMED, "with a block", wh_xz_unpack(wh_buffer_bytes(&made), &again, &length, &err));
}

/* ---- the way back --------------------------------------------------------------------------- */

static void what_follows_is_passed_over(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain;
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
    size_t length = 0;

    (void)state;
    plain_of(SHORT, &plain);
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &usual, &packed, &err));
    size_t first = packed.length;
    wh_buffer_fill(&packed, 0, 4); /* stream padding */
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &usual, &packed, &err));
    wh_buffer_u8(&made, 7); /* it appends */
    OK(wh_xz_unpack(wh_buffer_bytes(&packed), &made, &length, &err));
    assert_int_equal(length, first);
    assert_int_equal(made.length, 1 + plain.length);
    assert_memory_equal(made.data + 1, plain.data, plain.length);
}

static void every_truncation(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain;
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = ROOM};
    size_t length = 0;

    (void)state;
    plain_of(SHORT, &plain);
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &usual, &packed, &err));
    for (size_t i = 0; i < packed.length; i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
        wh_autofree uint8_t *part = malloc(i ? i : 1);
        assert_non_null(part);
        memcpy(part, packed.data, i);
        assert_int_equal(
            wh_xz_unpack((struct wh_bytes){part, i}, &made, &length, NULL), WH_MALFORMED);
    }
}

/* Headers, chunks, the check, the index and the footer are all guarded by something. */
static void every_damaged_byte(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain;
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = ROOM};
    size_t length = 0;

    (void)state;
    plain_of(SHORT, &plain);
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &usual, &packed, &err));
    for (size_t i = 0; i < packed.length; i++)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
            packed.data[i] ^= (uint8_t)bit;
            assert_int_not_equal(
                wh_xz_unpack(wh_buffer_bytes(&packed), &made, &length, NULL), WH_OK);
            packed.data[i] ^= (uint8_t)bit;
        }
}

static void a_bomb_stops_at_the_ceiling(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer bomb = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = 3 << 20};
    size_t length = 0;

    (void)state;
    made_xz_bomb(&bomb);
    assert_true(bomb.length < ROOM);
    REFUSED(WH_OVER_LIMIT, "more than 3145728 bytes",
        wh_xz_unpack(wh_buffer_bytes(&bomb), &made, &length, &err));
    assert_true(made.length <= made.ceiling);
}

static void the_decoder_has_a_limit(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain;
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
    size_t length = 0;

    (void)state;
    plain_of(SHORT, &plain);
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &usual, &packed, &err));
    made_xz_set_dictionary(&packed, 28); /* 64 MiB, preset 9 */
    OK(wh_xz_unpack(wh_buffer_bytes(&packed), &made, &length, &err));
    assert_same(&made, &plain);
    for (uint8_t spelling = 29; spelling <= 40; spelling++) {
        made_xz_set_dictionary(&packed, spelling);
        REFUSED(WH_OVER_LIMIT, "dictionary",
            wh_xz_unpack(wh_buffer_bytes(&packed), &made, &length, &err));
    }
    made_xz_set_dictionary(&packed, 41);
    REFUSED(WH_UNSUPPORTED, "does not know all settings",
        wh_xz_unpack(wh_buffer_bytes(&packed), &made, &length, &err));
}

/* ---- the proof ------------------------------------------------------------------------------ */

static size_t chunks_of(const uint8_t *at)
{
    size_t count = 0;

    for (; *at; count++) {
        size_t stored = ((size_t)at[1] << 8 | at[2]) + 1 + 3;
        if (*at >= 0x80)
            stored = ((size_t)at[3] << 8 | at[4]) + 1 + (*at >= 0xc0 ? 6 : 5);
        at += stored;
    }
    return count;
}

static void the_sample_has_several_chunks(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer sample = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = ROOM};

    (void)state;
    OK(wh_xz_sample(&sample, &err));
    OK(wh_xz_encode(wh_buffer_bytes(&sample), &wh_xz_proofs[0].settings, &packed, &err));
    assert_true(packed.length < sample.length * 4 / 5);
    assert_true(chunks_of(packed.data + LZMA_STREAM_HEADER_SIZE + 12) > 1);
}

static void this_liblzma_is_proved(void **state)
{
    (void)state;
    OK(wh_xz_prove(&err));
    assert_string_equal(wh_xz_version(), lzma_version_string());
}

/* One bit of each digest, and one setting of each stream. */
static void another_encoder_would_be_noticed(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer sample = {.ceiling = ROOM};

    (void)state;
    OK(wh_xz_sample(&sample, &err));
    for (size_t i = 0; i < WH_XZ_PROOFS; i++) {
        struct wh_xz_proof proof = wh_xz_proofs[i];
        char hex[2 * WH_SHA256_LENGTH + 1];
        memcpy(hex, proof.sha256, sizeof hex);
        hex[63] = hex[63] == '0' ? '1' : '0';
        proof.sha256 = hex;
        REFUSED(WH_UNSUPPORTED, "encodes otherwise",
            wh_xz_prove_one(wh_buffer_bytes(&sample), &proof, &err));
        proof = wh_xz_proofs[i];
        proof.settings.preset = 5;
        REFUSED(WH_UNSUPPORTED, "encodes otherwise",
            wh_xz_prove_one(wh_buffer_bytes(&sample), &proof, &err));
    }
}

/* Tables of 8 MiB for some bytes, again and again, would take longer than anything else. */
static void little_is_not_worth_a_large_dictionary(void **state)
{
    enum { WORTH_IT = 8 << 20 >> 9 };
    struct wh_xz_settings settings = {SETTINGS};
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain;
    wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = ROOM};

    (void)state;
    plain_of(WORTH_IT, &plain);
    settings.dictionary = 8u << 20;
    settings.small = false;
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &settings, &out, &err));
    plain.length--;
    REFUSED(WH_OVER_LIMIT, "too large for it",
        wh_xz_encode(wh_buffer_bytes(&plain), &settings, &out, &err));
    settings.small = true;
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &settings, &out, &err));
    settings.small = false;
    settings.dictionary = 1u << 20;
    plain.length = 1;
    OK(wh_xz_encode(wh_buffer_bytes(&plain), &settings, &out, &err));
}

/* ---- what it costs -------------------------------------------------------------------------- */

static void longer_and_harder_costs_more(void **state)
{
    struct wh_xz_settings settings = {SETTINGS};
    uint32_t before = 0;

    (void)state;
    for (uint64_t length = 1u << 20; length <= 64u << 20; length += 1u << 20) {
        uint32_t ms = wh_xz_cpu_ms(&settings, length);
        assert_true(ms > before);
        before = ms;
    }
    settings.dictionary = 8u << 20;
    uint32_t small = wh_xz_cpu_ms(&settings, 100000);
    settings.small = false;
    assert_true(wh_xz_cpu_ms(&settings, 100000) > small);
    settings.preset = 0;
    assert_true(wh_xz_cpu_ms(&settings, 10u << 20) * 3 < wh_xz_cpu_ms(&usual, 10u << 20));
    assert_int_equal(wh_xz_cpu_ms(&usual, UINT64_MAX), UINT32_MAX);
    assert_int_equal(wh_xz_cpu_ms(&usual, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_come_back),
        cmocka_unit_test(parameters_out_of_range),
        cmocka_unit_test(dictionaries_are_spelled),
        cmocka_unit_test(every_preset),
        cmocka_unit_test(every_check),
        cmocka_unit_test(other_properties),
        cmocka_unit_test(filters),
        cmocka_unit_test(blocks),
        cmocka_unit_test(another_stream_is_noticed),
        cmocka_unit_test(the_encoder_has_a_limit),
        cmocka_unit_test(a_header_has_room_or_not),
        cmocka_unit_test(nothing_is_a_block_too),
        cmocka_unit_test(what_follows_is_passed_over),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(every_damaged_byte),
        cmocka_unit_test(a_bomb_stops_at_the_ceiling),
        cmocka_unit_test(the_decoder_has_a_limit),
        cmocka_unit_test(the_sample_has_several_chunks),
        cmocka_unit_test(this_liblzma_is_proved),
        cmocka_unit_test(another_encoder_would_be_noticed),
        cmocka_unit_test(little_is_not_worth_a_large_dictionary),
        cmocka_unit_test(longer_and_harder_costs_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
