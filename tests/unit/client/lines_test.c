/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines_test.c - request lines from streams. */
#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/lines.h"
#include "protocol/request.h"

/* What was taken, each line in brackets. */
struct taken {
    char text[64];
    size_t longest;
    int count;
    int refuse_at; /* 0: none */
};

static wh_status take(void *context, struct wh_bytes line, struct wh_error *err)
{
    struct taken *taken = context;
    size_t used = strlen(taken->text);

    taken->count++;
    if (taken->count == taken->refuse_at)
        return wh_fail(err, WH_MALFORMED, "line %d", taken->count);
    (void)snprintf(taken->text + used, sizeof taken->text - used, "[%.*s]", (int)line.length,
        (const char *)line.data);
    if (line.length > taken->longest)
        taken->longest = line.length;
    return WH_OK;
}

static wh_status read_from(
    const void *bytes, size_t length, struct taken *taken, struct wh_error *err)
{
    FILE *stream = fmemopen((void *)(uintptr_t)bytes, length, "r");

    assert_non_null(stream);
    wh_status status = wh_lines_each(stream, take, taken, err);
    assert_int_equal(fclose(stream), 0);
    return status;
}

static void takes_each_line_once(void **state)
{
    static const struct {
        const char *stream;
        const char *taken;
    } cases[] = {
        {"a\n", "[a]"},
        {"a\nbc\n", "[a][bc]"},
        {"a\nbc", "[a][bc]"},
        {"\n\n", ""},
        {"\na\n\n\nb\n\n", "[a][b]"},
        {" \n", "[ ]"},
        {"a\r\n", "[a\r]"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct taken taken = {0};
        OK(read_from(cases[i].stream, strlen(cases[i].stream), &taken, &err));
        assert_string_equal(taken.text, cases[i].taken);
    }
}

static void stops_at_the_first_refusal(void **state)
{
    struct taken taken = {.refuse_at = 2};

    (void)state;
    REFUSED(WH_MALFORMED, "line 2", read_from("a\nb\nc\n", 6, &taken, &err));
    assert_string_equal(taken.text, "[a]");
    assert_int_equal(taken.count, 2);
}

static void lines_have_a_greatest_length(void **state)
{
    char *line = malloc(WH_LINE_MAX + 2);

    (void)state;
    assert_non_null(line);
    memset(line, 'x', WH_LINE_MAX + 2);
    for (int end = 0; end < 2; end++) { /* at the stream's end, and at a line's */
        struct taken taken = {0};
        OK(read_from(line, WH_LINE_MAX + (size_t)end, &taken, &err));
        assert_int_equal(taken.longest, WH_LINE_MAX);
        line[WH_LINE_MAX] = '\n';
    }
    for (int end = 0; end < 2; end++) {
        struct taken taken = {0};
        line[WH_LINE_MAX] = 'x';
        line[WH_LINE_MAX + 1] = '\n';
        REFUSED(WH_OVER_LIMIT, "longer than 65536 bytes",
            read_from(line, WH_LINE_MAX + 1 + (size_t)end, &taken, &err));
        assert_int_equal(taken.count, 0);
    }
    free(line);
}

/* A NUL ends no line: what follows it is part of the request. */
static void zero_bytes_are_part_of_their_line(void **state)
{
    static const char streams[][5] = {"ab\0c\n", "\0abc\n", "abc\0\n", "ab\0cd", "\0abcd"};

    (void)state;
    for (size_t i = 0; i < COUNT(streams); i++) {
        struct taken taken = {0};
        OK(read_from(streams[i], sizeof streams[i], &taken, &err));
        assert_int_equal(taken.count, 1);
        assert_int_equal(taken.longest, streams[i][4] == '\n' ? 4 : 5);
    }
}

static void says_when_the_stream_cannot_be_read(void **state)
{
    FILE *stream = fdopen(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "r");
    struct taken taken = {0};

    (void)state;
    assert_non_null(stream);
    REFUSED(WH_SYSTEM, "standard input", wh_lines_each(stream, take, &taken, &err));
    assert_int_equal(fclose(stream), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_each_line_once),
        cmocka_unit_test(stops_at_the_first_refusal),
        cmocka_unit_test(lines_have_a_greatest_length),
        cmocka_unit_test(zero_bytes_are_part_of_their_line),
        cmocka_unit_test(says_when_the_stream_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
