/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_test.c - zstd frames with and without a reference, and the codec over them. */
#include "unit.h"

#include "whittle/codec.h"

enum { LENGTH = 5000 };

/* Bytes that do not compress by themselves. */
static void noise(uint8_t *bytes, size_t length)
{
    uint32_t value = 1;

    for (size_t i = 0; i < length; i++) {
        value = value * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(value >> 24);
    }
}

static const struct wh_bytes nothing;

static void a_reference_saves_what_it_holds(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer alone = {.ceiling = 2 * LENGTH};
    wh_cleanup(wh_buffer_clear) struct wh_buffer patch = {.ceiling = 2 * LENGTH};
    uint8_t raw[LENGTH];
    uint8_t base[LENGTH];
    uint8_t made[LENGTH];

    (void)state;
    noise(raw, sizeof raw);
    memcpy(base, raw, sizeof raw);
    base[2000] ^= 1;
    struct wh_bytes bytes = {raw, sizeof raw};
    struct wh_bytes prefix = {base, sizeof base};
    OK(wh_frame_write(bytes, nothing, 19, &alone, &err));
    OK(wh_frame_write(bytes, prefix, 19, &patch, &err));
    assert_true(alone.length > LENGTH);
    assert_true(patch.length < 100);
    OK(wh_frame_read(wh_buffer_bytes(&alone), nothing, made, LENGTH, &err));
    assert_memory_equal(made, raw, LENGTH);
    memset(made, 0, LENGTH);
    OK(wh_frame_read(wh_buffer_bytes(&patch), prefix, made, LENGTH, &err));
    assert_memory_equal(made, raw, LENGTH);
    /* Without its reference a frame gives an error or other bytes, never a crash. */
    if (wh_frame_read(wh_buffer_bytes(&patch), nothing, made, LENGTH, NULL) == WH_OK)
        assert_memory_not_equal(made, raw, LENGTH);
}

static void demands_the_exact_length(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = 2 * LENGTH};
    static const uint8_t text[] = "some text, some text, some text";
    uint8_t made[sizeof text + 1];

    (void)state;
    OK(wh_frame_write((struct wh_bytes){text, sizeof text}, nothing, 3, &frame, &err));
    REFUSED(WH_MALFORMED, "zstd frame",
        wh_frame_read(wh_buffer_bytes(&frame), nothing, made, sizeof text - 1, &err));
    REFUSED(WH_MALFORMED, "instead of",
        wh_frame_read(wh_buffer_bytes(&frame), nothing, made, sizeof text + 1, &err));
    REFUSED(
        WH_MALFORMED, "zstd frame", wh_frame_read(wh_buffer_bytes(&frame), nothing, made, 0, &err));
}

static void refuses_every_truncation_and_anything_behind(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = 2 * LENGTH};
    wh_cleanup(wh_buffer_clear) struct wh_buffer all = {.ceiling = LENGTH};
    static const uint8_t text[] = "some text, some text, some text";
    uint8_t made[sizeof text];

    (void)state;
    OK(wh_frame_write((struct wh_bytes){text, sizeof text}, nothing, 3, &frame, &err));
    size_t length = frame.length;
    for (size_t i = 0; i < length; i++) {
        struct wh_bytes part = {frame.data, i};
        assert_int_equal(wh_frame_read(part, nothing, made, sizeof made, NULL), WH_MALFORMED);
        assert_int_equal(wh_frame_read_all(part, &all, NULL), WH_MALFORMED);
    }
    wh_buffer_u8(&frame, 0);
    REFUSED(WH_MALFORMED, "not one zstd frame",
        wh_frame_read(wh_buffer_bytes(&frame), nothing, made, sizeof made, &err));
    wh_buffer_clear(&all);
    REFUSED(WH_MALFORMED, "bytes follow", wh_frame_read_all(wh_buffer_bytes(&frame), &all, &err));
    frame.length--;
    wh_buffer_append(&frame, frame.data, length); /* a second frame is a second spelling */
    assert_int_equal(frame.length, 2 * length);
    REFUSED(WH_MALFORMED, "not one zstd frame",
        wh_frame_read(wh_buffer_bytes(&frame), nothing, made, sizeof made, &err));
}

