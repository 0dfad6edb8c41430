/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_add.h - keeps the packages that a repository has now, and lets old ones go. */
#ifndef WHITTLE_REPO_HISTORY_ADD_H
#define WHITTLE_REPO_HISTORY_ADD_H

#include "history.h"
#include "progress.h"

struct wh_history_options {
    const char *repository; /* with metadata, or a folder of package files */
    const char *history;
    uint32_t keep_count; /* versions of each name and architecture; 0: all */
    uint32_t keep_days;  /* since a repository had the package last; 0: for ever */
    uint32_t threads;
    struct wh_progress *progress; /* NULL for none */
};

/* A package that is not kept, and why. */
struct wh_left_out {
    char *package; /* its location in the repository */
    char reason[512];
};

struct wh_history_result {
    uint32_t added;
    uint32_t present; /* kept since an earlier run */
    uint32_t beyond;  /* of the repository, but older than what is kept by the options */
    struct wh_left_out *left_out;
    uint32_t left_out_count;
    uint32_t removed;          /* packages */
    uint32_t contents_removed; /* that no package needs any more */
    uint32_t damaged;          /* records that cannot be used; no content is removed then */
    uint32_t packages;         /* that are kept now */
    uint64_t package_bytes;    /* of their files */
    uint64_t stored_bytes;     /* of all files of the history */
};

/* A package that bundles cannot start from, or that is damaged, is left out. WH_*: the repository
 * or the history cannot be read or written; what was kept before stays, and every package that was
 * added until then is whole. Free with wh_history_result_clear(). */
WH_MUST_CHECK wh_status wh_history_add(const struct wh_history_options *options,
    struct wh_history_result *out_result, struct wh_error *err);
void wh_history_result_clear(struct wh_history_result *result);

/* ---- one package: history_store.c ------------------------------------------------------------ */

/* Writes contents and record of a package; what is there is not written again. like_location: of a
 * kept version that it is close to, or NULL. out_location: the caller frees. WH_UNSUPPORTED,
 * WH_OVER_LIMIT, WH_MALFORMED, WH_MISMATCH: not a package to keep. Safe on several threads. */
WH_MUST_CHECK wh_status wh_history_store(const struct wh_history *history,
    const struct wh_repository *repository, const struct wh_repository_package *package,
    const char *like_location, char **out_location, struct wh_error *err);

/* Can it be kept? The reason, or NULL. */
const char *wh_history_refuse(const struct wh_package_file *file);

/* ---- history_sweep.c ------------------------------------------------------------------------- */

struct wh_swept {
    uint32_t removed;
    uint64_t stored_bytes;
};

/* Removes what interrupted runs left, and, unless `only_count`, contents that no record names. */
WH_MUST_CHECK wh_status wh_history_sweep(const struct wh_history *history, bool only_count,
    struct wh_swept *out_swept, struct wh_error *err);

#endif
