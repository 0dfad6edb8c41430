/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.h - the file table and the directory of groups, inflated.
 *
 *   table   = groups files bases twins recipes
 *   groups  = group count; for each group: codec, entry count, stored bytes
 *   files   = for each entry: its file, as the zigzag difference to the entry before
 *   bases   = for each entry: 0 the old file of the same path, 1 none, n + 2 the old file n
 *   twins   = twin count; for each: its file less the twin's before, its original
 *   recipes = recipe count; for each: its entry less the recipe's before, itself; for each group
 *             that has some: plain bytes of its bases, of its contents
 *
 * All numbers are varints in their shortest spelling; specs/format/bundle.md says the rest. */
#ifndef WHITTLE_TABLE_H
#define WHITTLE_TABLE_H

#include "whittle/bundle.h"

/* Fills the arrays of bundle, which owns them even on failure. Groups' stored bytes are cut from
 * groups, wholly; parameters of recipes are slices of table. table: hostile. */
WH_MUST_CHECK wh_status wh_table_read(
    struct wh_bytes table, struct wh_bytes groups, struct wh_bundle *bundle, struct wh_error *err);

/* The mirror image. */
WH_MUST_CHECK wh_status wh_table_write(
    const struct wh_bundle_draft *draft, struct wh_buffer *out_table, struct wh_error *err);

#endif
