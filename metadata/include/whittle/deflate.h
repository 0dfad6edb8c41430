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

/* Numbers as in RFC 1951, 3.2.3. */
enum wh_block_type {
    WH_BLOCK_STORED = 0,
    WH_BLOCK_FIXED = 1,
    WH_BLOCK_DYNAMIC = 2,
};

struct wh_block {
    enum wh_block_type type;
    bool is_final;
    size_t body_bit; /* where it goes on behind its three bits, in bits from the stream's start */
    size_t token_count;  /* 0 in a stored block */
    size_t plain_length; /* bytes that it holds */
};

/* A stream taken apart. From these and the packed bytes, which hold how dynamic blocks spell their
 * codes, it can be made again. */
struct wh_deflate_parts {
    struct wh_bytes packed; /* borrowed: the stream and nothing else */
    struct wh_buffer plain;
    struct wh_token *tokens; /* of all blocks; owned, like blocks */
    size_t token_count;
    struct wh_block *blocks;
    size_t block_count;
};

/* Takes apart the stream at the start of packed; what follows it is passed over. packed: hostile.
 * ceiling: the most bytes that it may hold; memory goes with packed and with what it holds.
 * WH_MALFORMED: no such stream. WH_UNSUPPORTED: one whose bytes do not follow from its symbols: a
 * length of 258 spelled with extra bits, padding that is not zero. Free with
 * wh_deflate_parts_clear(). */
WH_MUST_CHECK wh_status wh_deflate_parse(struct wh_bytes packed, uint64_t ceiling,
    struct wh_deflate_parts *out_parts, struct wh_error *err);
void wh_deflate_parts_clear(struct wh_deflate_parts *parts);

/* How an encoder is modelled. Numbers are part of the format. */
struct wh_deflate_model {
    uint32_t matching; /* a row of the matcher's settings */
    uint32_t blocks;   /* 1 to 9: zlib's memLevel; 10: GNU gzip from level 3 on */
};

/* The model that knows the ends of most blocks. */
uint32_t wh_deflate_blocks_guess(const struct wh_deflate_parts *parts);

/* Parameters of WH_CODER_DEFLATE, and what they cost. */
struct wh_deflate_trace {
    struct wh_buffer parameters;
    size_t symbol_departures;
    size_t block_departures;
};

/* Lays a stream against a model. symbols_max: no more than about so many symbols of the stream are
 * looked at; the parameters are good for packing only if that was all of them. WH_UNSUPPORTED: no
 * such model. Free with wh_deflate_trace_clear(). */
WH_MUST_CHECK wh_status wh_deflate_trace_new(const struct wh_deflate_parts *parts,
    const struct wh_deflate_model *model, size_t symbols_max, struct wh_deflate_trace *out_trace,
    struct wh_error *err);
void wh_deflate_trace_clear(struct wh_deflate_trace *trace);

#endif
