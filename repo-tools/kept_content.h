/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept_content.h - the contents of a history: each once, most of them as what differs from the same
 * file's content in another version. */
#ifndef WHITTLE_REPO_KEPT_CONTENT_H
#define WHITTLE_REPO_KEPT_CONTENT_H

#include "history.h"

/* A file of contents/: SHA-256 and length (8 bytes, little-endian) of the base, all zeros where
 * there is none, and one zstd frame that has the base as its prefix. A base has none itself, so
 * that two files at most are read for a content, whatever versions come and go. */
#define WH_CONTENT_HEAD_LENGTH (WH_SHA256_LENGTH + 8u)

struct wh_content_base {
    uint8_t sha256[WH_SHA256_LENGTH];
    uint64_t length; /* bytes; 0: none */
};

/* contents/XX/SHA256 */
#define WH_CONTENT_NAME_MAX 96u
void wh_kept_content_name(
    const uint8_t sha256[WH_SHA256_LENGTH], char out_name[WH_CONTENT_NAME_MAX]);

/* What a content's file says that it is based on. */
WH_MUST_CHECK wh_status wh_kept_content_base(const struct wh_history *history,
    const uint8_t sha256[WH_SHA256_LENGTH], struct wh_content_base *out_base, struct wh_error *err);

/* Reads a content and checks it. out: exactly length bytes. */
WH_MUST_CHECK wh_status wh_kept_content_read(const struct wh_history *history,
    const uint8_t sha256[WH_SHA256_LENGTH], uint8_t *out, size_t length, struct wh_error *err);

/* Writes a content that is not there yet. like: one that may be close to it, or NULL; what that is
 * based on is taken for the base. Safe on several threads. */
WH_MUST_CHECK wh_status wh_kept_content_place(const struct wh_history *history,
    struct wh_bytes content, const struct wh_content_base *like,
    uint8_t out_sha256[WH_SHA256_LENGTH], struct wh_error *err);

#endif
