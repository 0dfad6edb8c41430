/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repository.h - the packages of a repository made by createrepo_c, read by libsolv; or of a
 * folder of package files without metadata. */
#ifndef WHITTLE_REPO_REPOSITORY_H
#define WHITTLE_REPO_REPOSITORY_H

#include "repomd.h"

struct wh_repository_package {
    char *location; /* below the repository; hostile where metadata gave it */
    char *name;
    char *evr; /* [EPOCH:]VERSION-RELEASE */
    char *arch;
    struct wh_digest pkgid; /* of the package file; length 0 in a folder without metadata */
    uint64_t size;          /* bytes of the package file as the metadata says, 0 without metadata */
    bool is_source;
};

struct wh_repository {
    int folder;               /* descriptor */
    char *path;               /* as given, for messages */
    struct wh_repomd *repomd; /* NULL in a folder without metadata */
    struct wh_buffer repomd_bytes;
    struct wh_repository_package *packages; /* by name, arch, location */
    uint32_t package_count;
};

enum wh_repository_kind {
    WH_REPOSITORY_WITH_METADATA, /* refuse a folder that is none */
    WH_REPOSITORY_OR_FOLDER,     /* fall back on the *.rpm files that are there */
};

/* Reads repomd.xml and the primary metadata that it names, whose checksum must hold. Free with
 * wh_repository_close(). */
WH_MUST_CHECK wh_status wh_repository_open(const char *path, enum wh_repository_kind kind,
    struct wh_repository *out_repository, struct wh_error *err);
void wh_repository_close(struct wh_repository *repository);

/* The packages of that name and arch: their number, and the first one. */
uint32_t wh_repository_find(const struct wh_repository *repository, const char *name,
    const char *arch, const struct wh_repository_package **out_first);

/* VERSION-RELEASE of an evr, without the epoch. */
const char *wh_evr_without_epoch(const char *evr);

/* NAME-VERSION-RELEASE.ARCH; the caller frees, NULL on no memory. */
char *wh_repository_nvra(const struct wh_repository_package *package);

#endif
