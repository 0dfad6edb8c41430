/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gap_index.h - finds short matches in a small part of the old view. */
#ifndef WHITTLE_REPO_MATCH_GAP_INDEX_H
#define WHITTLE_REPO_MATCH_GAP_INDEX_H

#include "match/scan.h"

struct wh_gap_index {
    struct wh_views views;
    uint32_t *slots; /* place + 1; 0 is empty */
    unsigned bits;   /* of the number of buckets */
    size_t begin;    /* the part that may be found; what the slots know of others is left alone */
    size_t end;
};

/* Knows no part yet. The views stay borrowed. Free with wh_gap_index_clear(). */
WH_MUST_CHECK wh_status wh_gap_index_init(
    struct wh_gap_index *index, const struct wh_views *views, struct wh_error *err);
/* From now on places from `begin` up to `end` are found. */
void wh_gap_index_move(struct wh_gap_index *index, size_t begin, size_t end);
/* A wh_find_fn; its context is the index. */
struct wh_anchor wh_gap_index_find(
    const void *context, size_t new_offset, size_t end, size_t alignment);
void wh_gap_index_clear(struct wh_gap_index *index);

#endif
