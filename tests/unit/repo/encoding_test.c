/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encoding_test.c - what an encoder makes, the decoder of its number reads. */
#include "unit.h"

#include <stdlib.h>

#include "diff/diff.h"
#include "encode.h"
#include "publish.h"
#include "whittle/cleanup.h"

static void decodes_to(uint32_t number, const struct wh_buffer *stored, struct wh_bytes reference,
    struct wh_bytes content)
{
    const uint64_t reference_size = reference.length;
    const uint64_t content_size = content.length;
    wh_autofree uint8_t *output = malloc(content.length);
    const struct wh_codec *codec = wh_codec_find(number);

    assert_non_null(codec);
    const struct wh_codec_job job = {
        .stored = wh_buffer_bytes(stored),
        .reference = reference,
        .reference_sizes = &reference_size,
        .output = output,
        .output_sizes = &content_size,
        .member_count = 1,
    };
    assert_int_equal(codec->decode(&job, NULL), WH_OK);
    assert_memory_equal(output, content.data, content.length);
}

static void round_trip(struct wh_bytes reference, struct wh_bytes content, size_t at_most)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = 1u << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer patch = {.ceiling = 1u << 20};
    wh_cleanup(wh_residue_clear) struct wh_residue residue;
    enum wh_patch_method method;

    assert_int_equal(wh_encode_zstd(reference, content, WH_EFFORT_DEFAULT, &frame, NULL), WH_OK);
    assert_true(frame.length <= at_most);
    decodes_to(WH_CODEC_ZSTD, &frame, reference, content);

    assert_int_equal(
        wh_diff(reference, content, WH_EFFORT_DEFAULT, &method, &residue, NULL), WH_OK);
    assert_int_equal(method, WH_PATCH_PLAIN);
    assert_int_equal(
        wh_encode_patch(&residue, content.length, 1, WH_EFFORT_DEFAULT, &patch, NULL), WH_OK);
    assert_true(patch.length <= at_most);
    decodes_to(WH_CODEC_PATCH, &patch, reference, content);
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
