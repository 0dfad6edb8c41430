/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answers.h - what is sent back: status, headers, body. */
#ifndef WHITTLE_WHITTLED_ANSWERS_H
#define WHITTLE_WHITTLED_ANSWERS_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "whittled/desk.h"
#include "whittled/exchange.h"

/* A status and one sentence of text. */
void wh_answer_failure(struct wh_exchange *exchange, unsigned status, const char *sentence);

/* Is the body of a kind that is not read? Then the answer says so. */
bool wh_answer_refuse_body(struct wh_exchange *exchange);

#define WH_TOO_LONG_TEXT "an upgrade request has at most 1 MiB"

/* Files of the store that are what their names say, as far as this process remembers. */
struct wh_proofs {
    atomic_uint_fast64_t slots[1u << 12];
};
bool wh_is_proved(const struct wh_proofs *proofs, const uint8_t sha256[WH_SHA256_LENGTH]);

/* These may take long. A bundle that has a file is only proved, and then sent from there. out_lost:
 * the store does not have it, or what it had was something else. */
void wh_answer_upgrade(struct wh_exchange *exchange, struct wh_desk *desk);
void wh_answer_bundle(
    struct wh_exchange *exchange, struct wh_store *store, struct wh_proofs *proofs, bool *out_lost);

/* Does the client have the bundle already? It never changes. */
bool wh_answer_has_it(const struct wh_exchange *exchange);
void wh_answer_not_modified(struct wh_exchange *exchange);

/* Sends a bundle from its file. */
enum MHD_Result wh_answer_bundle_file(struct wh_exchange *exchange, struct wh_store *store);

/* Sends what was put together. */
enum MHD_Result wh_answer_send(struct wh_exchange *exchange);

/* The other end's numeric address. */
void wh_answer_peer(struct MHD_Connection *connection, char *out, size_t size);

#endif
