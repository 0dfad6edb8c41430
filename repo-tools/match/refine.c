/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refine.c - see refine.h. */
#include "match/refine.h"

#include "match/holes.h"
#include "match/stretch.h"
#include "whittle/cleanup.h"

#define SOLID 128u  /* equal bytes in a run that no other alignment can be better than */
#define REACH 4096u /* how far the end of a copy may move */

/* How far from the end of a copy a stretch may have to go on: over the largest gap that is looked
 * at whole, to the core of the next copy, which begins less than REACH + SOLID further on. */
#define AHEAD (4 * REACH)

/* A range of new offsets inside a copy whose alignment is no longer in question. */
struct core {
    size_t begin;
    size_t end;
};

struct refinement {
    const struct wh_views *views;
    struct wh_stretch *stretch;
    struct wh_copy_list *list;
};

/* From the first to the last run of SOLID equal bytes, but no less than what lies further than
 * REACH from both ends; empty if there is neither. */
static struct core solid_core(const struct wh_views *views, const struct wh_copy *copy)
{
    const uint8_t *new_bytes = views->new_view.data + copy->new_offset;
    const uint8_t *old_bytes = views->old_view.data + copy->old_offset;
    size_t begin = 0;
    size_t end = copy->length;

    while (begin < end) {
        size_t equal = wh_equal_forward(
            new_bytes + begin, old_bytes + begin, wh_least(end - begin, SOLID));
        if (equal == SOLID || begin >= REACH)
            break;
        begin += wh_least(equal + 1, end - begin);
    }
    while (begin < end) {
        size_t equal = wh_equal_backward(
            new_bytes + end, old_bytes + end, wh_least(end - begin, SOLID));
        if (equal == SOLID || copy->length - end >= REACH)
            break;
        end -= wh_least(equal + 1, end - begin);
    }
    return (struct core){copy->new_offset + begin, copy->new_offset + end};
}

static wh_status end_stretch(struct refinement *refinement, const struct wh_copy *copy,
    struct core core, struct wh_error *err)
{
    size_t alignment = copy->old_offset - copy->new_offset;

    WH_TRY(wh_stretch_end(refinement->stretch, core.begin, &alignment, refinement->list, err));
    WH_TRY(wh_add_without_holes(refinement->views,
        (struct wh_copy){core.begin, core.begin + alignment, core.end - core.begin},
        refinement->list, err));
    wh_stretch_begin(refinement->stretch, core.end, &alignment);
    return WH_OK;
}

/* Nothing that lies further from both copies than REACH is in question. */
static wh_status pass_gap(
    struct refinement *refinement, size_t begin, size_t end, struct wh_error *err)
{
    if (end - begin <= 2 * REACH)
        return WH_OK;
    WH_TRY(wh_stretch_end(refinement->stretch, begin + REACH, NULL, refinement->list, err));
    wh_stretch_begin(refinement->stretch, end - REACH, NULL);
    return WH_OK;
}

static wh_status pass_copy(
    struct refinement *refinement, const struct wh_copy *copy, struct wh_error *err)
{
    struct core core = solid_core(refinement->views, copy);

    if (core.begin < core.end)
        return end_stretch(refinement, copy, core, err);
    if (wh_stretch_add(refinement->stretch, copy->new_offset + copy->length + AHEAD,
            copy->old_offset - copy->new_offset))
        return WH_OK;
    /* No room: what was found first is kept from the middle of this copy on. */
    core.begin = core.end = copy->new_offset + copy->length / 2;
    return end_stretch(refinement, copy, core, err);
}

wh_status wh_refine_copies(const struct wh_views *views, const struct wh_copy_list *copies,
    struct wh_copy_list *list, struct wh_error *err)
{
    wh_cleanup(wh_stretch_free) struct wh_stretch *stretch = NULL;
    size_t end = 0;

    WH_TRY(wh_stretch_new(views, &stretch, err));
    struct refinement refinement = {views, stretch, list};
    wh_stretch_begin(stretch, 0, NULL);
    for (size_t i = 0; i < copies->count; i++) {
        const struct wh_copy *copy = &copies->copies[i];
        WH_TRY(pass_gap(&refinement, end, copy->new_offset, err));
        WH_TRY(pass_copy(&refinement, copy, err));
        end = copy->new_offset + copy->length;
    }
    WH_TRY(pass_gap(&refinement, end, views->new_view.length, err));
    return wh_stretch_end(stretch, views->new_view.length, NULL, list, err);
}
