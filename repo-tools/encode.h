/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encode.h - encoders, one for each codec of whittle/codec.h. The publisher tries those that may
 * win and keeps the smallest result; no encoder is assumed to be the best. */
#ifndef WHITTLE_REPO_ENCODE_H
#define WHITTLE_REPO_ENCODE_H

#include "whittle/codec.h"

/* One group to encode. References and contents lie end to end in the order of the members. */
struct wh_encode_job {
    struct wh_bytes reference;
    const uint64_t *reference_sizes; /* bytes of each member's base, 0 for none */
    struct wh_bytes content;
    const uint64_t *content_sizes; /* bytes of each member's content */
    uint32_t member_count;
};

struct wh_encoder {
    enum wh_codec_id id;
    const char *name;
    /* Appends one group. WH_UNSUPPORTED: not for contents like these; then out is as it was. */
    wh_status (*encode)(
        const struct wh_encode_job *job, struct wh_buffer *out, struct wh_error *err);
};

/* The smallest of what the encoders make. out_stored: starts empty. */
WH_MUST_CHECK wh_status wh_encode(const struct wh_encode_job *job, uint32_t *out_codec,
    struct wh_buffer *out_stored, struct wh_error *err);

#endif
