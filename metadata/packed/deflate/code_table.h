/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code_table.h - Huffman codes of RFC 1951, 3.2.2: from code lengths to codes, and tables that read
 * them. */
#ifndef WHITTLE_PACKED_DEFLATE_CODE_TABLE_H
#define WHITTLE_PACKED_DEFLATE_CODE_TABLE_H

#include "packed/deflate/bit_reader.h"
#include "packed/deflate/symbols.h"

/* Reads codes: the short ones by one look-up, longer ones bit by bit. */
struct wh_code_table {
    unsigned bits;                   /* of the look-up */
    uint32_t *entries;               /* 1 << bits; borrowed */
    const uint32_t *meanings;        /* of each symbol, below 2^28; borrowed */
    uint16_t counts[CODE_MAX + 1];   /* codes of each length */
    uint16_t sorted[FIXED_LITERALS]; /* symbols by code */
};

/* An entry is a meaning, and below it the length of the code; 0: no or a longer code. */
enum { ENTRY_LENGTH_BITS = 4 };

/* lengths: at most 15 each, not over-subscribed. The table's first three fields are set. */
void wh_code_table_build(struct wh_code_table *table, const uint8_t *lengths, unsigned count);

/* The entry of the code that comes next, of 15 bits at most, where the look-up has none; 0: there
 * is none. */
uint32_t wh_code_table_long(const struct wh_code_table *table, uint64_t bits);

/* How much of the space of codes is free, in 2^-15; below 0: over-subscribed. */
int wh_codes_left(const uint8_t *lengths, unsigned count);

/* Codes as they are written, lowest bit first. */
void wh_codes_assign(const uint8_t *lengths, unsigned count, uint16_t *out_codes);

#endif
