/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan.c - see scan.h. */
#include "match/scan.h"

#define GAIN 6u     /* an alignment is left for one that matches so many bytes more */
#define SETTLED 16u /* so many equal bytes ahead, and no other place is looked for */
#define RECENT 4u   /* alignments left lately that are tried again everywhere */

/* An extension looks for a better end no further than this, and as many times as far as it is long
 * itself: so the time for all parts of a segment is linear. */
#define LOOK_AHEAD 512u
#define LOOK_AHEAD_TIMES 8u

/* The next mismatches of the current alignment, none of them before the scan's position. An anchor
 * that reaches past the last of them matches at least GAIN bytes more. Each is looked for once, so
 * the time spent on them is linear. */
struct mismatches {
    size_t offsets[GAIN];
    size_t first; /* index of the nearest one */
};

/* A stretch that will become a copy, from where its alignment was taken up. */
struct segment {
    size_t new_offset;
    size_t alignment;
};

struct state {
    const struct wh_scan *scan;
    size_t end;
    struct segment segment;
    size_t anchored; /* where the anchor of the segment ends */
    struct mismatches mismatches;
    size_t recent[RECENT]; /* the latest first */
};

/* How many bytes of new_view from new_offset on equal those that the alignment gives. */
static size_t equal_bytes(const struct state *state, size_t new_offset, size_t alignment)
{
    struct wh_bytes old_view = state->scan->views.old_view;
    size_t old_offset = new_offset + alignment;

    if (new_offset >= state->end || old_offset >= old_view.length)
        return 0;
    return wh_equal_forward(state->scan->views.new_view.data + new_offset,
        old_view.data + old_offset,
        wh_least(state->end - new_offset, old_view.length - old_offset));
}

static void list_mismatches(struct state *state, size_t from)
{
    struct mismatches *mismatches = &state->mismatches;

    mismatches->first = 0;
    for (size_t i = 0; i < GAIN; i++) {
        mismatches->offsets[i] = from + equal_bytes(state, from, state->segment.alignment);
        from = mismatches->offsets[i] + 1;
    }
}

static size_t nearest_mismatch(const struct mismatches *mismatches)
{
    return mismatches->offsets[mismatches->first];
}

static size_t last_mismatch(const struct mismatches *mismatches)
{
    return mismatches->offsets[(mismatches->first + GAIN - 1) % GAIN];
}

/* Forgets the nearest mismatch, which the scan leaves behind. */
static void pass_mismatch(struct state *state)
{
    struct mismatches *mismatches = &state->mismatches;
    size_t from = last_mismatch(mismatches) + 1;

    mismatches->offsets[mismatches->first] = from +
                                             equal_bytes(state, from, state->segment.alignment);
    mismatches->first = (mismatches->first + 1) % GAIN;
}

/* The best place to continue from: an alignment of late is as good as an equally long find. */
static struct wh_anchor find_anchor(const struct state *state, size_t at)
{
    const struct wh_scan *scan = state->scan;
    struct wh_anchor best = scan->find(scan->context, at, state->end, state->segment.alignment);

    for (size_t i = 0; i < RECENT; i++) {
        size_t length = equal_bytes(state, at, state->recent[i]);
        if (length > GAIN && length >= best.length)
            best = (struct wh_anchor){at + state->recent[i], length};
    }
    return best;
}

/* Moves an alignment to the front of the recent ones. */
static void remember(struct state *state, size_t alignment)
{
    size_t i = 0;

    while (i + 1 < RECENT && state->recent[i] != alignment)
        i++;
    for (; i > 0; i--)
        state->recent[i] = state->recent[i - 1];
    state->recent[0] = alignment;
}

/* How much two bytes speak for an alignment. Zeros are everywhere: padding matches tables of words
 * half of whose bytes are zeros. */
static int64_t worth(uint8_t old_byte, uint8_t new_byte)
{
    if (old_byte != new_byte)
        return -4;
    return new_byte ? 4 : 1;
}

/* How far a segment is worth going on forward: to where equal bytes exceed the others by most. */
static size_t extend_forward(const struct state *state, size_t up_to)
{
    struct wh_bytes old_view = state->scan->views.old_view;
    const uint8_t *new_bytes = state->scan->views.new_view.data + state->segment.new_offset;
    size_t old_offset = state->segment.new_offset + state->segment.alignment;
    size_t length = 0;
    int64_t score = 0;
    int64_t best = 0;

    if (old_offset >= old_view.length)
        return 0;
    size_t most = wh_least(up_to - state->segment.new_offset, old_view.length - old_offset);
    for (size_t i = 0; i < most && i - length <= LOOK_AHEAD + LOOK_AHEAD_TIMES * length; i++) {
        score += worth(old_view.data[old_offset + i], new_bytes[i]);
        if (score > best) {
            best = score;
            length = i + 1;
        }
    }
    return length;
}

