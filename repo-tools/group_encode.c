/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_encode.c - see group_encode.h. Contents are worked on one after the other; what has to wait
 * for company waits in an open group, and a group is encoded as soon as it is full, so that few
 * residues are in memory at a time. */
#include "group_encode.h"

#include <inttypes.h>
#include <stdlib.h>

#include "choosing.h"
#include "encode.h"
#include "small_set.h"
#include "together.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Members that will be one group. */
struct open_group {
    struct wh_member **members; /* ascending by file */
    uint32_t count;
    uint64_t bytes;
};

/* The work on one bundle. */
struct encoder {
    const struct wh_means *means;
    struct wh_choosing choosing; /* its packages' pages are given back */
    uint64_t looked_at;          /* bytes since they were */
    struct wh_member *members;
    uint32_t member_count;
    struct open_group texts[WH_CLASSES];
    struct open_group patches[WH_CLASSES];
    uint32_t sets; /* of small files, so far */
    uint64_t stored;
    struct wh_encoded_groups groups;
};

static void clear_encoder(struct encoder *encoder)
{
    for (uint32_t i = 0; i < encoder->member_count; i++)
        wh_member_clear(&encoder->members[i]);
    free(encoder->members);
    for (int class = 0; class < WH_CLASSES; class ++) {
        free(encoder->texts[class].members);
        free(encoder->patches[class].members);
    }
    wh_encoded_groups_clear(&encoder->groups);
}

/* Room for so many members; they are still to be initialised. */
static wh_status make_room(struct encoder *encoder, uint32_t count, struct wh_error *err)
{
    struct wh_encoded_groups *groups = &encoder->groups;
    bool all = true;

    encoder->members = wh_array(count, sizeof *encoder->members, SIZE_MAX, err);
    groups->entries = wh_array(count, sizeof *groups->entries, SIZE_MAX, err);
    groups->costs = wh_array(count, sizeof *groups->costs, SIZE_MAX, err);
    groups->aparts = wh_array(count, sizeof(struct wh_apart *), SIZE_MAX, err);
    groups->groups = wh_array(count, sizeof *groups->groups, SIZE_MAX, err);
    groups->stored = wh_array(count, sizeof *groups->stored, SIZE_MAX, err);
    for (int class = 0; class < WH_CLASSES; class ++) {
        struct open_group *text = &encoder->texts[class];
        struct open_group *patch = &encoder->patches[class];
        text->members = wh_array(count, sizeof(struct wh_member *), SIZE_MAX, err);
        patch->members = wh_array(count, sizeof(struct wh_member *), SIZE_MAX, err);
        all = all && text->members && patch->members;
    }
    all = all && encoder->members && groups->entries && groups->costs && groups->aparts &&
          groups->groups && groups->stored;
    return all ? WH_OK : wh_no_memory(err);
}

/* The plain lengths that a reader of recipes has to know beforehand. */
static void announce(struct wh_member *const *members, uint32_t count, struct wh_group *group)
{
    bool has_recipe = false;

    for (uint32_t i = 0; i < count; i++)
        has_recipe |= members[i]->apart != NULL;
    for (uint32_t i = 0; i < count && has_recipe; i++) {
        group->plain_bases += members[i]->entry.base == WH_NO_FILE ? 0 : members[i]->base.length;
        group->plain_contents += members[i]->content.length;
    }
}

/* Takes the entry of a member over, which is done with. */
static void add_entry(struct wh_encoded_groups *groups, struct wh_member *member)
{
    struct wh_apart *apart = member->apart;
    struct wh_entry *entry = &groups->entries[groups->entry_count];

    groups->costs[groups->entry_count] = member->costs;
    *entry = member->entry;
    if (apart) {
        if (entry->base == WH_NO_FILE)
            wh_apart_drop_base(apart);
        wh_apart_forget(apart);
        entry->recipe = &apart->recipe;
    }
    groups->aparts[groups->entry_count++] = wh_take(member->apart);
    wh_member_clear(member);
}

