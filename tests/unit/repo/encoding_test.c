/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encoding_test.c - what an encoder makes, the decoder of its number reads. */
#include "unit.h"

#include <stdlib.h>

#include "encode.h"
#include "publish.h"
#include "whittle/cleanup.h"

static void round_trip(struct wh_bytes reference, struct wh_bytes content, size_t at_most)
{
    const uint64_t reference_size = reference.length;
    const uint64_t content_size = content.length;
    const struct wh_encode_job job = {
        .reference = reference,
        .reference_sizes = &reference_size,
        .content = content,
        .content_sizes = &content_size,
        .member_count = 1,
    };
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = 1u << 20};
    wh_autofree uint8_t *output = malloc(content.length);
    uint32_t number = 0;

    assert_int_equal(wh_encode(&job, &number, &stored, NULL), WH_OK);
    assert_true(stored.length <= at_most);
    const struct wh_codec *codec = wh_codec_find(number);
    assert_non_null(codec);
    struct wh_codec_job decode = {
        .stored = wh_buffer_bytes(&stored),
        .reference = reference,
        .reference_sizes = &reference_size,
        .output = output,
        .output_sizes = &content_size,
        .member_count = 1,
    };
    assert_int_equal(codec->decode(&decode, NULL), WH_OK);
    assert_memory_equal(output, content.data, content.length);
}

static void encodes_what_is_decoded(void **state)
{
    enum { LENGTH = 60000 };
    static uint8_t old_content[LENGTH];
    static uint8_t new_content[LENGTH];
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < LENGTH; i++) {
        random = random * 1664525u + 1013904223u;
        old_content[i] = new_content[i] = (uint8_t)(random >> 24);
    }
    new_content[LENGTH / 2] ^= 1;
    struct wh_bytes nothing = {0};
    round_trip(nothing, (struct wh_bytes){new_content, LENGTH}, LENGTH + 64);
    round_trip((struct wh_bytes){old_content, LENGTH}, (struct wh_bytes){new_content, LENGTH}, 64);
    round_trip(nothing, (struct wh_bytes){new_content, 1}, 64);
}

static void knows_what_is_worth_a_bundle(void **state)
{
    (void)state;
    assert_true(wh_is_worth_it(75000, 100000));
    assert_false(wh_is_worth_it(75001, 100000));
    assert_true(wh_is_worth_it(2000, 4048));
    assert_false(wh_is_worth_it(2001, 4048)); /* saves less than 2 KiB */
    assert_false(wh_is_worth_it(900, 800));
    assert_false(wh_is_worth_it(UINT64_MAX, 800));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_what_is_decoded),
        cmocka_unit_test(knows_what_is_worth_a_bundle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
