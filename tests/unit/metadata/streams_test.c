/* SPDX-License-Identifier: GPL-2.0-or-later */
/* streams_test.c - a group of patches: lengths, ceilings, every truncation, and the codec over it.
 */
#include "unit.h"

#include <stdlib.h>

#include "whittle/codec.h"

enum { CEILING = 1 << 16, LENGTH = 12, LEVEL = 3 };

/* The new content is the old one's first eight bytes, the third of them one more, and "tail". */
static const struct wh_bytes old = {(const uint8_t *)"abcdefghij", 10};
static const struct wh_bytes fresh = {(const uint8_t *)"abddefghtail", LENGTH};
static const struct wh_bytes pieces[WH_STREAMS] = {
    {(const uint8_t *)"\0\1\0\0\7", 5},
    {(const uint8_t *)"\2\0\5", 3},
    {(const uint8_t *)"\1", 1},
    {(const uint8_t *)"tail", 4},
};

static void write_group(
    const struct wh_bytes streams[WH_STREAMS], uint32_t members, struct wh_buffer *out)
{
    *out = (struct wh_buffer){.ceiling = CEILING};
    OK(wh_streams_write(streams, LENGTH * (uint64_t)members, members, LEVEL, out, &err));
}

static void streams_come_back(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer group;
    wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};

    (void)state;
    write_group(pieces, 1, &group);
    OK(wh_streams_open(wh_buffer_bytes(&group), LENGTH, 1, &streams, &err));
    for (int i = 0; i < WH_STREAMS; i++) {
        assert_int_equal(streams.readers[i].end - streams.readers[i].at, pieces[i].length);
        assert_memory_equal(streams.readers[i].at, pieces[i].data, pieces[i].length);
    }
    REFUSED(WH_MALFORMED, "more than its contents need", wh_streams_finish(&streams, &err));
    for (int i = 0; i < WH_STREAMS; i++)
        streams.readers[i].at = streams.readers[i].end;
    OK(wh_streams_finish(&streams, &err));
}

static void empty_streams_have_no_frame(void **state)
{
    static const struct wh_bytes none[WH_STREAMS];
    wh_cleanup(wh_buffer_clear) struct wh_buffer group;
    wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};

    (void)state;
    write_group(none, 1, &group);
    assert_int_equal(group.length, 2 * WH_STREAMS);
    OK(wh_streams_open(wh_buffer_bytes(&group), LENGTH, 1, &streams, &err));
    OK(wh_streams_finish(&streams, &err));
}

static void every_truncation(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer group;

    (void)state;
    write_group(pieces, 1, &group);
    for (size_t length = 0; length < group.length; length++) {
        wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};
        wh_autofree uint8_t *part = malloc(length ? length : 1);
        assert_non_null(part);
        memcpy(part, group.data, length);
        assert_int_equal(
            wh_streams_open((struct wh_bytes){part, length}, LENGTH, 1, &streams, NULL),
            WH_MALFORMED);
        for (int i = 0; i < WH_STREAMS; i++)
            assert_null(streams.bytes[i]);
    }
    wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};
    wh_buffer_u8(&group, 0);
    REFUSED(WH_MALFORMED, "bytes follow",
        wh_streams_open(wh_buffer_bytes(&group), LENGTH, 1, &streams, &err));
}

/* Lengths of the first stream and of its frame. */
static void lengths_that_lie(void **state)
{
    static const char *const starts[] = {
        "\0\4",                  /* a frame without bytes */
        "\5\0",                  /* bytes without a frame */
        "\200\0\4",              /* a padded number */
        "\377\377\377\377\17\4", /* more than a patch may have */
        "\5\377\377\377\377\17", /* more than there is */
        "\4\16",                 /* the frame has more bytes */
        "\6\16",                 /* the frame has fewer bytes */
    };
    static const size_t lengths[] = {2, 2, 3, 6, 6, 2, 2};

    (void)state;
    for (size_t i = 0; i < COUNT(starts); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer group;
        wh_cleanup(wh_buffer_clear) struct wh_buffer changed = {.ceiling = CEILING};
        wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};
        write_group(pieces, 1, &group);
        assert_int_equal(group.data[0], 5);
        assert_int_equal(group.data[1], 14);
        wh_buffer_append(&changed, starts[i], lengths[i]);
        wh_buffer_append(&changed, group.data + 2, group.length - 2);
        if (wh_streams_open(wh_buffer_bytes(&changed), LENGTH, 1, &streams, NULL) != WH_MALFORMED)
            fail_msg("start %zu is taken", i);
    }
}

