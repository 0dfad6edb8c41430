/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gaps.c - see gaps.h. */
#include "match/gaps.h"

#include "match/gap_index.h"
#include "whittle/cleanup.h"

#define GAP_MIN 8u          /* shorter gaps hold no anchor */
#define MARGIN 1024u        /* how far beyond what lies opposite */
#define OPPOSITE_MAX 65536u /* bytes of the old view on each side that a gap is compared with */

/* What is new between two copies, and where they lie in the old view. */
struct gap {
    size_t begin;
    size_t end;
    size_t old_begin; /* where the copy before ends */
    size_t old_end;   /* where the copy behind begins */
};

/* The surroundings of a place, without what lies outside the old view. */
static struct wh_part around(size_t place, size_t before, size_t behind, size_t old_length)
{
    return (struct wh_part){
        place - wh_least(place, before), place + wh_least(old_length - place, behind)};
}

/* Looks behind the one copy and before the other, as far as the gap is long: in one part when
 * these meet. */
static void look_opposite(struct wh_gap_index *index, const struct gap *gap)
{
    size_t reach = wh_least(gap->end - gap->begin, OPPOSITE_MAX) + MARGIN;
    size_t old_length = index->views.old_view.length;
    struct wh_part first = around(gap->old_begin, MARGIN, reach, old_length);
    struct wh_part second = around(gap->old_end, reach, MARGIN, old_length);

    if (second.begin <= first.end && first.begin <= second.end) {
        first.begin = wh_least(first.begin, second.begin);
        first.end = first.end > second.end ? first.end : second.end;
        second = (struct wh_part){0};
    }
    wh_gap_index_move(index, first, second);
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
    const struct wh_scan scan = {.views = *views, .find = wh_gap_index_find, .context = &index};
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
