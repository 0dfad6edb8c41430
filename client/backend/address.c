/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.c - see address.h. */
#include "backend/address.h"

#include <stdlib.h>
#include <string.h>

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool wh_address_equal(const struct wh_address *a, const struct wh_address *b)
{
    return is_same(a->url, b->url) && is_same(a->proxy, b->proxy) &&
           is_same(a->proxy_user, b->proxy_user) && is_same(a->proxy_password, b->proxy_password) &&
           is_same(a->ca_file, b->ca_file) && a->skip_verify == b->skip_verify &&
           a->connect_timeout == b->connect_timeout && a->timeout == b->timeout;
}

void wh_address_clear(struct wh_address *address)
{
    free(address->url);
    free(address->proxy);
    free(address->proxy_user);
    free(address->proxy_password);
    free(address->ca_file);
    *address = (struct wh_address){0};
}