static void ceilings_are_the_same_on_both_sides(void **state)
{
    static uint8_t zeros[8192];

    (void)state;
    for (int i = 0; i < WH_STREAMS; i++) {
        const uint64_t ceiling = wh_stream_ceiling((enum wh_patch_stream)i, 100, 1);
        wh_cleanup(wh_buffer_clear) struct wh_buffer group = {.ceiling = CEILING};
        wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};
        struct wh_bytes most[WH_STREAMS] = {{0}};
        assert_in_range(ceiling, 100, sizeof zeros - 1);
        most[i] = (struct wh_bytes){zeros, (size_t)ceiling};
        OK(wh_streams_write(most, 100, 1, LEVEL, &group, &err));
        OK(wh_streams_open(wh_buffer_bytes(&group), 100, 1, &streams, &err));
        wh_streams_clear(&streams);
        assert_int_equal(
            wh_streams_open(wh_buffer_bytes(&group), 99, 1, &streams, NULL), WH_MALFORMED);
        most[i].length++;
        REFUSED(WH_UNSUPPORTED, "longer than its content",
            wh_streams_write(most, 100, 1, LEVEL, &group, &err));
    }
}

/* ---- the codec ----------------------------------------------------------------------------- */

static wh_status decode(const struct wh_buffer *group, struct wh_bytes reference, uint32_t members,
    uint8_t *out, struct wh_error *err)
{
    uint64_t reference_sizes[3];
    uint64_t output_sizes[3];

    for (uint32_t i = 0; i < members; i++) {
        reference_sizes[i] = reference.length / members;
        output_sizes[i] = LENGTH;
    }
    const struct wh_codec_job job = {
        wh_buffer_bytes(group), reference, reference_sizes, out, output_sizes, members};
    const struct wh_codec *codec = wh_codec_find(WH_CODEC_PATCH);
    assert_non_null(codec);
    assert_true(codec->by_member);
    return codec->decode(&job, err);
}

static void pieces_of_many_files(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer group;
    struct wh_buffer joined[WH_STREAMS];
    struct wh_bytes streams[WH_STREAMS];
    uint8_t reference[30];
    uint8_t out[3 * LENGTH];

    (void)state;
    for (int i = 0; i < WH_STREAMS; i++) {
        joined[i] = (struct wh_buffer){.ceiling = CEILING};
        for (int member = 0; member < 3; member++)
            wh_buffer_append(&joined[i], pieces[i].data, pieces[i].length);
        streams[i] = wh_buffer_bytes(&joined[i]);
    }
    for (size_t i = 0; i < 3; i++)
        memcpy(reference + i * old.length, old.data, old.length);
    write_group(streams, 3, &group);
    OK(decode(&group, (struct wh_bytes){reference, sizeof reference}, 3, out, &err));
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(out + i * LENGTH, fresh.data, LENGTH);
    REFUSED(WH_MALFORMED, "more than its contents need",
        decode(&group, (struct wh_bytes){reference, 20}, 2, out, &err));
    for (int i = 0; i < WH_STREAMS; i++)
        wh_buffer_clear(&joined[i]);
}

/* New bytes only. */
static void a_member_without_a_base(void **state)
{
    static const struct wh_bytes streams[WH_STREAMS] = {{(const uint8_t *)"\0\0", 2}, {NULL, 0},
        {NULL, 0}, {(const uint8_t *)"abddefghtail", LENGTH}};
    wh_cleanup(wh_buffer_clear) struct wh_buffer group;
    uint8_t out[LENGTH];

    (void)state;
    write_group(streams, 1, &group);
    OK(decode(&group, (struct wh_bytes){NULL, 0}, 1, out, &err));
    assert_memory_equal(out, fresh.data, LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_come_back),
        cmocka_unit_test(empty_streams_have_no_frame),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(lengths_that_lie),
        cmocka_unit_test(ceilings_are_the_same_on_both_sides),
        cmocka_unit_test(pieces_of_many_files),
        cmocka_unit_test(a_member_without_a_base),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
