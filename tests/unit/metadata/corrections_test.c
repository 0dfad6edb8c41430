/* SPDX-License-Identifier: GPL-2.0-or-later */
/* corrections_test.c - sparse differences, applied in steps of any size over copies of any length.
 */
#include "unit.h"

#include "patch/corrections.h"

enum { LENGTH = 300, STREAM_MAX = 2048 };

static uint32_t random_state = 1;

static uint32_t random_number(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

struct streams {
    struct wh_buffer gap;
    struct wh_buffer value;
};

static void clear_streams(struct streams *streams)
{
    wh_buffer_clear(&streams->gap);
    wh_buffer_clear(&streams->value);
}

static void start(struct streams *streams)
{
    *streams = (struct streams){{.ceiling = STREAM_MAX}, {.ceiling = STREAM_MAX}};
}

/* A run for each stretch of values that are not zero; a last distance unless one ends at the end.
 */
static void write_values(struct streams *streams, const uint8_t *values, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t from = at;
        while (from < length && values[from] == 0)
            from++;
        size_t to = from;
        while (to < length && values[to] != 0)
            to++;
        wh_buffer_varint(&streams->gap, from - at);
        if (to > from)
            wh_buffer_varint(&streams->gap, to - from - 1);
        wh_buffer_append(&streams->value, values + from, to - from);
        at = to;
    }
}

/* Applies all in steps; true when both streams held. */
static bool apply(const struct streams *streams, const struct wh_copy *copies, size_t count,
    uint8_t *out, struct wh_reader readers[2])
{
    struct wh_corrections corrections = {.gap = &readers[0], .value = &readers[1]};
    uint64_t copied = 0;

    readers[0] = wh_reader_over(wh_buffer_bytes(&streams->gap));
    readers[1] = wh_reader_over(wh_buffer_bytes(&streams->value));
    for (size_t i = 0; i < count; i++)
        copied += copies[i].length;
    wh_corrections_begin(&corrections, copied);
    for (size_t i = 0; i < count; i++) {
        size_t at = copies[i].new_offset;
        wh_corrections_open(&corrections, &copies[i]);
        assert_in_range(corrections.next, at, at + copies[i].length);
        while (random_number(3) && at < copies[i].new_offset + copies[i].length) {
            at += 1 + random_number((uint32_t)(copies[i].new_offset + copies[i].length - at));
            if (corrections.next < at)
                wh_corrections_apply(&corrections, out, at);
            assert_true(corrections.next >= at);
        }
        wh_corrections_close(&corrections, out);
    }
    return !readers[0].failed && !readers[1].failed;
}

static size_t make_copies(struct wh_copy *copies, size_t most)
{
    size_t count = 0;

    for (size_t at = random_number(5); at < LENGTH && count < most;) {
        size_t length = 1 + random_number((uint32_t)(random_number(2) ? 4 : LENGTH - at));
        if (length > LENGTH - at)
            length = LENGTH - at;
        copies[count++] = (struct wh_copy){at, 0, length};
        at += length + (random_number(2) ? random_number(9) : 0);
    }
    return count;
}

static void differences_arrive_where_they_belong(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        wh_cleanup(clear_streams) struct streams streams;
        struct wh_copy copies[64];
        struct wh_reader readers[2];
        uint8_t values[LENGTH] = {0};
        uint8_t out[LENGTH];
        uint8_t expected[LENGTH];
        size_t count = make_copies(copies, COUNT(copies));
        uint32_t share = 1 + random_number(12);
        size_t copied = 0;

        memset(out, 7, sizeof out);
        memset(expected, 7, sizeof expected);
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < copies[i].length; j++) {
                uint8_t value = random_number(share) ? 0 : (uint8_t)random_number(256);
                values[copied++] = value;
                expected[copies[i].new_offset + j] += value;
            }
        start(&streams);
        write_values(&streams, values, copied);
        assert_true(apply(&streams, copies, count, out, readers));
        assert_memory_equal(out, expected, LENGTH);
        assert_true(wh_reader_at_end(&readers[0]) && wh_reader_at_end(&readers[1]));
    }
}

