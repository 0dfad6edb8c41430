/* SPDX-License-Identifier: GPL-2.0-or-later */
/* together.c - see together.h. */
#include "together.h"

#include "encode.h"
#include "memory.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

wh_status wh_encode_together(struct wh_member *const *members, uint32_t count,
    enum wh_effort effort, uint64_t room, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer reference = {.ceiling = WH_CONTENT_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer content = {.ceiling = WH_CONTENT_MAX};

    for (uint32_t i = 0; i < count; i++) {
        wh_buffer_append(&reference, members[i]->base.data, members[i]->base.length);
        wh_buffer_append(&content, members[i]->content.data, members[i]->content.length);
    }
    WH_TRY(wh_buffer_check(&reference, err));
    WH_TRY(wh_buffer_check(&content, err));
    while (effort > WH_EFFORT_LEAST &&
           wh_encode_memory(reference.length, content.length, effort) > room)
        effort--;
    return wh_encode_zstd(wh_buffer_bytes(&reference), wh_buffer_bytes(&content), effort, out, err);
}

/* Where no two members are worked on with the same effort the least one counts. */
static enum wh_effort effort_of(
    struct wh_member *const *members, uint32_t count, enum wh_effort effort, uint64_t room)
{
    uint64_t length = 0;

    for (uint32_t i = 0; i < count; i++) {
        length += wh_residue_length(&members[i]->residue);
        if (members[i]->effort < effort)
            effort = members[i]->effort;
    }
    return wh_memory_for_residues(length, room, effort);
}

wh_status wh_encode_residues(struct wh_member *const *members, uint32_t count,
    enum wh_effort effort, uint64_t room, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(wh_residue_clear) struct wh_residue all;
    uint64_t length = 0;

    effort = effort_of(members, count, effort, room);
    wh_residue_init(&all);
    if (count == 1) /* without a copy: it may be large */
        return wh_encode_patch(
            &members[0]->residue, members[0]->content.length, count, effort, out, err);
    for (uint32_t i = 0; i < count; i++) {
        wh_residue_append(&all, &members[i]->residue);
        length += members[i]->content.length;
    }
    for (int i = 0; i < WH_STREAMS; i++)
        WH_TRY(wh_buffer_check(&all.streams[i], err));
    return wh_encode_patch(&all, length, count, effort, out, err);
}
