/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch.h - how one content is made from an older one: copies with sparse corrections, and for ELF
 * files references that are computed from the copies instead of stored. Format:
 * specs/format/patch.md. Memory only: no descriptor, no clock, no environment. */
#ifndef WHITTLE_PATCH_H
#define WHITTLE_PATCH_H

#include "whittle/bytes.h"

/* Bytes of the new content that come from the old one, one by one the same or corrected. */
struct wh_copy {
    size_t new_offset;
    size_t old_offset;
    size_t length; /* > 0 */
};

enum wh_patch_method {
    WH_PATCH_PLAIN = 0, /* copies and corrections */
    WH_PATCH_ELF = 1,   /* the same after prediction */
};

/* A patch is a piece of each of four streams; pieces of many files lie end to end in a group. */
enum wh_patch_stream {
    WH_STREAM_CONTROL, /* method and copies */
    WH_STREAM_GAP,     /* where a copy has to be corrected */
    WH_STREAM_VALUE,   /* by what */
    WH_STREAM_EXTRA,   /* bytes between the copies */
    WH_STREAMS,
};

/* Makes exactly length bytes from old and the next piece of each stream, and moves the readers on.
 * old: the right bytes, which a hostile bundle may have chosen; streams: hostile. Allocates in
 * proportion to old, length and what is left of the control stream. WH_MALFORMED: the streams do
 * not give length bytes, or name bytes that old has not; out is then worthless. */
WH_MUST_CHECK wh_status wh_patch_decode(struct wh_reader streams[WH_STREAMS], struct wh_bytes old,
    uint8_t *out, size_t length, struct wh_error *err);

/* Publisher's side: what the decoder of a method would have after copying and predicting, before
 * any correction; bytes outside the copies are undefined. copies: ascending by new_offset, disjoint
 * there. Appends to control what the decoder has to know for it. WH_UNSUPPORTED: the method is not
 * for these contents. */
WH_MUST_CHECK wh_status wh_patch_predict(enum wh_patch_method method, struct wh_bytes old,
    struct wh_bytes fresh, const struct wh_copy *copies, size_t copy_count,
    struct wh_buffer *control, uint8_t *out_predicted, struct wh_error *err);

#endif
