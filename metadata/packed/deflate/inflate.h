/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflate.h - reads the streams of RFC 1951: the one reader behind parsing and unpacking. */
#ifndef WHITTLE_PACKED_DEFLATE_INFLATE_H
#define WHITTLE_PACKED_DEFLATE_INFLATE_H

#include "whittle/deflate.h"

/* Appends what the stream at the start of packed holds to plain, its symbols and blocks to tokens
 * and blocks (arrays of struct wh_token and struct wh_block); each may be NULL. See
 * wh_deflate_parse(). */
WH_MUST_CHECK wh_status wh_inflate(struct wh_bytes packed, struct wh_buffer *plain,
    struct wh_buffer *tokens, struct wh_buffer *blocks, size_t *out_packed_length,
    struct wh_error *err);

#endif
