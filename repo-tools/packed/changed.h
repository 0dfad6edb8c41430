/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changed.h - which streams of two containers are worth work: those whose packed bytes the other
 * one does not have. All others are copied as they are. */
#ifndef WHITTLE_REPO_CHANGED_H
#define WHITTLE_REPO_CHANGED_H

#include "packed/container.h"

#define WH_NO_PAIR UINT32_MAX

struct wh_made_stream {
    uint32_t number; /* in the new listing */
    uint32_t pair;   /* in the list of old ones below: the stream of the same name; or WH_NO_PAIR */
};

struct wh_changed {
    struct wh_made_stream *made; /* streams of the new content to make, ascending */
    uint32_t made_count;
    uint32_t *unpacked; /* numbers in the old listing, ascending: those worth unpacking */
    uint32_t unpacked_count;
};

/* Streams that would hold more than WH_PACKED_STREAM_MAX bytes are neither made nor unpacked. Where
 * none is made none is unpacked. Free with wh_changed_clear(). */
WH_MUST_CHECK wh_status wh_changed_find(struct wh_bytes old_content, const struct wh_listing *old,
    struct wh_bytes content, const struct wh_listing *listing, struct wh_changed *out_changed,
    struct wh_error *err);
void wh_changed_clear(struct wh_changed *changed);

#endif
