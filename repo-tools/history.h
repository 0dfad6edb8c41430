/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history.h - a folder that keeps packages for the backend, each content once:
 *
 *   whittle-history                          the number of this form
 *   packages/NAME-VERSION-RELEASE.ARCH.ID    a record (kept_record.h); ID: 16 digits of the
 * header's contents/XX/SHA256                       a file's content, one zstd frame; XX: its first
 * digits
 *
 * No file changes once it is in place; a record is placed after its contents and removed before
 * them. A record's time of modification is when its package was last seen in a repository. */
#ifndef WHITTLE_REPO_HISTORY_H
#define WHITTLE_REPO_HISTORY_H

#include "kept_record.h"
#include "repository.h"
#include "subject.h"
#include "whittle/index.h"

struct wh_history {
    int folder;
    char *path; /* as given, for messages */
};

bool wh_history_is(const char *path);

enum wh_history_use { WH_HISTORY_READ, WH_HISTORY_CHANGE, WH_HISTORY_MAKE };

/* To read without more: what others remove meanwhile is missed. WH_HISTORY_CHANGE waits until no
 * other process changes it, and keeps them from it until close; WH_HISTORY_MAKE also makes one
 * where nothing is. WH_MISSING: there is no history, or something else lies there. */
WH_MUST_CHECK wh_status wh_history_open(const char *path, enum wh_history_use use,
    struct wh_history *out_history, struct wh_error *err);
void wh_history_close(struct wh_history *history);

struct wh_kept_package {
    uint8_t header_id[WH_SHA256_LENGTH];
    char pkgid[WH_PKGID_MAX + 1];
    char *name;
    char *evr;
    char *arch;
    char *location; /* below the history: packages/... */
    uint64_t size;  /* bytes of the package file */
    uint64_t seen;  /* seconds since 1970 */
};

/* A record that cannot be used. */
struct wh_kept_damage {
    char *location;
    struct wh_error error;
};

struct wh_kept_packages {
    struct wh_kept_package *packages; /* by name, arch and version, the newest first */
    uint32_t count;
    struct wh_kept_damage *damaged;
    uint32_t damaged_count;
};

/* Free with wh_kept_packages_clear(). */
WH_MUST_CHECK wh_status wh_history_list(
    const struct wh_history *history, struct wh_kept_packages *out_packages, struct wh_error *err);
void wh_kept_packages_clear(struct wh_kept_packages *packages);

/* The package as wh_subject_prepare() gives it, made from its record and contents: its payload is,
 * byte for byte, the plain payload that the package file had, which the digests prove. It has no
 * descriptor. location: of a wh_kept_package. WH_MISSING: it is gone. */
WH_MUST_CHECK wh_status wh_history_load(const struct wh_history *history, const char *location,
    struct wh_subject *out_subject, struct wh_error *err);

/* The record's file, read. out_plain: holds what the record points to; the caller clears it. */
WH_MUST_CHECK wh_status wh_history_record(const struct wh_history *history, const char *location,
    struct wh_buffer *out_plain, struct wh_kept_record *out_record, struct wh_error *err);

#endif
