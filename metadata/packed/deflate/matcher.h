/* SPDX-License-Identifier: GPL-2.0-or-later */
/* matcher.h - which symbol a usual deflate encoder would write next: a deterministic model of the
 * search for matches in zlib and GNU gzip, after RFC 1951 section 4 and the published description
 * of zlib's levels. It stays in step when the real encoder departs from it. Specification:
 * specs/format/deflate.md, "Matches". */
#ifndef WHITTLE_PACKED_DEFLATE_MATCHER_H
#define WHITTLE_PACKED_DEFLATE_MATCHER_H

#include "whittle/deflate.h"

enum wh_matcher_style {
    WH_MATCHER_LITERALS, /* no matches */
    WH_MATCHER_RUNS,     /* of one byte: distance 1 only */
    WH_MATCHER_GREEDY,   /* takes a match where it finds one */
    WH_MATCHER_LAZY,     /* looks at the next byte first: a longer match there wins */
};

/* How an encoder searches. Part of the format: rows are only ever added. */
struct wh_matcher_settings {
    enum wh_matcher_style style;
    uint16_t good;     /* lazy: behind a match so long a quarter of the candidates */
    uint16_t lazy;     /* lazy: behind a match so long no search at the next byte; greedy: of a
                        * longer match the inner bytes are not chained */
    uint16_t nice;     /* a match so long ends the search */
    uint16_t chain;    /* candidates looked at */
    uint8_t shortest;  /* lazy: matches below are none; 3 or, with "filtered", 6 */
    uint8_t hash_bits; /* of the table of heads */
    bool is_buffered;  /* the end of the input is met as in GNU gzip's buffer */
};

/* The row of that number (a parameter of the format), or NULL. */
const struct wh_matcher_settings *wh_matcher_settings_find(uint32_t number);

struct wh_matcher;

/* plain is borrowed, and hostile as far as memory is concerned: it is only read inside. Allocates a
 * constant. Free with wh_matcher_free(). */
WH_MUST_CHECK wh_status wh_matcher_new(const struct wh_matcher_settings *settings,
    struct wh_bytes plain, struct wh_matcher **out_matcher, struct wh_error *err);
void wh_matcher_free(struct wh_matcher *matcher);

/* The symbol that the encoder would write at this place, which is not the end. Always one that
 * gives the bytes of plain. */
struct wh_token wh_matcher_predict(struct wh_matcher *matcher);
/* Moves on behind a symbol: the predicted one or another that gives the bytes of plain. */
void wh_matcher_take(struct wh_matcher *matcher, struct wh_token token);
size_t wh_matcher_at(const struct wh_matcher *matcher); /* bytes behind */

#endif
