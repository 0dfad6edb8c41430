/* SPDX-License-Identifier: GPL-2.0-or-later */
/* small_set.c - see small_set.h. */
#include "small_set.h"

#include <stdlib.h>

#include "together.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* What a group takes beside its bytes: in the list of groups, and for its entries' order. */
#define GROUP_COST 5u
/* Members whose own frame takes less are mostly frame: they gain from company. */
#define LITTLE 256u

/* The members that one way puts together. */
struct part {
    struct wh_member **members;
    uint32_t count;
    uint64_t apart; /* what the frames of the others take */
};

struct trials {
    struct part all;
    struct part little;
    enum wh_effort effort;
    uint64_t room;
    bool can_patch;
    const struct part *best; /* NULL: each by itself */
    uint64_t least;
    struct wh_set_choice choice;
};

static void clear_trials(struct trials *trials)
{
    free(trials->all.members);
    free(trials->little.members);
    wh_buffer_clear(&trials->choice.shared);
}

static wh_status fill_part(struct wh_member *const *members, uint32_t count, uint64_t below,
    struct part *part, struct wh_error *err)
{
    part->members = wh_array(count, sizeof *part->members, SIZE_MAX, err);
    if (!part->members)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        if (wh_member_frame_cost(members[i]) < below)
            part->members[part->count++] = members[i];
        else
            part->apart += wh_member_frame_cost(members[i]) + GROUP_COST;
    }
    return WH_OK;
}

/* Keeps the group if it is the best so far; out_cost is left alone where there can be none. */
static wh_status try_part(struct trials *trials, const struct part *part, enum wh_codec_id codec,
    uint64_t *out_cost, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = WH_BUNDLE_MAX};
    wh_status status;

    if (codec == WH_CODEC_PATCH && !trials->can_patch)
        return WH_OK;
    if (codec == WH_CODEC_ZSTD)
        status = wh_encode_together(
            part->members, part->count, trials->effort, trials->room, &stored, err);
    else
        status = wh_encode_residues(
            part->members, part->count, trials->effort, trials->room, &stored, err);
    if (status == WH_UNSUPPORTED)
        return WH_OK;
    WH_TRY(status);
    *out_cost = stored.length;
    uint64_t total = part->apart + stored.length + GROUP_COST;
    if (total >= trials->least)
        return WH_OK;
    trials->least = total;
    trials->best = part;
    trials->choice.codec = codec;
    struct wh_buffer loser = trials->choice.shared;
    trials->choice.shared = stored;
    stored = loser;
    return WH_OK;
}

static wh_status try_all(struct trials *trials, struct wh_error *err)
{
    uint64_t ignored = 0;

    WH_TRY(try_part(trials, &trials->all, WH_CODEC_PATCH, &trials->choice.all_patch, err));
    if (trials->all.count > 1)
        WH_TRY(try_part(trials, &trials->all, WH_CODEC_ZSTD, &trials->choice.all_frame, err));
    if (trials->little.count < 2 || trials->little.count == trials->all.count)
        return WH_OK;
    WH_TRY(try_part(trials, &trials->little, WH_CODEC_PATCH, &ignored, err));
    return try_part(trials, &trials->little, WH_CODEC_ZSTD, &ignored, err);
}

/* Each member has a frame now; those of the best part do without. */
static void settle(struct wh_member *const *members, uint32_t count, struct trials *trials)
{
    enum wh_member_way way = trials->choice.codec == WH_CODEC_ZSTD ? WH_WAY_TEXT : WH_WAY_PATCH;

    for (uint32_t i = 0; trials->best && i < trials->best->count; i++)
        trials->best->members[i]->way = way;
    for (uint32_t i = 0; i < count; i++) {
        struct wh_member *member = members[i];
        if (member->way == WH_WAY_TEXT || member->way == WH_WAY_PATCH)
            wh_buffer_clear(&member->frame);
        if (member->way != WH_WAY_PATCH)
            wh_residue_clear(&member->residue);
        if (member->way == WH_WAY_WHOLE)
            member->entry.base = WH_NO_FILE;
    }
}

/* How long a bundle may be counts for all together, later. A base that does not help its own
 * content would only be in the way of the others'. */
static wh_status make_frames(struct wh_member *const *members, uint32_t count, struct wh_error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        struct wh_member *member = members[i];
        member->stored_max = WH_BUNDLE_MAX;
        WH_TRY(wh_member_try_frames(member, err));
        if (wh_member_frame_cost(member) == WH_NO_COST)
            return wh_fail(err, WH_OVER_LIMIT, "a small file does not fit into a bundle");
        if (member->way == WH_WAY_WHOLE && member->costs.prefixed != WH_NO_COST) {
            member->base = (struct wh_bytes){0};
            member->entry.base = WH_NO_FILE;
        }
    }
    return WH_OK;
}

static wh_status make_residues(
    struct wh_member *const *members, uint32_t count, bool *out_all, struct wh_error *err)
{
    *out_all = true;
    for (uint32_t i = 0; i < count && *out_all; i++) {
        wh_status status = wh_member_diff(members[i], err);
        *out_all = status != WH_OVER_LIMIT; /* too much is new for the member's effort */
        if (*out_all)
            WH_TRY(status);
    }
    return WH_OK;
}

wh_status wh_set_choose(struct wh_member *const *members, uint32_t count, enum wh_effort effort,
    uint64_t room, struct wh_set_choice *out_choice, struct wh_error *err)
{
    wh_cleanup(clear_trials) struct trials trials = {.effort = effort, .room = room};

    WH_TRY(make_frames(members, count, err));
    WH_TRY(make_residues(members, count, &trials.can_patch, err));
    WH_TRY(fill_part(members, count, WH_NO_COST, &trials.all, err));
    WH_TRY(fill_part(members, count, LITTLE, &trials.little, err));
    for (uint32_t i = 0; i < count; i++)
        trials.least += wh_member_frame_cost(members[i]) + GROUP_COST;
    trials.choice.all_frame = trials.least - GROUP_COST; /* of one; of several it will be known */
    trials.choice.all_patch = WH_NO_COST;
    WH_TRY(try_all(&trials, err));
    settle(members, count, &trials);
    *out_choice = trials.choice;
    trials.choice.shared = (struct wh_buffer){0};
    return WH_OK;
}
