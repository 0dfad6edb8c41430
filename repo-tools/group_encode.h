/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_encode.h - encodes the groups of one bundle. */
#ifndef WHITTLE_REPO_GROUP_ENCODE_H
#define WHITTLE_REPO_GROUP_ENCODE_H

#include "grouping.h"
#include "package_file.h"

/* Encoded groups, and the buffers that hold them. */
struct wh_encoded_groups {
    struct wh_group *groups;
    struct wh_buffer *stored; /* one a group */
    uint32_t group_count;
};

/* origin may be NULL where no entry has a base. A base that does not pay is taken out of
 * grouping's entry. Free with wh_encoded_groups_clear(). */
WH_MUST_CHECK wh_status wh_groups_encode(struct wh_grouping *grouping,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    struct wh_encoded_groups *out_groups, struct wh_error *err);
void wh_encoded_groups_clear(struct wh_encoded_groups *groups);

#endif
