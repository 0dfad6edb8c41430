/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cut.h - a bundle for exactly what one client reported: from any older version, with files that
 * were changed or are missing, or from a list of files alone. */
#ifndef WHITTLE_REPO_CUT_H
#define WHITTLE_REPO_CUT_H

#include "memory.h"
#include "package_file.h"
#include "subject.h"
#include "whittle/upgrade.h"

/* A package file that holds, of the files of a list, those whose content one of the known versions
 * has, the target among them; nothing can be made from the others, and nothing kept. Its header is
 * that of wh_header_of_list(). versions: unpacked. Free with wh_package_clear(). */
WH_MUST_CHECK wh_status wh_origin_of_list(const struct wh_listed_file *files, uint32_t count,
    const struct wh_package_file *const *versions, uint32_t version_count,
    struct wh_package_file *out_origin, struct wh_error *err);

/* What a client has. */
struct wh_start {
    const struct wh_package_file *origin; /* unpacked; of an older or newer version, or of a list */
    /* The list, where the origin is of one; else NULL. */
    const struct wh_listed_file *listed;
    uint32_t listed_count;
    const uint32_t *differs; /* files of it that are not there as packaged; ascending */
    uint32_t differs_count;
};

struct wh_cut {
    struct wh_buffer bundle;
    uint32_t cpu_ms;
    struct wh_instruction_counts counts;
};

/* Makes the bundle and proves it as a client would. WH_UNSUPPORTED, WH_OVER_LIMIT: it cannot be, or
 * saves too little: the whole package is better. Free with wh_cut_clear(). */
WH_MUST_CHECK wh_status wh_cut_make(const struct wh_start *start, const struct wh_subject *subject,
    const struct wh_means *means, struct wh_cut *out_cut, struct wh_error *err);
void wh_cut_clear(struct wh_cut *cut);

/* What names such a bundle before it is made. */
struct wh_cut_terms {
    uint8_t target[WH_SHA256_LENGTH]; /* the new main header's id */
    const char *pkgid;                /* of its package file: the same may be signed again */
    uint8_t start[WH_SHA256_LENGTH];  /* the installed one's, or the list's */
    const uint32_t *differs;
    uint32_t differs_count;
    bool without_liblzma;
};

/* SHA-256 over the terms and the version of this program. */
WH_MUST_CHECK wh_status wh_cut_key(
    const struct wh_cut_terms *terms, uint8_t out_key[WH_SHA256_LENGTH], struct wh_error *err);

#endif
