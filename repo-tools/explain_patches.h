/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_patches.h - how each file that a step makes comes out of its group, and what it has of
 * the group: that shows only while it is decoded. */
#ifndef WHITTLE_REPO_EXPLAIN_PATCHES_H
#define WHITTLE_REPO_EXPLAIN_PATCHES_H

#include "json_values.h"
#include "package_file.h"
#include "whittle/bundle.h"

/* Adds to the rows of files that are made: "plain_bytes" where there is a recipe; "method" and
 * "residue" of patched ones, and "inner" (the residue of MiniDebugInfo); "share" and "inner_share",
 * the stored bytes of the group in proportion. bundle: resolved; origin: unpacked; rows: one a file
 * of the new header, NULL where there is none. */
WH_MUST_CHECK wh_status wh_explain_patches(const struct wh_bundle *bundle,
    const struct wh_package_file *origin, const struct wh_header *new_header,
    struct json_object *const *rows, struct wh_error *err);

#endif
