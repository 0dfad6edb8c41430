/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deflate_test.c - streams of RFC 1951 taken apart: what is read, what is refused. */
#include "unit.h"

#include "made_deflate.h"
#include "packed/coders.h"
#include "packed/deflate/bit_writer.h"
#include "whittle/deflate.h"

enum { CEILING = 1 << 20 };

/* What one encoder's stream must hold. */
static void check_parts(const struct wh_deflate_parts *parts, const char *encoder)
{
    uint8_t text[MADE_DEFLATE_TEXT];
    size_t tokens = 0;
    size_t length = 0;

    made_prose(text, sizeof text);
    if (parts->plain.length != sizeof text || memcmp(parts->plain.data, text, sizeof text) != 0)
        fail_msg("%s: another text", encoder);
    for (size_t i = 0; i < parts->block_count; i++) {
        tokens += parts->blocks[i].token_count;
        length += parts->blocks[i].plain_length;
        assert_int_equal(parts->blocks[i].is_final, i + 1 == parts->block_count);
    }
    assert_int_equal(tokens, parts->token_count);
    assert_int_equal(length, sizeof text);
}

static void reads_what_encoders_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_DEFLATES; i++) {
        wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
        wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = MADE_DEFLATE_TEXT};
        wh_cleanup(wh_buffer_clear) struct wh_buffer longer = {.ceiling = CEILING};
        struct wh_bytes packed = made_deflates[i].packed;
        size_t length;
        OK(wh_deflate_parse(packed, MADE_DEFLATE_TEXT, &parts, &err));
        assert_int_equal(parts.packed.length, packed.length);
        check_parts(&parts, made_deflates[i].encoder);
        OK(wh_deflate_unpack(packed, &plain, &length, &err));
        assert_int_equal(length, packed.length);
        assert_memory_equal(plain.data, parts.plain.data, parts.plain.length);
        /* What follows the stream is not part of it. */
        wh_buffer_append(&longer, packed.data, packed.length);
        wh_buffer_fill(&longer, 0xff, 9);
        plain.length = 0;
        OK(wh_deflate_unpack(wh_buffer_bytes(&longer), &plain, &length, &err));
        assert_int_equal(length, packed.length);
    }
}

/* bits: zeros and ones in the order of the stream; other characters are nothing. */
static void write_bits(const char *bits, struct wh_buffer *out)
{
    struct wh_bit_writer writer = {.out = out};

    for (; *bits; bits++) {
        if (*bits == '0' || *bits == '1')
            wh_bits_put(&writer, *bits == '1', 1);
    }
    wh_bits_flush(&writer);
}

static void tells_blocks_and_symbols(void **state)
{
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};

    (void)state;
    write_bits(
        "0 10 10010001 10010010 0000001 00001 0000000 " /* fixed: "ab", 3 bytes from 2 before */
        "1 00 0000000 1000000000000000 0111111111111111 00011110", /* stored: "x" */
        &packed);
    OK(wh_deflate_parse(wh_buffer_bytes(&packed), CEILING, &parts, &err));
    assert_int_equal(parts.plain.length, 6);
    assert_memory_equal(parts.plain.data, "ababax", 6);
    assert_int_equal(parts.block_count, 2);
    assert_int_equal(parts.blocks[0].type, WH_BLOCK_FIXED);
    assert_int_equal(parts.blocks[0].token_count, 3);
    assert_int_equal(parts.blocks[1].type, WH_BLOCK_STORED);
    assert_int_equal(parts.blocks[1].token_count, 0);
    assert_int_equal(parts.tokens[2].length, 3);
    assert_int_equal(parts.tokens[2].value, 2);
}

/* A copy of exactly its length, so that reading behind it is caught. */
static wh_status unpack_copy(struct wh_bytes packed, struct wh_buffer *out, struct wh_error *err)
{
    wh_autofree uint8_t *copy = malloc(packed.length ? packed.length : 1);
    size_t length;

    assert_non_null(copy);
    memcpy(copy, packed.data, packed.length);
    return wh_deflate_unpack((struct wh_bytes){copy, packed.length}, out, &length, err);
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_DEFLATES; i++) {
        for (size_t length = 0; length < made_deflates[i].packed.length; length++) {
            wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = CEILING};
            struct wh_bytes part = {made_deflates[i].packed.data, length};
            REFUSED(WH_MALFORMED, "deflate: ", unpack_copy(part, &out, &err));
        }
    }
}

