/* SPDX-License-Identifier: GPL-2.0-or-later */
/* match.c - see match.h. */
#include "match/match.h"

#include <stdlib.h>

#include "jobs.h"
#include "match/anchor_index.h"
#include "match/gaps.h"
#include "match/refine.h"
#include "match/scan.h"
#include "match/suffixes.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

#define SUFFIXES_MAX (64u << 20) /* bytes of an old view that are sorted: 256 MiB of memory */
#define INDEX_MAX (256u << 20)   /* bytes; longer old views have fewer places in the index */
#define FILLING (2u << 20)       /* bytes that filling gaps and refining take at most */

static size_t least_step(enum wh_effort effort)
{
    switch (effort) {
    case WH_EFFORT_LEAST:
        return 32;
    case WH_EFFORT_FAST:
        return 16;
    case WH_EFFORT_DEFAULT:
    case WH_EFFORT_BEST:
        break;
    }
    return 4;
}

/* Every how many-th place of the old view is in the index. */
static size_t step_of(uint64_t old_length, enum wh_effort effort)
{
    size_t step = least_step(effort);

    while (wh_anchor_index_memory(old_length, step) > INDEX_MAX)
        step *= 2;
    return step;
}

static bool are_sorted(uint64_t old_length, enum wh_effort effort)
{
    return effort == WH_EFFORT_BEST && old_length <= SUFFIXES_MAX;
}

/* Short copies all over a long content say that it is another one; without a bound they could take
 * more memory than all else. */
uint64_t wh_copies_max(uint64_t new_length, enum wh_effort effort)
{
    enum { AVERAGE_MIN = 96, LENGTH_MIN = 8, ALWAYS = 1 << 19, LEAST = 8 };
    uint64_t bound = new_length / AVERAGE_MIN + ALWAYS;

    if (effort == WH_EFFORT_LEAST)
        bound /= LEAST;
    return bound < new_length / LENGTH_MIN + 1 ? bound : new_length / LENGTH_MIN + 1;
}

uint64_t wh_copies_memory(uint64_t new_length, enum wh_effort effort)
{
    return wh_copies_max(new_length, effort) * sizeof(struct wh_copy);
}

uint64_t wh_match_memory(uint64_t old_length, uint64_t new_length, enum wh_effort effort)
{
    uint64_t index = are_sorted(old_length, effort)
                         ? old_length * sizeof(int32_t)
                         : wh_anchor_index_memory(old_length, step_of(old_length, effort));
    uint64_t copies = wh_copies_memory(new_length, effort);

    return FILLING + (index > copies ? index + copies : 2 * copies);
}

/* The way from places that a search finds to copies. */
static wh_status match(const struct wh_scan *scan, struct wh_copy_list *list, struct wh_error *err)
{
    const struct wh_views *views = &scan->views;
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list rough = {.ceiling = list->ceiling};
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list filled = {.ceiling = list->ceiling};

    WH_TRY(wh_scan_range(scan, 0, views->new_view.length, 0, &rough, err));
    WH_TRY(wh_fill_gaps(views, &rough, &filled, err));
    wh_copy_list_clear(&rough);
    return wh_refine_copies(views, &filled, list, err);
}

static wh_status match_by_suffixes(
    const struct wh_views *views, struct wh_copy_list *list, struct wh_error *err)
{
    wh_cleanup(wh_suffixes_clear) struct wh_suffixes suffixes = {0};
    const struct wh_scan scan = {.views = *views, .find = wh_suffixes_find, .context = &suffixes};

    WH_TRY(wh_suffixes_init(&suffixes, views, err));
    return match(&scan, list, err);
}

static wh_status match_with(
    const struct wh_anchor_index *index, struct wh_copy_list *list, struct wh_error *err)
{
    const struct wh_scan scan = {
        .views = index->views, .find = wh_anchor_index_find, .context = index};

    return match(&scan, list, err);
}

/* ---- in parts ------------------------------------------------------------------------------ */

#define PART_MIN (1u << 20) /* bytes of the new view */
#define PARTS_MAX 4u

struct part {
    struct wh_anchor_index index; /* borrows the slots */
    size_t offset;                /* in the new view */
    struct wh_copy_list list;
    wh_status status;
    struct wh_error error;
};

