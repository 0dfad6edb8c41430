/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_plain.c - see explain_plain.h. */
#include "explain_plain.h"

#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/debugdata.h"
#include "whittle/limits.h"

void wh_explain_plain_clear(struct wh_explain_plain *plain)
{
    wh_unpacked_clear(&plain->old);
    free(plain->lengths);
    *plain = (struct wh_explain_plain){0};
}

static void find_ids(const struct wh_package_file *origin, const struct wh_header *new_header,
    struct wh_explain_plain *plain)
{
    const struct wh_entry *entry = plain->entry;

    if (entry->recipe->packing != WH_PACKING_DEBUGDATA)
        return;
    plain->new_id = (struct wh_bytes){
        plain->ids[1], wh_header_build_id(new_header, entry->file, plain->ids[1])};
    if (entry->base != WH_NO_FILE)
        plain->old_id = (struct wh_bytes){
            plain->ids[0], wh_header_build_id(origin->header, entry->base, plain->ids[0])};
}

static wh_status take_apart(struct wh_explain_plain *plain, struct wh_error *err)
{
    const struct wh_recipe *recipe = plain->entry->recipe;
    struct wh_bytes base = plain->base;
    wh_autofree uint8_t *copy = wh_array(base.length, 1, WH_CONTENT_MAX, err);
    uint64_t length;

    if (!copy)
        return err ? err->status : WH_NO_MEMORY; /* over the limit, or no memory */
    if (base.length > 0)
        memcpy(copy, base.data, base.length);
    const struct wh_container old = {copy, base.length, plain->old_id};
    WH_TRY(wh_unpack(recipe, &old, WH_CONTENT_MAX, &plain->old, err));
    plain->base = wh_buffer_bytes(&plain->old.plain);
    plain->lengths = wh_array(
        (uint64_t)recipe->new_count + 1, sizeof *plain->lengths, UINT32_MAX, err);
    if (!plain->lengths)
        return wh_no_memory(err);
    WH_TRY(wh_recipe_lengths(recipe, &plain->old, WH_CONTENT_MAX, plain->lengths, &length, err));
    plain->length = (size_t)length;
    return WH_OK;
}

wh_status wh_explain_plain_open(const struct wh_entry *entry, const struct wh_package_file *origin,
    const struct wh_header *new_header, struct wh_explain_plain *out_plain, struct wh_error *err)
{
    *out_plain = (struct wh_explain_plain){
        .entry = entry, .length = (size_t)new_header->files[entry->file].size};
    if (entry->base != WH_NO_FILE)
        out_plain->base = wh_package_content(origin, entry->base);
    if (!entry->recipe)
        return WH_OK;
    find_ids(origin, new_header, out_plain);
    return take_apart(out_plain, err);
}

/* The outer file comes first, so that it can be decoded by itself as well. */
static wh_status decode_debugdata(const struct wh_explain_plain *plain,
    struct wh_reader streams[WH_STREAMS], uint8_t *out, struct wh_reader outer_end[WH_STREAMS],
    struct wh_error *err)
{
    size_t old_inner = (size_t)plain->old.lengths[0];
    size_t inner = (size_t)plain->lengths[0];
    size_t outer = plain->length - inner;
    const struct wh_debug_file old = {
        .inner = {plain->base.data, old_inner},
        .outer = {plain->base.data + old_inner, plain->base.length - old_inner},
        .build_id = plain->old_id,
    };

    WH_TRY(wh_patch_decode(outer_end, old.outer, out + inner, outer, err));
    return wh_debugdata_decode(streams, &old, plain->new_id, out, inner, out + inner, outer, err);
}

wh_status wh_explain_plain_decode(const struct wh_explain_plain *plain,
    struct wh_reader streams[WH_STREAMS], struct wh_reader out_outer_end[WH_STREAMS],
    struct wh_error *err)
{
    const struct wh_recipe *recipe = plain->entry->recipe;
    wh_autofree uint8_t *out = wh_array(plain->length, 1, WH_CONTENT_MAX, err);

    if (!out)
        return err ? err->status : WH_NO_MEMORY; /* over the limit, or no memory */
    memcpy(out_outer_end, streams, WH_STREAMS * sizeof *streams);
    if (recipe && recipe->packing == WH_PACKING_DEBUGDATA && recipe->old_count == 1)
        return decode_debugdata(plain, streams, out, out_outer_end, err);
    WH_TRY(wh_patch_decode(streams, plain->base, out, plain->length, err));
    memcpy(out_outer_end, streams, WH_STREAMS * sizeof *streams);
    return WH_OK;
}
