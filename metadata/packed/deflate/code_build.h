/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code_build.h - Huffman codes as zlib and GNU gzip build them from counts, and how they spell them
 * in a dynamic block. Specification: specs/format/deflate.md, "Codes". */
#ifndef WHITTLE_PACKED_DEFLATE_CODE_BUILD_H
#define WHITTLE_PACKED_DEFLATE_CODE_BUILD_H

#include "packed/deflate/bit_writer.h"
#include "packed/deflate/code_lengths.h"

/* The lengths of a code of at most limit bits. At most LITERALS counts, their sum below 2^32. */
void wh_code_build(const uint32_t *counts, unsigned count, unsigned limit, uint8_t *out_lengths);

/* What stands between a dynamic block's type and its symbols. */
struct wh_spelling {
    unsigned literal_count;
    unsigned distance_count;
    unsigned order_count; /* lengths that are sent of the code for code lengths */
    unsigned item_count;
    uint8_t order_lengths[ORDERS];
    struct {
        uint8_t symbol;
        uint8_t over; /* value of the extra bits */
    } items[LITERALS + DISTANCES];
};

void wh_spelling_make(const struct wh_code_lengths *lengths, struct wh_spelling *out_spelling);
uint64_t wh_spelling_bits(const struct wh_spelling *spelling);
void wh_spelling_write(const struct wh_spelling *spelling, struct wh_bit_writer *writer);

#endif
