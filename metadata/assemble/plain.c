/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plain.c - see assemble/plain.h. */
#include "assemble/plain.h"

#include <stdlib.h>

#include "whittle/cleanup.h"
#include "whittle/debugdata.h"

void wh_plain_clear(struct wh_plain *plain)
{
    wh_unpacked_clear(&plain->old);
    free(plain->lengths);
    *plain = (struct wh_plain){0};
}

static struct wh_bytes id_bytes(const struct wh_build_id *id)
{
    return (struct wh_bytes){id->bytes, id->length};
}

static void find_ids(const struct wh_assembly *assembly, struct wh_plain *plain)
{
    const struct wh_entry *entry = plain->entry;

    if (!entry->recipe || entry->recipe->packing != WH_PACKING_DEBUGDATA)
        return;
    plain->new_id.length = wh_header_build_id(
        assembly->new_header, entry->file, plain->new_id.bytes);
    if (entry->base != WH_NO_FILE)
        plain->old_id.length = wh_header_build_id(
            assembly->old_header, entry->base, plain->old_id.bytes);
}

static wh_status as_it_is(const struct wh_assembly *assembly, const struct wh_plain *plain,
    struct wh_plain_room *room, struct wh_error *err)
{
    if (plain->base.length > room->bases || plain->length > room->contents)
        return wh_fail(err, WH_MALFORMED, "%s: a group announces less than its members",
            assembly->new_header->name);
    room->bases -= plain->base.length;
    room->contents -= plain->length;
    return WH_OK;
}

static wh_status take_apart(uint8_t *base, size_t base_length, struct wh_plain_room *room,
    struct wh_plain *plain, struct wh_error *err)
{
    const struct wh_recipe *recipe = plain->entry->recipe;
    const struct wh_container old = {base, base_length, id_bytes(&plain->old_id)};
    uint64_t length;

    WH_TRY(wh_unpack(recipe, &old, room->bases, &plain->old, err));
    plain->base = wh_buffer_bytes(&plain->old.plain);
    room->bases -= plain->base.length;
    plain->lengths = wh_array(
        (uint64_t)recipe->new_count + 1, sizeof *plain->lengths, UINT32_MAX, err);
    if (!plain->lengths)
        return wh_no_memory(err);
    WH_TRY(wh_recipe_lengths(recipe, &plain->old, room->contents, plain->lengths, &length, err));
    plain->length = (size_t)length;
    room->contents -= length;
    return WH_OK;
}

wh_status wh_plain_open(const struct wh_assembly *assembly, const struct wh_entry *entry,
    uint8_t *base, size_t base_length, struct wh_plain_room *room, struct wh_plain *out_plain,
    struct wh_error *err)
{
    wh_cleanup(wh_plain_clear) struct wh_plain plain = {
        .entry = entry,
        .base = {base, base_length},
        .length = (size_t)assembly->new_header->files[entry->file].size,
    };

    find_ids(assembly, &plain);
    WH_TRY(entry->recipe ? take_apart(base, base_length, room, &plain, err)
                         : as_it_is(assembly, &plain, room, err));
    *out_plain = plain;
    plain = (struct wh_plain){0};
    return WH_OK;
}

static wh_status decode_debugdata(const struct wh_plain *plain,
    struct wh_reader streams[WH_STREAMS], uint8_t *out, struct wh_error *err)
{
    static const uint8_t nothing[1];
    const uint8_t *base = plain->base.data ? plain->base.data : nothing;
    size_t old_inner = (size_t)plain->old.lengths[0];
    size_t inner = (size_t)plain->lengths[0];
    const struct wh_debug_file old = {
        .inner = {base, old_inner},
        .outer = {base + old_inner, plain->base.length - old_inner},
        .build_id = id_bytes(&plain->old_id),
    };

    return wh_debugdata_decode(streams, &old, id_bytes(&plain->new_id), out, inner, out + inner,
        plain->length - inner, err);
}

wh_status wh_plain_decode(const struct wh_plain *plain, struct wh_reader streams[WH_STREAMS],
    uint8_t *out, struct wh_error *err)
{
    const struct wh_recipe *recipe = plain->entry->recipe;

    if (recipe && recipe->packing == WH_PACKING_DEBUGDATA && recipe->old_count == 1)
        return decode_debugdata(plain, streams, out, err);
    return wh_patch_decode(streams, plain->base, out, plain->length, err);
}

wh_status wh_plain_pack(const struct wh_plain *plain, const uint8_t *coded, uint8_t *out,
    size_t length, struct wh_error *err)
{
    const struct wh_recipe *recipe = plain->entry->recipe;
    const struct wh_container fresh = {out, length, id_bytes(&plain->new_id)};

    return wh_pack(recipe, (struct wh_bytes){coded, plain->length}, plain->lengths, &fresh, err);
}
