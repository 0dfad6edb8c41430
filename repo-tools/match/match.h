/* SPDX-License-Identifier: GPL-2.0-or-later */
/* match.h - which ranges of a new content come from which ranges of an old one. */
#ifndef WHITTLE_REPO_MATCH_H
#define WHITTLE_REPO_MATCH_H

#include "effort.h"
#include "whittle/patch.h"

/* Ascending by new_offset and disjoint in the new content; ranges of the old one may be used
 * several times and in any order. */
struct wh_copies {
    struct wh_copy *copies;
    size_t count;
};

/* Finds the copies that make new_view out of old_view. The views are the contents themselves, or
 * masked forms of them with the same lengths; either may be empty. The result depends on the views
 * and the effort alone. Free it with wh_copies_clear().
 *
 * WH_OVER_LIMIT: a view is longer than WH_CONTENT_MAX. WH_NO_MEMORY.
 * Time is linear in both lengths, but for WH_EFFORT_BEST, which sorts the suffixes of old
 * views up to 64 MiB. */
WH_MUST_CHECK wh_status wh_match(struct wh_bytes old_view, struct wh_bytes new_view,
    enum wh_effort effort, struct wh_copies *out_copies, struct wh_error *err);

struct wh_match_means {
    enum wh_effort effort;
    /* With more than one, long views are matched in parts, whose number follows from the lengths:
     * the result is the same for all of these numbers. */
    uint32_t threads;
};
WH_MUST_CHECK wh_status wh_match_by(struct wh_bytes old_view, struct wh_bytes new_view,
    const struct wh_match_means *means, struct wh_copies *out_copies, struct wh_error *err);
void wh_copies_clear(struct wh_copies *copies);

/* The most memory that wh_match() takes beside the views, copies included. */
uint64_t wh_match_memory(uint64_t old_length, uint64_t new_length, enum wh_effort effort);
/* The most copies that it finds, and what they take. */
uint64_t wh_copies_max(uint64_t new_length, enum wh_effort effort);
uint64_t wh_copies_memory(uint64_t new_length, enum wh_effort effort);

#endif
