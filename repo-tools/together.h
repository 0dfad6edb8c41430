/* SPDX-License-Identifier: GPL-2.0-or-later */
/* together.h - encodes several members as one group. */
#ifndef WHITTLE_REPO_TOGETHER_H
#define WHITTLE_REPO_TOGETHER_H

#include "member.h"

/* Both take the most effort, up to the given one, for which room is enough. */

/* One frame over the contents, with the bases as its prefix: each end to end. */
WH_MUST_CHECK wh_status wh_encode_together(struct wh_member *const *members, uint32_t count,
    enum wh_effort effort, uint64_t room, struct wh_buffer *out, struct wh_error *err);

/* The members' residues. WH_UNSUPPORTED: longer than the decoder allows. */
WH_MUST_CHECK wh_status wh_encode_residues(struct wh_member *const *members, uint32_t count,
    enum wh_effort effort, uint64_t room, struct wh_buffer *out, struct wh_error *err);

#endif
