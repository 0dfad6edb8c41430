/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tokens_test.c - streams of RFC 1951 spelled as their symbols. */
#include "unit.h"

#include "made_deflate.h"
#include "packed/coders.h"

enum { CEILING = 1 << 20, TEXT_LENGTH = 100000 };

static const struct wh_bytes no_parameters;

static void check_both_ways(struct wh_bytes packed)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer tokens = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
    size_t length;

    OK(wh_tokens_unpack(packed, &tokens, &length, &err));
    assert_int_equal(length, packed.length);
    OK(wh_tokens_pack(wh_buffer_bytes(&tokens), no_parameters, &made, &err));
    assert_int_equal(made.length, packed.length);
    assert_memory_equal(made.data, packed.data, packed.length);
}

static void every_stream_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_DEFLATES; i++)
        check_both_ways(made_deflates[i].packed);
}

/* The stream of zlib's level 6, which the model makes. */
static void make_usual(struct wh_bytes plain, struct wh_buffer *out)
{
    OK(wh_deflate_pack(plain, (struct wh_bytes){(const uint8_t *)"\x06\x08", 2}, out, &err));
}

static void blocks_as_modelled_take_no_bytes(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer tokens = {.ceiling = CEILING};
    wh_autofree uint8_t *text = malloc(MADE_MIXTURE);
    size_t length;

    (void)state;
    assert_non_null(text);
    made_prose(text, TEXT_LENGTH);
    make_usual((struct wh_bytes){text, TEXT_LENGTH}, &packed);
    OK(wh_tokens_unpack(wh_buffer_bytes(&packed), &tokens, &length, &err));
    /* model 8, no records, two bytes of blocks */
    assert_memory_equal(tokens.data + tokens.length - 6, "\x08\x00\x02\x00\x00\x00", 6);
    check_both_ways(wh_buffer_bytes(&packed));

    made_mixture(text);
    packed.length = 0;
    make_usual((struct wh_bytes){text, MADE_MIXTURE}, &packed);
    check_both_ways(wh_buffer_bytes(&packed));
}

/* One changed word leaves the symbols around it alone. */
static void a_small_change_stays_small(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer before = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer after = {.ceiling = CEILING};
    wh_autofree uint8_t *text = malloc(TEXT_LENGTH);
    size_t length;
    size_t at = 0;

    (void)state;
    assert_non_null(text);
    made_prose(text, TEXT_LENGTH);
    make_usual((struct wh_bytes){text, TEXT_LENGTH}, &packed);
    OK(wh_tokens_unpack(wh_buffer_bytes(&packed), &before, &length, &err));
    memcpy(text + TEXT_LENGTH / 2, "CHANGED", 7);
    packed.length = 0;
    make_usual((struct wh_bytes){text, TEXT_LENGTH}, &packed);
    OK(wh_tokens_unpack(wh_buffer_bytes(&packed), &after, &length, &err));
    while (before.data[at] == after.data[at])
        at++;
    assert_in_range(at, before.length / 4, 3 * before.length / 4);
    for (at = 1; before.data[before.length - at] == after.data[after.length - at];)
        at++;
    assert_true(at > before.length / 4);
}

/* Empty blocks, each of ten bits, are bounded by what they would take. */
static void many_blocks_keep_the_ceiling(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer tokens = {.ceiling = 1000};
    wh_cleanup(wh_buffer_clear) struct wh_buffer more = {.ceiling = CEILING};
    static const uint8_t four[] = {0x02, 0x08, 0x20, 0x80, 0x00}; /* fixed, not final */
    size_t length;

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        wh_buffer_append(&packed, four, sizeof four);
    wh_buffer_append(&packed, "\x03\x00", 2);
    REFUSED(WH_OVER_LIMIT, "more than",
        wh_tokens_unpack(wh_buffer_bytes(&packed), &tokens, &length, &err));
    assert_int_equal(tokens.length, 0);
    OK(wh_tokens_unpack(wh_buffer_bytes(&packed), &more, &length, &err));
    assert_in_range(more.length, 8000, 9000);
    check_both_ways(wh_buffer_bytes(&packed));
}

