/* SPDX-License-Identifier: GPL-2.0-or-later */
/* desk.h - answers one upgrade request: finds what is known, orders what has to be made, waits, and
 * writes instructions. One desk is for one thread. */
#ifndef WHITTLE_WHITTLED_DESK_H
#define WHITTLE_WHITTLED_DESK_H

#include "whittled/cutter.h"
#include "whittled/library.h"

struct wh_desk;

struct wh_desk_options {
    const char *catalogue;
    struct wh_store *store;
    struct wh_cutter *cutter;
    struct wh_library *library;
    struct wh_metrics *metrics;
    uint32_t deadline; /* seconds that a request may take */
};

WH_MUST_CHECK wh_status wh_desk_new(
    const struct wh_desk_options *options, struct wh_desk **out_desk, struct wh_error *err);
void wh_desk_free(struct wh_desk *desk);

/* body: hostile. out_xml: the instructions. WH_MALFORMED, WH_UNSUPPORTED, WH_OVER_LIMIT: the
 * request's fault. */
WH_MUST_CHECK wh_status wh_desk_answer(
    struct wh_desk *desk, struct wh_bytes body, struct wh_buffer *out_xml, struct wh_error *err);

/* The store has lost this bundle: it is cut again when it is asked for again. */
void wh_desk_forget(struct wh_desk *desk, const uint8_t sha256[WH_SHA256_LENGTH]);

#endif
