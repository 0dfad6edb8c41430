/* SPDX-License-Identifier: GPL-2.0-or-later */
/* map.c - see patch/map.h. */
#include "patch/map.h"

#include <stdlib.h>

#include "whittle/cleanup.h"

enum { PAGE_BITS = 12 };

static int order_spans(const void *left, const void *right)
{
    const struct wh_span *a = left;
    const struct wh_span *b = right;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->to != b->to)
        return a->to > b->to ? -1 : 1;
    return (a->shift > b->shift) - (a->shift < b->shift);
}

/* Takes away what overlaps: the longer span keeps the place. A span that has lost its beginning to
 * the one before it may lose all to the next one, which then meets the one before, too. */
static void settle_overlaps(struct wh_map *map)
{
    size_t kept = 0;

    for (size_t i = 0; i < map->count; i++) {
        struct wh_span span = map->spans[i];
        span.length = span.to - span.from;
        for (; kept > 0 && span.from < map->spans[kept - 1].to; kept--) {
            struct wh_span *last = &map->spans[kept - 1];
            if (span.length <= last->length) {
                span.from = last->to;
                break;
            }
            last->to = span.from;
            if (last->from < last->to)
                break;
        }
        if (span.from < span.to)
            map->spans[kept++] = span;
    }
    map->count = kept;
}

wh_status wh_map_offsets(
    const struct wh_copy *copies, size_t count, struct wh_map *out_map, struct wh_error *err)
{
    struct wh_map map = {0};

    map.spans = wh_array(count, sizeof *map.spans, SIZE_MAX, err);
    if (!map.spans)
        return wh_no_memory(err);
    for (size_t i = 0; i < count; i++)
        map.spans[i] = (struct wh_span){copies[i].old_offset,
            copies[i].old_offset + copies[i].length,
            (int64_t)copies[i].new_offset - (int64_t)copies[i].old_offset, 0};
    map.count = count;
    qsort(map.spans, map.count, sizeof *map.spans, order_spans);
    settle_overlaps(&map);
    *out_map = map;
    return WH_OK;
}

void wh_map_clear(struct wh_map *map)
{
    free(map->spans);
    free(map->pages);
    *map = (struct wh_map){0};
}

/* The part of a span of the file that one segment loads, by address. */
static bool in_segment(const struct wh_span *span, const struct wh_segment *segment,
    const struct wh_segments *fresh, struct wh_span *out_span)
{
    uint64_t end = segment->offset + segment->length;
    uint64_t from = span->from > segment->offset ? span->from : segment->offset;
    uint64_t to = span->to < end ? span->to : end;

    if (from >= to)
        return false;
    uint64_t old_address = segment->address + (from - segment->offset);
    uint64_t new_address = wh_segments_address(fresh, from + (uint64_t)span->shift);
    *out_span = (struct wh_span){
        old_address, old_address + (to - from), (int64_t)(new_address - old_address), 0};
    return true;
}

/* Memory without bytes in the file follows the end of its segment. */
static bool behind_segment(
    const struct wh_segment *old, const struct wh_segment *fresh, struct wh_span *out_span)
{
    uint64_t from = old->address + old->length;

    *out_span = (struct wh_span){from, old->address + old->memory,
        (int64_t)(fresh->address + fresh->memory - (old->address + old->memory)), 0};
    return out_span->from < out_span->to;
}

static void fill_pages(struct wh_map *map)
{
    for (size_t i = 0; i < map->page_count; i++)
        map->pages[i] = WH_NO_SHIFT;
    for (size_t i = 0; i < map->count; i++) {
        const struct wh_span *span = &map->spans[i];
        if (span->from < map->low || span->shift <= INT32_MIN || span->shift > INT32_MAX)
            continue;
        uint64_t first = (span->from - map->low + (1u << PAGE_BITS) - 1) >> PAGE_BITS;
        uint64_t end = (span->to - map->low) >> PAGE_BITS;
        for (uint64_t page = first; page < end && page < map->page_count; page++)
            map->pages[page] = (int32_t)span->shift;
    }
}

wh_status wh_map_addresses(const struct wh_map *offsets, const struct wh_elf *old,
    const struct wh_segments *fresh, struct wh_map *out_map, struct wh_error *err)
{
    wh_cleanup(wh_map_clear) struct wh_map map = {.low = old->low};
    const struct wh_segments *segments = &old->segments;
    uint64_t pages = ((old->high - old->low) >> PAGE_BITS) + 1;

    map.spans = wh_array(((uint64_t)offsets->count + 1) * (segments->count + 1ull),
        sizeof *map.spans, SIZE_MAX, err);
    map.pages = wh_array(pages, sizeof *map.pages, SIZE_MAX, err);
    if (!map.spans || !map.pages)
        return wh_no_memory(err);
    map.page_count = (size_t)pages;
    for (uint32_t s = 0; s < segments->count; s++) {
        for (size_t i = 0; i < offsets->count; i++)
            map.count += in_segment(
                &offsets->spans[i], &segments->list[s], fresh, &map.spans[map.count]);
        if (s < fresh->count && old->type != WH_ET_REL)
            map.count += behind_segment(&segments->list[s], &fresh->list[s], &map.spans[map.count]);
    }
    qsort(map.spans, map.count, sizeof *map.spans, order_spans);
    settle_overlaps(&map);
    fill_pages(&map);
    *out_map = map;
    map = (struct wh_map){0};
    return WH_OK;
}

uint64_t wh_map_search(const struct wh_map *map, uint64_t place)
{
    size_t low = 0;
    size_t high = map->count;

    while (low < high) { /* the first span that starts behind place */
        size_t middle = low + (high - low) / 2;
        if (map->spans[middle].from <= place)
            low = middle + 1;
        else
            high = middle;
    }
    const struct wh_span *next = low < map->count ? &map->spans[low] : NULL;
    const struct wh_span *last = low > 0 ? &map->spans[low - 1] : NULL;
    if (!last)
        return next ? place + (uint64_t)next->shift : place;
    if (place < last->to || !next || place - last->to <= next->from - place)
        return place + (uint64_t)last->shift;
    return place + (uint64_t)next->shift;
}
