/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mask_tables.c - pointers, symbols, relocations, unwind tables, jump tables. */
#include "diff/masking.h"
#include "whittle/tables.h"

enum { FLAG_WRITE = 1 };

void wh_mask_pointers(struct wh_masking *mask, const struct wh_region *region)
{
    unsigned width = mask->elf->wide ? 8 : 4;
    const uint8_t *bytes = mask->elf->bytes.data;

    /* Read-only ones (.itablink, .relr.dyn) are sorted lists: their order tells more than labels.
     */
    if (!(mask->elf->sections[region->section].flags & FLAG_WRITE))
        return;
    for (size_t at = region->offset; at + width <= region->offset + region->length; at += width) {
        uint64_t target = wh_load(bytes + at, width);
        if (target && wh_mask_in_image(mask, target))
            wh_mask_put(mask, at, width, target);
    }
}

/* Words that the dynamic linker fills are mostly zeros in the file: with labels they differ. */
void wh_mask_slots(struct wh_masking *mask)
{
    uint64_t offset;

    for (size_t i = 0; mask->with_names && i < mask->names.count; i++) {
        const struct wh_slot *slot = &mask->names.slots[i];
        unsigned width = slot->width;
        if (!wh_segments_offset(&mask->elf->segments, slot->address, &offset) ||
            offset + width > mask->elf->bytes.length)
            continue;
        if (slot->name)
            wh_mask_put_constant(mask, (size_t)offset, width, slot->name);
        else
            wh_mask_put(mask, (size_t)offset, width, slot->target);
    }
}

void wh_mask_symbols(struct wh_masking *mask, const struct wh_region *region)
{
    bool wide = mask->elf->wide;
    size_t record = wide ? 24 : 16;
    unsigned width = wide ? 8 : 4;
    uint64_t number = 0;

    for (size_t at = region->offset; at + record <= region->offset + region->length; at += record) {
        uint32_t name = mask->with_names ? wh_symbol_hash(mask->elf, region->section, number) : 0;
        wh_mask_put_constant(mask, at, 4, name);
        wh_mask_put_constant(mask, at + width, width, 0);
        number++;
    }
}

void wh_mask_relocations(struct wh_masking *mask, const struct wh_region *region)
{
    const struct wh_section *table = &mask->elf->sections[region->section];
    bool wide = mask->elf->wide;
    unsigned width = wide ? 8 : 4;
    size_t record = width * (table->type == WH_SHT_RELA ? 3 : 2);
    const uint8_t *bytes = mask->elf->bytes.data;
    uint64_t before = 0;

    for (size_t at = region->offset; at + record <= region->offset + region->length; at += record) {
        uint64_t place = wh_load(bytes + at, width);
        uint64_t info = wh_load(bytes + at + width, width);
        uint64_t symbol = info >> (wide ? 32 : 8);
        wh_mask_put_constant(mask, at, width, (uint32_t)(place - before));
        uint64_t target;
        if (wh_section_target(mask->elf, table, bytes + at, &target)) {
            wh_mask_put(mask, at + 16, 8, target);
        } else if (symbol) {
            uint32_t name = mask->with_names ? wh_symbol_hash(mask->elf, table->link, symbol) : 0;
            if (wide)
                wh_mask_put_constant(mask, at + 12, 4, name);
            else
                wh_mask_put_constant(mask, at + 4, 4, name << 8 | (uint32_t)(info & 0xff));
        } else if (record == 24 && wh_mask_in_image(mask, wh_load64(bytes + at + 16))) {
            wh_mask_put(mask, at + 16, 8, wh_load64(bytes + at + 16));
        }
        before = place;
    }
}

/* Records of .eh_frame: distance to the CIE, start of the function. */
void wh_mask_frames(struct wh_masking *mask, const struct wh_region *region)
{
    const uint8_t *bytes = mask->elf->bytes.data;
    size_t end = region->offset + region->length;
    uint64_t shift = region->address - region->offset;

    for (size_t at = region->offset; at + 12 <= end;) {
        size_t length = wh_load32(bytes + at);
        if (length < 8 || length > end - at - 4)
            break;
        if (wh_load32(bytes + at + 4) != 0) {
            int32_t value = (int32_t)wh_load32(bytes + at + 8);
            wh_mask_put_constant(mask, at + 4, 4, 0);
            wh_mask_put(mask, at + 8, 4, at + 8 + shift + (uint64_t)(int64_t)value);
        }
        at += 4 + length;
    }
}

void wh_mask_frame_index(struct wh_masking *mask, const struct wh_region *region)
{
    const uint8_t *bytes = mask->elf->bytes.data;

    for (size_t at = region->offset + 12; at + 8 <= region->offset + region->length; at += 8) {
        uint64_t target = region->address + (uint64_t)(int64_t)(int32_t)wh_load32(bytes + at);
        wh_mask_put(mask, at, 4, target);
        wh_mask_put_constant(mask, at + 4, 4, 0);
    }
}

void wh_mask_constants(struct wh_masking *mask, const struct wh_region *region)
{
    struct wh_table_form form;
    struct wh_table_search search = {.at = region->offset};
    struct wh_table_entry entry;

    wh_table_form_of(mask->elf, mask->got, &form);
    while (wh_table_next(&form, mask->elf->bytes.data, region->address - region->offset,
        region->offset + region->length, &search, &entry))
        wh_mask_put(mask, entry.at, entry.width, entry.target);
}
