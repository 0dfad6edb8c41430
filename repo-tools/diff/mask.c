/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mask.c - see diff/mask.h. Two passes: the first hides every field, the second puts labels there,
 * which are hashes of what stands at the target with its own fields hidden. */
#include "diff/mask.h"

#include <stdlib.h>

#include "diff/names.h"
#include "whittle/btf.h"
#include "whittle/cleanup.h"
#include "whittle/code.h"
#include "whittle/tables.h"

enum { LABEL_BYTES = 16, NEAR = 256, FLAG_WRITE = 1 };

struct mask {
    const struct wh_elf *elf;
    uint8_t *view;
    uint8_t *hidden; /* one bit a byte of the file */
    struct wh_names names;
    uint32_t *btf_fields; /* see whittle/btf.h */
    size_t btf_count;
    bool with_names;
    bool labels; /* the second pass */
    uint64_t got;
    struct wh_stubs stubs;
};

static void hide(struct mask *mask, size_t at, size_t length)
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
static uint32_t hash_content(const struct mask *mask, size_t offset)
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
static uint32_t label(const struct mask *mask, uint64_t target)
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
static void put(struct mask *mask, size_t at, unsigned width, uint64_t target)
{
    if (!mask->labels) {
        hide(mask, at, width);
        return;
    }
    wh_store32(mask->view + at, label(mask, target));
    if (width == 8)
        memset(mask->view + at + 4, 0, 4);
}

static void put_constant(struct mask *mask, size_t at, unsigned width, uint32_t value)
{
    if (!mask->labels)
        hide(mask, at, width);
    else
        wh_store(mask->view + at, width, value);
}

static bool in_image(const struct mask *mask, uint64_t address)
{
    return address - mask->elf->low < mask->elf->high - mask->elf->low;
}

/* ---- code ---------------------------------------------------------------------------------- */

static struct wh_code code_of(const struct mask *mask, const struct wh_region *region)
{
    return (struct wh_code){
        .bytes = mask->elf->bytes.data,
        .end = region->offset + region->length,
        .shift = region->address - region->offset,
        .low = mask->elf->low,
        .span = mask->elf->high - mask->elf->low,
        .got = mask->got,
    };
}

/* A near target keeps its distance: code in between moves along. */
static void put_in_code(struct mask *mask, size_t at, uint64_t address, uint64_t target)
{
    if (target - address + NEAR < 2 * NEAR)
        return;
    put(mask, at, 4, target);
}

static void mask_x86(struct mask *mask, const struct wh_region *region)
{
    const struct wh_code code = code_of(mask, region);
    uint64_t target = 0;

    for (size_t at = wh_x86_next(&code, region->offset, &target); at < code.end;
         at = wh_x86_next(&code, at + 4, &target))
        put_in_code(mask, at, at + code.shift, target);
}

static void mask_i386(struct mask *mask, const struct wh_region *region)
{
    const struct wh_code code = code_of(mask, region);
    uint64_t target = 0;
    bool from_got = false;

    for (size_t at = wh_i386_next(&code, region->offset, &target, &from_got); at < code.end;
         at = wh_i386_next(&code, at + 4, &target, &from_got)) {
        if (from_got)
            put(mask, at, 4, target);
        else
            put_in_code(mask, at, at + code.shift, target);
    }
}

/* The label takes the place of the immediate bits, so that the rest of the word still tells what
 * the instruction is. */
static void put_bits(struct mask *mask, size_t at, uint32_t word, uint32_t bits, uint64_t target)
{
    if (!mask->labels) {
        hide(mask, at, 4);
        return;
    }
    wh_store32(mask->view + at, (word & ~bits) | (label(mask, target) & bits));
}

static void mask_arm_word(
    struct mask *mask, size_t at, uint64_t shift, uint64_t *pages, uint32_t *known)
{
    enum { BRANCH_BITS = 0x03ffffff, PAGE_BITS = 0x60ffffe0, LOW_BITS = 0x003ffc00 };
    uint32_t word = wh_load32(mask->elf->bytes.data + at);
    struct wh_arm_word arm = wh_arm_decode(word);
    uint64_t address = at + shift;

    if (arm.kind == WH_ARM_BRANCH) {
        uint64_t target = wh_arm_branch_target(word, address);
        if (in_image(mask, target) && target - address + NEAR >= 2 * NEAR)
            put_bits(mask, at, word, BRANCH_BITS, target);
        return;
    }
    if (arm.kind == WH_ARM_PAGE) {
        uint64_t page = wh_arm_page_target(word, address);
        *known &= ~(1u << arm.target_register);
        if (!in_image(mask, page) && !in_image(mask, page + 0xfff))
            return;
        pages[arm.target_register] = page;
        *known |= 1u << arm.target_register;
        put_bits(mask, at, word, PAGE_BITS, 0); /* no address of the image: a constant */
        return;
    }
    if (arm.kind == WH_ARM_LOW && *known >> arm.base & 1)
        put_bits(mask, at, word, LOW_BITS, pages[arm.base] + wh_arm_low_bits(word, arm.scale));
    if (arm.target_register < 32)
        *known &= ~(1u << arm.target_register);
}

