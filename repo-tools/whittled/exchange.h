/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exchange.h - one request and its answer. */
#ifndef WHITTLE_WHITTLED_EXCHANGE_H
#define WHITTLE_WHITTLED_EXCHANGE_H

#include <stdbool.h>
#include <time.h>

#include "whittle/digest.h"

struct MHD_Connection;

enum wh_route {
    WH_ROUTE_UPGRADE, /* POST v1/upgrade */
    WH_ROUTE_BUNDLE,  /* GET v1/bundle/ID.wht */
    WH_ROUTE_HEALTH,
    WH_ROUTE_METRICS,
    WH_ROUTE_UNKNOWN,
};

struct wh_exchange {
    struct MHD_Connection *connection;
    enum wh_route route;
    bool wrong_method;
    bool is_head;
    const char *allowed; /* methods of the route, for 405 */
    uint8_t bundle[WH_SHA256_LENGTH];
    struct wh_buffer body;
    uint64_t taken; /* bytes of a body, kept or not */
    bool too_long;
    bool no_room;  /* others hold too much memory for it */
    uint64_t held; /* bytes of body and answer, as they were counted */

    /* Set by a desk, which the connection waits for meanwhile. */
    bool is_waiting;
    bool is_done;
    bool is_proved; /* the store's file is the bundle: it is sent from there */
    bool is_last;   /* the connection is closed after the answer */
    unsigned status;
    struct wh_buffer answer;
    const char *content_type;

    char *line; /* method and path, printable, for the log */
    uint64_t sent;
    struct timespec start;
    struct wh_exchange *next;
};

/* Which request is it? url: hostile. */
void wh_exchange_route(struct wh_exchange *exchange, const char *method, const char *url);

#endif
