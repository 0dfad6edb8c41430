/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encode.c - see encode.h. */
#include "encode.h"

/* Level 19 needs some 8 bytes of memory a byte of base and content, and twice the time of level
 * 12, for a sixth fewer bytes. What is larger than this is data, which gains nothing from it. */
static int level_for(uint64_t bytes, enum wh_effort effort)
{
    switch (effort) {
    case WH_EFFORT_LEAST: /* below this, trials mislead: matches far back are not found */
        return 9;
    case WH_EFFORT_FAST:
        return 12;
    case WH_EFFORT_DEFAULT:
        return bytes <= 128u << 20 ? 19 : 12;
    case WH_EFFORT_BEST:
        break;
    }
    return bytes <= 512u << 20 ? 22 : 12;
}

enum wh_effort wh_trial_effort(uint64_t bytes, enum wh_effort effort)
{
    enum { SOON_DONE = 1 << 20 };

    return bytes <= SOON_DONE || effort == WH_EFFORT_BEST ? effort : WH_EFFORT_LEAST;
}

/* Match finders' tables of libzstd 1.4 to 1.5, rounded up; they are smaller for small inputs. Long
 * bases, and long contents at low levels, get a table for long distances, of one entry for each 16
 * to 128 bytes. */
uint64_t wh_encode_memory(uint64_t reference, uint64_t content, enum wh_effort effort)
{
    enum { LONG = 1 << 20, FOR_EACH_BYTE = 32, ALWAYS = 2 << 20 };
    uint64_t bytes = reference + content;
    int level = level_for(bytes, effort);
    uint64_t tables = (level == 9 ? 16u : level == 12 ? 80u : level == 19 ? 96u : 704u) << 20;
    bool is_long = reference > LONG || (content > LONG && level < 19);
    uint64_t distances = is_long ? bytes / (level >= 19 ? 1 : 4) : 0;

    if (tables > FOR_EACH_BYTE * bytes + ALWAYS)
        tables = FOR_EACH_BYTE * bytes + ALWAYS;
    return tables + distances;
}

wh_status wh_encode_zstd(struct wh_bytes reference, struct wh_bytes content, enum wh_effort effort,
    struct wh_buffer *out, struct wh_error *err)
{
    uint64_t bytes = (uint64_t)reference.length + content.length;

    return wh_frame_write(content, reference, level_for(bytes, effort), out, err);
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
