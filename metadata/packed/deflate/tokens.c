/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tokens.c - the coder that spells the symbols of a stream of RFC 1951 as bytes, its blocks behind
 * them. Format: specs/format/deflate.md, "Tokens". */
#include <string.h>

#include "packed/coders.h"
#include "packed/deflate/block_record.h"
#include "packed/deflate/block_walk.h"
#include "packed/deflate/inflate.h"
#include "whittle/cleanup.h"

enum {
    MATCH_BYTES = 3,
    TAIL_BYTES = 4,
};

/* ---- from a stream -------------------------------------------------------------------------- */

static wh_status record_blocks(const struct wh_deflate_parts *parts, uint32_t model,
    struct wh_block_recorder *recorder, struct wh_error *err)
{
    struct wh_block_walk walk = wh_block_walk_over(parts);
    struct wh_block_count count;

    (void)wh_block_model_find(model, true, &count);
    for (; walk.index < parts->block_count; wh_block_walk_on(&walk)) {
        const struct wh_block *block = &parts->blocks[walk.index];
        enum wh_verdict verdict = wh_block_walk_judge(&walk, &count);
        WH_TRY(wh_block_compare(recorder, block, walk.tokens, block->token_count, verdict, err));
    }
    return WH_OK;
}

static void clear_recorder(struct wh_block_recorder *recorder)
{
    wh_buffer_clear(&recorder->records);
}

static wh_status write_blocks(
    const struct wh_deflate_parts *parts, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer part = {.ceiling = UINT32_MAX};
    wh_cleanup(clear_recorder) struct wh_block_recorder recorder = {
        .packed = parts->packed, .records = {.ceiling = UINT32_MAX}};
    const uint32_t model = wh_deflate_blocks_guess(parts);

    WH_TRY(record_blocks(parts, model, &recorder, err));
    wh_buffer_varint(&part, model);
    wh_block_records_write(&recorder, &part);
    WH_TRY(wh_buffer_check(&part, err));
    wh_buffer_append(out, part.data, part.length);
    wh_buffer_le32(out, (uint32_t)part.length);
    return wh_buffer_check(out, err);
}

static void close_run(struct wh_buffer *run, struct wh_buffer *out)
{
    wh_buffer_varint(out, run->length);
    wh_buffer_append(out, run->data, run->length);
    run->length = 0;
}

static void write_token(struct wh_token token, struct wh_buffer *run, struct wh_buffer *out)
{
    if (token.length == 1) {
        wh_buffer_u8(run, (uint8_t)token.value);
        return;
    }
    unsigned distance = token.value - 1u;
    uint8_t match[MATCH_BYTES] = {(uint8_t)(token.length - WH_DEFLATE_MATCH_MIN), (uint8_t)distance,
        (uint8_t)(distance >> 8)};
    close_run(run, out);
    wh_buffer_append(out, match, sizeof match);
}

static wh_status write_tokens(
    const struct wh_deflate_parts *parts, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer run = {.ceiling = SIZE_MAX};
    struct wh_block_walk walk = wh_block_walk_over(parts);

    for (; walk.index < parts->block_count; wh_block_walk_on(&walk)) {
        const struct wh_block *block = &parts->blocks[walk.index];
        size_t stored = (block->body_bit + 7) / 8 + 4; /* behind padding and lengths */
        if (block->type == WH_BLOCK_STORED)
            wh_buffer_append(&run, parts->packed.data + stored, block->plain_length);
        for (size_t i = 0; i < block->token_count; i++)
            write_token(walk.tokens[i], &run, out);
        WH_TRY(wh_buffer_check(&run, err));
        WH_TRY(wh_buffer_check(out, err));
    }
    if (run.length > 0)
        close_run(&run, out);
    return wh_buffer_check(out, err);
}

wh_status wh_tokens_unpack(
    struct wh_bytes packed, struct wh_buffer *out, size_t *out_packed_length, struct wh_error *err)
{
    /* Each symbol takes a byte of the result or more. A block takes two, unless it is the last one
     * or has more than a hundred symbols. */
    const size_t room = out->ceiling - out->length;
    const size_t most = SIZE_MAX / sizeof(struct wh_block) - 1;
    const size_t items = room < most ? room : most;
    wh_cleanup(wh_buffer_clear) struct wh_buffer tokens = {
        .ceiling = items * sizeof(struct wh_token)};
    wh_cleanup(wh_buffer_clear) struct wh_buffer blocks = {
        .ceiling = (items / 2 + 1) * sizeof(struct wh_block)};
    size_t length;

    WH_TRY(wh_inflate(packed, NULL, &tokens, &blocks, &length, err));
    struct wh_deflate_parts parts = {
        .packed = {packed.data, length},
        .tokens = (void *)tokens.data,
        .token_count = tokens.length / sizeof(struct wh_token),
        .blocks = (void *)blocks.data,
        .block_count = blocks.length / sizeof(struct wh_block),
    };
    WH_TRY(write_tokens(&parts, out, err));
    WH_TRY(write_blocks(&parts, out, err));
    *out_packed_length = length;
    return WH_OK;
}

/* ---- to a stream ---------------------------------------------------------------------------- */

/* Reads symbols back. */
struct source {
    struct wh_reader reader;
    uint64_t literals; /* left in the run */
    bool is_in_run;    /* a match follows them unless the tokens end */
    uint64_t at;       /* bytes of the stream's content so far */
};

struct unspeller {
    struct source source;
    struct wh_block_count count;
    struct wh_block_records records;
    struct wh_buffer tokens; /* of one block */
    struct wh_bit_writer writer;
};

static bool is_at_end(const struct source *source)
{
    return source->literals == 0 && source->reader.at == source->reader.end;
}

