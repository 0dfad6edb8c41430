/* SPDX-License-Identifier: GPL-2.0-or-later */
/* member.c - see member.h. */
#include "member.h"

#include <inttypes.h>
#include <string.h>

#include "diff/debugdata_diff.h"
#include "diff/diff.h"
#include "encode.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

void wh_member_init_alone(
    struct wh_bytes base, struct wh_bytes content, struct wh_member *out_member)
{
    *out_member = (struct wh_member){
        .base = base,
        .content = content,
        .effort = WH_EFFORT_DEFAULT,
        .stored_max = WH_BUNDLE_MAX,
        .frame.ceiling = WH_BUNDLE_MAX,
        .costs = WH_COSTS_NONE,
    };
    wh_residue_init(&out_member->residue);
}

wh_status wh_member_init(const struct wh_entry *entry, const struct wh_package_file *origin,
    const struct wh_package_file *target, struct wh_member *out_member, struct wh_error *err)
{
    struct wh_bytes content = wh_package_content(target, entry->file);
    struct wh_bytes base = {0};

    if (entry->base != WH_NO_FILE)
        base = wh_package_content(origin, entry->base);
    if (content.length > WH_CONTENT_MAX || base.length > WH_CONTENT_MAX)
        return wh_fail(
            err, WH_OVER_LIMIT, "%s: a file is larger than a bundle may hold", target->path);
    if (!content.data || (entry->base != WH_NO_FILE && !base.data))
        return wh_fail(err, WH_UNSUPPORTED, "%s: a file is not in the payload", target->path);
    wh_member_init_alone(base, content, out_member);
    out_member->entry = *entry;
    out_member->class = wh_file_class(&target->header->files[entry->file]);
    return WH_OK;
}

void wh_member_clear(struct wh_member *member)
{
    wh_residue_clear(&member->residue);
    wh_buffer_clear(&member->frame);
    wh_apart_free(member->apart);
    member->apart = NULL;
}

wh_status wh_member_take_apart(struct wh_member *member, const struct wh_package_file *origin,
    const struct wh_package_file *target, const struct wh_apart_means *means, struct wh_error *err)
{
    uint8_t ids[2][WH_BUILD_ID_MAX];
    struct wh_whole base = {.bytes = member->base, .build_id.data = ids[0]};
    struct wh_whole content = {.bytes = member->content, .build_id.data = ids[1]};

    if (member->entry.base != WH_NO_FILE)
        base.build_id.length = wh_header_build_id(origin->header, member->entry.base, ids[0]);
    content.build_id.length = wh_header_build_id(target->header, member->entry.file, ids[1]);
    WH_TRY(wh_apart_new(&base, &content, means, &member->apart, err));
    member->base = wh_buffer_bytes(&member->apart->base.plain);
    member->content = wh_buffer_bytes(&member->apart->content.plain);
    return WH_OK;
}