/* Takes the bytes over, and the entries of these members. */
static wh_status add_group(struct encoder *encoder, enum wh_codec_id codec,
    struct wh_member *const *members, uint32_t count, struct wh_buffer *stored,
    struct wh_error *err)
{
    struct wh_encoded_groups *groups = &encoder->groups;
    struct wh_group *group = &groups->groups[groups->group_count];

    encoder->stored += stored->length;
    if (encoder->stored > encoder->means->stored_max)
        return wh_fail(err, WH_OVER_LIMIT, "the contents take more than %" PRIu64 " bytes",
            encoder->means->stored_max);
    *group = (struct wh_group){.codec = codec,
        .first_entry = groups->entry_count,
        .entry_count = count,
        .stored = wh_buffer_bytes(stored)};
    announce(members, count, group);
    groups->stored[groups->group_count++] = *stored;
    *stored = (struct wh_buffer){0};
    for (uint32_t i = 0; i < count; i++)
        add_entry(groups, members[i]);
    return WH_OK;
}

/* ---- residues ------------------------------------------------------------------------------ */

/* The members that need no decision, and what the frames of the others cost. */
struct undisputed {
    struct wh_member **members;
    uint32_t count;
    uint64_t frames;
    bool rough; /* some of these costs are */
};

static void clear_undisputed(struct undisputed *undisputed)
{
    free(undisputed->members);
}

static wh_status find_undisputed(
    const struct open_group *open, struct undisputed *undisputed, struct wh_error *err)
{
    undisputed->members = wh_array(open->count, sizeof *undisputed->members, SIZE_MAX, err);
    if (!undisputed->members)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < open->count; i++) {
        struct wh_member *member = open->members[i];
        if (member->contested) {
            undisputed->frames += wh_member_frame_cost(member);
            undisputed->rough |= member->rough;
        } else {
            undisputed->members[undisputed->count++] = member;
        }
    }
    return WH_OK;
}

static wh_status add_frame(struct encoder *encoder, struct wh_member *member, struct wh_error *err)
{
    WH_TRY(wh_member_make_frame(member, err));
    return add_group(encoder, WH_CODEC_ZSTD, &member, 1, &member->frame, err);
}

/* A group of all members, and one of those that need no decision. */
struct groupings {
    struct wh_buffer all;
    struct wh_buffer rest;
    enum wh_effort effort; /* with which they are encoded */
};

static void clear_groupings(struct groupings *groupings)
{
    wh_buffer_clear(&groupings->all);
    wh_buffer_clear(&groupings->rest);
}

static wh_status encode_groupings(const struct encoder *encoder, const struct open_group *open,
    const struct undisputed *undisputed, enum wh_effort effort, struct groupings *groupings,
    struct wh_error *err)
{
    clear_groupings(groupings);
    groupings->all = (struct wh_buffer){.ceiling = WH_BUNDLE_MAX};
    groupings->rest = (struct wh_buffer){.ceiling = WH_BUNDLE_MAX};
    groupings->effort = effort;
    WH_TRY(wh_encode_residues(
        open->members, open->count, effort, encoder->choosing.room, &groupings->all, err));
    if (undisputed->count == 0 || undisputed->count == open->count)
        return WH_OK;
    return wh_encode_residues(undisputed->members, undisputed->count, effort,
        encoder->choosing.room, &groupings->rest, err);
}

static wh_status make_frames(
    const struct open_group *open, struct undisputed *undisputed, struct wh_error *err)
{
    undisputed->frames = 0;
    for (uint32_t i = 0; i < open->count; i++) {
        if (!open->members[i]->contested)
            continue;
        WH_TRY(wh_member_make_frame(open->members[i], err));
        undisputed->frames += wh_member_frame_cost(open->members[i]);
    }
    return WH_OK;
}

/* Programs of one package share code, and then their residues share bytes: what is contested goes
 * into the group if the group is smaller for it than the frames are. Rough costs say so unless
 * they are within a quarter of each other. */
static wh_status weigh(const struct encoder *encoder, const struct open_group *open,
    struct undisputed *undisputed, struct groupings *groupings, bool *out_join,
    struct wh_error *err)
{
    enum wh_effort effort = encoder->means->effort;
    uint64_t length = 0;

