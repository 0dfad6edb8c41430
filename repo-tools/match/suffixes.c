/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suffixes.c - see suffixes.h. */
#include "match/suffixes.h"

#include <divsufsort.h>
#include <stdlib.h>

#define LENGTH_MIN 16u /* shorter matches far away are mostly chance */

/* How many of the equally good places on either side are compared with the alignment. */
#define NEIGHBOURS 16u

struct query {
    const struct wh_suffixes *suffixes;
    const uint8_t *bytes;
    size_t length;
};

wh_status wh_suffixes_init(
    struct wh_suffixes *suffixes, const struct wh_views *views, struct wh_error *err)
{
    struct wh_bytes old_view = views->old_view;

    *suffixes = (struct wh_suffixes){.views = *views};
    suffixes->sorted = calloc(old_view.length, sizeof *suffixes->sorted);
    if (!suffixes->sorted ||
        divsufsort(old_view.data, suffixes->sorted, (int32_t)old_view.length) != 0)
        return wh_no_memory(err);
    return WH_OK;
}

static size_t offset_of(const struct query *query, size_t rank)
{
    return (size_t)query->suffixes->sorted[rank];
}

/* How many bytes the query and a suffix begin with alike; at least `known` of them. */
static size_t common(const struct query *query, size_t rank, size_t known)
{
    struct wh_bytes old_view = query->suffixes->views.old_view;
    size_t offset = offset_of(query, rank);
    size_t most = wh_least(query->length, old_view.length - offset);

    return known +
           wh_equal_forward(query->bytes + known, old_view.data + offset + known, most - known);
}

static bool suffix_is_less(const struct query *query, size_t rank, size_t alike)
{
    struct wh_bytes old_view = query->suffixes->views.old_view;
    size_t offset = offset_of(query, rank) + alike;

    if (alike == query->length)
        return false;
    return offset == old_view.length || old_view.data[offset] < query->bytes[alike];
}

/* The two neighbours that the query would have among the suffixes; low + 1 == high. */
static size_t narrow(const struct query *query, size_t *low_alike, size_t *high_alike)
{
    size_t low = 0;
    size_t high = query->suffixes->views.old_view.length - 1;

    *low_alike = common(query, low, 0);
    *high_alike = common(query, high, 0);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        size_t alike = common(query, middle, wh_least(*low_alike, *high_alike));
        if (suffix_is_less(query, middle, alike)) {
            low = middle;
            *low_alike = alike;
        } else {
            high = middle;
            *high_alike = alike;
        }
    }
    return low;
}

/* Of the suffixes beside `rank` that are as much like the query the one nearest to `here`. */
static size_t nearest(const struct query *query, size_t rank, size_t alike, size_t here)
{
    size_t count = query->suffixes->views.old_view.length;
    size_t best = offset_of(query, rank);

    for (size_t step = 1; step <= NEIGHBOURS && step <= rank; step++) {
        if (common(query, rank - step, 0) < alike)
            break;
        if (wh_distance(offset_of(query, rank - step), here) < wh_distance(best, here))
            best = offset_of(query, rank - step);
    }
    for (size_t step = 1; step <= NEIGHBOURS && step < count - rank; step++) {
        if (common(query, rank + step, 0) < alike)
            break;
        if (wh_distance(offset_of(query, rank + step), here) < wh_distance(best, here))
            best = offset_of(query, rank + step);
    }
    return best;
}

struct wh_anchor wh_suffixes_find(
    const void *context, size_t new_offset, size_t end, size_t alignment)
{
    const struct wh_suffixes *suffixes = context;
    const struct query query = {
        suffixes, suffixes->views.new_view.data + new_offset, end - new_offset};
    size_t low_alike = 0;
    size_t high_alike = 0;
    size_t rank = narrow(&query, &low_alike, &high_alike);
    size_t alike = low_alike;

    if (high_alike > low_alike) {
        alike = high_alike;
        rank = suffixes->views.old_view.length > 1 ? rank + 1 : rank;
    }
    if (alike < LENGTH_MIN)
        return (struct wh_anchor){0};
    return (struct wh_anchor){nearest(&query, rank, alike, new_offset + alignment), alike};
}

void wh_suffixes_clear(struct wh_suffixes *suffixes)
{
    free(suffixes->sorted);
    *suffixes = (struct wh_suffixes){0};
}
