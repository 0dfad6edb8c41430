/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code_lengths.h - the codes of a dynamic block and how they are spelled: RFC 1951, 3.2.7. */
#ifndef WHITTLE_PACKED_DEFLATE_CODE_LENGTHS_H
#define WHITTLE_PACKED_DEFLATE_CODE_LENGTHS_H

#include "packed/deflate/bit_reader.h"
#include "packed/deflate/symbols.h"

struct wh_code_lengths {
    uint8_t literals[FIXED_LITERALS];
    uint8_t distances[DISTANCES];
};

/* Reads what stands between a dynamic block's type and its symbols. The codes are complete, but
 * for distances, of which there may be one of one bit, or none. */
WH_MUST_CHECK wh_status wh_code_lengths_read(
    struct wh_bit_reader *bits, struct wh_code_lengths *out_lengths, struct wh_error *err);

#endif
