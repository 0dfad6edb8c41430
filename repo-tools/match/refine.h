/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refine.h - puts the ends of copies where they cost least, and drops copies that do not pay. */
#ifndef WHITTLE_REPO_MATCH_REFINE_H
#define WHITTLE_REPO_MATCH_REFINE_H

#include "match/copies.h"
#include "match/views.h"

/* Adds copies with the alignments of `copies` to `list`, which is empty. Each byte near the ends of
 * copies is made from whichever alignment of the neighbourhood, or sent as it is, so that the whole
 * costs least; within copies what differs too much is sent. */
WH_MUST_CHECK wh_status wh_refine_copies(const struct wh_views *views,
    const struct wh_copy_list *copies, struct wh_copy_list *list, struct wh_error *err);

#endif
