/* SPDX-License-Identifier: GPL-2.0-or-later */
/* anchor_index.h - finds places of the old view by a hash of the 24 bytes there. */
#ifndef WHITTLE_REPO_MATCH_ANCHOR_INDEX_H
#define WHITTLE_REPO_MATCH_ANCHOR_INDEX_H

#include "match/scan.h"

struct wh_anchor_index {
    struct wh_views views;
    uint32_t *slots; /* place / step + 1 above three bits of the hash; 0 is empty */
    uint64_t bucket_count;
    size_t step; /* every step-th place is in the index */
};

/* Takes wh_anchor_index_memory(), 1.4 times the old view's length for a step of 4. The views stay
 * borrowed. Free with wh_anchor_index_clear(). */
WH_MUST_CHECK wh_status wh_anchor_index_init(
    struct wh_anchor_index *index, const struct wh_views *views, size_t step, struct wh_error *err);
/* A wh_find_fn; its context is the index. */
struct wh_anchor wh_anchor_index_find(
    const void *context, size_t new_offset, size_t end, size_t alignment);
void wh_anchor_index_clear(struct wh_anchor_index *index);

uint64_t wh_anchor_index_memory(uint64_t old_length, size_t step);

#endif