void wh_member_forget(struct wh_member *member)
{
    if (!member->apart)
        return;
    wh_apart_forget(member->apart);
    member->base.data = member->content.data = NULL;
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

static struct wh_debug_file debug_file(const struct wh_unpacked *unpacked, struct wh_bytes build_id)
{
    struct wh_bytes plain = wh_buffer_bytes(&unpacked->plain);
    size_t inner = (size_t)unpacked->lengths[0];

    return (struct wh_debug_file){
        .inner = {plain.data, inner},
        .outer = {plain.data + inner, plain.length - inner},
        .build_id = build_id,
    };
}

static wh_status diff_debugdata(struct wh_member *member, struct wh_error *err)
{
    const struct wh_apart *apart = member->apart;
    const struct wh_debug_file old = debug_file(&apart->base, apart->ids.base);
    const struct wh_debug_file fresh = debug_file(&apart->content, apart->ids.content);

    return wh_debugdata_diff(&old, &fresh, member->effort, &member->residue, err);
}

wh_status wh_member_diff(struct wh_member *member, struct wh_error *err)
{
    const struct wh_match_means means = {member->effort, member->threads};
    enum wh_patch_method method;

    if (member->apart && member->base.length > 0 && wh_apart_is_debugdata(member->apart))
        return diff_debugdata(member, err);

    return wh_diff_by(member->base, member->content, &means, &method, &member->residue, err);
}

/* An encoder's verdict: what is too long, for the decoder or for the bundle, is no choice. */
static wh_status take_cost(wh_status status, const struct wh_buffer *stored, uint64_t *out_cost)
{
    *out_cost = WH_NO_COST;
    if (status == WH_UNSUPPORTED || status == WH_OVER_LIMIT)
        return WH_OK;
    WH_TRY(status);
    *out_cost = stored->length;
    return WH_OK;
}

/* With less effort than it will be made with, a group takes a third more at most. */
static struct wh_buffer room_for(const struct wh_member *member, enum wh_effort effort)
{
    uint64_t most = member->stored_max;

    return (struct wh_buffer){.ceiling = effort < member->effort ? most + most / 3 : most};
}

/* Makes the residue. By itself it has so many bytes; in a group it costs less, so this errs on the
 * other codecs' side by some bytes only. */
static wh_status cost_of_residue(struct wh_member *member, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {0};
    wh_status status = wh_member_diff(member, err);

    if (status == WH_OK) {
        enum wh_effort effort = wh_trial_effort(
            wh_residue_length(&member->residue), member->effort);
        member->rough |= effort < member->effort;
        stored = room_for(member, effort);
        status = wh_encode_patch(&member->residue, member->content.length, 1, effort, &stored, err);
    }
    return take_cost(status, &stored, &member->costs.patch);
}

/* Contents that the residue makes small enough are not tried otherwise: no codec is known to win
 * there, and zstd's time grows with the whole content. */
static bool may_frame_win(const struct wh_member *member)
{
    uint64_t cost = member->costs.patch;
    size_t length = member->content.length;

    if (member->effort == WH_EFFORT_BEST)
        return true;
    if (member->effort < WH_EFFORT_DEFAULT)
        return cost > length / 4;
    return cost > length / (is_elf(member->content) ? 16 : 64);
}

uint64_t wh_member_frame_cost(const struct wh_member *member)
{
    if (member->way == WH_WAY_WHOLE)
        return member->costs.whole;
    return member->way == WH_WAY_PREFIXED ? member->costs.prefixed : WH_NO_COST;
}

static wh_status encode_frame(const struct wh_member *member, enum wh_member_way way,
    enum wh_effort effort, struct wh_buffer *out, struct wh_error *err)
{
    struct wh_bytes base = way == WH_WAY_PREFIXED ? member->base : (struct wh_bytes){0};

    return wh_encode_zstd(base, member->content, effort, out, err);
}

/* Keeps the frame if it is the smallest so far. */
static wh_status try_frame(struct wh_member *member, enum wh_member_way way, uint64_t *best,
    uint64_t *out_cost, struct wh_error *err)
{
    uint64_t bytes = (uint64_t)member->base.length + member->content.length;
    bool has_choice = member->base.length > 0;
    enum wh_effort effort = has_choice ? wh_trial_effort(bytes, member->effort) : member->effort;
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = room_for(member, effort);
    wh_status status = encode_frame(member, way, effort, &frame, err);

    member->rough |= effort < member->effort;
    WH_TRY(take_cost(status, &frame, out_cost));
    /* A base that helps so little is not worth to depend on. */
    uint64_t gain = way == WH_WAY_WHOLE && *best != WH_NO_COST ? *best / 512 : 0;
    if (*out_cost >= *best + gain)
        return WH_OK;
    *best = *out_cost;
    member->way = way;
    if (effort < member->effort)
        return WH_OK;
    struct wh_buffer loser = member->frame;
    member->frame = frame;
    frame = loser;
    return WH_OK;
}

/* May the content be smaller by itself than `best`? The least effort tells, in a tenth of the time,
 * and takes no more than a third too much. */
static wh_status may_whole_win(
    const struct wh_member *member, uint64_t best, bool *out_may, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_BUNDLE_MAX};
    uint64_t bytes = (uint64_t)member->base.length + member->content.length;
    bool is_quick = wh_trial_effort(bytes, member->effort) == WH_EFFORT_LEAST;

    *out_may = member->base.length == 0 || best > member->content.length / 64;
    if (!*out_may || is_quick || member->base.length == 0 || best == WH_NO_COST)
        return WH_OK;
    wh_status status = encode_frame(member, WH_WAY_WHOLE, WH_EFFORT_LEAST, &frame, err);
    if (status == WH_OVER_LIMIT)
        return WH_OK;
    WH_TRY(status);
    *out_may = frame.length - frame.length / 3 < best;
    return WH_OK;
}

wh_status wh_member_try_frames(struct wh_member *member, struct wh_error *err)
{
    struct wh_costs *costs = &member->costs;
    uint64_t best = WH_NO_COST;
    bool may_win;

    if (member->base.length > 0 && member->effort > WH_EFFORT_LEAST)
        WH_TRY(try_frame(member, WH_WAY_PREFIXED, &best, &costs->prefixed, err));
    WH_TRY(may_whole_win(member, best < costs->patch ? best : costs->patch, &may_win, err));
    return may_win ? try_frame(member, WH_WAY_WHOLE, &best, &costs->whole, err) : WH_OK;
}

/* Tries what may win. */
static wh_status try_all(struct wh_member *member, struct wh_error *err)
{
    if (member->base.length > 0) {
        WH_TRY(cost_of_residue(member, err));
        member->way = WH_WAY_PATCH;
        if (!may_frame_win(member))
            return WH_OK;
    }
    return wh_member_try_frames(member, err);
}

wh_status wh_member_choose(struct wh_member *member, struct wh_error *err)
{
    member->way = WH_WAY_TEXT;
    if (is_small(member))
        return WH_OK;
    WH_TRY(try_all(member, err));
    uint64_t frame = wh_member_frame_cost(member);
    uint64_t patch = member->costs.patch;
    if (frame == WH_NO_COST && patch == WH_NO_COST)
        return wh_fail(
            err, WH_OVER_LIMIT, "a content takes more than %" PRIu64 " bytes", member->stored_max);
    if (patch == WH_NO_COST) {
        wh_member_settle(member, false);
        return WH_OK;
    }
    /* Company hardly makes a residue smaller by more than a quarter. */
    uint64_t most = member->rough ? patch + patch / 3 : patch;
    uint64_t least = member->rough ? patch / 2 : patch / 4 * 3;
    member->contested = frame < most && frame > least;
    if (!member->contested)
        wh_member_settle(member, frame >= most);
    return WH_OK;
}

wh_status wh_member_make_frame(struct wh_member *member, struct wh_error *err)
{
    uint64_t *cost = member->way == WH_WAY_WHOLE ? &member->costs.whole : &member->costs.prefixed;

    if (member->frame.length > 0)
        return WH_OK;
    member->frame.ceiling = member->stored_max;
    WH_TRY(encode_frame(member, member->way, member->effort, &member->frame, err));
    *cost = member->frame.length;
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
