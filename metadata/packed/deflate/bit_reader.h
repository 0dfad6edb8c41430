/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bit_reader.h - bits of hostile bytes, lowest first, never past the end. */
#ifndef WHITTLE_PACKED_DEFLATE_BIT_READER_H
#define WHITTLE_PACKED_DEFLATE_BIT_READER_H

#include "whittle/bytes.h"
#include "whittle/word.h"

struct wh_bit_reader {
    const uint8_t *start;
    const uint8_t *at; /* the first byte of which count does not yet speak */
    const uint8_t *end;
    uint64_t held; /* the next count bits, then bits of the byte at `at`, or zeros */
    unsigned count;
    bool failed; /* more was taken than there is */
};

static inline struct wh_bit_reader wh_bits_over(struct wh_bytes bytes)
{
    static const uint8_t nothing[1];
    const uint8_t *start = bytes.data ? bytes.data : nothing;

    return (struct wh_bit_reader){.start = start, .at = start, .end = start + bytes.length};
}

/* Holds 56 bits or more, or all that are left. */
static inline void wh_bits_refill(struct wh_bit_reader *bits)
{
    if (bits->end - bits->at >= 8) {
        bits->held |= wh_load64(bits->at) << bits->count;
        bits->at += (63 - bits->count) >> 3;
        bits->count |= 56;
        return;
    }
    while (bits->count < 56 && bits->at < bits->end) {
        bits->held |= (uint64_t)*bits->at++ << bits->count;
        bits->count += 8;
    }
}

/* Drops bits that are held. */
static inline void wh_bits_drop(struct wh_bit_reader *bits, unsigned width)
{
    if (width > bits->count) {
        bits->failed = true;
        return;
    }
    bits->held >>= width;
    bits->count -= width;
}

/* At most 32 bits; zero once the reader has failed. */
static inline uint32_t wh_bits_take(struct wh_bit_reader *bits, unsigned width)
{
    if (bits->count < width)
        wh_bits_refill(bits);
    uint32_t value = (uint32_t)(bits->held & (((uint64_t)1 << width) - 1));
    wh_bits_drop(bits, width);
    return bits->failed ? 0 : value;
}

/* In bits from the start. */
static inline size_t wh_bits_at(const struct wh_bit_reader *bits)
{
    return (size_t)(bits->at - bits->start) * 8 - bits->count;
}

/* Moves to a place in bits from the start, inside. */
static inline void wh_bits_seek(struct wh_bit_reader *bits, size_t place)
{
    bits->at = bits->start + place / 8;
    bits->held = 0;
    bits->count = 0;
    (void)wh_bits_take(bits, place % 8);
}

#endif