struct parts {
    struct part list[PARTS_MAX];
    uint32_t count;
};

static void clear_parts(struct parts *parts)
{
    for (uint32_t i = 0; i < parts->count; i++)
        wh_copy_list_clear(&parts->list[i].list);
}

static bool match_part(void *context, uint32_t number)
{
    struct part *part = &((struct parts *)context)->list[number];

    part->status = match_with(&part->index, &part->list, &part->error);
    return part->status == WH_OK;
}

/* Each part as if it were all there is, with the whole old view. */
static void divide(
    const struct wh_anchor_index *index, uint32_t count, size_t ceiling, struct parts *parts)
{
    const struct wh_bytes new_view = index->views.new_view;

    for (; parts->count < count; parts->count++) {
        struct part *part = &parts->list[parts->count];
        size_t end = (size_t)((uint64_t)new_view.length * (parts->count + 1) / count);
        part->offset = (size_t)((uint64_t)new_view.length * parts->count / count);
        part->index = *index;
        part->index.views.new_view = (struct wh_bytes){
            new_view.data + part->offset, end - part->offset};
        part->list.ceiling = ceiling / count + 1;
    }
}

static wh_status join(const struct parts *parts, struct wh_copy_list *list, struct wh_error *err)
{
    for (uint32_t i = 0; i < parts->count; i++) {
        const struct part *part = &parts->list[i];
        if (part->status != WH_OK) {
            if (err)
                *err = part->error;
            return part->status;
        }
        for (size_t at = 0; at < part->list.count; at++) {
            struct wh_copy copy = part->list.copies[at];
            copy.new_offset += part->offset;
            WH_TRY(wh_copy_list_add(list, copy, err));
        }
    }
    return WH_OK;
}

static uint32_t parts_of(size_t new_length, uint32_t threads)
{
    size_t count = new_length / PART_MIN;

    if (threads <= 1 || count < 2)
        return 1;
    return count < PARTS_MAX ? (uint32_t)count : PARTS_MAX;
}

static wh_status match_by_index(const struct wh_views *views, const struct wh_match_means *means,
    struct wh_copy_list *list, struct wh_error *err)
{
    wh_cleanup(wh_anchor_index_clear) struct wh_anchor_index index = {0};
    wh_cleanup(clear_parts) struct parts parts = {.count = 0};
    uint32_t count = parts_of(views->new_view.length, means->threads);
    size_t step = step_of(views->old_view.length, means->effort);

    WH_TRY(wh_anchor_index_init(&index, views, step, err));
    if (count == 1)
        return match_with(&index, list, err);
    divide(&index, count, list->ceiling, &parts);
    const struct wh_jobs jobs = {match_part, &parts, count, means->threads};
    wh_jobs_run(&jobs);
    return join(&parts, list, err);
}

/* ---- the whole ----------------------------------------------------------------------------- */

wh_status wh_match_by(struct wh_bytes old_view, struct wh_bytes new_view,
    const struct wh_match_means *means, struct wh_copies *out_copies, struct wh_error *err)
{
    enum wh_effort effort = means->effort;
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list list = {
        .ceiling = (size_t)wh_copies_max(new_view.length, effort)};
    const struct wh_views views = {old_view, new_view};

    if (old_view.length > WH_CONTENT_MAX || new_view.length > WH_CONTENT_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "contents of %zu and %zu bytes are over the limit",
            old_view.length, new_view.length);
    if (old_view.length > 0 && new_view.length > 0)
        WH_TRY(are_sorted(old_view.length, effort) ? match_by_suffixes(&views, &list, err)
                                                   : match_by_index(&views, means, &list, err));
    *out_copies = (struct wh_copies){wh_take(list.copies), list.count};
    return WH_OK;
}

wh_status wh_match(struct wh_bytes old_view, struct wh_bytes new_view, enum wh_effort effort,
    struct wh_copies *out_copies, struct wh_error *err)
{
    const struct wh_match_means means = {effort, 1};

    return wh_match_by(old_view, new_view, &means, out_copies, err);
}

void wh_copies_clear(struct wh_copies *copies)
{
    free(copies->copies);
    *copies = (struct wh_copies){0};
}
