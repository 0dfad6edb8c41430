/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.h - how zlib and GNU gzip cut symbols into blocks, choose the type of each, and write it.
 * Specification: specs/format/deflate.md, "Blocks". */
#ifndef WHITTLE_PACKED_DEFLATE_BLOCK_H
#define WHITTLE_PACKED_DEFLATE_BLOCK_H

#include "packed/deflate/code_build.h"

enum { WH_BLOCK_MODELS_FIRST = 1, WH_BLOCK_MODELS_LAST = 10, WH_BLOCK_MODEL_GZIP = 10 };

enum wh_verdict {
    WH_BLOCK_GOES_ON,
    WH_BLOCK_ENDS,
    WH_BLOCK_ENDS_STREAM,
};

/* When a block ends: what the encoder counts. */
struct wh_block_count {
    uint32_t symbols_max; /* a property of the model, like the two below */
    bool ends_early;      /* GNU gzip: where the block so far was short for its symbols */
    bool is_lazy;         /* a last literal is no reason to end a block before the stream's end */
    uint64_t symbols;
    uint64_t matches;
    uint64_t bits;   /* estimated */
    uint64_t length; /* bytes */
};

/* False: no such model. */
bool wh_block_model_find(uint32_t number, bool is_lazy, struct wh_block_count *out_count);
void wh_block_begin(struct wh_block_count *count);
/* Counts one symbol; is_last: nothing follows it in the stream. */
enum wh_verdict wh_block_add(struct wh_block_count *count, struct wh_token token, bool is_last);

/* The codes of a block and how they came about. */
struct wh_block_codes {
    struct wh_code_lengths lengths;
    struct wh_spelling spelling; /* of dynamic codes */
};

/* The type that the encoder gives a block of these symbols, and the dynamic codes that it builds
 * for them whatever the type. */
enum wh_block_type wh_block_choose(const struct wh_token *tokens, size_t token_count,
    size_t plain_length, struct wh_block_codes *out_codes);

/* The symbols and the block's end. lengths: a code for each. */
void wh_block_write_symbols(const struct wh_token *tokens, size_t token_count,
    const struct wh_code_lengths *lengths, struct wh_bit_writer *writer);
/* What follows the type of a stored block; at most STORED_MAX bytes. */
void wh_block_write_stored(struct wh_bytes plain, struct wh_bit_writer *writer);

#endif
