/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exchange.c - see exchange.h. */
#include "whittled/exchange.h"

#include <string.h>

/* v1/bundle/<64 hex digits>.wht */
static bool parse_bundle(const char *path, uint8_t out_id[WH_SHA256_LENGTH])
{
    static const char prefix[] = "/v1/bundle/";
    enum { DIGITS = 2 * WH_SHA256_LENGTH };

    if (strncmp(path, prefix, sizeof prefix - 1) != 0)
        return false;
    path += sizeof prefix - 1;
    return strlen(path) == DIGITS + 4 && strcmp(path + DIGITS, ".wht") == 0 &&
           strspn(path, "0123456789abcdef") == DIGITS &&
           wh_unhex(path, DIGITS, out_id, WH_SHA256_LENGTH);
}

static bool is_read(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

void wh_exchange_route(struct wh_exchange *exchange, const char *method, const char *url)
{
    exchange->route = WH_ROUTE_UNKNOWN;
    if (strcmp(url, "/v1/upgrade") == 0)
        exchange->route = WH_ROUTE_UPGRADE;
    else if (strcmp(url, "/healthz") == 0)
        exchange->route = WH_ROUTE_HEALTH;
    else if (strcmp(url, "/metrics") == 0)
        exchange->route = WH_ROUTE_METRICS;
    else if (parse_bundle(url, exchange->bundle))
        exchange->route = WH_ROUTE_BUNDLE;
    exchange->is_head = strcmp(method, "HEAD") == 0;
    bool posts = exchange->route == WH_ROUTE_UPGRADE;
    exchange->allowed = posts ? "POST" : "GET, HEAD";
    exchange->wrong_method = posts ? strcmp(method, "POST") != 0 : !is_read(method);
}
