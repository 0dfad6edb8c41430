/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_packed.h - contents that are compressed themselves, and what their recipes say of them.
 */
#ifndef WHITTLE_REPO_EXPLAIN_PACKED_H
#define WHITTLE_REPO_EXPLAIN_PACKED_H

#include "json_values.h"
#include "whittle/bundle.h"

/* "gzip", "zip", "xz" or "debugdata". */
const char *wh_packing_name(enum wh_packing packing);

/* Adds "packed": a row for each packing in the bundle. */
void wh_explain_packed(const struct wh_bundle *bundle, struct json_object *object);

/* Adds "recipe" to the rows of files that are made in their plain form, and sums up in "packed"
 * what these rows say of bytes. rows: one a file of the new header, NULL where there is none. */
void wh_explain_recipes(
    const struct wh_bundle *bundle, struct json_object *object, struct json_object *const *rows);

void wh_explain_print_packed(FILE *out, struct json_object *object);
/* One line, if the row has a recipe. */
void wh_explain_print_recipe(FILE *out, struct json_object *row);

#endif
