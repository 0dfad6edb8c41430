/* SPDX-License-Identifier: GPL-2.0-or-later */
/* copies.h - a growing list of copies. */
#ifndef WHITTLE_REPO_MATCH_COPIES_H
#define WHITTLE_REPO_MATCH_COPIES_H

#include "match/match.h"

struct wh_copy_list {
    struct wh_copy *copies;
    size_t count;
    size_t capacity;
    size_t ceiling; /* a list that is full takes no more: what they would make is new; 0: none */
};

/* Adds a copy that begins at or after the end of the last one; one that only goes on where the last
 * one ended makes that one longer, and one of length 0 adds nothing. */
WH_MUST_CHECK wh_status wh_copy_list_add(
    struct wh_copy_list *list, struct wh_copy copy, struct wh_error *err);
void wh_copy_list_clear(struct wh_copy_list *list);

#endif
