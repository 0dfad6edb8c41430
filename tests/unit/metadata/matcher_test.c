/* SPDX-License-Identifier: GPL-2.0-or-later */
/* matcher_test.c - the model of encoders' search against streams of zlib and GNU gzip, its limits
 * one by one, and what it says behind symbols that no encoder would have written. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "packed/deflate/matcher.h"
#include "packed/deflate/stored.h"

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

enum { ROWS = 41 };

/* ---- contents ------------------------------------------------------------------------------- */

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * sides >> 32);
}

enum kind { TEXT, RECORDS, NOISE, ZEROS, FEW_LETTERS, PERIODS, MIXTURE, KINDS };

static void fill_text(uint8_t *data, size_t length)
{
    static const char *const words[] = {"the ", "of ", "option ", "file ", "\\fB", "\\fR ", "is ",
        "when ", "a ", "directory", ".\n", ", ", "pack", "ages ", "\n.TP\n", "unless ", "it "};
    size_t at = 0;

    while (at < length) {
        char number[8] = "";
        const char *word = words[dice(COUNT(words))];
        if (dice(9) == 0)
            (void)snprintf(number, sizeof number, "%u ", dice(4000));
        for (const char *c = number[0] ? number : word; *c && at < length; c++)
            data[at++] = (uint8_t)*c;
    }
}

static void fill_records(uint8_t *data, size_t length)
{
    uint32_t address = 0x4000;

    for (size_t at = 0; at < length; at++) {
        if (at % 24 == 0)
            address += 8 * dice(5);
        data[at] = (uint8_t)(at % 24 < 4 ? address >> at % 24 * 8 : at % 24 == 8 ? dice(3) : 0);
    }
}

static void fill_periods(uint8_t *data, size_t length)
{
    static const size_t distances[] = {32505, 32506, 32507, 32768, 4096, 4097, 258, 9};
    size_t distance = distances[dice(COUNT(distances))];

    for (size_t at = 0; at < length; at++)
        data[at] = (uint8_t)(at < distance || dice(90) == 0 ? dice(256) : data[at - distance]);
}

static void fill(enum kind kind, uint8_t *data, size_t length)
{
    if (kind == TEXT)
        fill_text(data, length);
    else if (kind == RECORDS)
        fill_records(data, length);
    else if (kind == PERIODS)
        fill_periods(data, length);
    else if (kind == MIXTURE)
        for (size_t at = 0, part = 0; at < length; at += part) {
            part = dice(30000) + 1;
            part = part < length - at ? part : length - at;
            fill((enum kind)dice(MIXTURE), data + at, part);
        }
    else
        for (size_t at = 0; at < length; at++)
            data[at] = (uint8_t)(kind == NOISE ? dice(256) : kind == ZEROS ? 0 : 'a' + dice(3));
}

static struct wh_bytes content(enum kind kind, size_t length)
{
    uint8_t *data = malloc(length + 1); /* so that one byte too far is seen where it is read */

    assert_non_null(data);
    fill(kind, data, length);
    return (struct wh_bytes){data, length};
}

static struct wh_matcher *matcher_of(uint32_t row, struct wh_bytes plain)
{
    struct wh_matcher *matcher = NULL;
    const struct wh_matcher_settings *settings = wh_matcher_settings_find(row);

    assert_non_null(settings);
    OK(wh_matcher_new(settings, plain, &matcher, &err));
    return matcher;
}

/* Moves on as in a stored block, whose symbols nobody knows. */
static void pass(struct wh_matcher *matcher, struct wh_bytes plain, size_t end)
{
    bool cut;

    while (wh_matcher_at(matcher) < end)
        (void)wh_stored_next(matcher, plain, end, &cut);
}

static bool is_same(struct wh_token one, struct wh_token other)
{
    return one.length == other.length && one.value == other.value;
}

