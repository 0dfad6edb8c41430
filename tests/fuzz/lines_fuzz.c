/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines_fuzz.c - the reader of request lines: what it hands on, joined, is the stream without its
 * empty lines. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "protocol/lines.h"
#include "protocol/request.h"
#include "whittle/cleanup.h"

static void close_stream(FILE **stream)
{
    if (*stream)
        (void)fclose(*stream);
}

/* The rest of the stream that has not been handed on yet. */
struct expected {
    struct wh_bytes rest;
};

static struct wh_bytes next_line(struct expected *expected)
{
    struct wh_bytes rest = expected->rest;
    const uint8_t *end;

    do {
        end = rest.length ? memchr(rest.data, '\n', rest.length) : NULL;
        size_t length = end ? (size_t)(end - rest.data) : rest.length;
        struct wh_bytes line = {rest.data, length};
        length += end != NULL;
        rest = (struct wh_bytes){rest.data + length, rest.length - length};
        expected->rest = rest;
        if (line.length > 0)
            return line;
    } while (end);
    return (struct wh_bytes){0};
}

static wh_status take_line(void *context, struct wh_bytes line, struct wh_error *err)
{
    (void)err;
    promise(line.length > 0 && line.length <= WH_LINE_MAX);
    promise(fuzz_same(line, next_line(context)));
    return WH_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct expected expected = {{data, size}};
    struct wh_error err = {0};

    if (size == 0)
        return 0;
    wh_autofree uint8_t *copy = malloc(size);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    wh_cleanup(close_stream) FILE *stream = fmemopen(copy, size, "r");
    if (!stream)
        abort();
    wh_status status = wh_lines_each(stream, take_line, &expected, &err);
    (void)fuzz_ok(status, &err);
    struct wh_bytes next = next_line(&expected);
    promise(status == (next.length > WH_LINE_MAX ? WH_OVER_LIMIT : WH_OK));
    promise(status != WH_OK || next.length == 0);
    fuzz_accept();
    return 0;
}
