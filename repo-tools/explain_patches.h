/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_patches.h - how each patched file of a step is made, and what its patch has of each
 * stream: that shows only while it is decoded. */
#ifndef WHITTLE_REPO_EXPLAIN_PATCHES_H
#define WHITTLE_REPO_EXPLAIN_PATCHES_H

#include "json_values.h"
#include "package_file.h"
#include "whittle/bundle.h"

/* Adds "method" and "residue" to the rows of patched files. bundle: resolved; origin: unpacked;
 * rows: one a file of the new header, NULL where there is none. */
WH_MUST_CHECK wh_status wh_explain_patches(const struct wh_bundle *bundle,
    const struct wh_package_file *origin, const struct wh_header *new_header,
    struct json_object *const *rows, struct wh_error *err);

#endif
