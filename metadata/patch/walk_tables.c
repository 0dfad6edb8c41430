/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk_tables.c - pointers, relocations, symbols and the other tables of the dynamic linker. */
#include "patch/walk.h"

void wh_walk_pointers(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    unsigned width = walk->old->wide ? 8 : 4;

    for (size_t from = wh_first_record(stretch, 0, width); from + width <= stretch->to;
         from += width) {
        uint64_t target = wh_load(walk->old_bytes + from, width);
        if (target && wh_in_image(walk, target))
            (void)wh_put_address(walk, from + stretch->shift, width, target);
    }
}

/* ---- symbols ------------------------------------------------------------------------------- */

/* The index of an entry of an old table of fixed-size records, in the new one. */
static uint64_t moved_index(
    const struct wh_walk *walk, const struct wh_section *table, size_t record, uint64_t index)
{
    if (index >= table->length / record)
        return index;
    return wh_moved_within(walk, table->offset, index * record) / record;
}

/* Addresses of symbols are addresses, or in relocatable files distances from their section. */
static uint64_t base_of(const struct wh_walk *walk, uint32_t section)
{
    if (walk->old->type != WH_ET_REL || section >= walk->old->section_count)
        return 0;
    return walk->old->sections[section].offset;
}

static uint64_t new_base_of(const struct wh_walk *walk, uint32_t section)
{
    if (walk->old->type != WH_ET_REL || section >= walk->old->section_count)
        return 0;
    return walk->section_starts[section];
}

static void put_symbol(
    struct wh_walk *walk, const struct wh_region *region, size_t at, const uint8_t *old)
{
    bool wide = walk->old->wide;
    unsigned width = wide ? 8 : 4;
    size_t value_field = wide ? 8 : 4;
    size_t size_field = value_field + width;
    uint32_t section = wh_load16(old + (wide ? 6 : 14));
    uint64_t size = wh_load(old + size_field, width);
    uint64_t target = wh_load(old + value_field, width) + base_of(walk, section);
    uint32_t strings = walk->old->sections[region->section].link;
    uint64_t guess;

    (void)wh_put32(walk, at, (uint32_t)wh_moved_string(walk, strings, wh_load32(old)));
    if (section == 0 || section >= 0xff00 || !wh_in_image(walk, target))
        return;
    uint64_t base = new_base_of(walk, section);
    guess = wh_guess(walk, target) - base;
    uint64_t now = wh_put(walk, at + value_field, width, guess);
    if (now != guess)
        wh_learn(walk, target, now + base);
    if (size > 0 && wh_in_image(walk, target + size - 1)) {
        uint64_t end = wh_map_find(&walk->addresses, target + size - 1) + 1;
        (void)wh_put(walk, at + size_field, width, end - (now + base));
    }
}

void wh_walk_symbols(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    size_t record = walk->old->wide ? 24 : 16;

    for (size_t from = wh_first_record(stretch, 0, record); from + record <= stretch->to;
         from += record)
        put_symbol(walk, stretch->region, from + stretch->shift, walk->old_bytes + from);
}

/* ---- relocations --------------------------------------------------------------------------- */

/* Relocation types whose addend is an address of the image. */
static bool is_relative(uint16_t machine, uint32_t type)
{
    switch (machine) {
    case WH_EM_X86_64:
        return type == 8 || type == 37; /* R_X86_64_RELATIVE, R_X86_64_IRELATIVE */
    case WH_EM_AARCH64:
        return type == 1027 || type == 1032; /* R_AARCH64_RELATIVE, R_AARCH64_IRELATIVE */
    default:
        return false;
    }
}

/* x86-64: the addend of a reference relative to the instruction pointer counts from its end. */
static uint64_t bias_of(uint16_t machine, uint32_t type)
{
    return machine == WH_EM_X86_64 && (type == 2 || type == 4) ? 4 : 0;
}

/* The section that a section symbol of a relocatable file stands for; 0 for other symbols. */
static uint32_t section_of_symbol(const struct wh_walk *walk, uint32_t table, uint64_t index)
{
    struct wh_bytes symbols = wh_elf_content(walk->old, table);

    if (!walk->old->wide || index >= symbols.length / 24)
        return 0;
    const uint8_t *symbol = symbols.data + index * 24;
    uint32_t section = wh_load16(symbol + 6);
    return (symbol[4] & 15) == 3 && section < walk->old->section_count ? section : 0;
}

static void put_addend(struct wh_walk *walk, const struct wh_section *table, size_t at,
    const uint8_t *old, uint32_t type, uint64_t symbol)
{
    uint64_t addend = wh_load64(old + 16);

    if (walk->old->type == WH_ET_REL) {
        uint32_t section = section_of_symbol(walk, table->link, symbol);
        uint64_t bias = bias_of(walk->old->machine, type);
        uint64_t target = walk->old->sections[section].offset + addend + bias;
        if (section == 0 || addend + bias >= walk->old->sections[section].length)
            return;
        uint64_t base = walk->section_starts[section] + bias;
        uint64_t guess = wh_guess(walk, target) - base;
        uint64_t now = wh_put64(walk, at + 16, guess);
        if (now != guess)
            wh_learn(walk, target, now + base);
    } else if (is_relative(walk->old->machine, type) && wh_in_image(walk, addend)) {
        (void)wh_put_address(walk, at + 16, 8, addend);
    }
}