    for (uint32_t i = 0; i < open->count; i++)
        length += wh_residue_length(&open->members[i]->residue);
    enum wh_effort trial = wh_trial_effort(length, effort);
    WH_TRY(encode_groupings(encoder, open, undisputed, trial, groupings, err));
    uint64_t together = groupings->all.length;
    uint64_t apart = groupings->rest.length + undisputed->frames;
    *out_join = together <= apart;
    bool is_clear = together <= apart / 4 * 3 || apart <= together / 4 * 3;
    if (is_clear || (trial == effort && !undisputed->rough))
        return WH_OK;
    wh_status status = make_frames(open, undisputed, err);
    if (status == WH_OVER_LIMIT) {
        *out_join = true;
        return WH_OK;
    }
    WH_TRY(status);
    if (trial != effort)
        WH_TRY(encode_groupings(encoder, open, undisputed, effort, groupings, err));
    *out_join = groupings->all.length <= groupings->rest.length + undisputed->frames;
    return WH_OK;
}

static wh_status add_patches(struct encoder *encoder, struct wh_member *const *members,
    uint32_t count, struct wh_buffer *made, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer fresh = {.ceiling = WH_BUNDLE_MAX};

    if (made->length > 0)
        return add_group(encoder, WH_CODEC_PATCH, members, count, made, err);
    WH_TRY(wh_encode_residues(
        members, count, encoder->means->effort, encoder->choosing.room, &fresh, err));
    return add_group(encoder, WH_CODEC_PATCH, members, count, &fresh, err);
}

/* The contested members of a group as frames, the others as they are. */
static wh_status add_apart(struct encoder *encoder, const struct open_group *open,
    const struct undisputed *undisputed, struct wh_buffer *rest, struct wh_error *err)
{
    if (undisputed->count > 0)
        WH_TRY(add_patches(encoder, undisputed->members, undisputed->count, rest, err));
    for (uint32_t i = 0; i < open->count; i++) {
        if (!open->members[i]->contested)
            continue;
        wh_member_settle(open->members[i], false);
        WH_TRY(add_frame(encoder, open->members[i], err));
    }
    return WH_OK;
}

static wh_status finish_patches(
    struct encoder *encoder, struct open_group *open, struct wh_error *err)
{
    wh_cleanup(clear_groupings) struct groupings groupings = {.effort = encoder->means->effort};
    wh_cleanup(clear_undisputed) struct undisputed undisputed = {0};
    bool join = true;

    if (open->count == 0)
        return WH_OK;
    WH_TRY(find_undisputed(open, &undisputed, err));
    if (undisputed.count < open->count)
        WH_TRY(weigh(encoder, open, &undisputed, &groupings, &join, err));
    if (groupings.effort != encoder->means->effort)
        clear_groupings(&groupings);
    for (uint32_t i = 0; join && i < open->count; i++)
        wh_member_settle(open->members[i], true);
    if (join)
        WH_TRY(add_patches(encoder, open->members, open->count, &groupings.all, err));
    else
        WH_TRY(add_apart(encoder, open, &undisputed, &groupings.rest, err));
    open->count = 0;
    open->bytes = 0;
    return WH_OK;
}

/* In the order of the file list, because neighbours are alike. */
static void insert(struct open_group *open, struct wh_member *member)
{
    uint32_t at = open->count++;

    for (; at > 0 && open->members[at - 1]->entry.file > member->entry.file; at--)
        open->members[at] = open->members[at - 1];
    open->members[at] = member;
}

/* %config files get a group each, and so does what fills one by itself. */
static wh_status add_patch(struct encoder *encoder, struct wh_member *member, struct wh_error *err)
{
    struct open_group *open = &encoder->patches[member->class];
    uint64_t length = member->content.length;

    if (open->bytes + length > WH_PATCH_GROUP)
        WH_TRY(finish_patches(encoder, open, err));
    insert(open, member);
    if (!member->contested)
        wh_member_forget(member);
    open->bytes += length;
    bool full = open->bytes >= WH_PATCH_GROUP || member->class == WH_CLASS_CONFIG;
    return full ? finish_patches(encoder, open, err) : WH_OK;
}