/* The same from an anchor backward, no further than to the anchor before it, where no alignment can
 * be better than the one that is there. */
static size_t extend_backward(const struct state *state, size_t new_offset, size_t old_offset)
{
    const uint8_t *new_end = state->scan->views.new_view.data + new_offset;
    const uint8_t *old_end = state->scan->views.old_view.data + old_offset;
    size_t start = state->segment.new_offset;
    size_t most = wh_least(
        new_offset - (start > state->anchored ? start : state->anchored), old_offset);
    size_t length = 0;
    int64_t score = 0;
    int64_t best = 0;

    for (size_t i = 1; i <= most; i++) {
        score += worth(*--old_end, *--new_end);
        if (score > best) {
            best = score;
            length = i;
        }
    }
    return length;
}

/* How much of an overlap of two segments is the first one's, so that most bytes are equal. */
static size_t split_overlap(
    const struct state *state, size_t new_offset, size_t overlap, size_t next_alignment)
{
    const uint8_t *new_bytes = state->scan->views.new_view.data + new_offset;
    const uint8_t *old_bytes = state->scan->views.old_view.data;
    const uint8_t *first = old_bytes + (new_offset + state->segment.alignment);
    const uint8_t *second = old_bytes + (new_offset + next_alignment);
    size_t split = 0;
    int64_t score = 0;
    int64_t best = 0;

    for (size_t i = 0; i < overlap; i++) {
        score += (new_bytes[i] == first[i]) - (new_bytes[i] == second[i]);
        if (score > best) {
            best = score;
            split = i + 1;
        }
    }
    return split;
}

static wh_status add_segment(
    const struct state *state, size_t length, struct wh_copy_list *list, struct wh_error *err)
{
    size_t new_offset = state->segment.new_offset;

    return wh_copy_list_add(
        list, (struct wh_copy){new_offset, new_offset + state->segment.alignment, length}, err);
}

/* Where the current alignment holds again behind a place, or up_to. */
static size_t next_run(const struct state *state, size_t at, size_t up_to)
{
    while (at < up_to) {
        size_t equal = equal_bytes(state, at, state->segment.alignment);
        if (equal >= SETTLED)
            return at;
        at += equal + 1;
    }
    return up_to;
}

/* Adds what the current alignment gives up to a place, as several copies where it fails for a
 * while; the last one stays open, with the length that it is worth. */
static wh_status add_parts(struct state *state, size_t up_to, struct wh_copy_list *list,
    size_t *out_length, struct wh_error *err)
{
    for (;;) {
        size_t length = extend_forward(state, up_to);
        size_t next = next_run(state, state->segment.new_offset + length, up_to);
        *out_length = length;
        if (next >= up_to)
            return WH_OK;
        WH_TRY(add_segment(state, length, list, err));
        state->segment.new_offset = next;
    }
}

/* Ends the current segment and begins that of an anchor at new_offset. */
static wh_status change_segment(struct state *state, size_t new_offset,
    const struct wh_anchor *anchor, struct wh_copy_list *list, struct wh_error *err)
{
    size_t forward = 0;

    WH_TRY(add_parts(state, new_offset, list, &forward, err));
    size_t begin = new_offset - extend_backward(state, new_offset, anchor->old_offset);
    size_t alignment = anchor->old_offset - new_offset;
    size_t segment_end = state->segment.new_offset + forward;

    if (segment_end > begin) {
        begin += split_overlap(state, begin, segment_end - begin, alignment);
        forward = begin - state->segment.new_offset;
    }
    WH_TRY(add_segment(state, forward, list, err));
    remember(state, state->segment.alignment);
    state->segment = (struct segment){begin, alignment};
    state->anchored = new_offset + anchor->length;
    return WH_OK;
}

wh_status wh_scan_range(const struct wh_scan *scan, size_t begin, size_t end, size_t alignment,
    struct wh_copy_list *list, struct wh_error *err)
{
    struct state state = {.scan = scan, .end = end, .segment = {begin, alignment}};
    size_t at = begin;
    size_t length = 0;

    for (size_t i = 0; i < RECENT; i++)
        state.recent[i] = alignment;
    list_mismatches(&state, at);
    while (at < end) {
        size_t mismatch = nearest_mismatch(&state.mismatches);
        if (mismatch - at >= SETTLED) {
            at = mismatch;
            continue;
        }
        struct wh_anchor anchor = find_anchor(&state, at);
        if (anchor.length > last_mismatch(&state.mismatches) - at) {
            WH_TRY(change_segment(&state, at, &anchor, list, err));
            at += anchor.length;
            list_mismatches(&state, at);
            continue;
        }
        if (at == mismatch)
            pass_mismatch(&state);
        at++;
    }
    WH_TRY(add_parts(&state, end, list, &length, err));
    return add_segment(&state, length, list, err);
}
