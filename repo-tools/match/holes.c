/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holes.c - see holes.h. */
#include "match/holes.h"

#include "match/cost.h"

/* A hole has to save more than the copy behind it costs: less compresses worse. */
#define SAVED_MIN 100

/* A range of a copy, and what is saved when it is sent instead. */
struct hole {
    size_t begin;
    size_t end;
    int64_t saved;
};

struct pair {
    const uint8_t *old_bytes;
    const uint8_t *new_bytes;
    size_t length;
};

static int64_t saved_by(const struct pair *pair, size_t at, bool follows_another)
{
    const uint8_t *old_byte = pair->old_bytes + at;
    const uint8_t *new_byte = pair->new_bytes + at;
    int64_t saved = -(int64_t)wh_cost_of_new(*new_byte);

    if (*old_byte != *new_byte)
        saved += wh_cost_of_difference(
            at >= 4 && wh_difference_repeats(old_byte, new_byte), follows_another);
    return saved;
}

/* The best hole that begins with this difference. out_end: how far was looked. */
static struct hole weigh(const struct pair *pair, size_t begin, size_t *out_end)
{
    struct hole hole = {begin, begin, 0};
    int64_t saved = 0;
    size_t at = begin;

    do {
        bool follows_another = at > begin && pair->old_bytes[at - 1] != pair->new_bytes[at - 1];
        saved += saved_by(pair, at, follows_another);
        at++;
        if (saved > hole.saved) {
            hole.saved = saved;
            hole.end = at;
        }
    } while (at < pair->length && saved > 0 && hole.saved - saved <= SAVED_MIN);
    *out_end = at;
    return hole;
}

/* The first hole from `at` on that saves enough; an empty one at the end if there is none. */
static struct hole next_hole(const struct pair *pair, size_t at)
{
    while (at < pair->length) {
        at += wh_equal_forward(pair->old_bytes + at, pair->new_bytes + at, pair->length - at);
        if (at == pair->length)
            break;
        struct hole hole = weigh(pair, at, &at);
        if (hole.saved > SAVED_MIN)
            return hole;
    }
    return (struct hole){pair->length, pair->length, 0};
}

wh_status wh_add_without_holes(const struct wh_views *views, struct wh_copy copy,
    struct wh_copy_list *list, struct wh_error *err)
{
    const struct pair pair = {views->old_view.data + copy.old_offset,
        views->new_view.data + copy.new_offset, copy.length};

    for (size_t at = 0; at < copy.length;) {
        struct hole hole = next_hole(&pair, at);
        WH_TRY(wh_copy_list_add(list,
            (struct wh_copy){copy.new_offset + at, copy.old_offset + at, hole.begin - at}, err));
        at = hole.end;
    }
    return WH_OK;
}
