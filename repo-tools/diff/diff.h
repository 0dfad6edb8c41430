/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff.h - the smallest residue of one content over its old form. */
#ifndef WHITTLE_REPO_DIFF_H
#define WHITTLE_REPO_DIFF_H

#include "diff/residue.h"

/* Tries the methods that may win. Free out_residue with wh_residue_clear(). */
WH_MUST_CHECK wh_status wh_diff(struct wh_bytes old, struct wh_bytes fresh, enum wh_effort effort,
    enum wh_patch_method *out_method, struct wh_residue *out_residue, struct wh_error *err);

#endif
