/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.c - see diff/names.h. */
#include "diff/names.h"

#include <stdlib.h>

#include "whittle/cleanup.h"
#include "whittle/code.h"

enum { FLAG_ALLOC = 2, STUB_LENGTH = 16 };

uint32_t wh_name_hash(struct wh_bytes strings, size_t at)
{
    enum { MOST = 1024 };
    uint32_t hash = 2166136261u;

    if (at >= strings.length || strings.data[at] == '\0')
        return 0;
    size_t end = strings.length - at < MOST ? strings.length : at + MOST;
    for (; at < end && strings.data[at]; at++)
        hash = (hash ^ strings.data[at]) * 16777619u;
    return hash ? hash : 1;
}

uint32_t wh_symbol_hash(const struct wh_elf *elf, uint32_t table, uint64_t symbol)
{
    struct wh_bytes symbols = wh_elf_content(elf, table);
    size_t record = elf->wide ? 24 : 16;

    if (symbol >= symbols.length / record)
        return 0;
    struct wh_bytes strings = wh_elf_content(elf, elf->sections[table].link);
    return wh_name_hash(strings, wh_load32(symbols.data + symbol * record));
}

/* Relocation types that put a symbol's address, or one of the image, into a word. */
static bool is_relative(uint16_t machine, uint32_t type)
{
    switch (machine) {
    case WH_EM_X86_64:
        return type == 8 || type == 37;
    case WH_EM_AARCH64:
        return type == 1027 || type == 1032;
    default:
        return false;
    }
}

bool wh_section_target(const struct wh_elf *elf, const struct wh_section *table, const uint8_t *row,
    uint64_t *out_target)
{
    if (elf->type != WH_ET_REL || !elf->wide || table->type != WH_SHT_RELA)
        return false;
    struct wh_bytes symbols = wh_elf_content(elf, table->link);
    uint64_t number = wh_load64(row + 8) >> 32;
    if (number >= symbols.length / 24 || (symbols.data[24 * number + 4] & 15) != 3)
        return false;
    uint32_t section = wh_load16(symbols.data + 24 * number + 6);
    uint64_t distance = wh_load64(row + 16);
    if (section >= elf->section_count || distance >= elf->sections[section].length)
        return false;
    *out_target = elf->sections[section].offset + distance;
    return true;
}

/* Bytes that a relocation of a relocatable file fills; 0 for parts of instructions. */
static uint8_t width_of(uint16_t machine, uint32_t type)
{
    switch (machine) {
    case WH_EM_X86_64: /* 64, PC32, PLT32, GOTPCREL, 32, 32S */
        if (type == 1)
            return 8;
        return type == 2 || type == 4 || type == 9 || type == 10 || type == 11 ? 4 : 0;
    case WH_EM_AARCH64: /* ABS64, PREL32 */
        if (type == 257)
            return 8;
        return type == 261 ? 4 : 0;
    default:
        return 0;
    }
}

/* A word of a relocatable file, by its offset in the file. */
static struct wh_slot read_own_slot(
    const struct wh_elf *elf, const struct wh_section *table, const uint8_t *row)
{
    uint64_t info = wh_load64(row + 8);
    struct wh_slot slot = {.width = width_of(elf->machine, (uint32_t)info)};

    if (slot.width == 0 || table->info >= elf->section_count ||
        wh_load64(row) >= elf->sections[table->info].length)
        return (struct wh_slot){0};
    slot.address = elf->sections[table->info].offset + wh_load64(row);
    if (!wh_section_target(elf, table, row, &slot.target))
        slot.name = wh_symbol_hash(elf, table->link, info >> 32);
    return slot;
}

static struct wh_slot read_slot(
    const struct wh_elf *elf, const struct wh_section *table, const uint8_t *row)
{
    unsigned width = elf->wide ? 8 : 4;
    uint64_t info = wh_load(row + width, width);
    struct wh_slot slot = {.address = wh_load(row, width), .width = (uint8_t)width};
    uint64_t symbol = info >> (elf->wide ? 32 : 8);

    if (elf->type == WH_ET_REL)
        return read_own_slot(elf, table, row);

    if (symbol > 0)
        slot.name = wh_symbol_hash(elf, table->link, symbol);
    else if (table->type == WH_SHT_RELA && elf->wide && is_relative(elf->machine, (uint32_t)info))
        slot.target = wh_load64(row + 16);
    return slot;
}

static size_t row_length(const struct wh_elf *elf, const struct wh_section *table)
{
    return (elf->wide ? 8u : 4u) * (table->type == WH_SHT_RELA ? 3u : 2u);
}

