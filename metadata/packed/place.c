/* SPDX-License-Identifier: GPL-2.0-or-later */
/* place.c - see packed/place.h. */
#include "packed/place.h"

#include <lzma.h>

#include "packed/coders.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* CRC-32 is the same in gzip, zip and .xz; liblzma has it, so that no zlib is needed. */
static void describe(
    struct wh_bytes packed, struct wh_bytes plain, size_t start, struct wh_placed *out_placed)
{
    *out_placed = (struct wh_placed){
        .start = start,
        .packed_length = packed.length,
        .plain_length = plain.length,
        .crc = lzma_crc32(plain.data, plain.length, 0),
    };
}

wh_status wh_place(uint32_t coder, struct wh_bytes packed, struct wh_bytes plain, size_t start,
    struct wh_placed *out_placed, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer spelled = {.ceiling = WH_PACKED_STREAM_MAX};
    size_t length;

    if (coder == WH_CODER_TOKENS) { /* containers speak of bytes, not of symbols */
        WH_TRY(wh_deflate_unpack(packed, &spelled, &length, err));
        plain = wh_buffer_bytes(&spelled);
    }
    describe(packed, plain, start, out_placed);
    return WH_OK;
}

void wh_place_fields(enum wh_packing packing, const struct wh_container *content,
    const struct wh_placed *placed, uint32_t count, bool restore)
{
    if (packing == WH_PACKING_GZIP)
        wh_fields_gzip(content->bytes, content->length, placed, count, restore);
    else if (packing == WH_PACKING_ZIP)
        wh_fields_zip(content->bytes, content->length, placed, count, restore);
    else if (packing == WH_PACKING_DEBUGDATA && count == 1)
        wh_fields_debugdata(content->bytes, content->length, placed, content->build_id, restore);
}
