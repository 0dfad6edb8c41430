/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counterpart.h - the old file that a new content most likely comes from. By name: the same path,
 * the same path but for numbers, the same base name, the same but for numbers; of several the one
 * of the closest size. */
#ifndef WHITTLE_REPO_COUNTERPART_H
#define WHITTLE_REPO_COUNTERPART_H

#include "whittle/header.h"

struct wh_counterparts;

/* Built once for an old header. Header and map are borrowed until free. */
WH_MUST_CHECK wh_status wh_counterparts_new(const struct wh_header *old_header,
    const struct wh_file_map *old_map, struct wh_counterparts **out_counterparts,
    struct wh_error *err);
void wh_counterparts_free(struct wh_counterparts *counterparts);
void wh_counterparts_cleanup(struct wh_counterparts **counterparts);

/* out_old: an old regular file with content in the payload, of a class that file may use, or
 * WH_NO_FILE. */
WH_MUST_CHECK wh_status wh_counterparts_find(const struct wh_counterparts *counterparts,
    const struct wh_file *file, uint32_t *out_old, struct wh_error *err);

/* The name with each run of digits as one '0'; the caller frees. NULL on no memory. */
char *wh_fold_digits(const char *dirname, const char *basename);

#endif
