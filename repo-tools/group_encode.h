/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_encode.h - decides which contents of a bundle are coded together, and encodes them. */
#ifndef WHITTLE_REPO_GROUP_ENCODE_H
#define WHITTLE_REPO_GROUP_ENCODE_H

#include "member.h"
#include "memory.h"

/* Old and new contents of one set of small files; more gains less than 5 %. */
#define WH_TEXT_GROUP (2u << 20)
/* New contents of one group of residues. Long groups find what programs of one package share. */
#define WH_PATCH_GROUP (64u << 20)

/* Groups with their entries, and the buffers that hold them. */
struct wh_encoded_groups {
    struct wh_entry *entries; /* in the order of the groups, ascending by file in each */
    struct wh_costs *costs;   /* one an entry */
    struct wh_apart **aparts; /* one an entry: whose recipe it points to, or NULL */
    uint32_t entry_count;
    struct wh_group *groups;
    struct wh_buffer *stored; /* one a group */
    uint32_t group_count;
};

/* %config files stay alone, %doc files among themselves; small files share frames, or groups of
 * residues, or stay alone, whichever is smaller. origin may be NULL where no entry has a
 * base; a base that does not pay is taken out of its entry. The result depends on contents and
 * means alone. WH_OVER_LIMIT: the groups have more than means->stored_max bytes. Free with
 * wh_encoded_groups_clear(). */
WH_MUST_CHECK wh_status wh_groups_encode(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    const struct wh_means *means, struct wh_encoded_groups *out_groups, struct wh_error *err);

/* The same for a supplement: every content alone. */
WH_MUST_CHECK wh_status wh_groups_encode_alone(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_package_file *target, const struct wh_means *means,
    struct wh_encoded_groups *out_groups, struct wh_error *err);

/* The one group of a content that is in no package. */
WH_MUST_CHECK wh_status wh_groups_encode_one(struct wh_bytes base, struct wh_bytes content,
    const struct wh_means *means, struct wh_encoded_groups *out_groups, struct wh_error *err);

void wh_encoded_groups_clear(struct wh_encoded_groups *groups);

#endif
