/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gaps.c - see gaps.h. */
#include "match/gaps.h"

#include "match/gap_index.h"
#include "whittle/cleanup.h"

#define GAP_MIN 8u          /* shorter gaps hold no anchor */
#define MARGIN 1024u        /* how far beyond what lies opposite */
#define OPPOSITE_MAX 65536u /* bytes of the old view that one side of a gap is compared with */
#define SETTLED 8u

/* What is new between two copies, and where they lie in the old view. */
struct gap {
    size_t begin;
    size_t end;
    size_t old_begin; /* where the copy before ends */
    size_t old_end;   /* where the copy behind begins */
};

static void look_opposite(struct wh_gap_index *index, const struct gap *gap)
{
    size_t length = wh_least(gap->end - gap->begin, OPPOSITE_MAX) + MARGIN;
    size_t old_length = index->views.old_view.length;
    size_t begin = gap->old_begin - wh_least(gap->old_begin, MARGIN);
    size_t end = wh_least(gap->old_end, old_length - MARGIN) + MARGIN;

    if (old_length < MARGIN)
        end = old_length;
    if (begin > end || end - begin > 2 * length + 4096)
        end = begin + wh_least(old_length - begin, length + MARGIN);
    wh_gap_index_move(index, begin, end);
}

static wh_status fill(const struct wh_scan *scan, struct wh_gap_index *index, const struct gap *gap,
    struct wh_copy_list *list, struct wh_error *err)
{
    if (gap->end - gap->begin < GAP_MIN)
        return WH_OK;
    look_opposite(index, gap);
    return wh_scan_range(scan, gap->begin, gap->end, gap->old_begin - gap->begin, list, err);
}

wh_status wh_fill_gaps(const struct wh_views *views, const struct wh_copy_list *copies,
    struct wh_copy_list *list, struct wh_error *err)
{
    wh_cleanup(wh_gap_index_clear) struct wh_gap_index index = {0};
    const struct wh_scan scan = {
        .views = *views, .find = wh_gap_index_find, .context = &index, .settled = SETTLED};
    struct gap gap = {0};

    WH_TRY(wh_gap_index_init(&index, views, err));
    for (size_t i = 0; i < copies->count; i++) {
        const struct wh_copy *copy = &copies->copies[i];
        gap.end = copy->new_offset;
        gap.old_end = copy->old_offset;
        WH_TRY(fill(&scan, &index, &gap, list, err));
        WH_TRY(wh_copy_list_add(list, *copy, err));
        gap.begin = copy->new_offset + copy->length;
        gap.old_begin = copy->old_offset + copy->length;
    }
    gap.end = views->new_view.length;
    gap.old_end = views->old_view.length;
    return fill(&scan, &index, &gap, list, err);
}
