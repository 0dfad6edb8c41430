/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signature.c - prefixes with any signature header; see sample.h. */
#include "sample.h"

enum { REGION = 62, INT32 = 4, INT64 = 5, BIN = 7, CEILING = 1 << 20 };

static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};

static void put_index(
    struct wh_buffer *out, uint32_t tag, uint32_t type, uint32_t offset, uint32_t count)
{
    wh_buffer_be32(out, tag);
    wh_buffer_be32(out, type);
    wh_buffer_be32(out, offset);
    wh_buffer_be32(out, count);
}

static size_t alignment_mask(uint32_t type)
{
    return type == INT32 ? 3 : type == INT64 ? 7 : 0;
}

void sample_signed_prefix(
    const struct sample_tag *tags, uint32_t count, struct wh_buffer *out_prefix)
{
    struct wh_buffer index = {.ceiling = CEILING};
    struct wh_buffer data = {.ceiling = CEILING};
    struct wh_buffer *out = out_prefix;

    for (uint32_t i = 0; i < count; i++) {
        wh_buffer_fill(&data, 0, (0 - data.length) & alignment_mask(tags[i].type));
        put_index(&index, tags[i].tag, tags[i].type, (uint32_t)data.length, tags[i].count);
        wh_buffer_append(&data, tags[i].data, tags[i].length);
    }
    uint32_t region = (uint32_t)data.length;
    put_index(&data, REGION, BIN, 0u - 16 * (count + 1), 16);

    *out = (struct wh_buffer){.ceiling = CEILING};
    wh_buffer_be32(out, 0xedabeedb);
    wh_buffer_fill(out, 7, WH_LEAD_LENGTH - 4);
    wh_buffer_append(out, magic, sizeof magic);
    wh_buffer_be32(out, count + 1);
    wh_buffer_be32(out, (uint32_t)data.length);
    put_index(out, REGION, BIN, region, 16);
    wh_buffer_append(out, index.data, index.length);
    wh_buffer_append(out, data.data, data.length);
    wh_buffer_fill(out, 0, (0 - out->length) & 7);
    wh_buffer_append(out, magic, sizeof magic);
    wh_buffer_be32(out, 0);
    wh_buffer_be32(out, 4);
    wh_buffer_append(out, "main", 4);
    wh_buffer_clear(&index);
    wh_buffer_clear(&data);
}
