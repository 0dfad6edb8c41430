/* SPDX-License-Identifier: GPL-2.0-or-later */
/* map.c - see patch/map.h. */
#include "patch/map.h"

#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"

enum { DIGIT_BITS = 16, DIGITS = 1 << DIGIT_BITS, MANY = 2048 };

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

/* Spans that come from a map are in order already, but for what follows the segments. */
static void sort_spans(struct wh_map *map)
{
    size_t i = 1;

    while (i < map->count && order_spans(&map->spans[i - 1], &map->spans[i]) <= 0)
        i++;
    if (i < map->count)
        qsort(map->spans, map->count, sizeof *map->spans, order_spans);
}

/* One of two passes of a radix sort by `from`, which is below 2^32. */
static void sort_by_digit(
    const struct wh_span *spans, size_t count, unsigned shift, uint32_t *ends, struct wh_span *out)
{
    uint32_t sum = 0;

    memset(ends, 0, DIGITS * sizeof *ends);
    for (size_t i = 0; i < count; i++)
        ends[spans[i].from >> shift & (DIGITS - 1)]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        sum += ends[digit];
        ends[digit] = sum;
    }
    for (size_t i = count; i > 0; i--)
        out[--ends[spans[i - 1].from >> shift & (DIGITS - 1)]] = spans[i - 1];
}

/* Thousands of copies would spend a tenth of the decoder's time in comparisons. Spans that start at
 * one place may come in any order: the longest wins. */
static wh_status sort_copies(struct wh_map *map, struct wh_error *err)
{
    if (map->count < MANY) {
        sort_spans(map);
        return WH_OK;
    }
    wh_autofree uint32_t *ends = wh_array(DIGITS, sizeof *ends, SIZE_MAX, err);
    wh_autofree struct wh_span *other = wh_array(map->count, sizeof *other, SIZE_MAX, err);
    if (!ends || !other)
        return wh_no_memory(err);
    sort_by_digit(map->spans, map->count, 0, ends, other);
    sort_by_digit(other, map->count, DIGIT_BITS, ends, map->spans);
    return WH_OK;
}

static void fill_shifts(struct wh_map *map, const struct wh_span *span)
{
    uint64_t page_length = 1u << WH_MAP_PAGE_BITS;

    if (span->from < map->low || span->shift <= INT32_MIN || span->shift > INT32_MAX)
        return;
    uint64_t first = (span->from - map->low + page_length - 1) >> WH_MAP_PAGE_BITS;
    uint64_t end = (span->to - map->low) >> WH_MAP_PAGE_BITS;
    for (uint64_t page = first; page < end && page < map->page_count; page++)
        map->pages[page].shift = (int32_t)span->shift;
}

/* length: of the old places from map->low on. */
static wh_status fill_pages(struct wh_map *map, uint64_t length, struct wh_error *err)
{
    uint64_t pages = (length >> WH_MAP_PAGE_BITS) + 1;
    size_t span = 0;

    map->pages = wh_array(pages, sizeof *map->pages, SIZE_MAX, err);
    if (!map->pages)
        return wh_no_memory(err);
    map->page_count = (size_t)pages;
    for (size_t i = 0; i < map->page_count; i++) {
        uint64_t place = map->low + ((uint64_t)i << WH_MAP_PAGE_BITS);
        while (span < map->count && map->spans[span].from <= place)
            span++;
        map->pages[i] = (struct wh_map_page){WH_NO_SHIFT, (uint32_t)span};
    }
    for (size_t i = 0; i < map->count; i++)
        fill_shifts(map, &map->spans[i]);
    return WH_OK;
}

wh_status wh_map_offsets(const struct wh_copy *copies, size_t count, size_t old_length,
    struct wh_map *out_map, struct wh_error *err)
{
    wh_cleanup(wh_map_clear) struct wh_map map = {0};

    map.spans = wh_array(count, sizeof *map.spans, SIZE_MAX, err);
    if (!map.spans)
        return wh_no_memory(err);
    for (size_t i = 0; i < count; i++)
        map.spans[i] = (struct wh_span){copies[i].old_offset,
            copies[i].old_offset + copies[i].length,
            (int64_t)copies[i].new_offset - (int64_t)copies[i].old_offset, 0};
    map.count = count;
    WH_TRY(sort_copies(&map, err));
    settle_overlaps(&map);
    WH_TRY(fill_pages(&map, old_length, err));
    *out_map = map;
    map = (struct wh_map){0};
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

wh_status wh_map_addresses(const struct wh_map *offsets, const struct wh_elf *old,
    const struct wh_segments *fresh, struct wh_map *out_map, struct wh_error *err)
{
    wh_cleanup(wh_map_clear) struct wh_map map = {.low = old->low};
    const struct wh_segments *segments = &old->segments;
    uint64_t length = old->high - old->low;

    map.spans = wh_array(((uint64_t)offsets->count + 1) * (segments->count + 1ull),
        sizeof *map.spans, SIZE_MAX, err);
    if (!map.spans)
        return wh_no_memory(err);
    for (uint32_t s = 0; s < segments->count; s++) {
        for (size_t i = 0; i < offsets->count; i++)
            map.count += in_segment(
                &offsets->spans[i], &segments->list[s], fresh, &map.spans[map.count]);
        if (s < fresh->count && old->type != WH_ET_REL)
            map.count += behind_segment(&segments->list[s], &fresh->list[s], &map.spans[map.count]);
    }
    sort_spans(&map);
    settle_overlaps(&map);
    if (length > 2 * (uint64_t)old->bytes.length) /* memory without bytes, or a hostile file */
        length = 2 * (uint64_t)old->bytes.length;
    WH_TRY(fill_pages(&map, length, err));
    *out_map = map;
    map = (struct wh_map){0};
    return WH_OK;
}

uint64_t wh_map_search(const struct wh_map *map, uint64_t place)
{
    uint64_t page = (place - map->low) >> WH_MAP_PAGE_BITS;
    size_t low = page < map->page_count ? map->pages[page].spans : 0;
    size_t high = page + 1 < map->page_count ? map->pages[page + 1].spans : map->count;

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