static bool fits(struct wh_bytes plain, size_t at, struct wh_token token)
{
    if (token.length == 1)
        return token.value == plain.data[at];
    return token.length >= WH_DEFLATE_MATCH_MIN && token.length <= WH_DEFLATE_MATCH_MAX &&
           token.length <= plain.length - at && token.value >= 1 && token.value <= at &&
           token.value <= WH_DEFLATE_WINDOW &&
           memcmp(plain.data + at, plain.data + at - token.value, token.length) == 0;
}

/* ---- streams of zlib ------------------------------------------------------------------------ */

#ifdef HAVE_ZLIB
struct variant {
    int strategy;
    int memory;
    int first_level;
    int last_level;
    uint32_t row; /* of the first level */
};

static const struct variant variants[] = {
    {Z_DEFAULT_STRATEGY, 8, 1, 9, 1},
    {Z_DEFAULT_STRATEGY, 9, 1, 9, 11},
    {Z_FILTERED, 8, 4, 9, 29},
    {Z_FILTERED, 9, 4, 9, 35},
    {Z_FIXED, 8, 1, 9, 1},
    {Z_RLE, 8, 6, 6, 10},
    {Z_HUFFMAN_ONLY, 8, 6, 6, 0},
};

/* Deflates in pieces, and takes the stream apart again. */
static void parts_of(const struct variant *variant, int level, struct wh_bytes plain, size_t piece,
    struct wh_deflate_parts *out_parts, uint8_t **out_packed)
{
    z_stream stream = {0};
    size_t given = 0;

    assert_int_equal(
        deflateInit2(&stream, level, Z_DEFLATED, -15, variant->memory, variant->strategy), Z_OK);
    stream.avail_out = (uInt)(plain.length + plain.length / 4 + 1024);
    stream.next_out = *out_packed = malloc(stream.avail_out);
    assert_non_null(*out_packed);
    for (int status = Z_OK; status != Z_STREAM_END;) {
        size_t part = plain.length - given < piece ? plain.length - given : piece;
        stream.next_in = (z_const Bytef *)(uintptr_t)(plain.data + given);
        stream.avail_in = (uInt)part;
        given += part;
        status = deflate(&stream, given == plain.length ? Z_FINISH : Z_NO_FLUSH);
        assert_int_equal(stream.avail_in, 0);
    }
    OK(wh_deflate_parse(
        (struct wh_bytes){*out_packed, stream.total_out}, plain.length, out_parts, &err));
    assert_int_equal(deflateEnd(&stream), Z_OK);
}

static size_t departures(const struct wh_deflate_parts *parts, uint32_t row)
{
    struct wh_matcher *matcher = matcher_of(row, wh_buffer_bytes(&parts->plain));
    const struct wh_token *token = parts->tokens;
    size_t count = 0;

    for (size_t i = 0; i < parts->block_count; i++) {
        const struct wh_block *block = &parts->blocks[i];
        if (block->type == WH_BLOCK_STORED)
            pass(matcher, wh_buffer_bytes(&parts->plain),
                wh_matcher_at(matcher) + block->plain_length);
        for (size_t end = block->token_count; end > 0; end--, token++) {
            count += !is_same(wh_matcher_predict(matcher), *token);
            wh_matcher_take(matcher, *token);
        }
    }
    assert_int_equal(wh_matcher_at(matcher), parts->plain.length);
    wh_matcher_free(matcher);
    return count;
}

static void check_stream(
    const struct variant *variant, int level, struct wh_bytes plain, size_t piece)
{
    struct wh_deflate_parts parts;
    uint8_t *packed;

    parts_of(variant, level, plain, piece, &parts, &packed);
    size_t count = departures(&parts, variant->row + (uint32_t)(level - variant->first_level));
    if (count > 0)
        fail_msg("strategy %d, memory %d, level %d, %zu bytes: %zu of %zu symbols differ",
            variant->strategy, variant->memory, level, plain.length, count, parts.token_count);
    wh_deflate_parts_clear(&parts);
    free(packed);
}