/* Where: an address, or in relocatable files a distance from the section that is relocated. */
static void put_place(struct wh_walk *walk, const struct wh_section *table, size_t at,
    const uint8_t *old, unsigned width)
{
    uint64_t base = base_of(walk, table->info);
    uint64_t new_base = new_base_of(walk, table->info);
    uint64_t target = wh_load(old, width) + base;

    if (!wh_in_image(walk, target))
        return;
    uint64_t guess = wh_guess(walk, target) - new_base;
    uint64_t now = wh_put(walk, at, width, guess);
    if (now != guess)
        wh_learn(walk, target, now + new_base);
}

static void put_relocation(
    struct wh_walk *walk, const struct wh_section *table, size_t at, const uint8_t *old)
{
    bool wide = walk->old->wide;
    unsigned width = wide ? 8 : 4;
    unsigned symbol_shift = wide ? 32 : 8;
    uint64_t info = wh_load(old + width, width);
    uint64_t symbol = info >> symbol_shift;

    put_place(walk, table, at, old, width);
    if (symbol > 0 && table->link < walk->old->section_count) {
        const struct wh_section *symbols = &walk->old->sections[table->link];
        uint64_t moved = moved_index(walk, symbols, wide ? 24 : 16, symbol);
        uint64_t type = info & ((1ull << symbol_shift) - 1);
        (void)wh_put(walk, at + width, width, moved << symbol_shift | type);
    }
    if (wide && table->type == WH_SHT_RELA)
        put_addend(walk, table, at, old, (uint32_t)info, symbol);
}

void wh_walk_relocations(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    const struct wh_section *table = &walk->old->sections[stretch->region->section];
    size_t record = (walk->old->wide ? 8u : 4u) * (table->type == WH_SHT_RELA ? 3u : 2u);

    for (size_t from = wh_first_record(stretch, 0, record); from + record <= stretch->to;
         from += record)
        put_relocation(walk, table, from + stretch->shift, walk->old_bytes + from);
}

/* ---- the dynamic section ------------------------------------------------------------------- */

static bool tag_is_address(uint64_t tag)
{
    static const uint64_t tags[] = {3, 4, 5, 6, 7, 12, 13, 17, 23, 25, 26, 32, 36, 0x6ffffef5,
        0x6ffffff0, 0x6ffffffc, 0x6ffffffe};

    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (tags[i] == tag)
            return true;
    return false;
}

static bool tag_is_string(uint64_t tag)
{
    return tag == 1 || tag == 14 || tag == 15 || tag == 29; /* NEEDED SONAME RPATH RUNPATH */
}

void wh_walk_dynamic(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    unsigned width = walk->old->wide ? 8 : 4;
    size_t record = 2 * width;
    uint32_t strings = walk->old->sections[stretch->region->section].link;

    for (size_t from = wh_first_record(stretch, 0, record); from + record <= stretch->to;
         from += record) {
        uint64_t tag = wh_load(walk->old_bytes + from, width);
        uint64_t value = wh_load(walk->old_bytes + from + width, width);
        size_t at = from + stretch->shift + width;
        if (tag_is_address(tag) && wh_in_image(walk, value))
            (void)wh_put_address(walk, at, width, value);
        else if (tag_is_string(tag))
            (void)wh_put(walk, at, width, wh_moved_string(walk, strings, value));
    }
}

/* ---- hash ---------------------------------------------------------------------------------- */

/* .gnu.hash: number of buckets, first symbol, words of the filter, shift; filter; buckets with
 * symbol indices; chains. */
void wh_walk_hash(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    const struct wh_region *region = stretch->region;
    const struct wh_section *table = &walk->old->sections[region->section];
    const uint8_t *old = walk->old_bytes + region->offset;

    if (region->length < 16 || table->link >= walk->old->section_count)
        return;
    uint64_t filter = (uint64_t)wh_load32(old + 8) * (walk->old->wide ? 8 : 4);
    uint64_t end = 16 + filter + (uint64_t)wh_load32(old) * 4;
    if (end > region->length)
        return;
    const struct wh_section *symbols = &walk->old->sections[table->link];
    size_t record = walk->old->wide ? 24 : 16;
    size_t last = region->offset + (size_t)end;
    size_t to = stretch->to < last ? stretch->to : last;
    for (size_t from = wh_first_record(stretch, 16 + (size_t)filter, 4); from + 4 <= to;
         from += 4) {
        uint32_t symbol = wh_load32(walk->old_bytes + from);
        if (symbol)
            (void)wh_put32(
                walk, from + stretch->shift, (uint32_t)moved_index(walk, symbols, record, symbol));
    }
}
