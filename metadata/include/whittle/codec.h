/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec.h - how the contents of a group are coded. Decoders live here; an encoder for each lives
 * with the publisher. Numbers are part of the format (specs/format/bundle.md). */
#ifndef WHITTLE_CODEC_H
#define WHITTLE_CODEC_H

#include "whittle/bytes.h"

enum wh_codec_id {
    WH_CODEC_ZSTD = 1, /* one frame over all contents, with all bases as its prefix, if any */
};

/* One group to decode. References and outputs lie end to end in the order of the members. */
struct wh_codec_job {
    struct wh_bytes stored;          /* hostile but for the bundle's digest */
    struct wh_bytes reference;       /* bases; already checked against their digests */
    const uint64_t *reference_sizes; /* bytes of each member's base, 0 for none */
    uint8_t *output;                 /* contents; exactly the sum of output_sizes */
    const uint64_t *output_sizes;    /* bytes of each member's content */
    uint32_t member_count;
};

struct wh_codec {
    enum wh_codec_id id;
    const char *name; /* for people */
    /* Fills the output wholly or fails: never writes outside it, never allocates more than a
     * constant that does not depend on stored, and the sizes in the job. */
    wh_status (*decode)(const struct wh_codec_job *job, struct wh_error *err);
};

/* The codec of that number, or NULL: the bundle is then of a newer kind. */
const struct wh_codec *wh_codec_find(uint32_t id);

/* zstd helpers shared by the formats; a frame is one of RFC 8878, section 3.1.1, not a skippable one
 * or one of an earlier format. wh_inflate() demands exactly length bytes and the end of one
 * frame; prefix may be empty and must outlive the call only. */
WH_MUST_CHECK wh_status wh_inflate(struct wh_bytes stored, struct wh_bytes prefix, uint8_t *out,
    size_t length, struct wh_error *err);
/* One frame without content size, dictionary id or checksum; level as zstd's. */
WH_MUST_CHECK wh_status wh_deflate(struct wh_bytes raw, struct wh_bytes prefix, int level,
    struct wh_buffer *out, struct wh_error *err);
/* A whole frame of unknown length, up to out's ceiling. */
WH_MUST_CHECK wh_status wh_inflate_all(
    struct wh_bytes stored, struct wh_buffer *out, struct wh_error *err);

#endif