static void predicts_streams_of_zlib(void **state)
{
    static const size_t lengths[] = {
        1, 2, 3, 4, 5, 258, 262, 263, 700, 32770, 65275, 98310, 150000};

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++)
        for (int kind = 0; kind < KINDS; kind++) {
            seed = (uint32_t)(i * 100 + (size_t)kind);
            struct wh_bytes plain = content((enum kind)kind, lengths[i]);
            for (const struct variant *variant = variants; variant < variants + COUNT(variants);
                 variant++)
                for (int level = variant->first_level; level <= variant->last_level; level++)
                    if (plain.length < 1000 || (level + kind) % 3 == 0)
                        check_stream(variant, level, plain, level % 2 ? plain.length : 5000);
            free((void *)(uintptr_t)plain.data);
        }
}

/* One match of a stream is written as literals, so that the encoder departs from its own rule. */
static void is_in_step_behind_a_departure(void **state)
{
    (void)state;
    seed = 7;
    struct wh_bytes plain = content(TEXT, 60000);
    for (int level = 4; level <= 9; level++) {
        struct wh_deflate_parts parts;
        uint8_t *packed;
        size_t missed = 0;
        parts_of(&variants[0], level, plain, plain.length, &parts, &packed);
        struct wh_matcher *matcher = matcher_of((uint32_t)level, plain);
        for (size_t i = 0; i < parts.token_count; i++) {
            struct wh_token token = parts.tokens[i];
            bool is_spelled = i % 50 == 49 && token.length > 1;
            for (unsigned left = is_spelled ? token.length : 0; left > 0; left--)
                wh_matcher_take(matcher, (struct wh_token){1, plain.data[wh_matcher_at(matcher)]});
            missed += !is_spelled && !is_same(wh_matcher_predict(matcher), token);
            if (!is_spelled)
                wh_matcher_take(matcher, token);
        }
        /* The last literal of a spelled match may be the start of one that is put off. */
        assert_in_range(missed, 0, parts.token_count / 100);
        wh_matcher_free(matcher);
        wh_deflate_parts_clear(&parts);
        free(packed);
    }
    free((void *)(uintptr_t)plain.data);
}
#endif

/* ---- streams of GNU gzip -------------------------------------------------------------------- */

/* Contents that end near the end of gzip's buffer, and what gzip 1.12 made of them. */
static void predicts_streams_of_gzip(void **state)
{
    static const struct {
        enum kind kind;
        size_t length;
        uint32_t level;
        uint32_t count;  /* of symbols */
        uint32_t digest; /* of them */
    } streams[] = {
        {TEXT, 20000, 9, 3433, 0x1aaef3f9u},
        {RECORDS, 60000, 9, 4591, 0x631037eeu},
        {TEXT, 65400, 9, 9588, 0x58e5c779u},
        {TEXT, 65400, 1, 12640, 0x4e6bb18fu},
        {MIXTURE, 98200, 9, 18404, 0x28fe43deu},
        {TEXT, 98303, 6, 14852, 0x542a99a9u},
        {RECORDS, 98060, 6, 7968, 0x2bd34ba0u},
        {RECORDS, 98300, 4, 8783, 0xf8a11d90u},
        {RECORDS, 120000, 9, 9191, 0x2444fb5bu},
        {MIXTURE, 200000, 3, 44009, 0x4a9f8fe4u},
        {FEW_LETTERS, 131070, 5, 24789, 0xc1495d98u},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(streams); i++) {
        seed = (uint32_t)streams[i].length;
        struct wh_bytes plain = content(streams[i].kind, streams[i].length);
        struct wh_matcher *matcher = matcher_of(19 + streams[i].level, plain);
        uint32_t digest = 2166136261u;
        uint32_t count = 0;
        for (; wh_matcher_at(matcher) < plain.length; count++) {
            struct wh_token token = wh_matcher_predict(matcher);
            digest = (digest ^ ((uint32_t)token.length << 16 | token.value)) * 16777619u;
            wh_matcher_take(matcher, token);
        }
        assert_int_equal(count, streams[i].count);
        assert_int_equal(digest, streams[i].digest);
        wh_matcher_free(matcher);
        free((void *)(uintptr_t)plain.data);
    }
}

