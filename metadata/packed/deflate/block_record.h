/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block_record.h - blocks that are not as the model would have them, and the writing of all blocks.
 * Format: specs/format/deflate.md, "Blocks". */
#ifndef WHITTLE_PACKED_DEFLATE_BLOCK_RECORD_H
#define WHITTLE_PACKED_DEFLATE_BLOCK_RECORD_H

#include "packed/deflate/block.h"

/* What is stored of one block. */
struct wh_block_record {
    enum wh_block_type type;
    bool is_final;
    bool has_end;
    bool has_codes;        /* dynamic: spelled here */
    uint64_t end;          /* bytes of a stored block; symbols of others, where it has_end */
    uint64_t code_bits;    /* where it has_codes */
    struct wh_bytes codes; /* borrowed: the bits behind the type, as in the stream */
};

/* The records of a stream; start with wh_block_records_read(). */
struct wh_block_records {
    struct wh_reader reader;
    uint64_t left;  /* behind the next one */
    uint64_t until; /* blocks before the next one */
    bool has_next;
};

/* reader: hostile; stays borrowed, and is moved on behind the records. */
WH_MUST_CHECK wh_status wh_block_records_read(
    struct wh_reader *reader, struct wh_block_records *out_records, struct wh_error *err);
/* Is the next block a recorded one? Then out_record is it. */
WH_MUST_CHECK wh_status wh_block_records_next(struct wh_block_records *records, bool *out_recorded,
    struct wh_block_record *out_record, struct wh_error *err);

/* A block that is to be written. */
struct wh_made_block {
    const struct wh_block_record *record; /* or NULL: as the model has it */
    bool is_final;
    const struct wh_token *tokens; /* those that are given to a stored block only guide the model */
    size_t token_count;
    struct wh_bytes plain; /* its data may be missing where a stored block is a recorded one */
};

WH_MUST_CHECK wh_status wh_block_write(
    const struct wh_made_block *block, struct wh_bit_writer *writer, struct wh_error *err);

/* Collects the records of a stream. */
struct wh_block_recorder {
    struct wh_bytes packed; /* the stream */
    struct wh_buffer records;
    uint64_t count;
    uint64_t until; /* blocks since the last record */
};

/* Compares a block with the model's and records what departs. tokens: its own, or those that the
 * model has for a stored block. verdict: the model's at the end of the block, WH_BLOCK_GOES_ON also
 * where it had another one before. */
WH_MUST_CHECK wh_status wh_block_compare(struct wh_block_recorder *recorder,
    const struct wh_block *block, const struct wh_token *tokens, size_t token_count,
    enum wh_verdict verdict, struct wh_error *err);
/* Appends the collected records. */
void wh_block_records_write(const struct wh_block_recorder *recorder, struct wh_buffer *out);

#endif
