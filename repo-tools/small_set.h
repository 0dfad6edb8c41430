/* SPDX-License-Identifier: GPL-2.0-or-later */
/* small_set.h - how a set of small files is stored: by a frame for all, by one for each, by their
 * residues; or as one of these for some and as frames for the others. Company makes those smaller
 * that hardly changed, and distances in a long frame make others larger. */
#ifndef WHITTLE_REPO_SMALL_SET_H
#define WHITTLE_REPO_SMALL_SET_H

#include "member.h"
#include "memory.h"

struct wh_set_choice {
    struct wh_buffer shared; /* the group of those that are together; empty where none are */
    enum wh_codec_id codec;  /* its */
    /* Bytes for all, each way; WH_NO_COST where it cannot be. */
    uint64_t all_frame;
    uint64_t all_patch;
};

struct wh_set_means {
    enum wh_effort effort;
    uint64_t room;    /* bytes of memory for one group at a time */
    uint32_t threads; /* 0 or 1: the caller's alone */
};

/* Tries what may win. Afterwards a member's way is WH_WAY_TEXT or WH_WAY_PATCH where it is in the
 * shared group, and else that of its frame. Clear out_choice->shared with
 * wh_buffer_clear(). */
WH_MUST_CHECK wh_status wh_set_choose(struct wh_member *const *members, uint32_t count,
    const struct wh_set_means *means, struct wh_set_choice *out_choice, struct wh_error *err);

#endif
