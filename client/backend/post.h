/* SPDX-License-Identifier: GPL-2.0-or-later */
/* post.h - one request to a backend over HTTP; libcurl is hidden here. */
#ifndef WHITTLE_POST_H
#define WHITTLE_POST_H

#include "backend/address.h"

/* Above this a body goes as a zstd frame. Smaller ones are not worth the work. */
#define WH_POST_PLAIN_MAX (4u << 10)

/* The body as it is sent: xml, or one zstd frame of it. WH_OVER_LIMIT: a backend would not take it.
 */
WH_MUST_CHECK wh_status wh_post_encode(
    struct wh_bytes xml, struct wh_buffer *out_body, struct wh_error *err);

/* Sends `POST v1/upgrade` to the address. out_answer: what came back with status 200, hostile,
 * plain or a zstd frame, at most its ceiling. No redirection is followed, no cookie kept, and no
 * other scheme than http and https used. WH_MISSING: no such answer, whatever the reason: message
 * begins with the address. Blocks for as long as the address's timeout. */
WH_MUST_CHECK wh_status wh_post(const struct wh_address *address, struct wh_bytes body,
    struct wh_buffer *out_answer, struct wh_error *err);

#endif
