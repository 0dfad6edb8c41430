/* SPDX-License-Identifier: GPL-2.0-or-later */
/* advisories.h - what update information (updateinfo.xml) asks people to do after a package has
 * been upgraded. */
#ifndef WHITTLE_WHITTLED_ADVISORIES_H
#define WHITTLE_WHITTLED_ADVISORIES_H

#include "repository.h"
#include "whittle/operations.h"

struct wh_advisories;

/* Reads a repository's update information through libsolv's metadata, if it has any; out_advisories
 * is then not NULL but may be empty. Free with wh_advisories_free(). WH_MALFORMED, WH_MISMATCH: it
 * is not what repomd.xml says. */
WH_MUST_CHECK wh_status wh_advisories_read(const struct wh_repository *repository,
    struct wh_advisories **out_advisories, struct wh_error *err);
void wh_advisories_free(struct wh_advisories *advisories);

/* Called for each advisory of that very package that asks for something. */
typedef void wh_advice_fn(void *context, const char *advisory, enum wh_suggestion suggestion);
void wh_advisories_find(const struct wh_advisories *advisories, const char *name, const char *evr,
    const char *arch, wh_advice_fn *take, void *context);

#endif
