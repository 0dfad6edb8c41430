/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holes.h - parts of copies that are better sent as new bytes. */
#ifndef WHITTLE_REPO_MATCH_HOLES_H
#define WHITTLE_REPO_MATCH_HOLES_H

#include "match/copies.h"
#include "match/views.h"

/* Adds a copy but for the parts of it where most bytes differ for long. */
WH_MUST_CHECK wh_status wh_add_without_holes(const struct wh_views *views, struct wh_copy copy,
    struct wh_copy_list *list, struct wh_error *err);

#endif
