/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recipe.c - how recipes are spelled; see whittle/packed.h. Format: specs/format/packed.md. */
#include <stdlib.h>

#include "whittle/cleanup.h"
#include "whittle/limits.h"
#include "whittle/packed.h"

static wh_status bad_recipe(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "recipe: %s", what);
}

/* Each stream takes at least so many bytes, so counts are bounded by what is left. */
static uint32_t read_count(struct wh_reader *reader, uint64_t bytes_each)
{
    uint64_t room = (uint64_t)(reader->end - reader->at) / bytes_each;

    return (uint32_t)wh_read_varint(
        reader, room < WH_PACKED_STREAMS_MAX ? room : WH_PACKED_STREAMS_MAX);
}

static wh_status read_streams(
    struct wh_reader *reader, struct wh_recipe *recipe, struct wh_error *err)
{
    recipe->old_count = read_count(reader, 2);
    recipe->new_count = read_count(reader, 4);
    recipe->old_streams = wh_array(recipe->old_count, sizeof *recipe->old_streams, UINT32_MAX, err);
    recipe->new_streams = wh_array(recipe->new_count, sizeof *recipe->new_streams, UINT32_MAX, err);
    if (!recipe->old_streams || !recipe->new_streams)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < recipe->old_count; i++) {
        recipe->old_streams[i].before = wh_read_varint(reader, WH_CONTENT_MAX);
        recipe->old_streams[i].coder = (uint32_t)wh_read_varint(reader, UINT32_MAX);
    }
    for (uint32_t i = 0; i < recipe->new_count; i++) {
        struct wh_new_stream *stream = &recipe->new_streams[i];
        stream->before = wh_read_varint(reader, WH_CONTENT_MAX);
        stream->growth = wh_read_signed(reader, WH_CONTENT_MAX);
        stream->coder = (uint32_t)wh_read_varint(reader, UINT32_MAX);
        stream->parameters = wh_read_bytes(reader, wh_read_varint(reader, WH_TABLE_MAX));
    }
    return WH_OK;
}

wh_status wh_recipe_read(
    struct wh_reader *reader, struct wh_recipe *out_recipe, struct wh_error *err)
{
    wh_cleanup(wh_recipe_clear) struct wh_recipe recipe = {0};

    recipe.packing = (enum wh_packing)wh_read_varint(reader, WH_PACKING_DEBUGDATA);
    WH_TRY(read_streams(reader, &recipe, err));
    recipe.outer_growth = wh_read_signed(reader, WH_CONTENT_MAX);
    recipe.cpu_ms = (uint32_t)wh_read_varint(reader, UINT32_MAX);
    if (reader->failed)
        return bad_recipe("it is cut short, or a number is out of its range", err);
    if (recipe.packing == WH_PACKING_NONE || recipe.new_count == 0)
        return bad_recipe("it packs nothing", err);
    if (recipe.packing == WH_PACKING_DEBUGDATA && (recipe.old_count > 1 || recipe.new_count > 1))
        return bad_recipe("debug data are not one stream", err);
    *out_recipe = recipe;
    recipe = (struct wh_recipe){0};
    return WH_OK;
}

void wh_recipe_write(const struct wh_recipe *recipe, struct wh_buffer *out)
{
    wh_buffer_varint(out, recipe->packing);
    wh_buffer_varint(out, recipe->old_count);
    wh_buffer_varint(out, recipe->new_count);
    for (uint32_t i = 0; i < recipe->old_count; i++) {
        wh_buffer_varint(out, recipe->old_streams[i].before);
        wh_buffer_varint(out, recipe->old_streams[i].coder);
    }
    for (uint32_t i = 0; i < recipe->new_count; i++) {
        const struct wh_new_stream *stream = &recipe->new_streams[i];
        wh_buffer_varint(out, stream->before);
        wh_buffer_signed(out, stream->growth);
        wh_buffer_varint(out, stream->coder);
        wh_buffer_varint(out, stream->parameters.length);
        wh_buffer_append(out, stream->parameters.data, stream->parameters.length);
    }
    wh_buffer_signed(out, recipe->outer_growth);
    wh_buffer_varint(out, recipe->cpu_ms);
}

void wh_recipe_clear(struct wh_recipe *recipe)
{
    free(recipe->old_streams);
    free(recipe->new_streams);
    *recipe = (struct wh_recipe){0};
}

/* ---- lengths ------------------------------------------------------------------------------- */

static wh_status add_length(uint64_t old, int64_t growth, uint64_t ceiling, uint64_t *out_length,
    uint64_t *total, struct wh_error *err)
{
    uint64_t length = old + (uint64_t)growth;

    if (growth < 0 ? length > old : length < old) /* it wraps */
        return bad_recipe("a stream holds less than nothing", err);
    if (length > ceiling - *total)
        return wh_fail(err, WH_OVER_LIMIT, "recipe: more plain bytes than are announced");
    *out_length = length;
    *total += length;
    return WH_OK;
}

wh_status wh_recipe_lengths(const struct wh_recipe *recipe, const struct wh_unpacked *old,
    uint64_t ceiling, uint64_t *out_lengths, uint64_t *out_total, struct wh_error *err)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < recipe->new_count; i++) {
        uint64_t before = i < recipe->old_count ? old->lengths[i] : 0;
        WH_TRY(add_length(
            before, recipe->new_streams[i].growth, ceiling, &out_lengths[i], &total, err));
        if (out_lengths[i] > WH_PACKED_STREAM_MAX)
            return wh_fail(err, WH_OVER_LIMIT, "recipe: a stream holds more than %u bytes",
                WH_PACKED_STREAM_MAX);
    }
    WH_TRY(add_length(old->lengths[recipe->old_count], recipe->outer_growth, ceiling,
        &out_lengths[recipe->new_count], &total, err));
    *out_total = total;
    return WH_OK;
}
