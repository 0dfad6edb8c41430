/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counterpart.h - the old files that a new content may come from, by name: the same path; the same
 * path but for the folder's numbers; the same but for all numbers; the same base name; the same but
 * for numbers. */
#ifndef WHITTLE_REPO_COUNTERPART_H
#define WHITTLE_REPO_COUNTERPART_H

#include "whittle/header.h"

struct wh_counterparts;

/* Built once for an old header. Header and map are borrowed until free. */
WH_MUST_CHECK wh_status wh_counterparts_new(const struct wh_header *old_header,
    const struct wh_file_map *old_map, struct wh_counterparts **out_counterparts,
    struct wh_error *err);
void wh_counterparts_free(struct wh_counterparts *counterparts);
void wh_counterparts_cleanup(struct wh_counterparts **counterparts);

/* May old files like this one be a base? Regular, with content in the payload. */
bool wh_is_base(const struct wh_file *file);

/* Of the first naming by which there are any; those closest in size, the closest one first. */
#define WH_CANDIDATES_MAX 4u
struct wh_candidates {
    uint32_t files[WH_CANDIDATES_MAX];
    uint32_t count;
};

/* Only such as a file of that class may use. Takes no more time where many have one name. */
void wh_counterparts_find(const struct wh_counterparts *counterparts, const struct wh_file *file,
    struct wh_candidates *out_candidates);

/* Equal for names that are equal but for numbers: runs of digits, with dots between them; and
 * hashes, words of six and more hexadecimal digits of both kinds. */
uint64_t wh_folded_key(const char *dirname, const char *basename);

#endif
