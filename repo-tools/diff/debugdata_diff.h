/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debugdata_diff.h - the smallest residue of a file with MiniDebugInfo over its old form. */
#ifndef WHITTLE_REPO_DEBUGDATA_DIFF_H
#define WHITTLE_REPO_DEBUGDATA_DIFF_H

#include "diff/residue.h"
#include "whittle/debugdata.h"

/* For wh_debugdata_decode(). Free out_residue with wh_residue_clear(). WH_OVER_LIMIT: so much is
 * new that this effort is not for it. */
WH_MUST_CHECK wh_status wh_debugdata_diff(const struct wh_debug_file *old,
    const struct wh_debug_file *fresh, enum wh_effort effort, struct wh_residue *out_residue,
    struct wh_error *err);

#endif
