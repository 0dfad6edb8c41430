/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gap_index.c - see gap_index.h. */
#include "match/gap_index.h"

#include <stdlib.h>

#define SPAN 8u
#define WAYS 2u
#define BITS_MIN 8u
#define BITS_MAX 16u

wh_status wh_gap_index_init(
    struct wh_gap_index *index, const struct wh_views *views, struct wh_error *err)
{
    unsigned bits = BITS_MIN;

    while (bits < BITS_MAX && views->old_view.length >> bits)
        bits++;
    *index = (struct wh_gap_index){.views = *views, .bits = bits};
    index->slots = calloc((size_t)1 << bits, WAYS * sizeof *index->slots);
    return index->slots ? WH_OK : wh_no_memory(err);
}

static uint32_t *bucket(const struct wh_gap_index *index, const uint8_t *bytes)
{
    uint64_t hashed = wh_load64(bytes) * 0x9e3779b97f4a7c15u;

    return index->slots + (hashed >> (64 - index->bits)) * WAYS;
}

void wh_gap_index_move(struct wh_gap_index *index, size_t begin, size_t end)
{
    struct wh_bytes old_view = index->views.old_view;

    index->begin = begin;
    index->end = end;
    for (size_t at = begin; at < end && old_view.length - at >= SPAN; at++) {
        uint32_t *slots = bucket(index, old_view.data + at);
        if (slots[0] != at + 1) {
            slots[1] = slots[0];
            slots[0] = (uint32_t)(at + 1);
        }
    }
}

static size_t distance(size_t left, size_t right)
{
    return left > right ? left - right : right - left;
}

struct wh_anchor wh_gap_index_find(
    const void *context, size_t new_offset, size_t end, size_t alignment)
{
    const struct wh_gap_index *index = context;
    struct wh_bytes old_view = index->views.old_view;
    const uint8_t *bytes = index->views.new_view.data + new_offset;
    struct wh_anchor best = {0};

    if (end - new_offset < SPAN)
        return best;
    const uint32_t *slots = bucket(index, bytes);
    for (size_t way = 0; way < WAYS; way++) {
        size_t place = (size_t)slots[way] - 1;
        if (slots[way] == 0 || place < index->begin || place >= index->end)
            continue;
        size_t length = wh_equal_forward(
            old_view.data + place, bytes, wh_least(end - new_offset, old_view.length - place));
        size_t here = new_offset + alignment;
        if (length > best.length ||
            (length == best.length && distance(place, here) < distance(best.old_offset, here)))
            best = (struct wh_anchor){place, length};
    }
    return best;
}

void wh_gap_index_clear(struct wh_gap_index *index)
{
    free(index->slots);
    *index = (struct wh_gap_index){0};
}
