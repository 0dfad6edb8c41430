/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_costs.h - what each codec would have taken: a bundle does not tell, so its contents are
 * encoded again. */
#ifndef WHITTLE_REPO_EXPLAIN_COSTS_H
#define WHITTLE_REPO_EXPLAIN_COSTS_H

#include "json_values.h"
#include "memory.h"
#include "package_file.h"

/* Adds "costs" to rows of files that are made, or "set" to those of small files, and "sets" to the
 * object; what contents that are compressed themselves come to (explain_shares.h), and, if there
 * are any, "as_they_are_bytes": of all groups without going through the compression. Both packages:
 * unpacked. rows: one a file of the new header, NULL where there is none. */
WH_MUST_CHECK wh_status wh_explain_costs(const struct wh_package_file *origin,
    const struct wh_package_file *target, const struct wh_means *means, struct json_object *object,
    struct json_object *const *rows, struct wh_error *err);

/* One line a set. */
void wh_explain_print_sets(FILE *out, struct json_object *object);

#endif
