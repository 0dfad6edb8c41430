/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_encode.c - see group_encode.h. */
#include "group_encode.h"

#include <stdlib.h>

#include "encode.h"
#include "member.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

struct members {
    struct wh_member *list;
    uint32_t count;
};

static void clear_members(struct members *members)
{
    for (uint32_t i = 0; i < members->count; i++)
        wh_member_clear(&members->list[i]);
    free(members->list);
}

static wh_status init_members(const struct wh_entry *entries, uint32_t count,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    struct members *members, struct wh_error *err)
{
    members->list = wh_array(
        count, sizeof *members->list, WH_FILES_MAX * sizeof *members->list, err);
    if (!members->list)
        return wh_no_memory(err);
    for (; members->count < count; members->count++)
        WH_TRY(wh_member_init(
            &entries[members->count], origin, target, &members->list[members->count], err));
    return WH_OK;
}

static wh_status make_room(
    uint32_t entry_count, struct wh_encoded_groups *groups, struct wh_error *err)
{
    groups->entries = wh_array(entry_count, sizeof *groups->entries, SIZE_MAX, err);
    groups->groups = wh_array(entry_count, sizeof *groups->groups, SIZE_MAX, err);
    groups->stored = wh_array(entry_count, sizeof *groups->stored, SIZE_MAX, err);
    return groups->entries && groups->groups && groups->stored ? WH_OK : wh_no_memory(err);
}

/* Takes the bytes over, and the entries of these members. */
static void add_group(struct wh_encoded_groups *groups, enum wh_codec_id codec,
    struct wh_member *const *members, uint32_t count, struct wh_buffer *stored)
{
    struct wh_group *group = &groups->groups[groups->group_count];

    *group = (struct wh_group){.codec = codec,
        .first_entry = groups->entry_count,
        .entry_count = count,
        .stored = wh_buffer_bytes(stored)};
    groups->stored[groups->group_count++] = *stored;
    *stored = (struct wh_buffer){0};
    for (uint32_t i = 0; i < count; i++)
        groups->entries[groups->entry_count++] = members[i]->entry;
}

/* ---- small files --------------------------------------------------------------------------- */

static wh_status encode_text(struct wh_member *const *members, uint32_t count,
    enum wh_effort effort, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer reference = {.ceiling = 2 * WH_TEXT_GROUP};
    wh_cleanup(wh_buffer_clear) struct wh_buffer content = {.ceiling = 2 * WH_TEXT_GROUP};

    for (uint32_t i = 0; i < count; i++) {
        wh_buffer_append(&reference, members[i]->base.data, members[i]->base.length);
        wh_buffer_append(&content, members[i]->content.data, members[i]->content.length);
    }
    WH_TRY(wh_buffer_check(&reference, err));
    WH_TRY(wh_buffer_check(&content, err));
    return wh_encode_zstd(wh_buffer_bytes(&reference), wh_buffer_bytes(&content), effort, out, err);
}

static wh_status encode_residues(struct wh_member *const *members, uint32_t count,
    enum wh_effort effort, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(wh_residue_clear) struct wh_residue all;
    uint64_t length = 0;

    wh_residue_init(&all);
    for (uint32_t i = 0; i < count; i++) {
        wh_residue_append(&all, &members[i]->residue);
        length += members[i]->content.length;
    }
    for (int i = 0; i < WH_STREAMS; i++)
        WH_TRY(wh_buffer_check(&all.streams[i], err));
    return wh_encode_patch(&all, length, count, effort, out, err);
}

/* A group of small files, as one frame; or, where that is smaller, their residues are left for the
 * groups of residues. */
static wh_status finish_text(struct wh_member *const *members, uint32_t count,
    enum wh_effort effort, struct wh_encoded_groups *groups, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer text = {.ceiling = WH_BUNDLE_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer patch = {.ceiling = WH_BUNDLE_MAX};

    WH_TRY(encode_text(members, count, effort, &text, err));
    for (uint32_t i = 0; i < count; i++)
        WH_TRY(wh_member_diff(members[i], effort, err));
    wh_status status = encode_residues(members, count, effort, &patch, err);
    if (status != WH_UNSUPPORTED)
        WH_TRY(status);
    bool keep_text = status == WH_UNSUPPORTED || text.length <= patch.length;
    for (uint32_t i = 0; i < count; i++) {
        if (keep_text)
            wh_residue_clear(&members[i]->residue);
        else
            members[i]->way = WH_WAY_PATCH;
    }
    if (keep_text)
        add_group(groups, WH_CODEC_ZSTD, members, count, &text);
    return WH_OK;
}

/* ---- residues ------------------------------------------------------------------------------ */

/* The members that need no decision, and what the frames of the others cost. */
struct undisputed {
    struct wh_member **members;
    uint32_t count;
    uint64_t frames;
};

static void clear_undisputed(struct undisputed *undisputed)
{
    free(undisputed->members);
}

static wh_status find_undisputed(struct wh_member *const *members, uint32_t count,
    struct undisputed *undisputed, struct wh_error *err)
{
    undisputed->members = wh_array(count, sizeof *undisputed->members, SIZE_MAX, err);
    if (!undisputed->members)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        if (members[i]->contested)
            undisputed->frames += members[i]->frame.length;
        else
            undisputed->members[undisputed->count++] = members[i];
    }
    return WH_OK;
}

/* Programs of one package share code, and then their residues share bytes: what is contested goes
 * into the group if the group is smaller for it than the frames are. */
