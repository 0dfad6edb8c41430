/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gap_index.h - finds short matches in small parts of the old view. */
#ifndef WHITTLE_REPO_MATCH_GAP_INDEX_H
#define WHITTLE_REPO_MATCH_GAP_INDEX_H

#include "match/scan.h"

struct wh_part {
    size_t begin;
    size_t end;
};

struct wh_gap_index {
    struct wh_views views;
    uint32_t *slots;         /* place + 1; 0 is empty */
    unsigned bits;           /* of the number of buckets */
    struct wh_part parts[2]; /* what is found must lie in one of them */
};

/* Finds nothing yet. The views stay borrowed. Free with wh_gap_index_clear(). */
WH_MUST_CHECK wh_status wh_gap_index_init(
    struct wh_gap_index *index, const struct wh_views *views, struct wh_error *err);
/* From now on places of these parts are found, and no others. */
void wh_gap_index_move(struct wh_gap_index *index, struct wh_part first, struct wh_part second);
/* A wh_find_fn; its context is the index. */
struct wh_anchor wh_gap_index_find(
    const void *context, size_t new_offset, size_t end, size_t alignment);
void wh_gap_index_clear(struct wh_gap_index *index);

#endif
