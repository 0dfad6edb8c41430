/* SPDX-License-Identifier: GPL-2.0-or-later */
/* describe.h - how one stream of a container was made, proved by making it again, unless somebody
 * else will. */
#ifndef WHITTLE_REPO_PACKED_DESCRIBE_H
#define WHITTLE_REPO_PACKED_DESCRIBE_H

#include "packed/container.h"
#include "packed/habits.h"

/* What the streams of one content have in common. */
struct wh_describer {
    enum wh_packing packing;
    struct wh_bytes content;
    struct wh_habits *habits;
    bool unproved; /* deflate's alone */
};

struct wh_description {
    enum wh_coder_id coder;
    size_t parameters; /* bytes appended to the caller's buffer */
    bool departs;      /* some of the parameters say where the encoder is not as modelled */
    uint32_t cpu_ms;
};

/* Appends the parameters to out. WH_UNSUPPORTED: nobody here can make that stream, or it is not
 * what its container says; err says why. */
WH_MUST_CHECK wh_status wh_describe(const struct wh_describer *describer,
    const struct wh_inner *stream, struct wh_buffer *out, struct wh_description *out_description,
    struct wh_error *err);

#endif