/* One run over three copies with new bytes between them. */
static void a_run_goes_on_in_the_next_copy(void **state)
{
    static const struct wh_copy copies[] = {{2, 0, 3}, {8, 0, 1}, {9, 0, 4}};
    wh_cleanup(clear_streams) struct streams streams;
    struct wh_reader readers[2];
    uint8_t out[16] = {0};
    static const uint8_t expected[16] = {0, 0, 0, 0, 1, 0, 0, 0, 2, 3, 4, 0, 0};

    (void)state;
    start(&streams);
    wh_buffer_varint(&streams.gap, 2);
    wh_buffer_varint(&streams.gap, 3);
    wh_buffer_varint(&streams.gap, 2);
    wh_buffer_append(&streams.value, "\1\2\3\4", 4);
    assert_true(apply(&streams, copies, COUNT(copies), out, readers));
    assert_memory_equal(out, expected, sizeof out);
    assert_true(wh_reader_at_end(&readers[0]) && wh_reader_at_end(&readers[1]));
}

/* A run that is one long because what lies between two differences is equal. */
static void a_difference_may_be_nothing(void **state)
{
    static const struct wh_copy copies[] = {{0, 0, 3}};
    wh_cleanup(clear_streams) struct streams streams;
    struct wh_reader readers[2];
    uint8_t out[3] = {1, 1, 1};

    (void)state;
    start(&streams);
    wh_buffer_append(&streams.gap, "\0\2", 2);
    wh_buffer_append(&streams.value, "\377\0\1", 3);
    assert_true(apply(&streams, copies, COUNT(copies), out, readers));
    assert_memory_equal(out, "\0\1\2", 3);
}

static void nothing_is_copied(void **state)
{
    wh_cleanup(clear_streams) struct streams streams;
    struct wh_reader readers[2];

    (void)state;
    start(&streams);
    assert_true(apply(&streams, NULL, 0, NULL, readers));
}

/* Every shorter pair of streams is found out, and bytes outside of the copies stay. */
static void streams_that_end_early(void **state)
{
    static const struct wh_copy copies[] = {{1, 0, 40}, {50, 0, 7}, {60, 0, 200}};
    wh_cleanup(clear_streams) struct streams streams;
    uint8_t values[247] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof values; i += 3)
        values[i] = values[(i + 1) % sizeof values] = (uint8_t)i;
    start(&streams);
    write_values(&streams, values, sizeof values);
    const size_t gap_length = streams.gap.length;
    const size_t value_length = streams.value.length;
    for (size_t i = 0; i < gap_length + value_length; i++) {
        uint8_t out[261] = {0};
        struct wh_reader readers[2];
        streams.gap.length = i < gap_length ? i : gap_length;
        streams.value.length = i < gap_length ? value_length : i - gap_length;
        assert_false(apply(&streams, copies, COUNT(copies), out, readers));
        assert_int_equal(out[0] | out[41] | out[49] | out[57] | out[59] | out[260], 0);
    }
    streams.gap.length = gap_length;
    streams.value.length = value_length;
}

/* Distances and runs that lead out of what is copied. */
static void streams_that_lead_too_far(void **state)
{
    static const struct wh_copy copies[] = {{0, 0, 10}, {12, 0, 10}};
    static const char *const gaps[] = {
        "\x15", "\x00\x14", "\x0a\x0a", "\x13\x01", "\x05\x00\x0f", "\xff\xff\xff\xff\x0f", "\x80"};

    (void)state;
    for (size_t i = 0; i < COUNT(gaps); i++) {
        wh_cleanup(clear_streams) struct streams streams;
        struct wh_reader readers[2];
        uint8_t out[22] = {0};
        start(&streams);
        wh_buffer_append(&streams.gap, gaps[i], i == 1 ? 2 : i == 4 ? 3 : strlen(gaps[i]));
        wh_buffer_fill(&streams.value, 1, 64);
        assert_false(apply(&streams, copies, COUNT(copies), out, readers));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_arrive_where_they_belong),
        cmocka_unit_test(a_run_goes_on_in_the_next_copy),
        cmocka_unit_test(a_difference_may_be_nothing),
        cmocka_unit_test(nothing_is_copied),
        cmocka_unit_test(streams_that_end_early),
        cmocka_unit_test(streams_that_lead_too_far),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
