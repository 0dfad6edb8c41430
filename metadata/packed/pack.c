/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pack.c - a new content out of its plain form; see whittle/packed.h. */
#include <stdlib.h>

#include "packed/place.h"
#include "whittle/cleanup.h"

static wh_status bad_length(struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "recipe: the content gets another length");
}

static wh_status pack_stream(const struct wh_new_stream *stream, struct wh_bytes plain,
    struct wh_buffer *out, struct wh_placed *placed, struct wh_error *err)
{
    const struct wh_coder *coder = wh_coder_find(stream->coder);
    size_t start = out->length;

    if (!coder)
        return wh_fail(err, WH_UNSUPPORTED, "recipe: coder %u is not known", stream->coder);
    wh_status status = coder->pack(plain, stream->parameters, out, err);
    if (status == WH_OVER_LIMIT && out->full)
        return bad_length(err);
    WH_TRY(status);
    struct wh_bytes packed = {out->data + start, out->length - start};
    return wh_place(stream->coder, packed, plain, start, placed, err);
}

/* The next bytes of a plain form, of which there are so many. */
static struct wh_bytes take(struct wh_bytes *rest, uint64_t length)
{
    struct wh_bytes taken = {rest->data, (size_t)length};

    if (length > 0)
        rest->data += length;
    rest->length -= (size_t)length;
    return taken;
}

static uint64_t bytes_of_streams(const struct wh_recipe *recipe, const uint64_t *lengths)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < recipe->new_count; i++)
        bytes += lengths[i];
    return bytes;
}

static wh_status lay_out(const struct wh_recipe *recipe, struct wh_bytes plain,
    const uint64_t *lengths, struct wh_buffer *out, struct wh_placed *placed, struct wh_error *err)
{
    struct wh_bytes outer = plain;
    struct wh_bytes held = take(&outer, bytes_of_streams(recipe, lengths));

    for (uint32_t i = 0; i < recipe->new_count; i++) {
        const struct wh_new_stream *stream = &recipe->new_streams[i];
        if (stream->before > outer.length)
            return wh_fail(err, WH_MALFORMED, "recipe: a stream starts behind the content");
        struct wh_bytes before = take(&outer, stream->before);
        wh_buffer_append(out, before.data, before.length);
        WH_TRY(pack_stream(stream, take(&held, lengths[i]), out, &placed[i], err));
    }
    wh_buffer_append(out, outer.data, outer.length);
    return out->failed ? bad_length(err) : WH_OK;
}

wh_status wh_pack(const struct wh_recipe *recipe, struct wh_bytes plain, const uint64_t *lengths,
    const struct wh_container *fresh, struct wh_error *err)
{
    /* Over memory that is there: with this ceiling it never asks for more. */
    struct wh_buffer out = {
        .data = fresh->bytes, .capacity = fresh->length, .ceiling = fresh->length};
    wh_autofree struct wh_placed *placed = wh_array(
        recipe->new_count, sizeof *placed, UINT32_MAX, err);

    if (!placed)
        return wh_no_memory(err);
    WH_TRY(lay_out(recipe, plain, lengths, &out, placed, err));
    if (out.length != fresh->length)
        return bad_length(err);
    wh_place_fields(recipe->packing, fresh, placed, recipe->new_count, true);
    return WH_OK;
}
