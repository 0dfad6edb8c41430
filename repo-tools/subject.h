/* SPDX-License-Identifier: GPL-2.0-or-later */
/* subject.h - a package version that bundles lead to, with all that each of its bundles needs. */
#ifndef WHITTLE_REPO_SUBJECT_H
#define WHITTLE_REPO_SUBJECT_H

#include "package_file.h"
#include "repository.h"

/* Why a package gets no bundle; also the order of the summary. */
enum wh_skip {
    WH_SKIP_NOT,
    WH_SKIP_SOURCE,      /* nothing of it is ever installed */
    WH_SKIP_NO_OLDER,    /* no older version to start from */
    WH_SKIP_NO_DIGEST,   /* no digest of the plain payload: builders before rpm 4.16, and others */
    WH_SKIP_WEAK,        /* file digests by MD5 or SHA-1 */
    WH_SKIP_SIGNATURE,   /* its signatures could not be carried over */
    WH_SKIP_UNSUPPORTED, /* anything else that the formats do not cover */
    WH_SKIP_NO_GAIN,     /* its bundles would save too little */
    WH_SKIPS,
};

/* One clause for people. */
const char *wh_skip_text(enum wh_skip skip);

struct wh_subject {
    struct wh_package_file file; /* unpacked */
    struct wh_package_digests digests;
    uint8_t prefix_sha256[WH_SHA256_LENGTH];
    enum wh_correction_mode correction_mode;
    struct wh_buffer correction;
};

#define WH_SUBJECT_NONE                                                                            \
    {                                                                                              \
        .file = WH_PACKAGE_FILE_NONE                                                               \
    }

/* Can bundles lead to a package with this prefix? */
enum wh_skip wh_subject_refuse(const struct wh_package_file *file);
/* Can bundles start from it? */
enum wh_skip wh_origin_refuse(const struct wh_package_file *file);

/* Takes file over (it is left empty), checks it against pkgid, unpacks it and finds the correction
 * of its skeleton. WH_UNSUPPORTED, WH_OVER_LIMIT: not for bundles; other failures: damaged. Free
 * with wh_subject_clear(). */
WH_MUST_CHECK wh_status wh_subject_prepare(struct wh_package_file *file,
    const struct wh_digest *pkgid, struct wh_subject *out_subject, struct wh_error *err);
void wh_subject_clear(struct wh_subject *subject);

#endif
