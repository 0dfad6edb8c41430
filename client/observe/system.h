/* SPDX-License-Identifier: GPL-2.0-or-later */
/* system.h - the installed system below one root: its rpm database and its files. */
#ifndef WHITTLE_SYSTEM_H
#define WHITTLE_SYSTEM_H

#include "whittle/header.h"

struct rpmts_s;

/* One root. Opened once a run for each root that a request names; never closed before the end. */
struct wh_system {
    char *root;         /* absolute path, "/" for this system */
    int root_fd;        /* O_PATH of root */
    struct rpmts_s *ts; /* read-only; use only between lock and unlock */
};

/* librpm is not safe in threads where databases, keyrings and macros are concerned: one lock for
 * all of it. Headers of one's own need none. */
void wh_rpm_lock(void);
void wh_rpm_unlock(void);

/* Opens the root's database for reading. root: local input, absolute. WH_SYSTEM, WH_MISSING. */
WH_MUST_CHECK wh_status wh_system_open(
    const char *root, struct wh_system **out_system, struct wh_error *err);
void wh_system_free(struct wh_system *system);

#endif