/* A damaged stream is refused, or it is another stream, which can be made again. */
static void survives_every_damaged_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_DEFLATES; i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer damaged = {.ceiling = CEILING};
        wh_buffer_append(&damaged, made_deflates[i].packed.data, made_deflates[i].packed.length);
        for (size_t at = 0; at < damaged.length && at < 120; at++) {
            wh_cleanup(wh_buffer_clear) struct wh_buffer tokens = {.ceiling = CEILING};
            wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
            size_t length;
            damaged.data[at] ^= (uint8_t)(1u << at % 8);
            if (wh_tokens_unpack(wh_buffer_bytes(&damaged), &tokens, &length, NULL) == WH_OK) {
                OK(wh_tokens_pack(
                    wh_buffer_bytes(&tokens), (struct wh_bytes){NULL, 0}, &made, &err));
                assert_int_equal(made.length, length);
                assert_memory_equal(made.data, damaged.data, length);
            }
            damaged.data[at] ^= (uint8_t)(1u << at % 8);
        }
    }
}

static const struct refusal {
    const char *why;
    wh_status status;
    const char *bits;
} refusals[] = {
    {"type 3", WH_MALFORMED, "1 11"},
    {"contradicts", WH_MALFORMED, "1 00 00000 1000000000000000 0000000000000000"},
    {"padding", WH_UNSUPPORTED, "1 00 01000 0000000000000000 1111111111111111"},
    {"padding", WH_UNSUPPORTED, "1 10 0000000 100000"},
    {"258 spelled", WH_UNSUPPORTED, "1 10 10010001 11000100 11111 00000 0000000"},
    {"before the start", WH_MALFORMED, "1 10 10010001 0000001 00001 0000000"},
    {"without a meaning", WH_MALFORMED, "1 10 10010001 11000110 00000 0000000 00000000"},
    {"without a meaning", WH_MALFORMED, "1 10 10010001 0000001 11110 0000000 00000000"},
    {"287 literals", WH_MALFORMED, "1 01 01111 00000 0000"},
    {"31 distances", WH_MALFORMED, "1 01 00000 01111 0000"},
    {"code of code lengths", WH_MALFORMED, "1 01 00000 00000 0000 100 000 000 000"},
    {"code of code lengths", WH_MALFORMED, "1 01 00000 00000 0000 100 100 000 100"},
    {"repetition", WH_MALFORMED, "1 01 00000 00000 0000 100 000 000 100 1 00"},
    {"repetition", WH_MALFORMED, "1 01 00000 00000 0000 000 000 100 100 1 1111111 1 1111111"},
    {"code of literals", WH_MALFORMED, "1 01 00000 00000 0000 000 000 100 100 1 1111111 1 1011011"},
    /* literals 255 and 256 of one bit; two distances of two bits, where one of one bit may be */
    {"code of distances", WH_MALFORMED,
        "1 01 00000 10000 0111 000 000 100 000 000 000 000 000 000 000 000 000 000 000 000 010 000 "
        "010 0 1111111 0 0101011 10 10 11 11"},
};

static void refuses_what_is_no_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
        wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = CEILING};
        write_bits(refusals[i].bits, &packed);
        REFUSED(
            refusals[i].status, refusals[i].why, unpack_copy(wh_buffer_bytes(&packed), &out, &err));
    }
}

/* A block of matches that grows thousandfold. */
static void write_bomb(struct wh_buffer *out)
{
    enum { MATCHES = 100000 };
    struct wh_bit_writer writer = {.out = out};

    wh_bits_put(&writer, 1 | 1 << 1, 3);
    wh_bits_put(&writer, 0x89, 8); /* a literal: its code from behind */
    for (size_t i = 0; i < MATCHES; i++)
        wh_bits_put(&writer, 0xa3, 13); /* 258 bytes from one before */
    wh_bits_put(&writer, 0, 7);
    wh_bits_flush(&writer);
}

static void keeps_the_ceiling(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer bomb = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer tokens = {.ceiling = 1000};
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {.token_count = 0};
    size_t length;

    (void)state;
    write_bomb(&bomb);
    REFUSED(WH_OVER_LIMIT, "more than 1048576",
        wh_deflate_unpack(wh_buffer_bytes(&bomb), &out, &length, &err));
    REFUSED(WH_OVER_LIMIT, "more than 25800000",
        wh_deflate_parse(wh_buffer_bytes(&bomb), 25800000, &parts, &err));
    OK(wh_deflate_parse(wh_buffer_bytes(&bomb), 25800001, &parts, &err));
    assert_int_equal(parts.token_count, 100001);
    REFUSED(WH_OVER_LIMIT, "more than",
        wh_tokens_unpack(wh_buffer_bytes(&bomb), &tokens, &length, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_encoders_write),
        cmocka_unit_test(tells_blocks_and_symbols),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(survives_every_damaged_byte),
        cmocka_unit_test(refuses_what_is_no_stream),
        cmocka_unit_test(keeps_the_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
