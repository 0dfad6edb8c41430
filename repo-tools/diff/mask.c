/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mask.c - see diff/mask.h. */
#include "diff/mask.h"

#include <stdlib.h>

#include "diff/masking.h"
#include "whittle/btf.h"
#include "whittle/cleanup.h"

enum { LABEL_BYTES = 16 };

static void hide(struct wh_masking *mask, size_t at, size_t length)
{
    for (size_t i = at; i < at + length; i++)
        mask->hidden[i >> 3] |= (uint8_t)(1u << (i & 7));
}

static uint32_t mix(uint64_t value)
{
    value *= 0x9e3779b97f4a7c15ull;
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93ull;
    return (uint32_t)(value >> 32) | 1;
}

/* What stands at an offset of the file, as a hash that survives moves. */
static uint32_t hash_content(const struct wh_masking *mask, size_t offset)
{
    uint8_t bytes[LABEL_BYTES] = {0};
    size_t room = mask->elf->bytes.length - offset;
    size_t length = room < LABEL_BYTES ? room : LABEL_BYTES;

    for (size_t i = 0; i < length; i++) {
        size_t at = offset + i;
        if (!(mask->hidden[at >> 3] >> (at & 7) & 1))
            bytes[i] = mask->elf->bytes.data[at];
    }
    return mix(wh_load64(bytes) ^ (uint64_t)mix(wh_load64(bytes + 8)) << 16);
}

/* The label of an address: the name of the symbol that is reached through it, else what stands
 * there, else a constant. */
static uint32_t label(const struct wh_masking *mask, uint64_t target)
{
    uint64_t offset;

    if (mask->with_names) {
        uint64_t slot_address = target;
        if (target >= mask->stubs.low && target < mask->stubs.high)
            slot_address = wh_stub_slot(mask->elf, &mask->stubs, mask->got, target);
        const struct wh_slot *slot = wh_names_slot(&mask->names, slot_address);
        if (slot && slot->name)
            return slot->name;
    }
    if (!wh_segments_offset(&mask->elf->segments, target, &offset))
        return 1;
    return hash_content(mask, (size_t)offset);
}

/* A field of four or eight bytes that refers to an address. */
void wh_mask_put(struct wh_masking *mask, size_t at, unsigned width, uint64_t target)
{
    if (!mask->labels) {
        hide(mask, at, width);
        return;
    }
    wh_store32(mask->view + at, label(mask, target));
    if (width == 8)
        memset(mask->view + at + 4, 0, 4);
}

void wh_mask_put_constant(struct wh_masking *mask, size_t at, unsigned width, uint32_t value)
{
    if (!mask->labels)
        hide(mask, at, width);
    else
        wh_store(mask->view + at, width, value);
}

/* The label takes the place of the immediate bits, so that the rest of the word still tells what
 * the instruction is. */
void wh_mask_put_bits(
    struct wh_masking *mask, size_t at, uint32_t word, uint32_t bits, uint64_t target)
{
    if (!mask->labels) {
        hide(mask, at, 4);
        return;
    }
    wh_store32(mask->view + at, (word & ~bits) | (label(mask, target) & bits));
}

typedef void mask_fn(struct wh_masking *mask, const struct wh_region *region);

/* Other regions hold nothing that helps or hinders a match. */
static mask_fn *const masks[] = {
    [WH_REGION_CODE] = wh_mask_code,
    [WH_REGION_STUBS] = wh_mask_stubs,
    [WH_REGION_POINTERS] = wh_mask_pointers,
    [WH_REGION_SYMBOLS] = wh_mask_symbols,
    [WH_REGION_RELOCATIONS] = wh_mask_relocations,
    [WH_REGION_FRAMES] = wh_mask_frames,
    [WH_REGION_FRAME_INDEX] = wh_mask_frame_index,
    [WH_REGION_CONSTANTS] = wh_mask_constants,
    [WH_REGION_BTF] = wh_mask_btf,
    [WH_REGION_SECTIONS] = NULL, /* the last kind */
};

static void mask_regions(struct wh_masking *mask)
{
    for (uint32_t i = 0; i < mask->elf->region_count; i++) {
        const struct wh_region *region = &mask->elf->regions[i];
        if (masks[region->kind])
            masks[region->kind](mask, region);
    }
    wh_mask_slots(mask);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void clear_mask(struct wh_masking *mask)
{
    free(mask->hidden);
    free(mask->btf_fields);
    wh_names_clear(&mask->names);
}

wh_status wh_mask(
    const struct wh_elf *elf, bool with_names, uint8_t **out_view, struct wh_error *err)
{
    wh_cleanup(clear_mask) struct wh_masking mask = {.elf = elf, .with_names = with_names};
    size_t length = elf->bytes.length;
    wh_autofree uint8_t *view = malloc(length);
    uint32_t got = wh_elf_section(elf, ".got.plt");

    if (got == 0)
        got = wh_elf_section(elf, ".got");
    if (elf->machine == WH_EM_386 && got)
        mask.got = elf->sections[got].address;
    mask.hidden = calloc(length / 8 + 1, 1);
    if (!view || !mask.hidden)
        return wh_no_memory(err);
    memcpy(view, elf->bytes.data, length);
    mask.view = view;
    WH_TRY(wh_names_find(elf, &mask.names, err));
    WH_TRY(wh_btf_find(
        wh_elf_content(elf, wh_elf_section(elf, ".BTF")), &mask.btf_fields, &mask.btf_count, err));
    wh_stubs_find(elf, &mask.stubs);
    mask_regions(&mask);
    mask.labels = true;
    mask_regions(&mask);
    *out_view = wh_take(view);
    return WH_OK;
}
