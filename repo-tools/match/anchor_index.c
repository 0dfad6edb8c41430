/* SPDX-License-Identifier: GPL-2.0-or-later */
/* anchor_index.c - see anchor_index.h. */
#include "match/anchor_index.h"

#include <stdlib.h>

#define SPAN 24u /* bytes under a hash */
#define WAYS 4u  /* slots of a bucket */
#define BATCH 16u
#define TAG_BITS 3u
#define TAG_MASK ((1u << TAG_BITS) - 1)

static uint64_t hash(const uint8_t *bytes)
{
    uint64_t sum = wh_load64(bytes) * 0x9e3779b97f4a7c15u +
                   wh_load64(bytes + 8) * 0xc2b2ae3d27d4eb4fu +
                   wh_load64(bytes + 16) * 0x165667b19e3779f9u;

    return (sum ^ sum >> 32) * 0xd6e8feb86659fd93u;
}

/* Runs of one byte are like each other everywhere: as anchors they only mislead. */
static bool is_run(const uint8_t *bytes)
{
    uint64_t word = wh_load64(bytes);

    return word == bytes[0] * 0x0101010101010101u && word == wh_load64(bytes + 8) &&
           word == wh_load64(bytes + 16);
}

static uint32_t *bucket(const struct wh_anchor_index *index, uint64_t hashed)
{
    return index->slots + (((hashed >> 32) * index->bucket_count) >> 32) * WAYS;
}

static void insert(struct wh_anchor_index *index, size_t number, uint64_t hashed)
{
    uint32_t *slots = bucket(index, hashed);

    for (size_t way = 0; way < WAYS; way++) {
        if (slots[way] == 0) {
            slots[way] = (uint32_t)((number + 1) << TAG_BITS | (hashed & TAG_MASK));
            return;
        }
    }
}

/* Inserts the places from `first` up to `end`, at most BATCH of them. The buckets of all are asked
 * for before the first is needed: waiting for each would be most of the time. */
static void insert_batch(struct wh_anchor_index *index, size_t first, size_t end)
{
    const uint8_t *old_bytes = index->views.old_view.data;
    uint64_t hashes[BATCH];

    for (size_t i = first; i < end; i++) {
        hashes[i - first] = hash(old_bytes + i * index->step);
        __builtin_prefetch(bucket(index, hashes[i - first]), 1);
    }
    for (size_t i = first; i < end; i++) {
        if (!is_run(old_bytes + i * index->step))
            insert(index, i, hashes[i - first]);
    }
}

static uint64_t places_of(uint64_t old_length, size_t step)
{
    return old_length < SPAN ? 0 : (old_length - SPAN) / step + 1;
}

static uint64_t buckets_for(uint64_t places)
{
    return places / 3 + 1;
}

uint64_t wh_anchor_index_memory(uint64_t old_length, size_t step)
{
    return buckets_for(places_of(old_length, step)) * WAYS * sizeof(uint32_t);
}

wh_status wh_anchor_index_init(
    struct wh_anchor_index *index, const struct wh_views *views, size_t step, struct wh_error *err)
{
    struct wh_bytes old_view = views->old_view;
    size_t count = (size_t)places_of(old_view.length, step);

    *index = (struct wh_anchor_index){
        .views = *views, .step = step, .bucket_count = buckets_for(count)};
    index->slots = calloc(index->bucket_count, WAYS * sizeof *index->slots);
    if (!index->slots)
        return wh_no_memory(err);
    for (size_t i = 0; i < count; i += BATCH)
        insert_batch(index, i, wh_least(i + BATCH, count));
    return WH_OK;
}

struct wh_anchor wh_anchor_index_find(
    const void *context, size_t new_offset, size_t end, size_t alignment)
{
    const struct wh_anchor_index *index = context;
    struct wh_bytes old_view = index->views.old_view;
    const uint8_t *bytes = index->views.new_view.data + new_offset;
    struct wh_anchor best = {0};

    if (end - new_offset < SPAN)
        return best;
    uint64_t hashed = hash(bytes);
    const uint32_t *slots = bucket(index, hashed);
    for (size_t way = 0; way < WAYS && slots[way] != 0; way++) {
        if ((slots[way] & TAG_MASK) != (hashed & TAG_MASK))
            continue;
        size_t place = ((slots[way] >> TAG_BITS) - 1) * index->step;
        size_t length = wh_equal_forward(
            old_view.data + place, bytes, wh_least(end - new_offset, old_view.length - place));
        size_t here = new_offset + alignment;
        if (length > best.length ||
            (length == best.length &&
                wh_distance(place, here) < wh_distance(best.old_offset, here)))
            best = (struct wh_anchor){place, length};
    }
    return best;
}

void wh_anchor_index_clear(struct wh_anchor_index *index)
{
    free(index->slots);
    *index = (struct wh_anchor_index){0};
}
