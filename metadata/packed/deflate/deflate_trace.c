/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deflate_trace.c - lays a stream against a model of its encoder: the parameters from which
 * deflate_pack.c makes it again. */
#include <stdlib.h>

#include "packed/deflate/block_record.h"
#include "packed/deflate/block_walk.h"
#include "packed/deflate/departures.h"
#include "packed/deflate/matcher.h"
#include "packed/deflate/stored.h"
#include "whittle/cleanup.h"

struct tracer {
    const struct wh_deflate_parts *parts;
    struct wh_matcher *matcher;
    struct wh_block_count count;
    struct wh_block_recorder recorder;
    struct wh_buffer departures;
    size_t departure_count;
    uint64_t until;          /* symbols since the last departure */
    size_t symbols_left;     /* that are looked at */
    struct wh_buffer tokens; /* the model's, of one stored block */
};

static void clear(struct tracer *tracer)
{
    wh_matcher_free(tracer->matcher);
    wh_buffer_clear(&tracer->recorder.records);
    wh_buffer_clear(&tracer->departures);
    wh_buffer_clear(&tracer->tokens);
}

static bool is_at_end(const struct tracer *tracer)
{
    return wh_matcher_at(tracer->matcher) == tracer->parts->plain.length;
}

/* A symbol of the stream against the model's. */
static void take(struct tracer *tracer, struct wh_token token)
{
    struct wh_token predicted = wh_matcher_predict(tracer->matcher);

    if (predicted.length == token.length && predicted.value == token.value) {
        tracer->until++;
    } else {
        wh_buffer_varint(&tracer->departures, tracer->until);
        wh_departure_write(&tracer->departures, predicted, token);
        tracer->departure_count++;
        tracer->until = 0;
    }
    wh_matcher_take(tracer->matcher, token);
}

/* The model's verdict at the end of a block, unless it had one before. */
struct ending {
    bool has_ended;
    enum wh_verdict verdict;
};

static void follow(struct tracer *tracer, struct ending *ending, struct wh_token token)
{
    ending->has_ended |= ending->verdict != WH_BLOCK_GOES_ON;
    ending->verdict = wh_block_add(&tracer->count, token, is_at_end(tracer));
    if (ending->has_ended)
        ending->verdict = WH_BLOCK_GOES_ON;
}

static struct ending begin(struct tracer *tracer)
{
    wh_block_begin(&tracer->count);
    return (struct ending){false, is_at_end(tracer) ? WH_BLOCK_ENDS_STREAM : WH_BLOCK_GOES_ON};
}

/* False: no more symbols are to be looked at. */
static bool has_looked(struct tracer *tracer)
{
    if (tracer->symbols_left == 0)
        return true;
    tracer->symbols_left--;
    return false;
}

static wh_status trace_coded(struct tracer *tracer, const struct wh_block *block,
    const struct wh_token *tokens, struct wh_error *err)
{
    struct ending ending = begin(tracer);

    for (size_t i = 0; i < block->token_count; i++) {
        if (has_looked(tracer))
            return WH_OK;
        take(tracer, tokens[i]);
        follow(tracer, &ending, tokens[i]);
    }
    WH_TRY(wh_buffer_check(&tracer->departures, err));
    return wh_block_compare(
        &tracer->recorder, block, tokens, block->token_count, ending.verdict, err);
}

static wh_status trace_stored(
    struct tracer *tracer, const struct wh_block *block, struct wh_error *err)
{
    size_t end = wh_matcher_at(tracer->matcher) + block->plain_length;
    struct ending ending = begin(tracer);

    tracer->tokens.length = 0;
    while (wh_matcher_at(tracer->matcher) < end) {
        bool is_cut;
        if (has_looked(tracer))
            return WH_OK;
        struct wh_token token = wh_stored_next(
            tracer->matcher, wh_buffer_bytes(&tracer->parts->plain), end, &is_cut);
        follow(tracer, &ending, token);
        ending.has_ended |= is_cut;
        wh_buffer_append(&tracer->tokens, &token, sizeof token);
    }
    WH_TRY(wh_buffer_check(&tracer->tokens, err));
    size_t count = tracer->tokens.length / sizeof(struct wh_token);
    enum wh_verdict verdict = ending.has_ended ? WH_BLOCK_GOES_ON : ending.verdict;
    WH_TRY(wh_block_compare(
        &tracer->recorder, block, (void *)tracer->tokens.data, count, verdict, err));
    if (tracer->recorder.until > 0)
        tracer->until += count; /* it is as the model has it, and so are they */
    return WH_OK;
}

static wh_status trace_blocks(struct tracer *tracer, struct wh_error *err)
{
    struct wh_block_walk walk = wh_block_walk_over(tracer->parts);

    for (; walk.index < tracer->parts->block_count; wh_block_walk_on(&walk)) {
        const struct wh_block *block = &tracer->parts->blocks[walk.index];
        if (block->type == WH_BLOCK_STORED)
            WH_TRY(trace_stored(tracer, block, err));
        else
            WH_TRY(trace_coded(tracer, block, walk.tokens, err));
        if (tracer->symbols_left == 0)
            return WH_OK;
    }
    return WH_OK;
}

/* Nothing follows the model where nothing departs from it. */
static void write_parameters(
    const struct tracer *tracer, const struct wh_deflate_model *model, struct wh_buffer *out)
{
    wh_buffer_varint(out, model->matching);
    wh_buffer_varint(out, model->blocks);
    if (tracer->recorder.count == 0 && tracer->departure_count == 0)
        return;
    wh_block_records_write(&tracer->recorder, out);
    wh_buffer_append(out, tracer->departures.data, tracer->departures.length);
}

wh_status wh_deflate_trace_new(const struct wh_deflate_parts *parts,
    const struct wh_deflate_model *model, size_t symbols_max, struct wh_deflate_trace *out_trace,
    struct wh_error *err)
{
    const struct wh_matcher_settings *settings = wh_matcher_settings_find(model->matching);
    wh_cleanup(clear) struct tracer tracer = {
        .parts = parts,
        .recorder = {.packed = parts->packed, .records = {.ceiling = SIZE_MAX}},
        .departures = {.ceiling = SIZE_MAX},
        .tokens = {.ceiling = SIZE_MAX},
        .symbols_left = symbols_max,
    };
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {
        .parameters = {.ceiling = SIZE_MAX}};

    if (!settings ||
        !wh_block_model_find(model->blocks, settings->style == WH_MATCHER_LAZY, &tracer.count))
        return wh_fail(err, WH_UNSUPPORTED, "deflate: no model %u with blocks %u", model->matching,
            model->blocks);
    WH_TRY(wh_matcher_new(settings, wh_buffer_bytes(&parts->plain), &tracer.matcher, err));
    WH_TRY(trace_blocks(&tracer, err));
    write_parameters(&tracer, model, &trace.parameters);
    WH_TRY(wh_buffer_check(&trace.parameters, err));
    trace.symbol_departures = tracer.departure_count;
    trace.block_departures = (size_t)tracer.recorder.count;
    *out_trace = trace;
    trace.parameters.data = NULL; /* given away */
    return WH_OK;
}

void wh_deflate_trace_clear(struct wh_deflate_trace *trace)
{
    wh_buffer_clear(&trace->parameters);
}