static wh_status garbled(struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "deflate: the tokens are garbled");
}

/* Reads the length of a run where one is due. */
static bool enter_run(struct source *source)
{
    if (source->is_in_run)
        return true;
    source->literals = wh_read_varint(&source->reader, UINT64_MAX);
    source->is_in_run = true;
    uint64_t rest = (uint64_t)(source->reader.end - source->reader.at);
    return !source->reader.failed && source->literals <= rest && rest > 0;
}

static wh_status next_token(struct source *source, struct wh_token *out_token, struct wh_error *err)
{
    if (!enter_run(source))
        return garbled(err);
    if (source->literals > 0) {
        source->literals--;
        source->at++;
        *out_token = (struct wh_token){1, wh_read_u8(&source->reader)};
        return WH_OK;
    }
    unsigned length = wh_read_u8(&source->reader) + WH_DEFLATE_MATCH_MIN;
    unsigned distance = wh_read_u8(&source->reader);
    distance |= (unsigned)wh_read_u8(&source->reader) << 8;
    if (source->reader.failed || distance >= WH_DEFLATE_WINDOW || distance >= source->at)
        return garbled(err);
    source->is_in_run = false;
    source->at += length;
    *out_token = (struct wh_token){(uint16_t)length, (uint16_t)(distance + 1)};
    return WH_OK;
}

/* The bytes of a stored block: literals, all of one run. */
static wh_status next_stored(
    struct source *source, uint64_t length, struct wh_bytes *out_bytes, struct wh_error *err)
{
    if (length > 0 && (!enter_run(source) || source->literals < length))
        return garbled(err);
    *out_bytes = wh_read_bytes(&source->reader, length);
    source->literals -= length;
    source->at += length;
    return WH_OK;
}

static wh_status collect(struct unspeller *unspeller, const struct wh_block_record *record,
    bool *out_final, struct wh_error *err)
{
    struct source *source = &unspeller->source;
    enum wh_verdict verdict = is_at_end(source) ? WH_BLOCK_ENDS_STREAM : WH_BLOCK_GOES_ON;
    const bool has_end = record && record->has_end;
    uint64_t left = has_end ? record->end : UINT64_MAX;

    wh_block_begin(&unspeller->count);
    while (has_end ? left > 0 : verdict == WH_BLOCK_GOES_ON) {
        struct wh_token token = {0, 0};
        if (is_at_end(source))
            return garbled(err);
        WH_TRY(next_token(source, &token, err));
        wh_buffer_append(&unspeller->tokens, &token, sizeof token);
        verdict = wh_block_add(&unspeller->count, token, is_at_end(source));
        left--;
    }
    *out_final = record ? record->is_final : verdict == WH_BLOCK_ENDS_STREAM;
    return wh_buffer_check(&unspeller->tokens, err);
}

static wh_status pack_block(struct unspeller *unspeller, bool *out_final, struct wh_error *err)
{
    struct wh_block_record record;
    struct wh_made_block block = {.record = NULL};
    bool is_recorded;

    unspeller->tokens.length = 0;
    WH_TRY(wh_block_records_next(&unspeller->records, &is_recorded, &record, err));
    if (is_recorded)
        block.record = &record;
    if (is_recorded && record.type == WH_BLOCK_STORED) {
        WH_TRY(next_stored(&unspeller->source, record.end, &block.plain, err));
        *out_final = record.is_final;
    } else {
        WH_TRY(collect(unspeller, block.record, out_final, err));
        block.plain.length = (size_t)unspeller->count.length;
    }
    block.is_final = *out_final;
    block.tokens = (void *)unspeller->tokens.data;
    block.token_count = unspeller->tokens.length / sizeof(struct wh_token);
    WH_TRY(wh_block_write(&block, &unspeller->writer, err));
    return wh_buffer_check(unspeller->writer.out, err);
}

/* Finds the two parts from the end. */
static wh_status open_tokens(
    struct unspeller *unspeller, struct wh_bytes plain, struct wh_error *err)
{
    if (plain.length < TAIL_BYTES)
        return garbled(err);
    size_t rest = plain.length - TAIL_BYTES;
    uint32_t length = wh_load32(plain.data + rest);
    if (length > rest)
        return garbled(err);
    struct wh_reader blocks = wh_reader_over((struct wh_bytes){plain.data + rest - length, length});
    uint32_t model = (uint32_t)wh_read_varint(&blocks, UINT32_MAX);
    if (blocks.failed)
        return garbled(err);
    if (!wh_block_model_find(model, true, &unspeller->count))
        return wh_fail(err, WH_UNSUPPORTED, "deflate: no model of blocks %u", model);
    WH_TRY(wh_block_records_read(&blocks, &unspeller->records, err));
    if (!wh_reader_at_end(&blocks))
        return garbled(err);
    unspeller->source.reader = wh_reader_over((struct wh_bytes){plain.data, rest - length});
    return WH_OK;
}

static void clear(struct unspeller *unspeller)
{
    wh_buffer_clear(&unspeller->tokens);
}

wh_status wh_tokens_pack(
    struct wh_bytes plain, struct wh_bytes parameters, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(clear) struct unspeller unspeller = {
        .tokens = {.ceiling = SIZE_MAX}, .writer = {.out = out}};
    bool is_final = false;

    if (parameters.length > 0)
        return wh_fail(err, WH_MALFORMED, "deflate: tokens take no parameters");
    WH_TRY(open_tokens(&unspeller, plain, err));
    while (!is_final)
        WH_TRY(pack_block(&unspeller, &is_final, err));
    if (!is_at_end(&unspeller.source) || unspeller.records.has_next)
        return garbled(err);
    wh_bits_flush(&unspeller.writer);
    return wh_buffer_check(out, err);
}
