/* SPDX-License-Identifier: GPL-2.0-or-later */
/* select.h - which bundles of an index fit what is installed, and are worth it. */
#ifndef WHITTLE_SELECT_H
#define WHITTLE_SELECT_H

#include "observe/system.h"
#include "select/choice.h"
#include "select/proof.h"
#include "whittle/index.h"
#include "whittle/plan.h"

/* The step and the supplements that are needed with it; strings are its own. Or one bundle that a
 * backend cut for this system, see settle.h. */
struct wh_selection {
    struct wh_index_bundle bundles[WH_PLAN_BUNDLES_MAX];
    char *locations[WH_PLAN_BUNDLES_MAX]; /* below the repository's root */
    char *url;                            /* of a bundle from a backend, else NULL */
    uint32_t bundle_count;                /* 0: nothing fits */
    char *from;                           /* NEVRA of the installed package */
    enum wh_choice choice;                /* of the step */
    bool is_doubtful; /* files differ that no supplement has, and the step may need them */
    uint8_t installed[WH_SHA256_LENGTH]; /* of WH_BUNDLE_LIST: whose files the list has */
};

/* What is asked for. */
struct wh_wish {
    const struct wh_index_package *package; /* from the index, NULL when it is not listed */
    const char *nevra;                      /* the solver's choice */
    struct wh_terms terms;
};

/* Of all bundles that start from an installed version, also from several, the best is taken, as
 * choice.h has it. proof: asked only when a bundle that re-encodes would be. */
WH_MUST_CHECK wh_status wh_select(struct wh_system *system, const struct wh_wish *wish,
    struct wh_proof *proof, struct wh_selection *out_selection, struct wh_error *err);
void wh_selection_clear(struct wh_selection *selection);

#endif
