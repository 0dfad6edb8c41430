/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify.h - checks every bundle that a repository lists, as publish does before it lists them. */
#ifndef WHITTLE_REPO_VERIFY_H
#define WHITTLE_REPO_VERIFY_H

#include "progress.h"
#include "shelf.h"
#include "versions.h"

struct wh_verify_options {
    const char *repository;
    const char *const *previous;
    uint32_t previous_count;
    uint32_t threads;             /* 0: as many as there are processors */
    struct wh_progress *progress; /* NULL for none */
};

enum wh_verdict_kind { WH_VERDICT_BAD, WH_VERDICT_NOT_CHECKED };

/* Something to say about a bundle. */
struct wh_verdict {
    enum wh_verdict_kind kind;
    char *package; /* NVRA, or the pkgid of a package that is not there */
    char *text;
};

struct wh_verify_result {
    uint32_t packages;
    uint32_t bundles; /* listed, supplements included */
    uint32_t checked; /* assembled and accepted by rpm */
    uint32_t bad;
    uint32_t not_checked;
    struct wh_verdict *verdicts; /* bad ones and those not checked */
    uint32_t verdict_count;
};

/* Not WH_OK only where the repository or its index cannot be read. Free with
 * wh_verify_result_clear(). */
WH_MUST_CHECK wh_status wh_verify(const struct wh_verify_options *options,
    struct wh_verify_result *out_result, struct wh_error *err);
void wh_verify_result_clear(struct wh_verify_result *result);

/* ---- one package: verify_package.c ----------------------------------------------------------- */

struct wh_verify_context {
    struct wh_places places; /* [0] is the repository itself */
};

struct wh_package_verdict {
    uint32_t checked;
    struct wh_verdict *verdicts; /* room for one a bundle, and one for the package */
    uint32_t verdict_count;
};

/* package NULL: the repository has none with the listed pkgid. WH_NO_MEMORY, or WH_SYSTEM. */
WH_MUST_CHECK wh_status wh_verify_package(const struct wh_verify_context *context,
    const struct wh_repository_package *package, const struct wh_index_package *listing,
    struct wh_package_verdict *out_verdict, struct wh_error *err);
void wh_package_verdict_clear(struct wh_package_verdict *verdict);

#endif
