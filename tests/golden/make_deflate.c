/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make_deflate.c - writes deflate streams of every row of matches and every model of blocks into a
 * folder, for an oracle that shares no code with the model: CASE.plain, CASE.parameters,
 * CASE.packed, CASE.symbols. Half of the streams are laid against another model than the one that
 * made them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made_deflate.h"
#include "whittle/cleanup.h"
#include "whittle/deflate.h"
#include "whittle/packed.h"

enum { ROWS = 41, BLOCKS = 10, SHORT = 2500, LONG = 67000, CEILING = 1 << 20 };

static const char *folder;

static void must(wh_status status, const struct wh_error *err)
{
    if (status == WH_OK)
        return;
    (void)fprintf(stderr, "make_deflate: %s\n", err->message);
    abort();
}

static void write_part(unsigned number, const char *part, struct wh_bytes bytes)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%u.%s", folder, number, part);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes.data, 1, bytes.length, file) != bytes.length || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void clear_parts(struct wh_deflate_parts *parts)
{
    wh_deflate_parts_clear(parts);
}

static void write_stream(
    unsigned number, struct wh_bytes packed, const struct wh_deflate_model *model)
{
    wh_cleanup(clear_parts) struct wh_deflate_parts parts = {0};
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer symbols = {.ceiling = CEILING};
    struct wh_error err;
    size_t length;

    must(wh_deflate_parse(packed, CEILING, &parts, &err), &err);
    must(wh_deflate_trace_new(&parts, model, SIZE_MAX, &trace, &err), &err);
    must(wh_coder_find(WH_CODER_TOKENS)->unpack(packed, &symbols, &length, &err), &err);
    write_part(number, "plain", wh_buffer_bytes(&parts.plain));
    write_part(number, "parameters", wh_buffer_bytes(&trace.parameters));
    write_part(number, "packed", packed);
    write_part(number, "symbols", wh_buffer_bytes(&symbols));
}

/* The stream that a model makes, and what another one says of it. */
static void write_made(unsigned number, struct wh_bytes plain, const struct wh_deflate_model *made,
    const struct wh_deflate_model *told)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer parameters = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer packed = {.ceiling = CEILING};
    struct wh_error err;

    wh_buffer_varint(&parameters, made->matching);
    wh_buffer_varint(&parameters, made->blocks);
    must(wh_coder_find(WH_CODER_DEFLATE)->pack(plain, wh_buffer_bytes(&parameters), &packed, &err),
        &err);
    write_stream(number, wh_buffer_bytes(&packed), told);
}

int main(int argc, char **argv)
{
    static uint8_t mixture[MADE_MIXTURE];
    unsigned number = 0;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: golden_deflate FOLDER\n");
        return 2;
    }
    folder = argv[1];
    made_mixture(mixture);
    for (uint32_t row = 0; row < ROWS; row++) {
        const struct wh_deflate_model model = {row, 1 + row % BLOCKS};
        const struct wh_deflate_model other = {(row + 7) % ROWS, 1 + (row + 3) % BLOCKS};
        write_made(number++, (struct wh_bytes){mixture + 1000 * row, SHORT}, &model, &model);
        write_made(number++, (struct wh_bytes){mixture + 1000 * row, SHORT}, &model, &other);
    }
    const struct wh_deflate_model buffered = {25, 10};
    write_made(number++, (struct wh_bytes){mixture, LONG}, &buffered, &buffered);
    for (int i = 0; i < MADE_DEFLATES; i++)
        write_stream(number++, made_deflates[i].packed, &(struct wh_deflate_model){6, 8});
    return 0;
}
