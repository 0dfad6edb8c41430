/* SPDX-License-Identifier: GPL-2.0-or-later */
/* matcher.h - which symbol a usual deflate encoder would write next: a deterministic model of the
 * search for matches in zlib and GNU gzip, after RFC 1951 section 4 and the published description
 * of zlib's levels. It stays in step when the real encoder departs from it. */
#ifndef WHITTLE_PACKED_DEFLATE_MATCHER_H
#define WHITTLE_PACKED_DEFLATE_MATCHER_H

#include "whittle/deflate.h"

/* How an encoder searches. Part of the format: rows are only ever added. */
struct wh_matcher_settings {
    uint16_t good;     /* a match so long before: search a quarter of the chain only */
    uint16_t lazy;     /* no search at the next byte behind a match so long; without lazy
                        * evaluation: the longest match whose inner bytes are indexed */
    uint16_t nice;     /* a match so long ends the search */
    uint16_t chain;    /* candidates looked at */
    bool is_lazy;      /* evaluates the next byte before it takes a match */
    uint8_t hash_bits; /* of the table of heads: 15 */
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