/* ---- small files --------------------------------------------------------------------------- */

static void note_costs(
    struct encoder *encoder, const struct open_group *open, const struct wh_set_choice *choice)
{
    encoder->sets++;
    for (uint32_t i = 0; i < open->count; i++) {
        struct wh_costs *costs = &open->members[i]->costs;
        costs->set = encoder->sets;
        costs->set_frame = choice->all_frame;
        costs->set_patch = choice->all_patch;
    }
}

/* Those of a set that are together: a group of their own, unless a group of residues is so small
 * that it is mostly the group. */
static wh_status add_shared(struct encoder *encoder, struct wh_member *const *members,
    uint32_t count, struct wh_set_choice *choice, struct wh_error *err)
{
    enum { WORTH_A_GROUP = 256 };

    if (count == 0)
        return WH_OK;
    if (choice->codec != WH_CODEC_PATCH || choice->shared.length >= WORTH_A_GROUP)
        return add_group(encoder, choice->codec, members, count, &choice->shared, err);
    for (uint32_t i = 0; i < count; i++)
        WH_TRY(add_patch(encoder, members[i], err));
    return WH_OK;
}

static void clear_choice(struct wh_set_choice *choice)
{
    wh_buffer_clear(&choice->shared);
}

static wh_status finish_text(struct encoder *encoder, struct open_group *open, struct wh_error *err)
{
    const struct wh_set_means means = {
        encoder->means->effort, encoder->choosing.room, encoder->means->threads};
    wh_cleanup(clear_choice) struct wh_set_choice choice = {0};
    uint32_t shared = 0;

    if (open->count == 0)
        return WH_OK;
    WH_TRY(wh_set_choose(open->members, open->count, &means, &choice, err));
    note_costs(encoder, open, &choice);
    for (uint32_t i = 0; i < open->count; i++) {
        struct wh_member *member = open->members[i];
        if (member->way == WH_WAY_TEXT || member->way == WH_WAY_PATCH)
            open->members[shared++] = member;
        else
            WH_TRY(add_frame(encoder, member, err));
    }
    WH_TRY(add_shared(encoder, open->members, shared, &choice, err));
    open->count = 0;
    open->bytes = 0;
    return WH_OK;
}

