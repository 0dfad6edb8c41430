/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan.c - see scan.h. */
#include "match/scan.h"

/* The alignment is left for one that matches at least so many bytes more over the same span. */
#define GAIN 8u

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
    struct mismatches mismatches;
};

static size_t next_mismatch(const struct state *state, size_t from)
{
    struct wh_bytes old_view = state->scan->views.old_view;
    size_t old_offset = from + state->segment.alignment;

    if (from >= state->end || old_offset >= old_view.length)
        return from;
    return from + wh_equal_forward(state->scan->views.new_view.data + from,
                      old_view.data + old_offset,
                      wh_least(state->end - from, old_view.length - old_offset));
}

static void list_mismatches(struct state *state, size_t from)
{
    struct mismatches *mismatches = &state->mismatches;

    mismatches->first = 0;
    for (size_t i = 0; i < GAIN; i++) {
        mismatches->offsets[i] = next_mismatch(state, from);
        from = mismatches->offsets[i] + 1;
    }
}

/* Forgets the mismatch at a position that the scan leaves behind. */
static void pass_mismatch(struct state *state)
{
    struct mismatches *mismatches = &state->mismatches;
    size_t last = mismatches->offsets[(mismatches->first + GAIN - 1) % GAIN];

    mismatches->offsets[mismatches->first] = next_mismatch(state, last + 1);
    mismatches->first = (mismatches->first + 1) % GAIN;
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
    for (size_t i = 0; i < most; i++) {
        score += new_bytes[i] == old_view.data[old_offset + i] ? 1 : -1;
        if (score > best) {
            best = score;
            length = i + 1;
        }
    }
    return length;
}

/* The same from an anchor backward, no further than to the start of the segment before it. */
static size_t extend_backward(const struct state *state, size_t new_offset, size_t old_offset)
{
    const uint8_t *new_end = state->scan->views.new_view.data + new_offset;
    const uint8_t *old_end = state->scan->views.old_view.data + old_offset;
    size_t most = wh_least(new_offset - state->segment.new_offset, old_offset);
    size_t length = 0;
    int64_t score = 0;
    int64_t best = 0;

    for (size_t i = 1; i <= most; i++) {
        score += *--new_end == *--old_end ? 1 : -1;
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

/* Ends the current segment and begins that of an anchor at new_offset. */
static wh_status change_segment(struct state *state, size_t new_offset,
    const struct wh_anchor *anchor, struct wh_copy_list *list, struct wh_error *err)
{
    size_t forward = extend_forward(state, new_offset);
    size_t backward = extend_backward(state, new_offset, anchor->old_offset);
    size_t begin = new_offset - backward;
    size_t alignment = anchor->old_offset - new_offset;
    size_t segment_end = state->segment.new_offset + forward;

    if (segment_end > begin) {
        size_t kept = split_overlap(state, begin, segment_end - begin, alignment);
        begin += kept;
        forward = begin - state->segment.new_offset;
    }
    WH_TRY(add_segment(state, forward, list, err));
    state->segment = (struct segment){begin, alignment};
    return WH_OK;
}

wh_status wh_scan_range(const struct wh_scan *scan, size_t begin, size_t end, size_t alignment,
    struct wh_copy_list *list, struct wh_error *err)
{
    struct state state = {.scan = scan, .end = end, .segment = {begin, alignment}};
    const struct mismatches *mismatches = &state.mismatches;
    size_t at = begin;

    list_mismatches(&state, at);
    while (at < end) {
        size_t mismatch = mismatches->offsets[mismatches->first];
        size_t last = mismatches->offsets[(mismatches->first + GAIN - 1) % GAIN];
        if (mismatch - at >= scan->settled) {
            at = mismatch;
            continue;
        }
        struct wh_anchor anchor = scan->find(scan->context, at, end, state.segment.alignment);
        if (anchor.length > last - at) {
            WH_TRY(change_segment(&state, at, &anchor, list, err));
            at += anchor.length;
            list_mismatches(&state, at);
            continue;
        }
        if (at == mismatch)
            pass_mismatch(&state);
        at++;
    }
    return add_segment(&state, extend_forward(&state, end), list, err);
}
