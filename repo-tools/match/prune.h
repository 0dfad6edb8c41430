/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prune.h - takes out copies that cost more than the bytes which they give. */
#ifndef WHITTLE_REPO_MATCH_PRUNE_H
#define WHITTLE_REPO_MATCH_PRUNE_H

#include "match/copies.h"
#include "match/views.h"

void wh_prune_copies(const struct wh_views *views, struct wh_copy_list *list);

#endif