static const struct refusal {
    wh_status status;
    const char *why;
    struct wh_bytes tokens;
} refusals[] = {
#define ROW(status, why, bytes)                                                                    \
    {                                                                                              \
        status, why,                                                                               \
        {                                                                                          \
            (const uint8_t *)(bytes), sizeof(bytes) - 1                                            \
        }                                                                                          \
    }
    ROW(WH_MALFORMED, "garbled", ""), ROW(WH_MALFORMED, "garbled", "\x00\x00\x00"),
    ROW(WH_MALFORMED, "garbled", "\x00\x00\x00\x00"),
    ROW(WH_MALFORMED, "garbled", "\x08\x00\x03\x00\x00\x00"),
    ROW(WH_MALFORMED, "garbled", "\x08\x00\x00\x03\x00\x00\x00"),
    ROW(WH_UNSUPPORTED, "no model of blocks 11", "\x0b\x00\x02\x00\x00\x00"),
    ROW(WH_MALFORMED, "garbled", "\x02x\x08\x00\x02\x00\x00\x00"),             /* a run cut short */
    ROW(WH_MALFORMED, "garbled", "\x01x\x00\x08\x00\x02\x00\x00\x00"),         /* a match */
    ROW(WH_MALFORMED, "garbled", "\x01x\x00\x01\x00\x08\x00\x02\x00\x00\x00"), /* from before */
    ROW(WH_MALFORMED, "garbled", "\x01x\x00\x00\x80\x08\x00\x02\x00\x00\x00"), /* too far */
    ROW(WH_MALFORMED, "garbled", "\x01x\x00\x00\x00\x00\x08\x00\x02\x00\x00\x00"), /* empty run */
    ROW(WH_MALFORMED, "garbled", "\x01x\x08\x01\x00\x0d\x02\x05\x00\x00\x00"),     /* not so many */
    ROW(WH_MALFORMED, "garbled", "\x01x\x08\x01\x00\x0d\x00\x05\x00\x00\x00"), /* one too many */
    ROW(WH_MALFORMED, "garbled", "\x01x\x08\x01\x00\x0c\x02\x05\x00\x00\x00"), /* stored */
    ROW(WH_MALFORMED, "garbled", "\x01x\x08\x01\x01\x0d\x00\x05\x00\x00\x00"), /* never reached */
};

static void refuses_what_no_stream_gives(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
        struct wh_error err = {0};
        wh_status status = wh_tokens_pack(refusals[i].tokens, no_parameters, &made, &err);
        if (status != refusals[i].status || !strstr(err.message, refusals[i].why))
            fail_msg("row %zu: status %d, %s", i, (int)status, err.message);
    }
}

/* The model would store these bytes, which only a record may ask for. */
static void a_stored_block_needs_its_record(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
    uint8_t tokens[1 + 100 + 6] = {100};

    (void)state;
    for (uint8_t i = 0; i < 100; i++)
        tokens[1 + i] = (uint8_t)(150 + i);
    memcpy(tokens + 101, "\x08\x00\x02\x00\x00\x00", 6);
    REFUSED(WH_MALFORMED, "a stored block without its bytes",
        wh_tokens_pack((struct wh_bytes){tokens, sizeof tokens}, no_parameters, &made, &err));
}

static void takes_no_parameters(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = CEILING};
    const struct wh_bytes tokens = {(const uint8_t *)"\x01x\x08\x00\x02\x00\x00\x00", 8};

    (void)state;
    OK(wh_tokens_pack(tokens, no_parameters, &made, &err));
    assert_int_equal(made.length, 3);
    REFUSED(WH_MALFORMED, "no parameters", wh_tokens_pack(tokens, tokens, &made, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stream_comes_back),
        cmocka_unit_test(blocks_as_modelled_take_no_bytes),
        cmocka_unit_test(a_small_change_stays_small),
        cmocka_unit_test(many_blocks_keep_the_ceiling),
        cmocka_unit_test(refuses_what_no_stream_gives),
        cmocka_unit_test(a_stored_block_needs_its_record),
        cmocka_unit_test(takes_no_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
