/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suffixes.h - finds the longest match of all, through the sorted suffixes of the old view. */
#ifndef WHITTLE_REPO_MATCH_SUFFIXES_H
#define WHITTLE_REPO_MATCH_SUFFIXES_H

#include "match/scan.h"

struct wh_suffixes {
    struct wh_views views;
    int32_t *sorted; /* offsets in the old view */
};

/* For an old view of 1 to 2^31 - 1 bytes; takes four times its length of memory. The views stay
 * borrowed. Free with wh_suffixes_clear(). */
WH_MUST_CHECK wh_status wh_suffixes_init(
    struct wh_suffixes *suffixes, const struct wh_views *views, struct wh_error *err);
/* A wh_find_fn; its context is the suffixes. */
struct wh_anchor wh_suffixes_find(
    const void *context, size_t new_offset, size_t end, size_t alignment);
void wh_suffixes_clear(struct wh_suffixes *suffixes);

#endif
