/* SPDX-License-Identifier: GPL-2.0-or-later */
/* select.h - which bundles of an index fit what is installed. */
#ifndef WHITTLE_SELECT_H
#define WHITTLE_SELECT_H

#include "observe/system.h"
#include "whittle/index.h"
#include "whittle/plan.h"

/* The step and the supplements that are needed with it; strings are its own. */
struct wh_selection {
    struct wh_index_bundle bundles[WH_PLAN_BUNDLES_MAX];
    char *locations[WH_PLAN_BUNDLES_MAX]; /* below the repository's root */
    uint32_t bundle_count;                /* 0: nothing fits */
    char *from;                           /* NEVRA of the installed package */
};

/* package: from the index, NULL when it is not listed; nevra: the solver's choice. Of several
 * installed versions that a bundle starts from, the smallest bundle's is taken. */
WH_MUST_CHECK wh_status wh_select(struct wh_system *system, const struct wh_index_package *package,
    const char *nevra, struct wh_selection *out_selection, struct wh_error *err);
void wh_selection_clear(struct wh_selection *selection);

#endif
