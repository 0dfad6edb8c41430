/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unpack.c - an older content in its plain form; see whittle/packed.h. */
#include <stdlib.h>

#include "packed/place.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

void wh_unpacked_clear(struct wh_unpacked *unpacked)
{
    wh_buffer_clear(&unpacked->plain);
    free(unpacked->lengths);
    *unpacked = (struct wh_unpacked){0};
}

/* Appends what one stream holds, which is bounded by itself too. */
static wh_status unpack_stream(uint32_t number, struct wh_bytes packed, struct wh_buffer *plain,
    struct wh_placed *placed, size_t start, struct wh_error *err)
{
    const struct wh_coder *coder = wh_coder_find(number);
    size_t before = plain->length;
    size_t ceiling = plain->ceiling;

    if (!coder)
        return wh_fail(err, WH_UNSUPPORTED, "recipe: coder %u is not known", number);
    if (ceiling - before > WH_PACKED_STREAM_MAX)
        plain->ceiling = before + WH_PACKED_STREAM_MAX;
    WH_TRY(coder->unpack(packed, plain, &packed.length, err));
    plain->ceiling = ceiling;
    struct wh_bytes held = {plain->data, plain->length - before};
    if (held.length > 0)
        held.data += before;
    return wh_place(number, packed, held, start, placed, err);
}

static wh_status unpack_streams(const struct wh_recipe *recipe, const struct wh_container *old,
    struct wh_unpacked *unpacked, struct wh_placed *placed, struct wh_error *err)
{
    size_t at = 0;

    for (uint32_t i = 0; i < recipe->old_count; i++) {
        const struct wh_old_stream *stream = &recipe->old_streams[i];
        if (stream->before > old->length - at)
            return wh_fail(err, WH_MALFORMED, "recipe: a stream starts behind the older content");
        at += (size_t)stream->before;
        size_t held = unpacked->plain.length;
        struct wh_bytes packed = {old->bytes + at, old->length - at};
        WH_TRY(unpack_stream(stream->coder, packed, &unpacked->plain, &placed[i], at, err));
        unpacked->lengths[i] = unpacked->plain.length - held;
        at += placed[i].packed_length;
    }
    return WH_OK;
}

static wh_status append_outer(const struct wh_container *old, const struct wh_placed *placed,
    uint32_t count, struct wh_unpacked *unpacked, struct wh_error *err)
{
    size_t held = unpacked->plain.length;
    size_t at = 0;

    for (uint32_t i = 0; i < count; i++) {
        wh_buffer_append(&unpacked->plain, old->bytes + at, placed[i].start - at);
        at = placed[i].start + placed[i].packed_length;
    }
    wh_buffer_append(&unpacked->plain, old->bytes + at, old->length - at);
    unpacked->lengths[count] = unpacked->plain.length - held;
    return wh_buffer_check(&unpacked->plain, err);
}

wh_status wh_unpack(const struct wh_recipe *recipe, const struct wh_container *old,
    uint64_t ceiling, struct wh_unpacked *out_unpacked, struct wh_error *err)
{
    wh_cleanup(wh_unpacked_clear) struct wh_unpacked unpacked = {.plain.ceiling = (size_t)ceiling};
    wh_autofree struct wh_placed *placed = wh_array(
        recipe->old_count, sizeof *placed, UINT32_MAX, err);

    unpacked.lengths = wh_array(
        (uint64_t)recipe->old_count + 1, sizeof *unpacked.lengths, UINT32_MAX, err);
    if (!placed || !unpacked.lengths)
        return wh_no_memory(err);
    WH_TRY(unpack_streams(recipe, old, &unpacked, placed, err));
    wh_place_fields(recipe->packing, old, placed, recipe->old_count, false);
    WH_TRY(append_outer(old, placed, recipe->old_count, &unpacked, err));
    *out_unpacked = unpacked;
    unpacked = (struct wh_unpacked){0};
    return WH_OK;
}
