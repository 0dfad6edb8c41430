/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chains.h - places with equal hashes of their first three bytes, chained from the latest on, and
 * the search of a chain for the longest match. */
#ifndef WHITTLE_PACKED_DEFLATE_CHAINS_H
#define WHITTLE_PACKED_DEFLATE_CHAINS_H

#include "whittle/deflate.h"

/* The longest distance at which a chain starts: the window less what an encoder wants to see ahead
 * (a longest match, the shortest one behind it, and one byte). Further links stay below it. */
#define WH_CHAINS_REACH (WH_DEFLATE_WINDOW - WH_DEFLATE_MATCH_MAX - WH_DEFLATE_MATCH_MIN - 1)

/* The end of the input, as it lies in an encoder's buffer. */
struct wh_buffered {
    bool is_end_seen;
    size_t last; /* place that is searched, once the end is seen */
    size_t kept; /* bytes of plain in the array */
    uint8_t bytes[WH_DEFLATE_WINDOW + WH_DEFLATE_MATCH_MAX];
};

struct wh_chains {
    struct wh_bytes plain; /* borrowed */
    size_t next;           /* places before it were chained, or passed over */
    uint64_t steps_left;   /* candidates, and eights of bytes that were compared */
    unsigned hash_shift;
    uint32_t hash_mask;
    uint32_t *heads; /* owned: the latest place of each hash */
    uint16_t *links; /* owned, by place modulo the window: distance to the place before, or 0 */
    struct wh_buffered *buffered; /* owned, or NULL */
};

/* A length below WH_DEFLATE_MATCH_MIN: none. */
struct wh_match {
    uint32_t length;
    uint32_t distance;
};

/* Free with wh_chains_clear(). */
WH_MUST_CHECK wh_status wh_chains_init(
    struct wh_chains *chains, struct wh_bytes plain, unsigned hash_bits, struct wh_error *err);
/* From now on as an encoder that reads into a buffer of two windows, moves its later half to the
 * earlier one for more, and does not mind the end of the input: a search compares on behind it, and
 * what is found is cut to what is left. Two zeros stand there and then what the buffer held
 * before. At the end of the buffer there are no searches. */
WH_MUST_CHECK wh_status wh_chains_buffer(struct wh_chains *chains, struct wh_error *err);
/* The encoder has come here: does it see the end of the input coming? */
void wh_chains_stand(struct wh_chains *chains, size_t at);
void wh_chains_clear(struct wh_chains *chains);

/* Chains every place before end that was not yet. */
void wh_chains_add(struct wh_chains *chains, size_t end);
/* Passes over every place before end that is not chained yet. */
void wh_chains_skip(struct wh_chains *chains, size_t end);

struct wh_search {
    uint32_t candidates; /* looked at, at most */
    uint32_t nice;       /* a match so long ends the search */
};

/* The nearest of the longest matches at a place, of those longer than floor (2 at least); none when
 * earlier searches have taken all the steps that are good for contents of this length. Chains
 * the places up to this one; earlier calls were for no place behind it by more than 1. */
struct wh_match wh_chains_search(
    struct wh_chains *chains, size_t at, uint32_t floor, const struct wh_search *search);

#endif
