/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deflate_describe.c - see packed/deflate_describe.h. */
#include "packed/deflate_describe.h"

#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/packed.h"

enum {
    ROWS_MAX = 64,
    FIRST_SYMBOLS = 2000, /* that are looked at at first */
    MORE = 4,             /* times as many in each round */
    KEPT = 4,             /* rows that go on to the next round at most */
};

/* The rows that are still in question, the likelier ones first. */
struct contest {
    const struct wh_deflate_parts *parts;
    uint32_t blocks;
    uint32_t rows[ROWS_MAX];
    size_t departures[ROWS_MAX];
    size_t count;
};

/* How many symbols of the first symbols_max depart. */
static wh_status count_departures(const struct wh_deflate_parts *parts,
    const struct wh_deflate_model *model, size_t symbols_max, size_t *out_count,
    struct wh_error *err)
{
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {.symbol_departures = 0};

    WH_TRY(wh_deflate_trace_new(parts, model, symbols_max, &trace, err));
    *out_count = trace.symbol_departures;
    return WH_OK;
}

/* Every number, the usual levels first; those that are no rows fall out in the first round. */
static void enter(struct contest *contest)
{
    static const uint8_t usual[] = {6, 9, 28, 1, 5, 8, 7, 4, 3, 2, 16, 19};

    for (contest->count = 0; contest->count < sizeof usual; contest->count++)
        contest->rows[contest->count] = usual[contest->count];
    for (uint32_t row = 0; contest->count < ROWS_MAX; row++) {
        if (!memchr(usual, (int)row, sizeof usual))
            contest->rows[contest->count++] = row;
    }
}

/* Leaves the first few of the rows with the fewest departures. */
static void select_rows(struct contest *contest)
{
    size_t fewest = SIZE_MAX;
    size_t kept = 0;

    for (size_t i = 0; i < contest->count; i++) {
        if (contest->departures[i] < fewest)
            fewest = contest->departures[i];
    }
    for (size_t i = 0; i < contest->count && kept < KEPT; i++) {
        if (contest->departures[i] == fewest)
            contest->rows[kept++] = contest->rows[i];
    }
    contest->count = kept;
}

static wh_status play_round(struct contest *contest, size_t symbols_max, struct wh_error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < contest->count; i++) {
        struct wh_deflate_model model = {contest->rows[i], contest->blocks};
        wh_status status = count_departures(
            contest->parts, &model, symbols_max, &contest->departures[kept], err);
        if (status == WH_UNSUPPORTED)
            continue;
        WH_TRY(status);
        contest->rows[kept++] = contest->rows[i];
    }
    contest->count = kept;
    select_rows(contest);
    return WH_OK;
}

static wh_status find_row(
    const struct wh_deflate_parts *parts, struct wh_deflate_model *out_model, struct wh_error *err)
{
    struct contest contest = {.parts = parts, .blocks = wh_deflate_blocks_guess(parts)};
    size_t symbols = FIRST_SYMBOLS;

    enter(&contest);
    WH_TRY(play_round(&contest, symbols, err));
    while (contest.count > 1 && symbols < parts->plain.length) {
        symbols *= MORE;
        WH_TRY(play_round(&contest, symbols, err));
    }
    *out_model = (struct wh_deflate_model){contest.rows[0], contest.blocks};
    return WH_OK;
}

/* Does a model do for the stream's beginning? */
static bool fits(const struct wh_deflate_parts *parts, const struct wh_deflate_model *model)
{
    size_t departures;

    return count_departures(parts, model, FIRST_SYMBOLS, &departures, NULL) == WH_OK &&
           departures == 0;
}

static wh_status prove(const struct wh_deflate_parts *parts, const struct wh_deflate_trace *trace,
    struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = parts->packed.length};
    const struct wh_coder *coder = wh_coder_find(WH_CODER_DEFLATE);

    wh_status status = coder->pack(
        wh_buffer_bytes(&parts->plain), wh_buffer_bytes(&trace->parameters), &made, err);
    if (status == WH_NO_MEMORY)
        return status;
    if (status != WH_OK || made.length != parts->packed.length ||
        memcmp(made.data, parts->packed.data, made.length) != 0)
        return wh_fail(err, WH_UNSUPPORTED, "deflate: the stream is not made again");
    return WH_OK;
}

static wh_status find(const struct wh_deflate_parts *parts, const struct wh_deflate_model *last,
    bool is_to_be_proved, struct wh_deflate_model *out_model, struct wh_deflate_trace *out_trace,
    struct wh_error *err)
{
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {.symbol_departures = 1};
    struct wh_deflate_model model;

    if (last && fits(parts, last)) {
        model = *last;
        WH_TRY(wh_deflate_trace_new(parts, &model, SIZE_MAX, &trace, err));
    }
    if (trace.symbol_departures > 0 || trace.block_departures > 0) {
        wh_deflate_trace_clear(&trace);
        WH_TRY(find_row(parts, &model, err));
        WH_TRY(wh_deflate_trace_new(parts, &model, SIZE_MAX, &trace, err));
    }
    if (is_to_be_proved)
        WH_TRY(prove(parts, &trace, err));
    *out_model = model;
    *out_trace = trace;
    trace.parameters.data = NULL; /* given away */
    return WH_OK;
}

wh_status wh_deflate_describe(const struct wh_deflate_parts *parts,
    const struct wh_deflate_model *last, struct wh_deflate_model *out_model,
    struct wh_deflate_trace *out_trace, struct wh_error *err)
{
    return find(parts, last, true, out_model, out_trace, err);
}

wh_status wh_deflate_guess(const struct wh_deflate_parts *parts,
    const struct wh_deflate_model *last, struct wh_deflate_model *out_model,
    struct wh_deflate_trace *out_trace, struct wh_error *err)
{
    return find(parts, last, false, out_model, out_trace, err);
}
