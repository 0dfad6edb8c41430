/* SPDX-License-Identifier: GPL-2.0-or-later */
/* match.c - see match.h. */
#include "match/match.h"

#include <stdlib.h>

#include "match/anchor_index.h"
#include "match/gaps.h"
#include "match/prune.h"
#include "match/refine.h"
#include "match/scan.h"
#include "match/suffixes.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

#define STEP_FAST 8u
#define STEP_DEFAULT 4u
#define SUFFIXES_MAX (64u << 20) /* bytes of an old view that are sorted: 320 MiB of memory */

static wh_status match_by_index(
    const struct wh_views *views, size_t step, struct wh_copy_list *list, struct wh_error *err)
{
    wh_cleanup(wh_anchor_index_clear) struct wh_anchor_index index = {0};
    const struct wh_scan scan = {.views = *views, .find = wh_anchor_index_find, .context = &index};

    WH_TRY(wh_anchor_index_init(&index, views, step, err));
    return wh_scan_range(&scan, 0, views->new_view.length, 0, list, err);
}

static wh_status match_by_suffixes(
    const struct wh_views *views, struct wh_copy_list *list, struct wh_error *err)
{
    wh_cleanup(wh_suffixes_clear) struct wh_suffixes suffixes = {0};
    const struct wh_scan scan = {.views = *views, .find = wh_suffixes_find, .context = &suffixes};

    WH_TRY(wh_suffixes_init(&suffixes, views, err));
    return wh_scan_range(&scan, 0, views->new_view.length, 0, list, err);
}

static wh_status match(const struct wh_views *views, enum wh_effort effort,
    struct wh_copy_list *list, struct wh_error *err)
{
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list rough = {0};
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list filled = {0};

    if (effort == WH_EFFORT_FAST)
        return match_by_index(views, STEP_FAST, list, err);
    if (effort == WH_EFFORT_BEST && views->old_view.length <= SUFFIXES_MAX)
        WH_TRY(match_by_suffixes(views, &rough, err));
    else
        WH_TRY(match_by_index(views, STEP_DEFAULT, &rough, err));
    WH_TRY(wh_fill_gaps(views, &rough, &filled, err));
    return wh_refine_copies(views, &filled, list, err);
}

wh_status wh_match(struct wh_bytes old_view, struct wh_bytes new_view, enum wh_effort effort,
    struct wh_copies *out_copies, struct wh_error *err)
{
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list list = {0};
    const struct wh_views views = {old_view, new_view};

    if (old_view.length > WH_CONTENT_MAX || new_view.length > WH_CONTENT_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "contents of %zu and %zu bytes are over the limit",
            old_view.length, new_view.length);
    if (old_view.length > 0 && new_view.length > 0)
        WH_TRY(match(&views, effort, &list, err));
    wh_prune_copies(&views, &list);
    *out_copies = (struct wh_copies){wh_take(list.copies), list.count};
    return WH_OK;
}

void wh_copies_clear(struct wh_copies *copies)
{
    free(copies->copies);
    *copies = (struct wh_copies){0};
}
