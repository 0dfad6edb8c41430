/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listener.h - the socket that whittled serves: its own, or the one that a service manager made. */
#ifndef WHITTLE_WHITTLED_LISTENER_H
#define WHITTLE_WHITTLED_LISTENER_H

#include "whittle/error.h"

/* where: ADDRESS:PORT, numeric, IPv6 in brackets. NULL: the one socket handed over as
 * sd_listen_fds(3) describes, else 127.0.0.1:8077. The caller closes. */
WH_MUST_CHECK wh_status wh_listener_open(const char *where, int *out_fd, struct wh_error *err);

#endif
