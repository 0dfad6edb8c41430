/* SPDX-License-Identifier: GPL-2.0-or-later */
/* library.h - watches the repositories and history folders, and tells the catalogue of every new
 * publication. A thread of its own. */
#ifndef WHITTLE_WHITTLED_LIBRARY_H
#define WHITTLE_WHITTLED_LIBRARY_H

#include "whittled/advisories.h"
#include "whittled/catalogue.h"

struct wh_library;

struct wh_library_options {
    const char *const *repositories; /* with metadata */
    uint32_t repository_count;
    const char *const *histories; /* folders of package files, with or without metadata */
    uint32_t history_count;
    const char *catalogue;
    uint32_t interval; /* seconds between looks */
};

/* Reads everything once, then starts to watch. options and what they point to are borrowed until
 * free. WH_*: a folder cannot be read; later failures are said on standard error, and what was
 * known stays. Free with wh_library_free(), which ends the thread. */
WH_MUST_CHECK wh_status wh_library_new(const struct wh_library_options *options,
    struct wh_library **out_library, struct wh_error *err);
void wh_library_free(struct wh_library *library);

/* What the repositories' update information says; see advisories.h. */
void wh_library_advise(struct wh_library *library, const char *name, const char *evr,
    const char *arch, wh_advice_fn *take, void *context);

/* For the metrics. */
uint64_t wh_library_packages(struct wh_library *library);
uint64_t wh_library_publications(struct wh_library *library);

#endif
