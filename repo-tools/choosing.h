/* SPDX-License-Identifier: GPL-2.0-or-later */
/* choosing.h - decides the ways of a bundle's members, each by itself: one after the other, or
 * several at the same time. */
#ifndef WHITTLE_REPO_CHOOSING_H
#define WHITTLE_REPO_CHOOSING_H

#include "member.h"
#include "memory.h"

struct wh_choosing {
    const struct wh_means *means;
    const struct wh_package_file *origin; /* NULL for none */
    const struct wh_package_file *target; /* NULL: contents are not taken apart */
    uint64_t room;                        /* bytes of memory for all that is worked on at a time */
    struct wh_habits habits;
    const struct wh_member *first_packed; /* chosen before its turn */
};

/* Gives the member as much effort, and its base, as there is memory for. */
void wh_choosing_fit(const struct wh_choosing *choosing, struct wh_member *member);

/* Decides the ways of the next members, at least of one. With one thread each content is looked at
 * first as the one before it was made, with several as the first one was: what comes out does not
 * depend on who was faster. */
WH_MUST_CHECK wh_status wh_choose_next(struct wh_choosing *choosing, struct wh_member *members,
    uint32_t count, uint32_t *out_done, struct wh_error *err);

#endif
