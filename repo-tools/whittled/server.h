/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server.h - the protocol's requests over HTTP (specs/format/protocol.md), by libmicrohttpd. Bodies
 * are bounded, connections and waiting requests too; what takes time is done by desks, not by the
 * threads that move bytes. */
#ifndef WHITTLE_WHITTLED_SERVER_H
#define WHITTLE_WHITTLED_SERVER_H

#include <stdio.h>

#include "whittled/desk.h"

struct wh_server;

struct wh_server_options {
    int listener; /* a listening socket; taken over */
    struct wh_desk_options desk;
    struct wh_store *store;
    struct wh_library *library;
    struct wh_metrics *metrics;
    uint32_t desks;       /* requests that are worked on at the same time */
    uint32_t waiting_max; /* requests that may wait for a desk */
    uint32_t connections_max;
    FILE *access_log; /* a line for each request; NULL for none */
};

WH_MUST_CHECK wh_status wh_server_new(
    const struct wh_server_options *options, struct wh_server **out_server, struct wh_error *err);
/* Takes no further connections, finishes what is under way, for so many seconds at most, and frees
 * the server. */
void wh_server_stop(struct wh_server *server, uint32_t patience);

#endif
