/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bit_writer.h - bits, lowest first, appended to a buffer. */
#ifndef WHITTLE_PACKED_DEFLATE_BIT_WRITER_H
#define WHITTLE_PACKED_DEFLATE_BIT_WRITER_H

#include "whittle/bytes.h"
#include "whittle/word.h"

enum { WH_BITS_CHUNK = 4096 };

/* Start with {.out = buffer}; what is written is there after wh_bits_flush(). */
struct wh_bit_writer {
    struct wh_buffer *out;
    uint64_t held;
    unsigned count; /* below 32 */
    unsigned at;
    uint8_t chunk[WH_BITS_CHUNK];
};

/* At most 32 bits, those above width being zero. */
static inline void wh_bits_put(struct wh_bit_writer *writer, uint32_t value, unsigned width)
{
    writer->held |= (uint64_t)value << writer->count;
    writer->count += width;
    if (writer->count < 32)
        return;
    wh_store32(writer->chunk + writer->at, (uint32_t)writer->held);
    writer->held >>= 32;
    writer->count -= 32;
    writer->at += 4;
    if (writer->at == WH_BITS_CHUNK) {
        wh_buffer_append(writer->out, writer->chunk, writer->at);
        writer->at = 0;
    }
}

/* Fills the last byte with zeros and hands everything on. */
static inline void wh_bits_flush(struct wh_bit_writer *writer)
{
    wh_buffer_append(writer->out, writer->chunk, writer->at);
    writer->at = 0;
    for (; writer->count > 0; writer->count -= writer->count < 8 ? writer->count : 8) {
        wh_buffer_u8(writer->out, (uint8_t)writer->held);
        writer->held >>= 8;
    }
}

#endif
