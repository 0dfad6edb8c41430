/* SPDX-License-Identifier: GPL-2.0-or-later */
/* map.h - where old places have gone: by offset in the file, or by address. */
#ifndef WHITTLE_MAP_H
#define WHITTLE_MAP_H

#include "whittle/elf.h"
#include "whittle/patch.h"

/* Old places [from, to) are at place + shift now. */
struct wh_span {
    uint64_t from;
    uint64_t to;
    int64_t shift;
    uint64_t length; /* while overlaps are settled: what it had at first */
};

struct wh_map {
    struct wh_span *spans; /* ascending, disjoint */
    size_t count;
    uint64_t low;
    /* The shift of each page of 4 KiB that lies wholly in one span; WH_NO_SHIFT for others. */
    int32_t *pages;
    size_t page_count;
};

#define WH_NO_SHIFT INT32_MIN

/* Of two copies that overlap in the old content the longer wins. */
WH_MUST_CHECK wh_status wh_map_offsets(
    const struct wh_copy *copies, size_t count, struct wh_map *out_map, struct wh_error *err);
/* The same by address, with a page table. fresh: the new file's segments. */
WH_MUST_CHECK wh_status wh_map_addresses(const struct wh_map *offsets, const struct wh_elf *old,
    const struct wh_segments *fresh, struct wh_map *out_map, struct wh_error *err);
void wh_map_clear(struct wh_map *map);

/* The new place of an old one; between spans the shift of the nearest. */
uint64_t wh_map_search(const struct wh_map *map, uint64_t place);

static inline uint64_t wh_map_find(const struct wh_map *map, uint64_t place)
{
    uint64_t page = (place - map->low) >> 12;

    if (page < map->page_count && map->pages[page] != WH_NO_SHIFT)
        return place + (uint64_t)(int64_t)map->pages[page];
    return wh_map_search(map, place);
}

#endif
