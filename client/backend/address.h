/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.h - where a backend is, and how a package manager's repository is reached: proxy,
 * certificates, patience. */
#ifndef WHITTLE_ADDRESS_H
#define WHITTLE_ADDRESS_H

#include "whittle/index.h"

/* Seconds. A backend may work for 60 seconds on a request. */
#define WH_BACKEND_CONNECT_TIMEOUT 30u
#define WH_BACKEND_TIMEOUT 75u
#define WH_BACKEND_TIMEOUT_MAX 3600u

/* Strings are its own; NULL where nothing is said. */
struct wh_address {
    char *url;        /* base URL, wh_is_backend() */
    char *proxy;      /* "": none; NULL: what the environment says */
    char *proxy_user; /* with proxy_password, or NULL */
    char *proxy_password;
    char *ca_file;            /* certificates in the place of the system's */
    bool skip_verify;         /* of the server's certificate */
    uint32_t connect_timeout; /* seconds, > 0 */
    uint32_t timeout;         /* of a whole request */
};

bool wh_address_equal(const struct wh_address *a, const struct wh_address *b);
void wh_address_clear(struct wh_address *address);

#endif
