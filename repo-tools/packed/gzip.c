/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gzip.c - a gzip file of one member (RFC 1952). */
#include <string.h>

#include "packed/kinds.h"
#include "whittle/word.h"

enum { HEADER = 10, TRAILER = 8, SHORTEST = 2 }; /* SHORTEST: a stream that holds nothing */
enum { CHECKED = 0x02, EXTRA = 0x04, NAMED = 0x08, COMMENTED = 0x10, RESERVED = 0xe0 };

bool wh_gzip_begins(struct wh_bytes content)
{
    return content.length >= 3 && memcmp(content.data, "\x1f\x8b\x08", 3) == 0;
}

static void skip_text(struct wh_reader *reader)
{
    while (!reader->failed && wh_read_u8(reader) != 0)
        ;
}

/* The optional fields, in their order. */
static void skip_fields(struct wh_reader *reader, uint8_t flags)
{
    if (flags & EXTRA) {
        uint8_t low = wh_read_u8(reader);
        (void)wh_read_bytes(reader, low | (uint64_t)wh_read_u8(reader) << 8);
    }
    if (flags & NAMED)
        skip_text(reader);
    if (flags & COMMENTED)
        skip_text(reader);
    if (flags & CHECKED)
        (void)wh_read_bytes(reader, 2);
}

const char *wh_gzip_list(struct wh_bytes content, struct wh_inner *out_stream)
{
    struct wh_reader reader = wh_reader_over(content);
    const uint8_t *header = wh_read_bytes(&reader, HEADER).data;

    if (reader.failed)
        return "ends in its header";
    if (header[3] & RESERVED)
        return "has flags that are not known";
    skip_fields(&reader, header[3]);
    if (reader.failed)
        return "ends in its header";
    size_t left = (size_t)(reader.end - reader.at);
    if (left < SHORTEST + TRAILER)
        return "ends in its stream";
    const uint8_t *trailer = reader.end - TRAILER;
    *out_stream = (struct wh_inner){
        .start = content.length - left,
        .packed_length = left - TRAILER,
        .plain_length = wh_load32(trailer + 4),
        .crc = wh_load32(trailer),
    };
    return NULL;
}
