/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff.h - the smallest residue of one content over its old form. */
#ifndef WHITTLE_REPO_DIFF_H
#define WHITTLE_REPO_DIFF_H

#include "diff/residue.h"
#include "match/match.h"

/* Tries the methods that may win. Free out_residue with wh_residue_clear(). WH_OVER_LIMIT: so
 * much is new that this effort is not for it. */
WH_MUST_CHECK wh_status wh_diff(struct wh_bytes old, struct wh_bytes fresh, enum wh_effort effort,
    enum wh_patch_method *out_method, struct wh_residue *out_residue, struct wh_error *err);
/* The same with several threads. */
WH_MUST_CHECK wh_status wh_diff_by(struct wh_bytes old, struct wh_bytes fresh,
    const struct wh_match_means *means, enum wh_patch_method *out_method,
    struct wh_residue *out_residue, struct wh_error *err);

/* The most memory that this takes beside the contents, the residue included. */
uint64_t wh_diff_memory(uint64_t old_length, uint64_t new_length, enum wh_effort effort);

#endif
