/* SPDX-License-Identifier: GPL-2.0-or-later */
/* member.c - see member.h. */
#include "member.h"

#include <string.h>

#include "diff/diff.h"
#include "encode.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

wh_status wh_member_init(const struct wh_entry *entry, const struct wh_package_file *origin,
    const struct wh_package_file *target, struct wh_member *out_member, struct wh_error *err)
{
    struct wh_member member = {
        .entry = *entry,
        .class = wh_file_class(&target->header->files[entry->file]),
        .content = wh_package_content(target, entry->file),
        .frame.ceiling = WH_BUNDLE_MAX,
    };

    wh_residue_init(&member.residue);
    if (entry->base != WH_NO_FILE)
        member.base = wh_package_content(origin, entry->base);
    if (member.content.length > WH_CONTENT_MAX || member.base.length > WH_CONTENT_MAX)
        return wh_fail(
            err, WH_OVER_LIMIT, "%s: a file is larger than a bundle may hold", target->path);
    if (!member.content.data || (entry->base != WH_NO_FILE && !member.base.data))
        return wh_fail(err, WH_UNSUPPORTED, "%s: a file is not in the payload", target->path);
    *out_member = member;
    return WH_OK;
}

void wh_member_clear(struct wh_member *member)
{
    wh_residue_clear(&member->residue);
    wh_buffer_clear(&member->frame);
}

static bool is_elf(struct wh_bytes content)
{
    return content.length > 64 && memcmp(content.data, "\177ELF", 4) == 0;
}

/* %config files stay alone: an edited one then costs no other. */
static bool is_small(const struct wh_member *member)
{
    return member->class != WH_CLASS_CONFIG && member->content.length <= WH_SMALL_FILE &&
           member->base.length <= WH_SMALL_FILE &&
           !(is_elf(member->content) && is_elf(member->base));
}

wh_status wh_member_diff(struct wh_member *member, enum wh_effort effort, struct wh_error *err)
{
    enum wh_patch_method method;

    return wh_diff(member->base, member->content, effort, &method, &member->residue, err);
}

/* Bytes of the residue by itself. In a group it costs less, so this errs on the other codecs' side
 * by some bytes only. */
static wh_status cost_of_residue(
    const struct wh_member *member, enum wh_effort effort, size_t *out_cost, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = WH_BUNDLE_MAX};

    *out_cost = SIZE_MAX;
    wh_status status = wh_encode_patch(
        &member->residue, member->content.length, 1, effort, &stored, err);
    if (status == WH_UNSUPPORTED)
        return WH_OK;
    WH_TRY(status);
    *out_cost = stored.length;
    return WH_OK;
}

/* Contents that the residue makes small enough are not tried otherwise: no codec is known to win
 * there, and zstd's time grows with the whole content. */
static bool may_frame_win(const struct wh_member *member, size_t cost, enum wh_effort effort)
{
    enum { EAGER_MAX = 8 << 20 };
    size_t length = member->content.length;

    if (effort == WH_EFFORT_BEST)
        return true;
    if (is_elf(member->content) || length > EAGER_MAX || effort == WH_EFFORT_FAST)
        return cost > length / 4;
    return cost > length / 64;
}

/* Keeps the frame if it is the smallest so far. */
static wh_status try_frame(struct wh_member *member, struct wh_bytes base, enum wh_member_way way,
    enum wh_effort effort, size_t *best, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_BUNDLE_MAX};

    WH_TRY(wh_encode_zstd(base, member->content, effort, &frame, err));
    if (frame.length >= *best)
        return WH_OK;
    *best = frame.length;
    member->way = way;
    struct wh_buffer loser = member->frame;
    member->frame = frame;
    frame = loser;
    return WH_OK;
}

wh_status wh_member_choose(struct wh_member *member, enum wh_effort effort, struct wh_error *err)
{
    size_t cost = SIZE_MAX; /* of the residue */
    size_t best = SIZE_MAX; /* of all */

    member->way = WH_WAY_TEXT;
    if (is_small(member))
        return WH_OK;
    if (member->base.length > 0) {
        WH_TRY(wh_member_diff(member, effort, err));
        WH_TRY(cost_of_residue(member, effort, &cost, err));
        best = cost;
        member->way = WH_WAY_PATCH;
        if (!may_frame_win(member, best, effort))
            return WH_OK;
        WH_TRY(try_frame(member, member->base, WH_WAY_PREFIXED, effort, &best, err));
    }
    /* Whatever is patched to less than a quarter is never smaller by itself. */
    if (member->base.length == 0 || best > member->content.length / 4)
        WH_TRY(try_frame(member, (struct wh_bytes){0}, WH_WAY_WHOLE, effort, &best, err));
    member->contested = member->way != WH_WAY_PATCH && cost != SIZE_MAX && best > cost / 4 * 3;
    if (!member->contested)
        wh_member_settle(member, member->way == WH_WAY_PATCH);
    return WH_OK;
}

void wh_member_settle(struct wh_member *member, bool for_residue)
{
    if (for_residue) {
        member->way = WH_WAY_PATCH;
        wh_buffer_clear(&member->frame);
    } else {
        if (member->way == WH_WAY_WHOLE)
            member->entry.base = WH_NO_FILE;
        wh_residue_clear(&member->residue);
    }
    member->contested = false;
}
