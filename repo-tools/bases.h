/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bases.h - from which old file each new content is best made, as far as the contents tell: names
 * lead to several files, or to none, or to one that became something else. */
#ifndef WHITTLE_REPO_BASES_H
#define WHITTLE_REPO_BASES_H

#include "differences.h"
#include "memory.h"
#include "package_file.h"

/* Corrects the bases that wh_differences_find() gave. Both packages are unpacked. The result
 * depends on contents and means alone; time is linear in both payloads' lengths. With the best
 * effort each content is made from both of two bases that may do, and the smaller one counts. */
WH_MUST_CHECK wh_status wh_bases_correct(const struct wh_package_file *origin,
    const struct wh_file_map *old_map, const struct wh_package_file *target,
    const struct wh_means *means, struct wh_differences *differences, struct wh_error *err);

/* Gives each entry the largest base that it may have after that, for an estimate of memory. */
WH_MUST_CHECK wh_status wh_bases_widest(const struct wh_header *old_header,
    const struct wh_header *new_header, struct wh_differences *differences, struct wh_error *err);

#endif