static void mask_aarch64(struct mask *mask, const struct wh_region *region)
{
    uint64_t pages[32] = {0};
    uint32_t known = 0;
    size_t end = region->offset + region->length;

    for (size_t at = region->offset; at + 4 <= end; at += 4)
        mask_arm_word(mask, at, region->address - region->offset, pages, &known);
}

static void mask_code(struct mask *mask, const struct wh_region *region)
{
    switch (mask->elf->machine) {
    case WH_EM_X86_64:
        mask_x86(mask, region);
        break;
    case WH_EM_386:
        mask_i386(mask, region);
        break;
    case WH_EM_AARCH64:
        mask_aarch64(mask, region);
        break;
    default:
        break;
    }
}

/* Numbers of relocations: the names of the slots say the same. */
static void mask_stubs(struct mask *mask, const struct wh_region *region)
{
    size_t end = region->offset + region->length;

    mask_code(mask, region);
    for (size_t at = region->offset; at + WH_STUB_LENGTH <= end; at += WH_STUB_LENGTH) {
        size_t field = wh_stub_number(mask->elf->bytes.data, at);
        if (field)
            put_constant(mask, field, 4, 0);
    }
}

/* ---- tables -------------------------------------------------------------------------------- */

static void mask_pointers(struct mask *mask, const struct wh_region *region)
{
    unsigned width = mask->elf->wide ? 8 : 4;
    const uint8_t *bytes = mask->elf->bytes.data;

    /* Read-only ones (.itablink, .relr.dyn) are sorted lists: their order tells more than labels.
     */
    if (!(mask->elf->sections[region->section].flags & FLAG_WRITE))
        return;
    for (size_t at = region->offset; at + width <= region->offset + region->length; at += width) {
        uint64_t target = wh_load(bytes + at, width);
        if (target && in_image(mask, target))
            put(mask, at, width, target);
    }
}

/* Words that the dynamic linker fills are mostly zeros in the file: with labels they differ. */
static void mask_slots(struct mask *mask)
{
    uint64_t offset;

    for (size_t i = 0; mask->with_names && i < mask->names.count; i++) {
        const struct wh_slot *slot = &mask->names.slots[i];
        unsigned width = slot->width;
        if (!wh_segments_offset(&mask->elf->segments, slot->address, &offset) ||
            offset + width > mask->elf->bytes.length)
            continue;
        if (slot->name)
            put_constant(mask, (size_t)offset, width, slot->name);
        else
            put(mask, (size_t)offset, width, slot->target);
    }
}

static void mask_symbols(struct mask *mask, const struct wh_region *region)
{
    bool wide = mask->elf->wide;
    size_t record = wide ? 24 : 16;
    unsigned width = wide ? 8 : 4;
    uint64_t number = 0;

    for (size_t at = region->offset; at + record <= region->offset + region->length; at += record) {
        uint32_t name = mask->with_names ? wh_symbol_hash(mask->elf, region->section, number) : 0;
        put_constant(mask, at, 4, name);
        put_constant(mask, at + width, width, 0);
        number++;
    }
}

static void mask_relocations(struct mask *mask, const struct wh_region *region)
{
    const struct wh_section *table = &mask->elf->sections[region->section];
    bool wide = mask->elf->wide;
    unsigned width = wide ? 8 : 4;
    size_t record = width * (table->type == WH_SHT_RELA ? 3 : 2);
    const uint8_t *bytes = mask->elf->bytes.data;
    uint64_t before = 0;

    for (size_t at = region->offset; at + record <= region->offset + region->length; at += record) {
        uint64_t place = wh_load(bytes + at, width);
        uint64_t symbol = wh_load(bytes + at + width, width) >> (wide ? 32 : 8);
        put_constant(mask, at, width, (uint32_t)(place - before));
        uint64_t target;
        if (wh_section_target(mask->elf, table, bytes + at, &target)) {
            put(mask, at + 16, 8, target);
        } else if (symbol) {
            uint32_t name = mask->with_names ? wh_symbol_hash(mask->elf, table->link, symbol) : 0;
            if (wide)
                put_constant(mask, at + 12, 4, name);
            else
                put_constant(mask, at + 5, 4, name & 0xffffff);
        } else if (record == 24 && in_image(mask, wh_load64(bytes + at + 16))) {
            put(mask, at + 16, 8, wh_load64(bytes + at + 16));
        }
        before = place;
    }
}

/* Records of .eh_frame: distance to the CIE, start of the function. */
static void mask_frames(struct mask *mask, const struct wh_region *region)
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
            put_constant(mask, at + 4, 4, 0);
            put(mask, at + 8, 4, at + 8 + shift + (uint64_t)(int64_t)value);
        }
        at += 4 + length;
    }
}