/* Regions are disjoint: tables over each other would multiply the rows. */
static bool is_table(const struct wh_elf *elf, const struct wh_region *region)
{
    const struct wh_section *section = &elf->sections[region->section];

    if (region->kind != WH_REGION_RELOCATIONS)
        return false;
    if (elf->type == WH_ET_REL)
        return section->type == WH_SHT_RELA && elf->wide;
    return (section->type == WH_SHT_RELA || section->type == WH_SHT_REL) &&
           section->flags & FLAG_ALLOC;
}

static int order_slots(const void *left, const void *right)
{
    const struct wh_slot *a = left;
    const struct wh_slot *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->name != b->name)
        return a->name < b->name ? -1 : 1;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    return (a->width > b->width) - (a->width < b->width);
}

wh_status wh_names_find(const struct wh_elf *elf, struct wh_names *out_names, struct wh_error *err)
{
    struct wh_names names = {0};
    uint64_t rows = 0;

    for (uint32_t i = 0; i < elf->region_count; i++)
        if (is_table(elf, &elf->regions[i]))
            rows += elf->regions[i].length /
                    row_length(elf, &elf->sections[elf->regions[i].section]);
    names.slots = wh_array(rows, sizeof *names.slots, SIZE_MAX, err);
    if (!names.slots)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < elf->region_count; i++) {
        const struct wh_region *region = &elf->regions[i];
        const struct wh_section *table = &elf->sections[region->section];
        size_t length = row_length(elf, table);
        for (size_t at = 0; is_table(elf, region) && at + length <= region->length; at += length) {
            struct wh_slot slot = read_slot(elf, table, elf->bytes.data + region->offset + at);
            if (slot.name || slot.target)
                names.slots[names.count++] = slot;
        }
    }
    if (names.count > 0)
        qsort(names.slots, names.count, sizeof *names.slots, order_slots);
    *out_names = names;
    return WH_OK;
}

void wh_names_clear(struct wh_names *names)
{
    free(names->slots);
    *names = (struct wh_names){0};
}

const struct wh_slot *wh_names_slot(const struct wh_names *names, uint64_t address)
{
    size_t low = 0;
    size_t high = names->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (names->slots[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < names->count && names->slots[low].address == address ? &names->slots[low] : NULL;
}

static uint64_t x86_slot(
    const struct wh_elf *elf, uint64_t got, uint64_t address, const uint8_t *code)
{
    for (size_t i = 0; i + 6 <= STUB_LENGTH; i++) {
        uint32_t value = wh_load32(code + i + 2);
        if (code[i] == 0xff && code[i + 1] == 0x25) /* jmp *place */
            return elf->machine == WH_EM_386 ? value
                                             : address + i + 6 + (uint64_t)(int64_t)(int32_t)value;
        if (code[i] == 0xff && code[i + 1] == 0xa3) /* jmp *place(%ebx) */
            return (got + value) & UINT32_MAX;
    }
    return 0;
}

static uint64_t arm_slot(uint64_t address, const uint8_t *code)
{
    for (size_t i = 0; i + 8 <= STUB_LENGTH; i += 4) {
        uint32_t word = wh_load32(code + i);
        struct wh_arm_word next = wh_arm_decode(wh_load32(code + i + 4));
        if (wh_arm_decode(word).kind == WH_ARM_PAGE && next.kind == WH_ARM_LOW &&
            next.base == (word & 31))
            return wh_arm_page_target(word, address + i) +
                   wh_arm_low_bits(wh_load32(code + i + 4), next.scale);
    }
    return 0;
}

void wh_stubs_find(const struct wh_elf *elf, struct wh_stubs *out_stubs)
{
    struct wh_stubs stubs = {.low = UINT64_MAX};

    for (uint32_t i = 1; i < elf->section_count && stubs.count < WH_STUBS_MAX; i++) {
        const struct wh_section *section = &elf->sections[i];
        if (strncmp(wh_elf_section_name(elf, section), ".plt", 4) != 0)
            continue;
        stubs.sections[stubs.count++] = i;
        if (section->address < stubs.low)
            stubs.low = section->address;
        if (section->address + section->length > stubs.high)
            stubs.high = section->address + section->length;
    }
    *out_stubs = stubs;
}

uint64_t wh_stub_slot(
    const struct wh_elf *elf, const struct wh_stubs *stubs, uint64_t got, uint64_t address)
{
    uint64_t offset;

    for (uint32_t i = 0; i < stubs->count; i++) {
        const struct wh_section *section = &elf->sections[stubs->sections[i]];
        if (address - section->address >= section->length)
            continue;
        if (!wh_segments_offset(&elf->segments, address, &offset) ||
            offset + STUB_LENGTH > elf->bytes.length)
            return 0;
        const uint8_t *code = elf->bytes.data + offset;
        return elf->machine == WH_EM_AARCH64 ? arm_slot(address, code)
                                             : x86_slot(elf, got, address, code);
    }
    return 0;
}
