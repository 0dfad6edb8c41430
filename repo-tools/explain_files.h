/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_files.h - the instructions of a step, file by file. */
#ifndef WHITTLE_REPO_EXPLAIN_FILES_H
#define WHITTLE_REPO_EXPLAIN_FILES_H

#include "json_values.h"
#include "whittle/assemble.h"

/* Plans for a system on which everything is as packaged; adds "old", "new", "totals", "files".
 * out_rows: the rows of "files", one a file of the new header, NULL for those without an
 * instruction; the object owns the rows, the caller frees the array. */
WH_MUST_CHECK wh_status wh_explain_files(struct wh_assembly *assembly, struct json_object *object,
    struct json_object ***out_rows, struct wh_error *err);

/* Prints what the call above added, if it did. */
void wh_explain_print_files(FILE *out, struct json_object *object);

#endif
