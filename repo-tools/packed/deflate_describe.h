/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deflate_describe.h - with which parameters a deflate stream is made again: the models are tried
 * on a part of it, the best ones on more, and the answer is proved. */
#ifndef WHITTLE_REPO_PACKED_DEFLATE_DESCRIBE_H
#define WHITTLE_REPO_PACKED_DEFLATE_DESCRIBE_H

#include "whittle/deflate.h"

/* last: the model of a stream from the same hands, tried first, or NULL; may be out_model.
 * WH_OK: wh_deflate_pack() makes the stream from out_trace's parameters, which may be longer than
 * what they save. WH_UNSUPPORTED: it does not. Free out_trace with wh_deflate_trace_clear().
 * Cost: of packing twice, and of some thousand symbols for each model where last is not right. */
WH_MUST_CHECK wh_status wh_deflate_describe(const struct wh_deflate_parts *parts,
    const struct wh_deflate_model *last, struct wh_deflate_model *out_model,
    struct wh_deflate_trace *out_trace, struct wh_error *err);

/* The same without the proof. */
WH_MUST_CHECK wh_status wh_deflate_guess(const struct wh_deflate_parts *parts,
    const struct wh_deflate_model *last, struct wh_deflate_model *out_model,
    struct wh_deflate_trace *out_trace, struct wh_error *err);

#endif
