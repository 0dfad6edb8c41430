/* SPDX-License-Identifier: GPL-2.0-or-later */
/* declined.h - whittle/.declined: pairs of versions that are not worth a bundle, so that a second
 * run need not find that out again. A line each: pkgid, space, 16 hex digits of the older header's
 * id. Only ever a hint: a file that is not exactly so is passed over. */
#ifndef WHITTLE_REPO_DECLINED_H
#define WHITTLE_REPO_DECLINED_H

#include "shelf.h"

WH_MUST_CHECK wh_status wh_declined_read(
    const struct wh_repository *repository, struct wh_shelf *shelf, struct wh_error *err);
/* Sorts the pairs. An empty list removes the file. */
WH_MUST_CHECK wh_status wh_declined_write(
    int whittle_folder, struct wh_declined *declined, uint32_t count, struct wh_error *err);

/* For qsort() and bsearch() over struct wh_declined. */
int wh_declined_order(const void *left, const void *right);

#endif