/* ---- limits --------------------------------------------------------------------------------- */

/* Zeros, but for `length` bytes at a place and the same so much later: what is predicted there. */
static struct wh_token at_distance(uint32_t row, size_t before, size_t distance, size_t length)
{
    const size_t at = before + distance;
    wh_autofree uint8_t *data = calloc(at + length + 1, 1);
    struct wh_token token;

    assert_non_null(data);
    memcpy(data + before, "vwxyzVWXYZ", length);
    memcpy(data + at, "vwxyzVWXYZ", length);
    data[at + length] = '!';
    struct wh_matcher *matcher = matcher_of(row, (struct wh_bytes){data, at + length + 1});
    pass(matcher, (struct wh_bytes){data, at + length + 1}, at);
    token = wh_matcher_predict(matcher);
    wh_matcher_free(matcher);
    return token;
}

static void looks_no_further_than_encoders_do(void **state)
{
    (void)state;
    assert_int_equal(at_distance(9, 1, 32506, 10).value, 32506);
    assert_int_equal(at_distance(9, 1, 32507, 10).length, 1);
    assert_int_equal(at_distance(6, 0, 40, 10).length, 1); /* place 0 stands for none */
    assert_int_equal(at_distance(6, 1, 40, 10).length, 10);
}

static void leaves_three_bytes_that_are_far_away(void **state)
{
    (void)state;
    assert_int_equal(at_distance(6, 1, 4096, 3).length, 3);
    assert_int_equal(at_distance(6, 1, 4097, 3).length, 1);
    assert_int_equal(at_distance(6, 1, 4097, 4).length, 4);
    assert_int_equal(at_distance(3, 1, 4097, 3).length, 3); /* a greedy level takes it */
    assert_int_equal(at_distance(31, 1, 40, 5).length, 1);  /* Z_FILTERED */
    assert_int_equal(at_distance(31, 1, 40, 6).length, 6);
}

static struct wh_token predict_text(uint32_t row, const char *text, size_t at)
{
    struct wh_matcher *matcher = matcher_of(
        row, (struct wh_bytes){(const uint8_t *)text, strlen(text)});
    struct wh_token token;

    pass(matcher, (struct wh_bytes){(const uint8_t *)text, strlen(text)}, at);
    token = wh_matcher_predict(matcher);
    wh_matcher_free(matcher);
    return token;
}

static void puts_off_only_for_a_longer_match(void **state)
{
    (void)state;
    assert_int_equal(predict_text(6, "-abc,bcde;abcde", 10).length, 1); /* bcde is longer */
    assert_int_equal(predict_text(6, "-abc,bcd;abcd", 9).length, 3);    /* bcd is not */
    assert_int_equal(predict_text(3, "-abc,bcde;abcde", 10).length, 3);
}

static void stays_in_the_content(void **state)
{
    (void)state;
    assert_int_equal(predict_text(10, "aaaaaa", 1).length, 5);
    assert_int_equal(predict_text(10, "aaa", 1).length, 1);
    assert_int_equal(predict_text(6, "-aaaaaa", 2).length, 5);
    assert_int_equal(predict_text(28, "-aaaaaa", 2).length, 5);
    assert_int_equal(predict_text(0, "aaaaaa", 3).length, 1);
    assert_null(wh_matcher_settings_find(ROWS));
    assert_null(wh_matcher_settings_find(UINT32_MAX));
}

/* ---- departures ----------------------------------------------------------------------------- */

/* Any symbol that fits, not only what an encoder would think of. */
static struct wh_token any_token(struct wh_bytes plain, size_t at)
{
    struct wh_token token = {1, plain.data[at]};

