/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept_record.h - what a history folder has of a package beside its files' contents: all that the
 * plain payload, and bundles that lead to the package, are made from. */
#ifndef WHITTLE_REPO_KEPT_RECORD_H
#define WHITTLE_REPO_KEPT_RECORD_H

#include "package_file.h"

/* One zstd frame around: the magic; algorithm, length and bytes of the pkgid; bytes of the package
 * file, its SHA-256 and SHA-512; mode, length and bytes of the skeleton's correction; length and
 * bytes of the prefix; number and SHA-256s of the contents, in the payload's order; and the SHA-256
 * of all that. Numbers are little-endian, 4 bytes, but for the file's length of 8. */
struct wh_kept_record {
    struct wh_digest pkgid;
    uint64_t size; /* bytes of the package file */
    struct wh_package_digests digests;
    enum wh_correction_mode correction_mode;
    struct wh_bytes correction; /* borrowed, as all that follows */
    struct wh_bytes prefix;
    const uint8_t *contents; /* content_count times WH_SHA256_LENGTH */
    uint32_t content_count;
};

#define WH_KEPT_MAX                                                                                \
    ((size_t)WH_PREFIX_MAX + WH_SKELETON_MAX + WH_FILES_MAX * WH_SHA256_LENGTH + 512)

WH_MUST_CHECK wh_status wh_kept_record_write(
    const struct wh_kept_record *record, struct wh_buffer *out_stored, struct wh_error *err);

/* stored: as written, or damaged. out_plain: holds what the record points to, the caller clears it.
 */
WH_MUST_CHECK wh_status wh_kept_record_read(struct wh_bytes stored, struct wh_buffer *out_plain,
    struct wh_kept_record *out_record, struct wh_error *err);

#endif
