/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skeleton.h - the payload without the contents of its regular files: cpio headers, names, link
 * targets, padding and trailer, all of which follow from the main header (rpm's lib/rpmfi.c and
 * lib/cpio.c), or are corrected where a builder departed from the rules. */
#ifndef WHITTLE_SKELETON_H
#define WHITTLE_SKELETON_H

#include "whittle/header.h"

/* Content of one file, and the skeleton bytes that go before it. */
struct wh_piece {
    uint64_t skeleton_length; /* bytes of the skeleton since the piece before */
    uint32_t file;            /* index in the main header; its content has files[file].size bytes */
};

/* The payload is: for each piece its skeleton bytes and its file's content, then the rest of the
 * skeleton. Owned; wh_skeleton_clear() accepts a zeroed one. */
struct wh_skeleton {
    uint8_t *bytes;
    size_t length;
    struct wh_piece *pieces; /* in payload order; a file stands in one piece at most */
    uint32_t piece_count;
    uint64_t payload_length; /* skeleton and contents together */
};

enum wh_correction_mode {
    WH_CORRECTION_NONE = 0, /* the rules give the real skeleton */
    WH_CORRECTION_XOR = 1,  /* same length: real = generated xor correction */
    WH_CORRECTION_FULL = 2, /* the correction holds skeleton and pieces */
};

/* Generates the skeleton by the rules. WH_UNSUPPORTED where they cannot hold (no RPMVERSION,
 * PAYLOADALIGNMENT, a payload that is not cpio, v3 file names): then only WH_CORRECTION_FULL works.
 */
WH_MUST_CHECK wh_status wh_skeleton_generate(
    const struct wh_header *header, struct wh_skeleton *out_skeleton, struct wh_error *err);

/* The skeleton as the publisher found it. correction: the inflated correction of the bundle;
 * empty for WH_CORRECTION_NONE. The result is only as good as the payload's digest says. */
WH_MUST_CHECK wh_status wh_skeleton_corrected(const struct wh_header *header,
    enum wh_correction_mode mode, struct wh_bytes correction, struct wh_skeleton *out_skeleton,
    struct wh_error *err);

/* Publisher's side: the cheapest correction that leads from the rules to real, which was read from
 * a payload (wh_skeleton_read). out_correction is empty for WH_CORRECTION_NONE. */
WH_MUST_CHECK wh_status wh_skeleton_compare(const struct wh_header *header,
    const struct wh_skeleton *real, enum wh_correction_mode *out_mode,
    struct wh_buffer *out_correction, struct wh_error *err);

/* Reads an uncompressed payload into skeleton and pieces, by the cpio members' own names, sizes
 * and indices. payload: a real package's, not trusted. */
WH_MUST_CHECK wh_status wh_skeleton_read(const struct wh_header *header, struct wh_bytes payload,
    struct wh_skeleton *out_skeleton, struct wh_error *err);

void wh_skeleton_clear(struct wh_skeleton *skeleton);

#endif
