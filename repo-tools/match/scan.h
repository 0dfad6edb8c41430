/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan.h - goes through the new view once and decides which alignment with the old one each part
 * of it has. An alignment is an old offset less the new offset that it belongs to, modulo the range
 * of size_t. */
#ifndef WHITTLE_REPO_MATCH_SCAN_H
#define WHITTLE_REPO_MATCH_SCAN_H

#include "match/copies.h"
#include "match/views.h"

/* Where new_view may continue: equal bytes from both offsets on. */
struct wh_anchor {
    size_t old_offset;
    size_t length; /* 0: none was found */
};

/* Gives the place in old_view whose bytes equal those of new_view from new_offset up to `end` for
 * longest; of several equally good ones that nearest to the alignment. */
typedef struct wh_anchor wh_find_fn(
    const void *context, size_t new_offset, size_t end, size_t alignment);

struct wh_scan {
    struct wh_views views;
    wh_find_fn *find;
    const void *context; /* of find */
};

/* Adds the copies for the part of new_view from `begin` up to `end`; the scan starts in
 * `alignment`. Time is linear in the length of the part, as far as that of `find` is linear in the
 * length of what it finds. */
WH_MUST_CHECK wh_status wh_scan_range(const struct wh_scan *scan, size_t begin, size_t end,
    size_t alignment, struct wh_copy_list *list, struct wh_error *err);

#endif