static void mask_frame_index(struct mask *mask, const struct wh_region *region)
{
    const uint8_t *bytes = mask->elf->bytes.data;

    for (size_t at = region->offset + 12; at + 8 <= region->offset + region->length; at += 8) {
        uint64_t target = region->address + (uint64_t)(int64_t)(int32_t)wh_load32(bytes + at);
        put(mask, at, 4, target);
        put_constant(mask, at + 4, 4, 0);
    }
}

static void mask_constants(struct mask *mask, const struct wh_region *region)
{
    struct wh_table_form form;
    struct wh_table_search search = {.at = region->offset};
    struct wh_table_entry entry;

    wh_table_form_of(mask->elf, mask->got, &form);
    while (wh_table_next(&form, mask->elf->bytes.data, region->address - region->offset,
        region->offset + region->length, &search, &entry))
        put(mask, entry.at, entry.width, entry.target);
}

/* The strings of a .BTF section, which follow those of the kernel itself: the offset of the first
 * one shows in the greatest offset, which is that of the last. */
struct btf_strings {
    struct wh_bytes bytes;
    uint32_t first;
};

static struct btf_strings find_btf_strings(const struct mask *mask, struct wh_bytes section)
{
    struct btf_strings strings = {0};
    uint32_t greatest = 0;

    if (section.length < 24)
        return strings;
    uint64_t start = (uint64_t)wh_load32(section.data + 4) + wh_load32(section.data + 16);
    uint64_t length = wh_load32(section.data + 20);
    if (start > section.length || length < 2 || length > section.length - start)
        return strings;
    for (size_t i = 0; i < mask->btf_count; i++) {
        uint32_t value = wh_load32(section.data + (mask->btf_fields[i] >> 1));
        if ((mask->btf_fields[i] & 1) == WH_BTF_NAME && value > greatest)
            greatest = value;
    }
    size_t last = (size_t)length - 1;
    while (last > 0 && section.data[start + last - 1] != '\0')
        last--;
    strings.bytes = (struct wh_bytes){section.data + start, (size_t)length};
    strings.first = greatest - (uint32_t)last;
    return strings;
}

static uint32_t hash_btf_name(const struct btf_strings *strings, uint32_t name)
{
    if (name < strings->first || name - strings->first >= strings->bytes.length)
        return 1;
    return wh_name_hash(strings->bytes, name - strings->first);
}

/* The fields are those of one section. */
static void mask_btf(struct mask *mask, const struct wh_region *region)
{
    if (region->section != wh_elf_section(mask->elf, ".BTF"))
        return;
    struct wh_bytes section = wh_elf_content(mask->elf, region->section);
    const struct btf_strings strings = find_btf_strings(mask, section);

    for (size_t i = 0; i < mask->btf_count; i++) {
        size_t field = mask->btf_fields[i] >> 1;
        uint32_t value = wh_load32(section.data + field);
        bool is_name = (mask->btf_fields[i] & 1) == WH_BTF_NAME;
        if (value)
            put_constant(
                mask, region->offset + field, 4, is_name ? hash_btf_name(&strings, value) : 0);
    }
}

static void mask_regions(struct mask *mask)
{
    for (uint32_t i = 0; i < mask->elf->region_count; i++) {
        const struct wh_region *region = &mask->elf->regions[i];
        switch (region->kind) {
        case WH_REGION_CODE:
            mask_code(mask, region);
            break;
        case WH_REGION_STUBS:
            mask_stubs(mask, region);
            break;
        case WH_REGION_POINTERS:
            mask_pointers(mask, region);
            break;
        case WH_REGION_SYMBOLS:
            mask_symbols(mask, region);
            break;
        case WH_REGION_RELOCATIONS:
            mask_relocations(mask, region);
            break;
        case WH_REGION_FRAMES:
            mask_frames(mask, region);
            break;
        case WH_REGION_FRAME_INDEX:
            mask_frame_index(mask, region);
            break;
        case WH_REGION_CONSTANTS:
            mask_constants(mask, region);
            break;
        case WH_REGION_BTF:
            mask_btf(mask, region);
            break;
        case WH_REGION_HEADER:
        case WH_REGION_SEGMENTS:
        case WH_REGION_DYNAMIC:
        case WH_REGION_HASH:
        case WH_REGION_NEEDS:
        case WH_REGION_DEFINITIONS:
        case WH_REGION_GO_LINKS:
        case WH_REGION_GO_TABLE:
        case WH_REGION_SECTIONS:
            break;
        }
    }
    mask_slots(mask);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void clear_mask(struct mask *mask)
{
    free(mask->hidden);
    free(mask->btf_fields);
    wh_names_clear(&mask->names);
}

wh_status wh_mask(
    const struct wh_elf *elf, bool with_names, uint8_t **out_view, struct wh_error *err)
{
    wh_cleanup(clear_mask) struct mask mask = {.elf = elf, .with_names = with_names};
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
