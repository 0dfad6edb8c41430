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
    uint64_t low; /* where the first page starts */
    struct wh_map_page *pages;
    size_t page_count; /* of those that are worth the memory; others are searched for */
};

/* 1 KiB of old places: a program that changed much has copies of some hundred bytes. */
struct wh_map_page {
    int32_t shift;  /* if one span has all of it, else WH_NO_SHIFT */
    uint32_t spans; /* how many spans start at or before its first place */
};

#define WH_NO_SHIFT INT32_MIN
#define WH_MAP_PAGE_BITS 10u

/* Of two copies that overlap in the old content, which has old_length bytes, the longer wins. */
WH_MUST_CHECK wh_status wh_map_offsets(const struct wh_copy *copies, size_t count,
    size_t old_length, struct wh_map *out_map, struct wh_error *err);
/* The same by address. fresh: the new file's segments. */
WH_MUST_CHECK wh_status wh_map_addresses(const struct wh_map *offsets, const struct wh_elf *old,
    const struct wh_segments *fresh, struct wh_map *out_map, struct wh_error *err);
void wh_map_clear(struct wh_map *map);

/* The new place of an old one; between spans the shift of the nearest. */
uint64_t wh_map_search(const struct wh_map *map, uint64_t place);

static inline uint64_t wh_map_find(const struct wh_map *map, uint64_t place)
{
    uint64_t page = (place - map->low) >> WH_MAP_PAGE_BITS;

    if (page < map->page_count && map->pages[page].shift != WH_NO_SHIFT)
        return place + (uint64_t)(int64_t)map->pages[page].shift;
    return wh_map_search(map, place);
}

#endif
