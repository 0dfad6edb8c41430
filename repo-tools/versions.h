/* SPDX-License-Identifier: GPL-2.0-or-later */
/* versions.h - which older versions a package is served from. */
#ifndef WHITTLE_REPO_VERSIONS_H
#define WHITTLE_REPO_VERSIONS_H

#include "package_file.h"
#include "repository.h"

/* All places where older versions may lie: the repository itself first. */
struct wh_places {
    const struct wh_repository *repositories;
    uint32_t count;
};

struct wh_versions {
    struct wh_package_file *files; /* newest first; prefix only */
    uint32_t count;
    bool passed_over; /* there was one that cannot be a start */
};

/* The newest older versions of the same name and arch, at most `limit`, each header once. A
 * version that cannot be a start (weak digests) is passed over. WH_MALFORMED: one is damaged. Free
 * with wh_versions_clear(). */
WH_MUST_CHECK wh_status wh_versions_find(const struct wh_places *places,
    const struct wh_repository_package *package, uint32_t limit, struct wh_versions *out_versions,
    struct wh_error *err);
void wh_versions_clear(struct wh_versions *versions);

/* As rpm orders [EPOCH:]VERSION-RELEASE: below, equal to or above zero. */
int wh_evr_compare(const char *a, const char *b);

#endif
