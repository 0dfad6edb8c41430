/* SPDX-License-Identifier: GPL-2.0-or-later */
/* coders.h - the functions behind wh_coder_find(): see struct wh_coder in whittle/packed.h. */
#ifndef WHITTLE_PACKED_CODERS_H
#define WHITTLE_PACKED_CODERS_H

#include "whittle/packed.h"

WH_MUST_CHECK wh_status wh_deflate_unpack(
    struct wh_bytes packed, struct wh_buffer *out, size_t *out_packed_length, struct wh_error *err);
WH_MUST_CHECK wh_status wh_deflate_pack(
    struct wh_bytes plain, struct wh_bytes parameters, struct wh_buffer *out, struct wh_error *err);

WH_MUST_CHECK wh_status wh_tokens_unpack(
    struct wh_bytes packed, struct wh_buffer *out, size_t *out_packed_length, struct wh_error *err);
WH_MUST_CHECK wh_status wh_tokens_pack(
    struct wh_bytes plain, struct wh_bytes parameters, struct wh_buffer *out, struct wh_error *err);

WH_MUST_CHECK wh_status wh_xz_unpack(
    struct wh_bytes packed, struct wh_buffer *out, size_t *out_packed_length, struct wh_error *err);
WH_MUST_CHECK wh_status wh_xz_pack(
    struct wh_bytes plain, struct wh_bytes parameters, struct wh_buffer *out, struct wh_error *err);

#endif
