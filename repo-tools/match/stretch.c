/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stretch.c - see stretch.h. */
#include "match/stretch.h"

#include <stdlib.h>

#include "match/cost.h"
#include "whittle/cleanup.h"

#define LENGTH_MAX 65536u
#define ALIGNMENTS_MAX 16u
#define NEW ALIGNMENTS_MAX /* the state of a byte that is sent as it is */
#define NOBODY UINT32_MAX

/* Costs that no way comes to. */
#define OUTSIDE (1u << 20) /* the old view has no such byte */
#define IMPOSSIBLE (1u << 28)

struct wh_stretch {
    struct wh_views views;
    size_t begin;
    size_t alignments[ALIGNMENTS_MAX];
    uint32_t count;
    uint32_t enter; /* the state before `begin` */
    /* For each byte: which states are better changed to than kept, and from which state. The way
     * back through these is the cheapest one. */
    uint32_t *changed;
    uint8_t *cheapest;
};

/* The cheapest ways that end in each state. */
struct ways {
    uint32_t costs[ALIGNMENTS_MAX + 1];
    uint32_t changes[ALIGNMENTS_MAX];
    bool differed[ALIGNMENTS_MAX];
    uint32_t cheapest; /* a state */
};

wh_status wh_stretch_new(
    const struct wh_views *views, struct wh_stretch **out_stretch, struct wh_error *err)
{
    wh_cleanup(wh_stretch_free) struct wh_stretch *stretch = calloc(1, sizeof *stretch);
    size_t length = wh_least(views->new_view.length, LENGTH_MAX);

    if (!stretch)
        return wh_no_memory(err);
    stretch->views = *views;
    stretch->changed = calloc(length + 1, sizeof *stretch->changed);
    stretch->cheapest = calloc(length + 1, sizeof *stretch->cheapest);
    if (!stretch->changed || !stretch->cheapest)
        return wh_no_memory(err);
    *out_stretch = wh_take(stretch);
    return WH_OK;
}

void wh_stretch_free(struct wh_stretch **stretch)
{
    if (!*stretch)
        return;
    free((*stretch)->changed);
    free((*stretch)->cheapest);
    free(*stretch);
    *stretch = NULL;
}

static uint32_t state_of(struct wh_stretch *stretch, size_t alignment)
{
    uint32_t state = 0;

    while (state < stretch->count && stretch->alignments[state] != alignment)
        state++;
    if (state == stretch->count)
        stretch->alignments[stretch->count++] = alignment;
    return state;
}

void wh_stretch_begin(struct wh_stretch *stretch, size_t begin, const size_t *alignment)
{
    stretch->begin = begin;
    stretch->count = 0;
    stretch->enter = alignment ? state_of(stretch, *alignment) : NEW;
}

bool wh_stretch_add(struct wh_stretch *stretch, size_t up_to, size_t alignment)
{
    /* One place is kept for the alignment at the end. */
    if (stretch->count >= ALIGNMENTS_MAX - 1 || up_to - stretch->begin > LENGTH_MAX)
        return false;
    (void)state_of(stretch, alignment);
    return true;
}

/* Copies refer to their neighbours: those of other alignments than the neighbours' cost more. */
static uint32_t change_cost(const struct wh_stretch *stretch, uint32_t state, uint32_t leave)
{
    size_t alignment = stretch->alignments[state];
    size_t nearest = SIZE_MAX;

    for (uint32_t side = 0; side < 2; side++) {
        uint32_t neighbour = side ? leave : stretch->enter;
        if (neighbour >= stretch->count)
            continue;
        size_t further = alignment - stretch->alignments[neighbour];
        nearest = wh_least(nearest, wh_least(further, 0 - further));
    }
    if (nearest < 1u << 6)
        return WH_COST_COPY;
    if (nearest < 1u << 13)
        return WH_COST_COPY_FAR;
    return nearest < 1u << 20 ? WH_COST_COPY_FARTHER : WH_COST_COPY_FARTHEST;
}

