/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encode.h - encoders for the codecs of whittle/codec.h. Each appends one group. */
#ifndef WHITTLE_REPO_ENCODE_H
#define WHITTLE_REPO_ENCODE_H

#include "diff/residue.h"
#include "effort.h"
#include "whittle/codec.h"

/* WH_CODEC_ZSTD: contents and bases of all members, each end to end. */
WH_MUST_CHECK wh_status wh_encode_zstd(struct wh_bytes reference, struct wh_bytes content,
    enum wh_effort effort, struct wh_buffer *out, struct wh_error *err);

/* WH_CODEC_PATCH: the residues of member_count contents, which have content_length bytes together.
 * WH_UNSUPPORTED: longer than the decoder allows. */
WH_MUST_CHECK wh_status wh_encode_patch(const struct wh_residue *residue, uint64_t content_length,
    uint32_t member_count, enum wh_effort effort, struct wh_buffer *out, struct wh_error *err);

/* The effort to compare encodings with. Which of several is the smallest shows with the least
 * effort too, unless they are close; where the bytes to encode are many, that takes a hundredth of
 * the time. */
enum wh_effort wh_trial_effort(uint64_t bytes, enum wh_effort effort);

/* The most memory that either takes beside its input and output; reference is 0 for residues. */
uint64_t wh_encode_memory(uint64_t reference, uint64_t content, enum wh_effort effort);

#endif