static wh_status finish_patches(struct wh_member *const *members, uint32_t count,
    enum wh_effort effort, struct wh_encoded_groups *groups, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer all = {.ceiling = WH_BUNDLE_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer rest = {.ceiling = WH_BUNDLE_MAX};
    wh_cleanup(clear_undisputed) struct undisputed undisputed = {0};

    WH_TRY(find_undisputed(members, count, &undisputed, err));
    WH_TRY(encode_residues(members, count, effort, &all, err));
    if (undisputed.count < count && undisputed.count > 0)
        WH_TRY(encode_residues(undisputed.members, undisputed.count, effort, &rest, err));
    bool join = undisputed.count == count || all.length <= rest.length + undisputed.frames;
    for (uint32_t i = 0; i < count; i++)
        if (members[i]->contested)
            wh_member_settle(members[i], join);
    if (join)
        add_group(groups, WH_CODEC_PATCH, members, count, &all);
    else if (undisputed.count > 0)
        add_group(groups, WH_CODEC_PATCH, undisputed.members, undisputed.count, &rest);
    return WH_OK;
}

typedef wh_status finish_fn(struct wh_member *const *members, uint32_t count, enum wh_effort effort,
    struct wh_encoded_groups *groups, struct wh_error *err);

/* How the members of one way and class come together. */
struct collection {
    enum wh_member_way way;
    enum wh_file_class class;
    uint64_t room;   /* bytes of one group */
    bool with_bases; /* bases count, too */
    finish_fn *finish;
};

static bool belongs(const struct collection *collection, const struct wh_member *member)
{
    if (member->class != collection->class)
        return false;
    return member->way == collection->way || (member->contested && collection->way == WH_WAY_PATCH);
}

static uint64_t bytes_of(const struct collection *collection, const struct wh_member *member)
{
    return member->content.length + (collection->with_bases ? member->base.length : 0);
}

/* In the order of the file list, because neighbours are alike. A group that is full is followed by
 * the next; %config files get one each. */
static wh_status collect(const struct collection *collection, struct members *members,
    enum wh_effort effort, struct wh_encoded_groups *groups, struct wh_error *err)
{
    wh_autofree struct wh_member **group = wh_array(
        members->count, sizeof(struct wh_member *), SIZE_MAX, err);
    uint32_t count = 0;
    uint64_t bytes = 0;

    if (!group)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < members->count; i++) {
        struct wh_member *member = &members->list[i];
        uint64_t more = bytes_of(collection, member);
        if (!belongs(collection, member))
            continue;
        bool full = bytes + more > collection->room || collection->class == WH_CLASS_CONFIG;
        if (count > 0 && full) {
            WH_TRY(collection->finish(group, count, effort, groups, err));
            count = 0;
            bytes = 0;
        }
        group[count++] = member;
        bytes += more;
    }
    return count > 0 ? collection->finish(group, count, effort, groups, err) : WH_OK;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void add_frames(struct members *members, struct wh_encoded_groups *groups)
{
    for (uint32_t i = 0; i < members->count; i++) {
        struct wh_member *member = &members->list[i];
        if (member->way == WH_WAY_PREFIXED || member->way == WH_WAY_WHOLE)
            add_group(groups, WH_CODEC_ZSTD, &member, 1, &member->frame);
    }
}

wh_status wh_groups_encode(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    enum wh_effort effort, struct wh_encoded_groups *out_groups, struct wh_error *err)
{
    static const struct collection collections[] = {
        {WH_WAY_TEXT, WH_CLASS_PLAIN, WH_TEXT_GROUP, true, finish_text},
        {WH_WAY_TEXT, WH_CLASS_DOC, WH_TEXT_GROUP, true, finish_text},
        {WH_WAY_PATCH, WH_CLASS_PLAIN, WH_PATCH_GROUP, false, finish_patches},
        {WH_WAY_PATCH, WH_CLASS_DOC, WH_PATCH_GROUP, false, finish_patches},
        {WH_WAY_PATCH, WH_CLASS_CONFIG, WH_PATCH_GROUP, false, finish_patches},
    };
    wh_cleanup(clear_members) struct members members = {0};
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};

    WH_TRY(init_members(entries, entry_count, origin, target, &members, err));
    WH_TRY(make_room(entry_count, &groups, err));
    for (uint32_t i = 0; i < members.count; i++)
        WH_TRY(wh_member_choose(&members.list[i], effort, err));
    for (size_t i = 0; i < sizeof collections / sizeof *collections; i++)
        WH_TRY(collect(&collections[i], &members, effort, &groups, err));
    add_frames(&members, &groups);
    *out_groups = groups;
    groups = (struct wh_encoded_groups){0};
    return WH_OK;
}

wh_status wh_groups_encode_alone(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_package_file *target, enum wh_effort effort,
    struct wh_encoded_groups *out_groups, struct wh_error *err)
{
    wh_cleanup(clear_members) struct members members = {0};
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};

    WH_TRY(init_members(entries, entry_count, NULL, target, &members, err));
    WH_TRY(make_room(entry_count, &groups, err));
    for (uint32_t i = 0; i < members.count; i++) {
        struct wh_member *member = &members.list[i];
        WH_TRY(wh_encode_zstd((struct wh_bytes){0}, member->content, effort, &member->frame, err));
        member->way = WH_WAY_WHOLE;
    }
    add_frames(&members, &groups);
    *out_groups = groups;
    groups = (struct wh_encoded_groups){0};
    return WH_OK;
}

void wh_encoded_groups_clear(struct wh_encoded_groups *groups)
{
    for (uint32_t i = 0; groups->stored && i < groups->group_count; i++)
        wh_buffer_clear(&groups->stored[i]);
    free(groups->entries);
    free(groups->groups);
    free(groups->stored);
    *groups = (struct wh_encoded_groups){0};
}
