/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patrol.h - time limits for connections that are never idle and never through: clients that send
 * or take a byte now and then. A thread of its own ends what is overdue. */
#ifndef WHITTLE_WHITTLED_PATROL_H
#define WHITTLE_WHITTLED_PATROL_H

#include <stdint.h>

#include "whittle/error.h"

struct wh_patrol;
struct wh_watch; /* one connection */

WH_MUST_CHECK wh_status wh_patrol_new(struct wh_patrol **out_patrol, struct wh_error *err);
/* No watch may be left. */
void wh_patrol_free(struct wh_patrol *patrol);

/* Watches a socket, to be ended in so many seconds; NULL without memory. */
struct wh_watch *wh_patrol_add(struct wh_patrol *patrol, int fd, uint64_t seconds);
/* Another limit, from now on; 0: none. Nothing for a watch that is NULL. */
void wh_patrol_allow(struct wh_patrol *patrol, struct wh_watch *watch, uint64_t seconds);
/* Before the socket is closed. */
void wh_patrol_remove(struct wh_patrol *patrol, struct wh_watch *watch);

#endif
