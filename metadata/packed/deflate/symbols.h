/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbols.h - the alphabets of RFC 1951, 3.2.5 and 3.2.7. */
#ifndef WHITTLE_PACKED_DEFLATE_SYMBOLS_H
#define WHITTLE_PACKED_DEFLATE_SYMBOLS_H

#include "whittle/deflate.h"

enum {
    LITERALS = 286, /* literals, the end of a block, lengths */
    DISTANCES = 30,
    ORDERS = 19, /* code lengths and their repetitions */
    FIXED_LITERALS = 288,
    CODE_MAX = 15,      /* bits of a code */
    ORDER_CODE_MAX = 7, /* the same for the alphabet of code lengths */
    BLOCK_END = 256,
    FIRST_LENGTH = 257, /* the symbol of length 3 */
    STORED_MAX = 65535, /* bytes of a stored block */
};

/* What a symbol of the upper part of an alphabet stands for: base and extra bits. */
struct wh_span {
    uint16_t base;
    uint8_t extra;
};

extern const struct wh_span wh_length_spans[LITERALS - FIRST_LENGTH];
extern const struct wh_span wh_distance_spans[DISTANCES];
extern const struct wh_span wh_order_spans[ORDERS]; /* repetitions; the base is the least count */
/* In which order the lengths of the codes for code lengths are sent. */
extern const uint8_t wh_order_sequence[ORDERS];

/* Index into wh_length_spans of a length, 3 to 258. */
static inline unsigned wh_length_index(unsigned length)
{
    unsigned over = length - WH_DEFLATE_MATCH_MIN;

    if (length == WH_DEFLATE_MATCH_MAX)
        return LITERALS - FIRST_LENGTH - 1;
    if (over < 8)
        return over;
    unsigned extra = 29u - (unsigned)__builtin_clz(over); /* bits behind the leading three */
    return 4 * extra + (over >> extra);
}

/* The symbol of a distance, 1 to 32768. */
static inline unsigned wh_distance_symbol(unsigned distance)
{
    unsigned over = distance - 1;

    if (over < 4)
        return over;
    unsigned extra = 30u - (unsigned)__builtin_clz(over); /* bits behind the leading two */
    return 2 * extra + (over >> extra);
}

/* The code lengths of a fixed block. */
void wh_fixed_lengths(uint8_t literals[FIXED_LITERALS], uint8_t distances[DISTANCES]);

#endif
