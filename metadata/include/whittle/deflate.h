/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deflate.h - streams of RFC 1951, taken apart into blocks and symbols and produced again byte for
 * byte by a model of the usual encoders, with what departs from it stored. No zlib: what is made
 * does not depend on a library. Format of parameters and tokens: specs/format/deflate.md. */
#ifndef WHITTLE_DEFLATE_H
#define WHITTLE_DEFLATE_H

#include "whittle/bytes.h"

#define WH_DEFLATE_MATCH_MIN 3u
#define WH_DEFLATE_MATCH_MAX 258u
#define WH_DEFLATE_WINDOW 32768u

/* One symbol. */
struct wh_token {
    uint16_t length; /* bytes: 1 for a literal, else 3 to 258 */
    uint16_t value;  /* the literal, or the distance, 1 to 32768 */
};

#endif
