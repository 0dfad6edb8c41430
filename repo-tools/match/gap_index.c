/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gap_index.c - see gap_index.h. */
#include "match/gap_index.h"

#include <stdlib.h>
#include <string.h>

#define SPAN 8u
#define WAYS 4u
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

/* The newest place comes first and pushes the oldest one out: slots are never cleared, because
 * what they say of other parts is passed over when it is found. */
static void insert(struct wh_gap_index *index, struct wh_part part)
{
    struct wh_bytes old_view = index->views.old_view;

    for (size_t at = part.begin; at < part.end && old_view.length - at >= SPAN; at++) {
        uint32_t *slots = bucket(index, old_view.data + at);
        if (slots[0] == at + 1)
            continue;
        memmove(slots + 1, slots, (WAYS - 1) * sizeof *slots);
        slots[0] = (uint32_t)(at + 1);
    }
}

void wh_gap_index_move(struct wh_gap_index *index, struct wh_part first, struct wh_part second)
{
    index->parts[0] = first;
    index->parts[1] = second;
    insert(index, first);
    insert(index, second);
}

static bool lies_in(struct wh_part part, size_t place)
{
    return place >= part.begin && place < part.end;
}

struct wh_anchor wh_gap_index_find(
    const void *context, size_t new_offset, size_t end, size_t alignment)
{
    const struct wh_gap_index *index = context;
    struct wh_bytes old_view = index->views.old_view;
    const uint8_t *bytes = index->views.new_view.data + new_offset;
    size_t here = new_offset + alignment;
    struct wh_anchor best = {0};

    if (end - new_offset < SPAN)
        return best;
    const uint32_t *slots = bucket(index, bytes);
    for (size_t way = 0; way < WAYS && slots[way] != 0; way++) {
        size_t place = slots[way] - 1;
        if (!lies_in(index->parts[0], place) && !lies_in(index->parts[1], place))
            continue;
        size_t length = wh_equal_forward(
            old_view.data + place, bytes, wh_least(end - new_offset, old_view.length - place));
        if (length > best.length ||
            (length == best.length &&
                wh_distance(place, here) < wh_distance(best.old_offset, here)))
            best = (struct wh_anchor){place, length};
    }
    return best;
}

void wh_gap_index_clear(struct wh_gap_index *index)
{
    free(index->slots);
    *index = (struct wh_gap_index){0};
}
