/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plain.c - see assemble/plain.h. */
#include "assemble/plain.h"

#include <stdlib.h>

#include "whittle/cleanup.h"

void wh_plain_clear(struct wh_plain *plain)
{
    wh_unpacked_clear(&plain->old);
    free(plain->lengths);
    *plain = (struct wh_plain){0};
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

static wh_status take_apart(const struct wh_assembly *assembly, uint8_t *base, size_t base_length,
    struct wh_plain_room *room, struct wh_plain *plain, struct wh_error *err)
{
    const struct wh_recipe *recipe = plain->entry->recipe;
    uint8_t id[WH_BUILD_ID_MAX];
    struct wh_container old = {.bytes = base, .length = base_length};
    uint64_t length;

    if (recipe->packing == WH_PACKING_DEBUGDATA)
        old.build_id = (struct wh_bytes){
            id, wh_header_build_id(assembly->old_header, plain->entry->base, id)};
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

    WH_TRY(entry->recipe ? take_apart(assembly, base, base_length, room, &plain, err)
                         : as_it_is(assembly, &plain, room, err));
    *out_plain = plain;
    plain = (struct wh_plain){0};
    return WH_OK;
}

wh_status wh_plain_pack(const struct wh_assembly *assembly, const struct wh_plain *plain,
    const uint8_t *coded, uint8_t *out, size_t length, struct wh_error *err)
{
    const struct wh_recipe *recipe = plain->entry->recipe;
    uint8_t id[WH_BUILD_ID_MAX];
    struct wh_container fresh = {.bytes = out, .length = length};

    if (recipe->packing == WH_PACKING_DEBUGDATA)
        fresh.build_id = (struct wh_bytes){
            id, wh_header_build_id(assembly->new_header, plain->entry->file, id)};
    return wh_pack(recipe, (struct wh_bytes){coded, plain->length}, plain->lengths, &fresh, err);
}
