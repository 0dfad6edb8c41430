/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stretch.h - the cheapest way to make a short stretch of the new view out of a few alignments. */
#ifndef WHITTLE_REPO_MATCH_STRETCH_H
#define WHITTLE_REPO_MATCH_STRETCH_H

#include <stdbool.h>

#include "match/copies.h"
#include "match/views.h"

struct wh_stretch;

/* The views stay borrowed. Free with wh_stretch_free(). */
WH_MUST_CHECK wh_status wh_stretch_new(
    const struct wh_views *views, struct wh_stretch **out_stretch, struct wh_error *err);
void wh_stretch_free(struct wh_stretch **stretch);

/* Starts at `begin`, behind a byte that is made from `alignment`, or is new if that is NULL. */
void wh_stretch_begin(struct wh_stretch *stretch, size_t begin, const size_t *alignment);
/* One more alignment that may be used; false if the stretch has no room for it or cannot go on as
 * far as to up_to. */
bool wh_stretch_add(struct wh_stretch *stretch, size_t up_to, size_t alignment);
/* Ends at `end`, before a byte that is made from `alignment`, or any if that is NULL, and adds the
 * copies of the cheapest way. */
WH_MUST_CHECK wh_status wh_stretch_end(struct wh_stretch *stretch, size_t end,
    const size_t *alignment, struct wh_copy_list *list, struct wh_error *err);

#endif
