/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answers.h - what is sent back: status, headers, body. */
#ifndef WHITTLE_WHITTLED_ANSWERS_H
#define WHITTLE_WHITTLED_ANSWERS_H

#include <microhttpd.h>

#include "whittled/desk.h"
#include "whittled/exchange.h"

/* A status and one sentence of text. */
void wh_answer_failure(struct wh_exchange *exchange, unsigned status, const char *sentence);

/* Is the body of a kind that is not read? Then the answer says so. */
bool wh_answer_refuse_body(struct wh_exchange *exchange);

/* For a desk: may take long. */
void wh_answer_upgrade(struct wh_exchange *exchange, struct wh_desk *desk);
void wh_answer_bundle(struct wh_exchange *exchange, struct wh_store *store);

/* Sends a bundle from its file at once; false where the store has no files. */
bool wh_answer_bundle_file(
    struct wh_exchange *exchange, struct wh_store *store, enum MHD_Result *out_result);

/* Sends what was put together. */
enum MHD_Result wh_answer_send(struct wh_exchange *exchange);

/* The other end's numeric address. */
void wh_answer_peer(struct MHD_Connection *connection, char *out, size_t size);

#endif
