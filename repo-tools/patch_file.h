/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch_file.h - one content as a patch of another, outside of packages, so that anybody can
 * compare the codecs with other programs. Format: specs/format/patch-file.md. */
#ifndef WHITTLE_REPO_PATCH_FILE_H
#define WHITTLE_REPO_PATCH_FILE_H

#include "whittle/codec.h"
#include "whittle/digest.h"

#define WH_PATCH_FILE_VERSION 1u
#define WH_PATCH_FILE_HEAD 104u

struct wh_patch_file {
    uint32_t codec;
    bool with_base; /* the old content is the base of the new one */
    uint64_t old_length;
    uint64_t new_length;
    uint8_t old_sha256[WH_SHA256_LENGTH];
    uint8_t new_sha256[WH_SHA256_LENGTH];
    struct wh_bytes stored; /* a group of one member, as in a bundle */
};

/* bytes: hostile; they must stay unchanged as long as the patch is used. WH_OVER_LIMIT: it speaks
 * of a content longer than WH_CONTENT_MAX. */
WH_MUST_CHECK wh_status wh_patch_file_parse(
    struct wh_bytes bytes, struct wh_patch_file *out_patch, struct wh_error *err);

/* Appends head and group. */
void wh_patch_file_write(const struct wh_patch_file *patch, struct wh_buffer *out);

/* Is it a patch of these bytes? WH_MISMATCH if not. */
WH_MUST_CHECK wh_status wh_patch_file_check(
    const struct wh_patch_file *patch, struct wh_bytes old, struct wh_error *err);

/* The new content, new_length bytes, as the decoder makes it, unproved; the caller frees. old:
 * checked by the call above. WH_MALFORMED, WH_UNSUPPORTED (of a codec that is not known): nothing
 * comes of it. */
WH_MUST_CHECK wh_status wh_patch_file_decode(const struct wh_patch_file *patch, struct wh_bytes old,
    uint8_t **out_content, struct wh_error *err);

/* WH_MISMATCH: it has not the right digest. */
WH_MUST_CHECK wh_status wh_patch_file_prove(
    const struct wh_patch_file *patch, struct wh_bytes content, struct wh_error *err);

/* Both. */
WH_MUST_CHECK wh_status wh_patch_file_apply(const struct wh_patch_file *patch, struct wh_bytes old,
    uint8_t **out_content, struct wh_error *err);

#endif
