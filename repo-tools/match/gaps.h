/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gaps.h - fills the gaps between copies from the part of the old view that lies opposite. */
#ifndef WHITTLE_REPO_MATCH_GAPS_H
#define WHITTLE_REPO_MATCH_GAPS_H

#include "match/copies.h"
#include "match/views.h"

/* Adds the copies to `list`, which is empty, with further ones between them. */
WH_MUST_CHECK wh_status wh_fill_gaps(const struct wh_views *views,
    const struct wh_copy_list *copies, struct wh_copy_list *list, struct wh_error *err);

#endif