/* libzstd would decode both. */
static void refuses_frames_of_another_kind(void **state)
{
    static const uint8_t skippable[] = {0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'h', 'i'};
    static const uint8_t zstd_0_7[] = {
        0x27, 0xb5, 0x2f, 0xfd, 0, 0x38, 0x40, 0, 2, 'h', 'i', 0xc0, 0, 0};
    const struct {
        struct wh_bytes frame;
        size_t length;
    } rows[] = {{{skippable, sizeof skippable}, 0}, {{zstd_0_7, sizeof zstd_0_7}, 2}};
    wh_cleanup(wh_buffer_clear) struct wh_buffer all = {.ceiling = LENGTH};
    uint8_t made[2];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        REFUSED(WH_MALFORMED, "does not begin as a zstd frame",
            wh_frame_read(rows[i].frame, nothing, made, rows[i].length, &err));
        REFUSED(WH_MALFORMED, "does not begin as a zstd frame",
            wh_frame_read_all(rows[i].frame, &all, &err));
    }
}

static void empty_contents_are_contents(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = LENGTH};
    uint8_t made[1] = {7};

    (void)state;
    OK(wh_frame_write((struct wh_bytes){(const uint8_t *)"", 0}, nothing, 3, &frame, &err));
    OK(wh_frame_read(wh_buffer_bytes(&frame), nothing, made, 0, &err));
    assert_int_equal(made[0], 7);
}

static void inflating_all_keeps_the_ceiling(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = 2 * LENGTH};
    wh_cleanup(wh_buffer_clear) struct wh_buffer small = {.ceiling = LENGTH - 1};
    wh_cleanup(wh_buffer_clear) struct wh_buffer exact = {.ceiling = LENGTH};
    static const uint8_t zeros[LENGTH];

    (void)state;
    OK(wh_frame_write((struct wh_bytes){zeros, LENGTH}, nothing, 3, &frame, &err));
    REFUSED(WH_OVER_LIMIT, "more than 4999 bytes",
        wh_frame_read_all(wh_buffer_bytes(&frame), &small, &err));
    OK(wh_frame_read_all(wh_buffer_bytes(&frame), &exact, &err));
    assert_int_equal(exact.length, LENGTH);
}

static void the_codec_fills_all_outputs(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = LENGTH};
    const struct wh_codec *zstd = wh_codec_find(WH_CODEC_ZSTD);
    const uint64_t sizes[] = {4, 0, 5};
    uint8_t made[9];

    (void)state;
    assert_non_null(zstd);
    assert_string_equal(zstd->name, "zstd");
    assert_null(wh_codec_find(0));
    assert_string_equal(wh_codec_find(2)->name, "patch");
    assert_null(wh_codec_find(3));
    OK(wh_frame_write(
        (struct wh_bytes){(const uint8_t *)"one,three", 9}, nothing, 3, &frame, &err));
    struct wh_codec_job job = {.stored = wh_buffer_bytes(&frame),
        .output = made,
        .output_sizes = sizes,
        .member_count = 3};
    OK(zstd->decode(&job, &err));
    assert_memory_equal(made, "one,three", 9);
    job.member_count = 2;
    assert_int_equal(zstd->decode(&job, NULL), WH_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_saves_what_it_holds),
        cmocka_unit_test(demands_the_exact_length),
        cmocka_unit_test(refuses_every_truncation_and_anything_behind),
        cmocka_unit_test(refuses_frames_of_another_kind),
        cmocka_unit_test(empty_contents_are_contents),
        cmocka_unit_test(inflating_all_keeps_the_ceiling),
        cmocka_unit_test(the_codec_fills_all_outputs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
