/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec.h - how the contents of a group are coded. Decoders live here; an encoder for each lives
 * with the publisher. Numbers are part of the format (specs/format/bundle.md). */
#ifndef WHITTLE_CODEC_H
#define WHITTLE_CODEC_H

#include "whittle/patch.h"

enum wh_codec_id {
    WH_CODEC_ZSTD = 1,  /* one frame over all contents, with all bases as its prefix, if any */
    WH_CODEC_PATCH = 2, /* four streams, each one frame, with a piece for each content */
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
    /* Each member needs its own base only: wh_streams_open() and wh_patch_decode() make one after
     * the other, without the memory for all. */
    bool by_member;
    /* Fills the output wholly or fails: never writes outside it, never allocates more than a
     * constant that does not depend on stored, and the sizes in the job. */
    wh_status (*decode)(const struct wh_codec_job *job, struct wh_error *err);
};

/* The codec of that number, or NULL: the bundle is then of a newer kind. */
const struct wh_codec *wh_codec_find(uint32_t id);

/* The inflated streams of one group of WH_CODEC_PATCH. */
struct wh_streams {
    uint8_t *bytes[WH_STREAMS];
    struct wh_reader readers[WH_STREAMS]; /* wh_patch_decode() moves them on */
};

/* The most bytes that a stream may have for contents of so many bytes together: an encoder that
 * needs more takes another codec. */
uint64_t wh_stream_ceiling(enum wh_patch_stream stream, uint64_t output_length, uint32_t members);

struct wh_stream_lengths {
    uint64_t raw;
    uint64_t stored;
};

/* How long the streams of a group are, as it says itself. stored: hostile. */
WH_MUST_CHECK wh_status wh_streams_measure(
    struct wh_bytes stored, struct wh_stream_lengths out_lengths[WH_STREAMS], struct wh_error *err);

/* stored: hostile. output_length: of all contents together, from the package's header. Free with
 * wh_streams_clear(). */
WH_MUST_CHECK wh_status wh_streams_open(struct wh_bytes stored, uint64_t output_length,
    uint32_t member_count, struct wh_streams *out_streams, struct wh_error *err);
void wh_streams_clear(struct wh_streams *streams);
/* After the last member: WH_MALFORMED when something is left over. */
WH_MUST_CHECK wh_status wh_streams_finish(const struct wh_streams *streams, struct wh_error *err);

/* Publisher's side: appends the group of these streams. WH_UNSUPPORTED: one is over its ceiling. */
WH_MUST_CHECK wh_status wh_streams_write(const struct wh_bytes streams[WH_STREAMS],
    uint64_t output_length, uint32_t member_count, int level, struct wh_buffer *out,
    struct wh_error *err);

/* zstd helpers shared by the formats; a frame is one of RFC 8878, section 3.1.1, not a skippable
 * one or one of an earlier format. wh_frame_read() demands exactly length bytes and the end of one
 * frame; prefix may be empty and must outlive the call only. */
WH_MUST_CHECK wh_status wh_frame_read(struct wh_bytes stored, struct wh_bytes prefix, uint8_t *out,
    size_t length, struct wh_error *err);
/* One frame without content size, dictionary id or checksum; level as zstd's. */
WH_MUST_CHECK wh_status wh_frame_write(struct wh_bytes raw, struct wh_bytes prefix, int level,
    struct wh_buffer *out, struct wh_error *err);
/* A whole frame of unknown length, up to out's ceiling. */
WH_MUST_CHECK wh_status wh_frame_read_all(
    struct wh_bytes stored, struct wh_buffer *out, struct wh_error *err);

#endif
