/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_list.h - a list of files in the place of a header that nobody knows: what a bundle of the
 * kind WH_BUNDLE_LIST starts from. */
#ifndef WHITTLE_FILE_LIST_H
#define WHITTLE_FILE_LIST_H

#include "whittle/header.h"

/* A regular file as it is on a disk. */
struct wh_listed_file {
    char *path; /* absolute */
    uint64_t size;
    uint8_t sha256[WH_SHA256_LENGTH];
};

/* SHA-256 of the list's one spelling (specs/format/bundle.md): what such a bundle has in the place
 * of the older header's id. */
WH_MUST_CHECK wh_status wh_file_list_id(const struct wh_listed_file *files, uint32_t count,
    uint8_t out_id[WH_SHA256_LENGTH], struct wh_error *err);

/* A header that has these files, regular and with SHA-256, and nothing else; its id is the list's.
 * files: ascending by path, absolute; borrowed until free. The caller frees with wh_header_free().
 */
WH_MUST_CHECK wh_status wh_header_of_list(const struct wh_listed_file *files, uint32_t count,
    struct wh_header **out_header, struct wh_error *err);

#endif
