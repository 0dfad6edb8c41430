/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_plain.h - a member of a group in the form in which it is coded: as it is, or taken apart
 * as its recipe says. */
#ifndef WHITTLE_REPO_EXPLAIN_PLAIN_H
#define WHITTLE_REPO_EXPLAIN_PLAIN_H

#include "package_file.h"
#include "whittle/bundle.h"

struct wh_explain_plain {
    const struct wh_entry *entry;
    struct wh_bytes base; /* as it is coded; a slice of the package, or of old */
    size_t length;        /* of the content, as it is coded */
    struct wh_unpacked old;
    uint64_t *lengths; /* of the content's streams and its outer bytes; NULL without a recipe */
    uint8_t ids[2][WH_BUILD_ID_MAX];
    struct wh_bytes old_id; /* slices of them; empty where they are not needed */
    struct wh_bytes new_id;
};

/* origin: unpacked; must live as long as the result. WH_MALFORMED, WH_OVER_LIMIT: the recipe is not
 * for this base. Free with wh_explain_plain_clear(). */
WH_MUST_CHECK wh_status wh_explain_plain_open(const struct wh_entry *entry,
    const struct wh_package_file *origin, const struct wh_header *new_header,
    struct wh_explain_plain *out_plain, struct wh_error *err);
void wh_explain_plain_clear(struct wh_explain_plain *plain);

/* Decodes the next piece of each stream and moves the readers on. out_outer_end: where the piece of
 * the outer file ends, of MiniDebugInfo that has a base; else where all of it ends. */
WH_MUST_CHECK wh_status wh_explain_plain_decode(const struct wh_explain_plain *plain,
    struct wh_reader streams[WH_STREAMS], struct wh_reader out_outer_end[WH_STREAMS],
    struct wh_error *err);

#endif
