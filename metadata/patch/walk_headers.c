/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk_headers.c - ELF header, program headers and section headers: sizes and places of what the
 * copies brought along. */
#include "patch/walk.h"

/* Where a range of the old file starts now, and how long it is. */
struct moved_range {
    uint64_t start;
    uint64_t length;
};

static struct moved_range move_range(const struct wh_walk *walk, uint64_t offset, uint64_t length)
{
    struct moved_range range = {wh_moved(walk, offset), length};

    if (length > 0)
        range.length = wh_moved(walk, offset + length - 1) + 1 - range.start;
    return range;
}

/* The program headers come before the map of addresses is known: addresses move as offsets do. */
static void put_segment(struct wh_walk *walk, size_t at, size_t from)
{
    bool wide = walk->old->wide;
    unsigned width = wide ? 8 : 4;
    const uint8_t *old = walk->old_bytes + from;
    size_t offset_field = wide ? 8 : 4;
    uint64_t offset = wh_load(old + offset_field, width);
    uint64_t address = wh_load(old + offset_field + width, width);
    uint64_t length = wh_load(old + offset_field + 3 * width, width);
    uint64_t memory = wh_load(old + offset_field + 4 * width, width);
    struct moved_range range = move_range(walk, offset, length);

    size_t field = at + offset_field;
    uint64_t start = wh_put(walk, field, width, range.start);
    uint64_t guess = address + (start - offset);
    uint64_t now = wh_put(walk, field + width, width, guess);
    (void)wh_put(walk, field + 2 * width, width, now);
    uint64_t new_length = wh_put(walk, field + 3 * width, width, range.length);
    (void)wh_put(walk, field + 4 * width, width, memory + (new_length - length));
}

void wh_walk_headers(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    bool wide = walk->old->wide;
    unsigned width = wide ? 8 : 4;
    size_t record = wide ? 56 : 32;

    if (stretch->region->kind == WH_REGION_SEGMENTS) {
        for (size_t from = wh_first_record(stretch, 0, record); from + record <= stretch->to;
             from += record)
            put_segment(walk, from + stretch->shift, from);
        return;
    }
    if (stretch->from > 24 || stretch->to < 24 + 3 * width)
        return;
    /* entry point, program headers, section headers */
    uint64_t entry = wh_load(walk->old_bytes + 24, width);
    uint64_t sections = wh_load(walk->old_bytes + 24 + 2 * width, width);
    uint64_t offset;
    if (entry && wh_segments_offset(&walk->old->segments, entry, &offset))
        (void)wh_put(walk, 24 + stretch->shift, width, entry + (wh_moved(walk, offset) - offset));
    (void)wh_put(walk, 24 + 2 * width + stretch->shift, width, wh_moved(walk, sections));
}

void wh_walk_sections(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    bool wide = walk->old->wide;
    unsigned width = wide ? 8 : 4;
    size_t record = wide ? 64 : 40;
    size_t address_field = wide ? 16 : 12;

    for (size_t from = wh_first_record(stretch, 0, record); from + record <= stretch->to;
         from += record) {
        const uint8_t *old = walk->old_bytes + from;
        size_t at = from + stretch->shift + address_field;
        uint64_t address = wh_load(old + address_field, width);
        uint64_t offset = wh_load(old + address_field + width, width);
        uint64_t length = wh_load(old + address_field + 2 * width, width);
        bool in_file = wh_load32(old + 4) != WH_SHT_NOBITS;
        struct moved_range range = move_range(walk, offset, in_file ? length : 0);

        if (address && wh_in_image(walk, address))
            (void)wh_put_address(walk, at, width, address);
        if (offset)
            (void)wh_put(walk, at + width, width, range.start);
        if (in_file && length)
            (void)wh_put(walk, at + 2 * width, width, range.length);
    }
}