    for (int tries = 0; tries < 20; tries++) {
        struct wh_token match = {(uint16_t)(3 + dice(dice(8) ? 6 : 256)),
            (uint16_t)(1 + dice(dice(2) ? 60 : WH_DEFLATE_WINDOW))};
        if (fits(plain, at, match))
            token = match;
    }
    return token;
}

static void check_forced(uint32_t row, struct wh_bytes plain)
{
    struct wh_matcher *matcher = matcher_of(row, plain);
    struct wh_matcher *unasked = matcher_of(row, plain);

    while (wh_matcher_at(matcher) < plain.length) {
        size_t at = wh_matcher_at(matcher);
        struct wh_token predicted = wh_matcher_predict(matcher);
        assert_true(fits(plain, at, predicted));
        assert_true(is_same(predicted, wh_matcher_predict(matcher)));
        struct wh_token taken = dice(3) ? predicted : any_token(plain, at);
        if (dice(4) == 0) /* being asked changes nothing */
            assert_true(is_same(predicted, wh_matcher_predict(unasked)));
        wh_matcher_take(matcher, taken);
        wh_matcher_take(unasked, taken);
    }
    assert_int_equal(wh_matcher_at(matcher), plain.length);
    wh_matcher_free(matcher);
    wh_matcher_free(unasked);
}

static void fits_whatever_was_forced(void **state)
{
    (void)state;
    for (uint32_t row = 0; row < ROWS; row++)
        for (int kind = 0; kind < KINDS; kind++) {
            seed = row * 16 + (uint32_t)kind;
            struct wh_bytes plain = content((enum kind)kind, dice(9) ? dice(3000) : 70000);
            check_forced(row, plain);
            free((void *)(uintptr_t)plain.data);
        }
}

/* Letters of which each search finds hundreds of candidates, and each is compared far: contents
 * that were made to be slow are given up before they are through, the usual ones are not. */
static void gives_up_what_is_too_slow(void **state)
{
    const size_t length = 400000;

    (void)state;
    seed = 3;
    wh_autofree uint8_t *data = malloc(length);
    assert_non_null(data);
    for (size_t at = 0; at < length; at++)
        data[at] = (uint8_t)(at % 300 == 100 ? dice(256) : 'a' + at % 300 % 7);
    struct wh_bytes plain = {data, length};
    struct wh_matcher *matcher = matcher_of(9, plain);
    uint32_t late_matches = 0;
    while (wh_matcher_at(matcher) < length) {
        size_t at = wh_matcher_at(matcher);
        late_matches += at >= length - 1000 && wh_matcher_predict(matcher).length > 1;
        wh_matcher_take(matcher, (struct wh_token){1, data[at]});
    }
    wh_matcher_free(matcher);
    assert_int_equal(late_matches, 0);

    matcher = matcher_of(9, plain);
    pass(matcher, plain, length - 300);
    assert_in_range(wh_matcher_predict(matcher).length, 3, 258);
    wh_matcher_free(matcher);
}

static void takes_no_content(void **state)
{
    (void)state;
    for (uint32_t row = 0; row < ROWS; row++) {
        struct wh_matcher *matcher = matcher_of(row, (struct wh_bytes){NULL, 0});
        pass(matcher, (struct wh_bytes){NULL, 0}, 0);
        assert_int_equal(wh_matcher_at(matcher), 0);
        wh_matcher_free(matcher);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#ifdef HAVE_ZLIB
        cmocka_unit_test(predicts_streams_of_zlib),
        cmocka_unit_test(is_in_step_behind_a_departure),
#endif
        cmocka_unit_test(predicts_streams_of_gzip),
        cmocka_unit_test(looks_no_further_than_encoders_do),
        cmocka_unit_test(leaves_three_bytes_that_are_far_away),
        cmocka_unit_test(puts_off_only_for_a_longer_match),
        cmocka_unit_test(stays_in_the_content),
        cmocka_unit_test(fits_whatever_was_forced),
        cmocka_unit_test(gives_up_what_is_too_slow),
        cmocka_unit_test(takes_no_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