static wh_status add_text(struct encoder *encoder, struct wh_member *member, struct wh_error *err)
{
    struct open_group *open = &encoder->texts[member->class];
    uint64_t length = (uint64_t)member->content.length + member->base.length;

    if (open->bytes + length > WH_TEXT_GROUP)
        WH_TRY(finish_text(encoder, open, err));
    open->members[open->count++] = member;
    open->bytes += length;
    return WH_OK;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void forget_pages(struct encoder *encoder)
{
    if (encoder->choosing.origin)
        wh_package_forget(encoder->choosing.origin);
    if (encoder->choosing.target)
        wh_package_forget(encoder->choosing.target);
    encoder->looked_at = 0;
}

static void count_pages(struct encoder *encoder, const struct wh_member *member)
{
    encoder->looked_at += (uint64_t)member->content.length + member->base.length;
    if (encoder->looked_at >= WH_FORGET_AFTER)
        forget_pages(encoder);
}

static wh_status add_member(struct encoder *encoder, struct wh_member *member, struct wh_error *err)
{
    count_pages(encoder, member);
    if (member->way == WH_WAY_TEXT)
        return add_text(encoder, member, err);
    if (member->way == WH_WAY_PATCH || member->contested)
        return add_patch(encoder, member, err);
    return add_frame(encoder, member, err);
}

static wh_status encode_members(struct encoder *encoder, struct wh_error *err)
{
    for (uint32_t at = 0, done; at < encoder->member_count; at += done) {
        struct wh_member *members = &encoder->members[at];
        WH_TRY(wh_choose_next(&encoder->choosing, members, encoder->member_count - at, &done, err));
        for (uint32_t i = 0; i < done; i++)
            WH_TRY(add_member(encoder, &members[i], err));
    }
    for (int class = 0; class < WH_CLASSES; class ++) /* they may add to the other groups */
        WH_TRY(finish_text(encoder, &encoder->texts[class], err));
    for (int class = 0; class < WH_CLASSES; class ++)
        WH_TRY(finish_patches(encoder, &encoder->patches[class], err));
    return WH_OK;
}

static struct wh_encoded_groups take_groups(struct encoder *encoder)
{
    struct wh_encoded_groups groups = encoder->groups;

    forget_pages(encoder);
    encoder->groups = (struct wh_encoded_groups){0};
    return groups;
}

static wh_status init_members(struct encoder *encoder, const struct wh_entry *entries,
    uint32_t count, const struct wh_package_file *origin, const struct wh_package_file *target,
    struct wh_error *err)
{
    struct wh_memory memory = wh_memory_of_bundle(
        entries, count, origin ? origin->header : NULL, target->header, encoder->means);

    encoder->choosing.room = memory.room;
    WH_TRY(make_room(encoder, count, err));
    for (; encoder->member_count < count; encoder->member_count++) {
        struct wh_member *member = &encoder->members[encoder->member_count];
        WH_TRY(wh_member_init(&entries[encoder->member_count], origin, target, member, err));
        wh_choosing_fit(&encoder->choosing, member);
    }
    return WH_OK;
}

wh_status wh_groups_encode(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    const struct wh_means *means, struct wh_encoded_groups *out_groups, struct wh_error *err)
{
    wh_cleanup(clear_encoder) struct encoder encoder = {
        .means = means, .choosing = {.means = means, .origin = origin, .target = target}};

    WH_TRY(init_members(&encoder, entries, entry_count, origin, target, err));
    WH_TRY(encode_members(&encoder, err));
    *out_groups = take_groups(&encoder);
    return WH_OK;
}

wh_status wh_groups_encode_alone(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_package_file *target, const struct wh_means *means,
    struct wh_encoded_groups *out_groups, struct wh_error *err)
{
    wh_cleanup(clear_encoder) struct encoder encoder = {
        .means = means, .choosing = {.means = means, .target = target}};

    WH_TRY(init_members(&encoder, entries, entry_count, NULL, target, err));
    for (uint32_t i = 0; i < encoder.member_count; i++) {
        struct wh_member *member = &encoder.members[i];
        member->frame.ceiling = means->stored_max;
        WH_TRY(wh_encode_zstd(
            (struct wh_bytes){0}, member->content, member->effort, &member->frame, err));
        count_pages(&encoder, member);
        WH_TRY(add_frame(&encoder, member, err));
    }
    *out_groups = take_groups(&encoder);
    return WH_OK;
}

wh_status wh_groups_encode_one(struct wh_bytes base, struct wh_bytes content,
    const struct wh_means *means, struct wh_encoded_groups *out_groups, struct wh_error *err)
{
    wh_cleanup(clear_encoder) struct encoder encoder = {
        .means = means, .choosing = {.means = means, .room = means->memory}};

    WH_TRY(make_room(&encoder, 1, err));
    wh_member_init_alone(base, content, &encoder.members[0]);
    encoder.members[0].entry.base = 0;
    encoder.member_count = 1;
    wh_choosing_fit(&encoder.choosing, &encoder.members[0]);
    WH_TRY(encode_members(&encoder, err));
    *out_groups = take_groups(&encoder);
    return WH_OK;
}

void wh_encoded_groups_clear(struct wh_encoded_groups *groups)
{
    for (uint32_t i = 0; groups->stored && i < groups->group_count; i++)
        wh_buffer_clear(&groups->stored[i]);
    for (uint32_t i = 0; groups->aparts && i < groups->entry_count; i++)
        wh_apart_free(groups->aparts[i]);
    free(groups->aparts);
    free(groups->entries);
    free(groups->costs);
    free(groups->groups);
    free(groups->stored);
    *groups = (struct wh_encoded_groups){0};
}
