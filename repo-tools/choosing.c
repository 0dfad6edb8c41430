/* SPDX-License-Identifier: GPL-2.0-or-later */
/* choosing.c - see choosing.h. */
#include "choosing.h"

#include <stdlib.h>

#include "jobs.h"
#include "packed/container.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

void wh_choosing_fit(const struct wh_choosing *choosing, struct wh_member *member)
{
    struct wh_fit fit = wh_memory_fit(
        member->base.length, member->content.length, choosing->room, choosing->means);

    member->effort = fit.effort;
    member->threads = choosing->means->threads;
    member->stored_max = choosing->means->stored_max;
    if (fit.with_base)
        return;
    member->base = (struct wh_bytes){0};
    member->entry.base = WH_NO_FILE;
}

/* Is the plain form hardly smaller, so that it does not pay to take it apart? */
static bool is_idle(const struct wh_member *member, size_t length)
{
    uint64_t frame = wh_member_frame_cost(member);
    uint64_t cost = frame < member->costs.patch ? frame : member->costs.patch;

    return member->way != WH_WAY_TEXT && cost > length - length / 16;
}

/* The way of a content that may be compressed itself: in its plain form, unless that is no gain. */
static wh_status choose(const struct wh_choosing *choosing, struct wh_habits *habits,
    struct wh_member *member, struct wh_error *err)
{
    const struct wh_apart_means means = {
        .habits = habits,
        .without_liblzma = choosing->means->without_liblzma,
        .unproved = choosing->means->unproved,
        .margin = WH_PLAIN_MARGIN,
    };
    const struct wh_member whole = *member;
    wh_status status = WH_UNSUPPORTED;

    if (choosing->target && !choosing->means->as_they_are)
        status = wh_member_take_apart(member, choosing->origin, choosing->target, &means, err);
    if (status == WH_UNSUPPORTED || status == WH_OVER_LIMIT)
        return wh_member_choose(member, err);
    WH_TRY(status);
    wh_choosing_fit(choosing, member);
    status = wh_member_choose(member, err);
    if (status != WH_OVER_LIMIT) {
        WH_TRY(status);
        if (!is_idle(member, whole.content.length))
            return WH_OK;
    }
    wh_member_clear(member);
    *member = whole;
    return wh_member_choose(member, err);
}

/* ---- several at the same time -------------------------------------------------------------- */

static bool is_packed(const struct wh_member *member)
{
    wh_cleanup(wh_listing_clear) struct wh_listing listing = {0};

    return wh_container_list(member->content, &listing, NULL) == WH_OK &&
           listing.packing != WH_PACKING_NONE && !listing.why && listing.count > 0;
}

/* How the first one was made is where the others begin. */
static wh_status choose_first_packed(
    struct wh_choosing *choosing, struct wh_member *members, uint32_t count, struct wh_error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!is_packed(&members[i]))
            continue;
        choosing->first_packed = &members[i];
        return choose(choosing, &choosing->habits, &members[i], err);
    }
    choosing->first_packed = members + count; /* there is none */
    return WH_OK;
}

/* One member of a batch. */
struct piece {
    struct wh_member *member;
    uint64_t bytes;
    uint32_t number;
    wh_status status;
    struct wh_error error;
};

struct batch {
    const struct wh_choosing *choosing;
    struct piece *pieces;
    uint32_t count;
};

static void clear_batch(struct batch *batch)
{
    free(batch->pieces);
}

static bool choose_piece(void *context, uint32_t number)
{
    struct batch *batch = context;
    struct piece *piece = &batch->pieces[number];
    struct wh_habits habits = batch->choosing->habits;

    piece->status = choose(batch->choosing, &habits, piece->member, &piece->error);
    return piece->status == WH_OK;
}

/* Long ones first: nobody should wait for one that was begun last. */
static int order_pieces(const void *left, const void *right)
{
    const struct piece *a = left;
    const struct piece *b = right;

    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    return (a->number > b->number) - (a->number < b->number);
}

/* As many as there is memory for, all of them together. */
static wh_status fill_batch(const struct wh_choosing *choosing, struct wh_member *members,
    uint32_t count, struct batch *batch, uint32_t *out_done, struct wh_error *err)
{
    uint64_t room = choosing->room;
    uint32_t done = 0;

    batch->pieces = wh_array(count, sizeof *batch->pieces, SIZE_MAX, err);
    if (!batch->pieces)
        return wh_no_memory(err);
    for (; done < count; done++) {
        struct wh_member *member = &members[done];
        uint64_t needed = wh_memory_of_content(member->base.length, member->content.length,
            member->effort, choosing->means->stored_max);
        if (done > 0 && needed > room)
            break;
        room -= needed < room ? needed : room;
        if (member != choosing->first_packed)
            batch->pieces[batch->count++] = (struct piece){.member = member,
                .bytes = (uint64_t)member->base.length + member->content.length,
                .number = done};
    }
    qsort(batch->pieces, batch->count, sizeof *batch->pieces, order_pieces);
    *out_done = done;
    return WH_OK;
}

static wh_status choose_batch(struct wh_choosing *choosing, struct wh_member *members,
    uint32_t count, uint32_t *out_done, struct wh_error *err)
{
    wh_cleanup(clear_batch) struct batch batch = {.choosing = choosing};
    const struct piece *failed = NULL;

    if (!choosing->first_packed)
        WH_TRY(choose_first_packed(choosing, members, count, err));
    WH_TRY(fill_batch(choosing, members, count, &batch, out_done, err));
    const struct wh_jobs jobs = {choose_piece, &batch, batch.count, choosing->means->threads};
    wh_jobs_run(&jobs);
    for (uint32_t i = 0; i < batch.count; i++) {
        const struct piece *piece = &batch.pieces[i];
        if (piece->status != WH_OK && (!failed || piece->number < failed->number))
            failed = piece;
    }
    if (!failed)
        return WH_OK;
    if (err)
        *err = failed->error;
    return failed->status;
}

wh_status wh_choose_next(struct wh_choosing *choosing, struct wh_member *members, uint32_t count,
    uint32_t *out_done, struct wh_error *err)
{
    if (choosing->means->threads > 1)
        return choose_batch(choosing, members, count, out_done, err);
    *out_done = 1;
    return choose(choosing, &choosing->habits, &members[0], err);
}
