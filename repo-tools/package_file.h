/* SPDX-License-Identifier: GPL-2.0-or-later */
/* package_file.h - one package file: its prefix, and its payload unpacked and cut into files. */
#ifndef WHITTLE_REPO_PACKAGE_FILE_H
#define WHITTLE_REPO_PACKAGE_FILE_H

#include "whittle/header.h"
#include "whittle/prefix.h"
#include "whittle/skeleton.h"

struct wh_package_file {
    int fd;
    char *path; /* for messages */
    uint64_t size;
    uint8_t *prefix_bytes;
    struct wh_prefix prefix;
    struct wh_header *header;
    /* after wh_package_unpack() */
    struct wh_bytes payload; /* mapped from a file without a name */
    struct wh_skeleton skeleton;
    uint64_t *content_offsets; /* one a file: in the payload; UINT64_MAX where there is none */
};

#define WH_PACKAGE_FILE_NONE                                                                       \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/* Opens a package below the folder and reads its prefix. location: hostile. WH_MALFORMED: not a
 * package or damaged; the message names the file. Free with wh_package_clear(). */
WH_MUST_CHECK wh_status wh_package_open(int folder, const char *folder_name, const char *location,
    struct wh_package_file *out_package, struct wh_error *err);
void wh_package_clear(struct wh_package_file *package);

/* Unpacks the payload, however it is compressed, checks it against the header's digests of the
 * plain payload, if it has any, and finds each file in it. Never writes more than the header's
 * file sizes allow. */
WH_MUST_CHECK wh_status wh_package_unpack(struct wh_package_file *package, struct wh_error *err);

/* Fills content_offsets from the header and the skeleton, for a payload that was found elsewhere.
 */
WH_MUST_CHECK wh_status wh_package_locate(struct wh_package_file *package, struct wh_error *err);

/* The content of a file, also of a hardlink that does not carry it itself; empty where there is
 * none. After wh_package_unpack(). */
struct wh_bytes wh_package_content(const struct wh_package_file *package, uint32_t file);

/* Gives the pages of the payload back to the system, which reads them from their file again when
 * they are needed: to be called now and then by whoever goes through large contents. */
void wh_package_forget(const struct wh_package_file *package);
#define WH_FORGET_AFTER (32u << 20) /* bytes of contents */

/* SHA-256 and SHA-512 of the whole file. WH_MISMATCH: it is not the file that pkgid (whose length
 * may be 0: not known) names. */
WH_MUST_CHECK wh_status wh_package_digest(const struct wh_package_file *package,
    const struct wh_digest *pkgid, struct wh_package_digests *out_digests, struct wh_error *err);

#endif