static struct ways enter(const struct wh_stretch *stretch, uint32_t leave)
{
    struct ways ways = {.cheapest = stretch->enter};

    for (uint32_t state = 0; state < stretch->count; state++) {
        ways.costs[state] = IMPOSSIBLE;
        ways.changes[state] = change_cost(stretch, state, leave);
    }
    ways.costs[NEW] = IMPOSSIBLE;
    ways.costs[stretch->enter] = 0;
    return ways;
}

/* What a byte costs that is made from an alignment. */
static uint32_t byte_cost(
    const struct wh_stretch *stretch, struct ways *ways, uint32_t state, size_t new_offset)
{
    struct wh_bytes old_view = stretch->views.old_view;
    size_t old_offset = new_offset + stretch->alignments[state];
    bool differed = ways->differed[state];

    if (old_offset >= old_view.length)
        return OUTSIDE;
    const uint8_t *old_byte = old_view.data + old_offset;
    const uint8_t *new_byte = stretch->views.new_view.data + new_offset;
    ways->differed[state] = *old_byte != *new_byte;
    if (!ways->differed[state])
        return 0;
    return wh_cost_of_difference(
        old_offset >= 4 && new_offset >= 4 && wh_difference_repeats(old_byte, new_byte), differed);
}

/* Makes all ways one byte longer. */
static void advance(struct wh_stretch *stretch, struct ways *ways, size_t new_offset)
{
    size_t at = new_offset - stretch->begin;
    uint32_t before = ways->costs[ways->cheapest];
    uint32_t cheapest = NEW;
    uint32_t changed = 0;

    stretch->cheapest[at] = (uint8_t)ways->cheapest;
    if (before < ways->costs[NEW]) {
        ways->costs[NEW] = before;
        changed |= 1u << NEW;
    }
    ways->costs[NEW] += wh_cost_of_new(stretch->views.new_view.data[new_offset]);
    for (uint32_t state = 0; state < stretch->count; state++) {
        if (before + ways->changes[state] < ways->costs[state]) {
            ways->costs[state] = before + ways->changes[state];
            changed |= 1u << state;
        }
        ways->costs[state] += byte_cost(stretch, ways, state, new_offset);
        if (ways->costs[state] < ways->costs[cheapest])
            cheapest = state;
    }
    ways->cheapest = cheapest;
    stretch->changed[at] = changed;
}

/* Goes back from the last byte, leaving in `cheapest` the state that each byte has. */
static void trace_back(struct wh_stretch *stretch, size_t length, uint32_t state)
{
    for (size_t at = length; at-- > 0;) {
        uint32_t before = stretch->changed[at] >> state & 1 ? stretch->cheapest[at] : state;
        stretch->cheapest[at] = (uint8_t)state;
        state = before;
    }
}

static wh_status add_copies(const struct wh_stretch *stretch, size_t length,
    struct wh_copy_list *list, struct wh_error *err)
{
    const uint8_t *states = stretch->cheapest;

    for (size_t at = 0, next = 0; at < length; at = next) {
        size_t new_offset = stretch->begin + at;
        while (next < length && states[next] == states[at])
            next++;
        if (states[at] == NEW)
            continue;
        WH_TRY(wh_copy_list_add(list,
            (struct wh_copy){new_offset, new_offset + stretch->alignments[states[at]], next - at},
            err));
    }
    return WH_OK;
}

wh_status wh_stretch_end(struct wh_stretch *stretch, size_t end, const size_t *alignment,
    struct wh_copy_list *list, struct wh_error *err)
{
    uint32_t leave = alignment ? state_of(stretch, *alignment) : NOBODY;
    struct ways ways = enter(stretch, leave);

    for (size_t new_offset = stretch->begin; new_offset < end; new_offset++)
        advance(stretch, &ways, new_offset);
    uint32_t state = ways.cheapest;
    if (alignment && ways.costs[leave] <= ways.costs[state] + ways.changes[leave])
        state = leave;
    trace_back(stretch, end - stretch->begin, state);
    return add_copies(stretch, end - stretch->begin, list, err);
}
