/* SPDX-License-Identifier: GPL-2.0-or-later */
/* small_set.c - see small_set.h. */
#include "small_set.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "jobs.h"
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

/* One way for one part. */
struct trial {
    const struct part *part;
    enum wh_codec_id codec;
    struct wh_buffer stored;
    wh_status status;
    struct wh_error error;
};

#define TRIALS_MAX 4

struct trials {
    struct part all;
    struct part little;
    const struct wh_set_means *means;
    bool can_patch;
    struct trial list[TRIALS_MAX];
    uint32_t count;
    const struct part *best; /* NULL: each by itself */
    uint64_t least;
    struct wh_set_choice choice;
};

static void clear_trials(struct trials *trials)
{
    free(trials->all.members);
    free(trials->little.members);
    for (uint32_t i = 0; i < trials->count; i++)
        wh_buffer_clear(&trials->list[i].stored);
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

static void enter(struct trials *trials, const struct part *part, enum wh_codec_id codec)
{
    if (codec == WH_CODEC_PATCH && !trials->can_patch)
        return;
    trials->list[trials->count++] = (struct trial){
        .part = part, .codec = codec, .stored.ceiling = WH_BUNDLE_MAX};
}

static bool try_one(void *context, uint32_t number)
{
    struct trials *trials = context;
    struct trial *trial = &trials->list[number];
    const struct wh_set_means *means = trials->means;

    trial->status = (trial->codec == WH_CODEC_ZSTD ? wh_encode_together : wh_encode_residues)(
        trial->part->members, trial->part->count, means->effort, means->room, &trial->stored,
        &trial->error);
    return true;
}

/* Keeps the group if it is the best so far. */
static wh_status take_trial(struct trials *trials, struct trial *trial, struct wh_error *err)
{
    if (trial->status == WH_UNSUPPORTED)
        return WH_OK;
    if (trial->status != WH_OK) {
        if (err)
            *err = trial->error;
        return trial->status;
    }
    if (trial->part == &trials->all && trial->codec == WH_CODEC_PATCH)
        trials->choice.all_patch = trial->stored.length;
    else if (trial->part == &trials->all)
        trials->choice.all_frame = trial->stored.length;
    uint64_t total = trial->part->apart + trial->stored.length + GROUP_COST;
    if (total >= trials->least)
        return WH_OK;
    trials->least = total;
    trials->best = trial->part;
    trials->choice.codec = trial->codec;
    wh_buffer_clear(&trials->choice.shared);
    trials->choice.shared = trial->stored;
    trial->stored = (struct wh_buffer){0};
    return WH_OK;
}

/* The order tells which one wins of two that are equal. */
static wh_status try_all(struct trials *trials, struct wh_error *err)
{
    enter(trials, &trials->all, WH_CODEC_PATCH);
    if (trials->all.count > 1)
        enter(trials, &trials->all, WH_CODEC_ZSTD);
    if (trials->little.count >= 2 && trials->little.count < trials->all.count) {
        enter(trials, &trials->little, WH_CODEC_PATCH);
        enter(trials, &trials->little, WH_CODEC_ZSTD);
    }
    const struct wh_jobs jobs = {
        try_one, trials, trials->count, trials->means->threads > 1 ? trials->means->threads : 1};
    wh_jobs_run(&jobs);
    for (uint32_t i = 0; i < trials->count; i++)
        WH_TRY(take_trial(trials, &trials->list[i], err));
    return WH_OK;
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

/* ---- each by itself ------------------------------------------------------------------------ */

/* What is tried with each member. */
struct tries {
    struct wh_member *const *members;
    uint32_t count;
    atomic_bool can_patch;
    wh_status *statuses;
    struct wh_error *errors;
};

static void clear_tries(struct tries *tries)
{
    free(tries->statuses);
    free(tries->errors);
}

/* How long a bundle may be counts for all together, later. A base that does not help its own
 * content would only be in the way of the others'. */
static wh_status make_frame(struct wh_member *member, struct wh_error *err)
{
    member->stored_max = WH_BUNDLE_MAX;
    WH_TRY(wh_member_try_frames(member, err));
    if (wh_member_frame_cost(member) == WH_NO_COST)
        return wh_fail(err, WH_OVER_LIMIT, "a small file does not fit into a bundle");
    if (member->way == WH_WAY_WHOLE && member->costs.prefixed != WH_NO_COST) {
        member->base = (struct wh_bytes){0};
        member->entry.base = WH_NO_FILE;
    }
    return WH_OK;
}

static bool try_member(void *context, uint32_t number)
{
    struct tries *tries = context;
    struct wh_member *member = tries->members[number];
    wh_status status = make_frame(member, &tries->errors[number]);

    if (status == WH_OK && tries->can_patch) {
        status = wh_member_diff(member, &tries->errors[number]);
        if (status == WH_OVER_LIMIT) { /* too much is new for the member's effort */
            tries->can_patch = false;
            status = WH_OK;
        }
    }
    tries->statuses[number] = status;
    return status == WH_OK;
}

static wh_status try_members(struct wh_member *const *members, uint32_t count,
    const struct wh_set_means *means, bool *out_can_patch, struct wh_error *err)
{
    wh_cleanup(clear_tries) struct tries tries = {.members = members, .count = count};

    tries.can_patch = true;
    tries.statuses = wh_array(count, sizeof *tries.statuses, SIZE_MAX, err);
    tries.errors = wh_array(count, sizeof *tries.errors, SIZE_MAX, err);
    if (!tries.statuses || !tries.errors)
        return wh_no_memory(err);
    const struct wh_jobs jobs = {
        try_member, &tries, count, means->threads > 1 ? means->threads : 1};
    wh_jobs_run(&jobs);
    for (uint32_t i = 0; i < count; i++) {
        if (tries.statuses[i] == WH_OK)
            continue;
        if (err)
            *err = tries.errors[i];
        return tries.statuses[i];
    }
    *out_can_patch = tries.can_patch;
    return WH_OK;
}

wh_status wh_set_choose(struct wh_member *const *members, uint32_t count,
    const struct wh_set_means *means, struct wh_set_choice *out_choice, struct wh_error *err)
{
    wh_cleanup(clear_trials) struct trials trials = {.means = means};

    WH_TRY(try_members(members, count, means, &trials.can_patch, err));
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
