/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encode.c - see encode.h. */
#include "encode.h"

/* Level 19 needs some 8 bytes of memory a byte of base and content, and twice the time of level
 * 12, for a sixth fewer bytes. What is larger than this is data, which gains nothing from it. */
static int level_for(uint64_t bytes, enum wh_effort effort)
{
    if (effort == WH_EFFORT_FAST)
        return 12;
    if (effort == WH_EFFORT_BEST)
        return bytes <= 512u << 20 ? 22 : 12;
    return bytes <= 128u << 20 ? 19 : 12;
}

wh_status wh_encode_zstd(struct wh_bytes reference, struct wh_bytes content, enum wh_effort effort,
    struct wh_buffer *out, struct wh_error *err)
{
    uint64_t bytes = (uint64_t)reference.length + content.length;

    return wh_deflate(content, reference, level_for(bytes, effort), out, err);
}

wh_status wh_encode_patch(const struct wh_residue *residue, uint64_t content_length,
    uint32_t member_count, enum wh_effort effort, struct wh_buffer *out, struct wh_error *err)
{
    struct wh_bytes streams[WH_STREAMS];

    for (int i = 0; i < WH_STREAMS; i++)
        streams[i] = wh_buffer_bytes(&residue->streams[i]);
    return wh_streams_write(streams, content_length, member_count,
        level_for(wh_residue_length(residue), effort), out, err);
}
