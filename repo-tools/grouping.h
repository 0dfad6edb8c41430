/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grouping.h - which contents are compressed together. */
#ifndef WHITTLE_REPO_GROUPING_H
#define WHITTLE_REPO_GROUPING_H

#include "differences.h"

/* Files up to here gain from company: old contents of all are the reference of all. */
#define WH_SMALL_FILE (32u << 10)
/* Old and new contents of one group of small files; larger ones gain less than 5 % and cost a
 * client more that needs one member only. */
#define WH_TEXT_GROUP (1u << 20)

/* Entries in the order of their groups; group i has counts[i] of them, ascending by file. */
struct wh_grouping {
    struct wh_entry *entries;
    uint32_t entry_count;
    uint32_t *counts;
    uint32_t group_count;
};

/* %config files stay alone (an edited one then costs no other), %doc files among themselves, large
 * files alone. old_header may be NULL where no entry has a base. Free with wh_grouping_clear(). */
WH_MUST_CHECK wh_status wh_grouping_make(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_header *old_header, const struct wh_header *new_header,
    struct wh_grouping *out_grouping, struct wh_error *err);
void wh_grouping_clear(struct wh_grouping *grouping);

#endif
