/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_encode.c - see group_encode.h. */
#include "group_encode.h"

#include <stdlib.h>

#include "encode.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* A group's contents as an encoder wants them: one member's lie in the payloads, several members'
 * are laid end to end in a copy. */
struct gathered {
    struct wh_encode_job job;
    uint64_t *sizes; /* the job's two arrays in one */
    struct wh_buffer reference;
    struct wh_buffer content;
};

static void clear_gathered(struct gathered *gathered)
{
    free(gathered->sizes);
    wh_buffer_clear(&gathered->reference);
    wh_buffer_clear(&gathered->content);
}

static wh_status gather(const struct wh_entry *entries, uint32_t count,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    struct gathered *gathered, struct wh_error *err)
{
    gathered->sizes = wh_array(2 * (uint64_t)count, sizeof *gathered->sizes, UINT32_MAX, err);
    if (!gathered->sizes)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        struct wh_bytes content = wh_package_content(target, entries[i].file);
        struct wh_bytes base = {0};
        if (entries[i].base != WH_NO_FILE)
            base = wh_package_content(origin, entries[i].base);
        if (content.length > WH_CONTENT_MAX)
            return wh_fail(
                err, WH_OVER_LIMIT, "%s: a file is larger than a bundle may hold", target->path);
        if (!content.data || (entries[i].base != WH_NO_FILE && !base.data))
            return wh_fail(err, WH_UNSUPPORTED, "%s: a file is not in the payload", target->path);
        gathered->sizes[i] = base.length;
        gathered->sizes[count + i] = content.length;
        if (count == 1) {
            gathered->job.reference = base;
            gathered->job.content = content;
        } else {
            wh_buffer_append(&gathered->reference, base.data, base.length);
            wh_buffer_append(&gathered->content, content.data, content.length);
        }
    }
    if (count > 1) {
        WH_TRY(wh_buffer_check(&gathered->reference, err));
        WH_TRY(wh_buffer_check(&gathered->content, err));
        gathered->job.reference = wh_buffer_bytes(&gathered->reference);
        gathered->job.content = wh_buffer_bytes(&gathered->content);
    }
    gathered->job.reference_sizes = gathered->sizes;
    gathered->job.content_sizes = gathered->sizes + count;
    gathered->job.member_count = count;
    return WH_OK;
}

/* Would the content by itself be smaller than this patch? Whatever is patched to less than a
 * quarter never is: programs and texts shrink to a quarter at best. */
static bool may_whole_win(const struct wh_encode_job *job, size_t patch_length)
{
    return job->member_count == 1 && job->reference.length > 0 &&
           patch_length > job->content.length / 4;
}

static wh_status encode_group(struct wh_entry *entries, uint32_t count,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    struct wh_group *group, struct wh_buffer *stored, struct wh_error *err)
{
    wh_cleanup(clear_gathered) struct gathered gathered = {
        .reference.ceiling = WH_CONTENT_MAX, .content.ceiling = WH_CONTENT_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer whole = {.ceiling = WH_BUNDLE_MAX};
    uint32_t whole_codec;

    WH_TRY(gather(entries, count, origin, target, &gathered, err));
    WH_TRY(wh_encode(&gathered.job, &group->codec, stored, err));
    if (!may_whole_win(&gathered.job, stored->length))
        return WH_OK;
    struct wh_encode_job alone = gathered.job;
    uint64_t no_base = 0;
    alone.reference = (struct wh_bytes){0};
    alone.reference_sizes = &no_base;
    WH_TRY(wh_encode(&alone, &whole_codec, &whole, err));
    if (whole.length > stored->length)
        return WH_OK;
    entries[0].base = WH_NO_FILE;
    group->codec = whole_codec;
    wh_buffer_clear(stored);
    *stored = whole;
    whole = (struct wh_buffer){0};
    return WH_OK;
}

wh_status wh_groups_encode(struct wh_grouping *grouping, const struct wh_package_file *origin,
    const struct wh_package_file *target, struct wh_encoded_groups *out_groups,
    struct wh_error *err)
{
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};
    uint32_t first = 0;

    groups.groups = wh_array(grouping->group_count, sizeof *groups.groups, UINT32_MAX, err);
    groups.stored = wh_array(grouping->group_count, sizeof *groups.stored, UINT32_MAX, err);
    if (!groups.groups || !groups.stored)
        return wh_no_memory(err);
    groups.group_count = grouping->group_count;
    for (uint32_t i = 0; i < grouping->group_count; i++) {
        struct wh_group *group = &groups.groups[i];
        group->first_entry = first;
        group->entry_count = grouping->counts[i];
        groups.stored[i].ceiling = WH_BUNDLE_MAX;
        WH_TRY(encode_group(grouping->entries + first, group->entry_count, origin, target, group,
            &groups.stored[i], err));
        group->stored = wh_buffer_bytes(&groups.stored[i]);
        first += group->entry_count;
    }
    *out_groups = groups;
    groups = (struct wh_encoded_groups){0};
    return WH_OK;
}

void wh_encoded_groups_clear(struct wh_encoded_groups *groups)
{
    for (uint32_t i = 0; groups->stored && i < groups->group_count; i++)
        wh_buffer_clear(&groups->stored[i]);
    free(groups->groups);
    free(groups->stored);
    *groups = (struct wh_encoded_groups){0};
}
