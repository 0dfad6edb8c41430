/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflate.c - see packed/deflate/inflate.h. */
#include "packed/deflate/inflate.h"

#include <stdlib.h>
#include <string.h>

#include "packed/coders.h"
#include "packed/deflate/code_lengths.h"
#include "packed/deflate/code_table.h"
#include "whittle/cleanup.h"

enum {
    LITERAL_BITS = 11, /* of the look-ups */
    DISTANCE_BITS = 9,
    CHUNK = 1 << 16,
    SLACK = 16, /* copies write words */
    TOKENS = 4096,
};

/* What an entry of a table means: kind, extra bits, base. */
enum { KIND_LITERAL, KIND_SPAN, KIND_END, KIND_NEVER };
#define MEANING(kind, extra, base)                                                                 \
    ((uint32_t)(base) << 6 | (uint32_t)(extra) << 2 | (uint32_t)(kind))

struct tables {
    struct wh_code_table literals;
    struct wh_code_table distances;
    uint32_t literal_entries[1 << LITERAL_BITS];
    uint32_t distance_entries[1 << DISTANCE_BITS];
};

struct inflater {
    struct wh_bit_reader bits;
    struct wh_buffer *plain; /* or NULL, like tokens and blocks */
    struct wh_buffer *tokens;
    struct wh_buffer *blocks;
    size_t at;   /* bytes in window */
    size_t kept; /* of them those that were appended */
    size_t gone; /* bytes that were in the window before */
    size_t token_at;
    size_t token_gone;
    uint32_t literal_meanings[FIXED_LITERALS];
    uint32_t distance_meanings[DISTANCES];
    bool has_fixed;
    struct tables fixed;
    struct tables dynamic;
    struct wh_token token_chunk[TOKENS];
    uint8_t window[WH_DEFLATE_WINDOW + CHUNK + WH_DEFLATE_MATCH_MAX + SLACK];
};

static void assign_meanings(struct inflater *inflater)
{
    for (unsigned i = 0; i < FIXED_LITERALS; i++) {
        uint32_t meaning = MEANING(KIND_NEVER, 0, 0); /* 286 and 287 */
        if (i < BLOCK_END)
            meaning = MEANING(KIND_LITERAL, 0, i);
        else if (i == BLOCK_END)
            meaning = MEANING(KIND_END, 0, 0);
        else if (i < LITERALS)
            meaning = MEANING(KIND_SPAN, wh_length_spans[i - FIRST_LENGTH].extra,
                wh_length_spans[i - FIRST_LENGTH].base);
        inflater->literal_meanings[i] = meaning;
    }
    for (unsigned i = 0; i < DISTANCES; i++)
        inflater->distance_meanings[i] = MEANING(
            KIND_SPAN, wh_distance_spans[i].extra, wh_distance_spans[i].base);
}

static void build_tables(struct inflater *inflater, struct tables *tables, const uint8_t *literals,
    const uint8_t *distances)
{
    tables->literals.bits = LITERAL_BITS;
    tables->literals.entries = tables->literal_entries;
    tables->literals.meanings = inflater->literal_meanings;
    tables->distances.bits = DISTANCE_BITS;
    tables->distances.entries = tables->distance_entries;
    tables->distances.meanings = inflater->distance_meanings;
    wh_code_table_build(&tables->literals, literals, FIXED_LITERALS);
    wh_code_table_build(&tables->distances, distances, DISTANCES);
}

/* ---- what comes out ------------------------------------------------------------------------- */

/* Hands on what is in the window and keeps as much as matches reach back. */
static wh_status flush(struct inflater *inflater, struct wh_error *err)
{
    if (inflater->plain) {
        wh_buffer_append(
            inflater->plain, inflater->window + inflater->kept, inflater->at - inflater->kept);
        WH_TRY(wh_buffer_check(inflater->plain, err));
    }
    if (inflater->at > WH_DEFLATE_WINDOW) {
        size_t over = inflater->at - WH_DEFLATE_WINDOW;
        memmove(inflater->window, inflater->window + over, WH_DEFLATE_WINDOW);
        inflater->gone += over;
        inflater->at = WH_DEFLATE_WINDOW;
    }
    inflater->kept = inflater->at;
    return WH_OK;
}

static wh_status flush_tokens(struct inflater *inflater, struct wh_error *err)
{
    if (!inflater->tokens)
        return WH_OK;
    wh_buffer_append(inflater->tokens, inflater->token_chunk,
        inflater->token_at * sizeof *inflater->token_chunk);
    inflater->token_gone += inflater->token_at;
    inflater->token_at = 0;
    return wh_buffer_check(inflater->tokens, err);
}

/* Copies by words, of which the last may go up to seven bytes too far: there is slack. */
static inline void copy_match(uint8_t *to, size_t distance, size_t length)
{
    const uint8_t *from = to - distance;

    if (distance >= 8) {
        for (size_t i = 0; i < length; i += 8)
            memcpy(to + i, from + i, 8);
        return;
    }
    for (size_t i = 0; i < length; i++)
        to[i] = from[i];
}

/* ---- symbols -------------------------------------------------------------------------------- */

static inline uint32_t look_up(const struct wh_code_table *table, unsigned width, uint64_t held)
{
    uint32_t entry = table->entries[held & (((uint64_t)1 << width) - 1)];

    return entry ? entry : wh_code_table_long(table, held);
}

static inline unsigned entry_bits(uint32_t entry)
{
    return entry & ((1u << ENTRY_LENGTH_BITS) - 1);
}

static inline unsigned entry_kind(uint32_t entry)
{
    return entry >> ENTRY_LENGTH_BITS & 3;
}

static inline unsigned entry_base(uint32_t entry)
{
    return entry >> (ENTRY_LENGTH_BITS + 6);
}

/* Drops a code and its extra bits, and gives the value of both. */
static inline unsigned take_span(struct wh_bit_reader *bits, uint32_t entry)
{
    unsigned length = entry_bits(entry);
    unsigned extra = entry >> (ENTRY_LENGTH_BITS + 2) & 15;
    unsigned over = (unsigned)(bits->held >> length) & ((1u << extra) - 1);

    wh_bits_drop(bits, length + extra);
    return entry_base(entry) + over;
}

static wh_status bad_symbol(const struct inflater *inflater, struct wh_error *err)
{
    if (inflater->bits.failed || inflater->bits.count < CODE_MAX)
        return wh_fail(err, WH_MALFORMED, "deflate: the stream is cut short");
    return wh_fail(err, WH_MALFORMED, "deflate: a code without a meaning");
}

/* The match that an entry begins. */
static inline wh_status take_match(struct inflater *inflater, const struct tables *tables,
    uint32_t entry, struct wh_token *out_token, struct wh_error *err)
{
    struct wh_bit_reader *bits = &inflater->bits;
    bool is_long = entry_base(entry) == WH_DEFLATE_MATCH_MAX;
    unsigned length = take_span(bits, entry);

    wh_bits_refill(bits);
    entry = look_up(&tables->distances, DISTANCE_BITS, bits->held);
    if (entry == 0 || bits->failed)
        return bad_symbol(inflater, err);
    unsigned distance = take_span(bits, entry);
    if (bits->failed)
        return bad_symbol(inflater, err);
    if (length == WH_DEFLATE_MATCH_MAX && !is_long)
        return wh_fail(err, WH_UNSUPPORTED, "deflate: a length of 258 spelled with extra bits");
    if (distance > inflater->at)
        return wh_fail(err, WH_MALFORMED, "deflate: a match from before the start");
    *out_token = (struct wh_token){(uint16_t)length, (uint16_t)distance};
    return WH_OK;
}

static inline wh_status keep_token(
    struct inflater *inflater, struct wh_token token, struct wh_error *err)
{
    inflater->token_chunk[inflater->token_at++] = token;
    return inflater->token_at == TOKENS ? flush_tokens(inflater, err) : WH_OK;
}

/* The symbols of one block. keeps: a constant, so that there are two of this function. */
static inline __attribute__((always_inline)) wh_status read_symbols(
    struct inflater *inflater, const struct tables *tables, bool keeps, struct wh_error *err)
{
    struct wh_bit_reader *bits = &inflater->bits;

    for (;;) {
        if (bits->count < 2 * CODE_MAX + 5)
            wh_bits_refill(bits);
        if (inflater->at >= WH_DEFLATE_WINDOW + CHUNK)
            WH_TRY(flush(inflater, err));
        uint32_t entry = look_up(&tables->literals, LITERAL_BITS, bits->held);
        struct wh_token token = {1, (uint16_t)entry_base(entry)};
        if (entry != 0 && entry_kind(entry) == KIND_LITERAL) {
            wh_bits_drop(bits, entry_bits(entry));
            if (bits->failed)
                return bad_symbol(inflater, err);
            inflater->window[inflater->at++] = (uint8_t)token.value;
        } else if (entry != 0 && entry_kind(entry) == KIND_SPAN) {
            WH_TRY(take_match(inflater, tables, entry, &token, err));
            copy_match(inflater->window + inflater->at, token.value, token.length);
            inflater->at += token.length;
        } else {
            wh_bits_drop(bits, entry_bits(entry));
            bool is_end = entry != 0 && entry_kind(entry) == KIND_END && !bits->failed;
            return is_end ? WH_OK : bad_symbol(inflater, err);
        }
        if (keeps)
            WH_TRY(keep_token(inflater, token, err));
    }
}

static wh_status read_symbols_only(
    struct inflater *inflater, const struct tables *tables, struct wh_error *err)
{
    return read_symbols(inflater, tables, false, err);
}

static wh_status read_symbols_and_keep(
    struct inflater *inflater, const struct tables *tables, struct wh_error *err)
{
    return read_symbols(inflater, tables, true, err);
}

/* ---- blocks --------------------------------------------------------------------------------- */

/* Moves to the next whole byte. */
static wh_status skip_padding(struct wh_bit_reader *bits, struct wh_error *err)
{
    if (wh_bits_take(bits, bits->count % 8) != 0)
        return wh_fail(err, WH_UNSUPPORTED, "deflate: padding bits that are not zero");
    return WH_OK;
}

static wh_status read_stored(struct inflater *inflater, struct wh_error *err)
{
    struct wh_bit_reader *bits = &inflater->bits;

    WH_TRY(skip_padding(bits, err));
    unsigned length = wh_bits_take(bits, 16);
    unsigned check = wh_bits_take(bits, 16);
    if (bits->failed)
        return wh_fail(err, WH_MALFORMED, "deflate: the stream is cut short");
    if ((length ^ check) != 0xffff)
        return wh_fail(err, WH_MALFORMED, "deflate: a stored block contradicts its length");
    wh_bits_seek(bits, wh_bits_at(bits));
    if (length > (size_t)(bits->end - bits->at))
        return wh_fail(err, WH_MALFORMED, "deflate: the stream is cut short");
    while (length > 0) {
        if (inflater->at >= WH_DEFLATE_WINDOW + CHUNK)
            WH_TRY(flush(inflater, err));
        size_t room = WH_DEFLATE_WINDOW + CHUNK - inflater->at;
        unsigned part = length < room ? length : (unsigned)room;
        memcpy(inflater->window + inflater->at, bits->at, part);
        inflater->at += part;
        bits->at += part;
        length -= part;
    }
    return WH_OK;
}

static wh_status read_coded(struct inflater *inflater, bool is_fixed, struct wh_error *err)
{
    struct tables *tables = is_fixed ? &inflater->fixed : &inflater->dynamic;

    if (!is_fixed) {
        struct wh_code_lengths lengths;
        WH_TRY(wh_code_lengths_read(&inflater->bits, &lengths, err));
        build_tables(inflater, tables, lengths.literals, lengths.distances);
    } else if (!inflater->has_fixed) {
        uint8_t literals[FIXED_LITERALS];
        uint8_t distances[DISTANCES];
        wh_fixed_lengths(literals, distances);
        build_tables(inflater, tables, literals, distances);
        inflater->has_fixed = true;
    }
    if (inflater->tokens)
        return read_symbols_and_keep(inflater, tables, err);
    return read_symbols_only(inflater, tables, err);
}

static wh_status read_block(struct inflater *inflater, bool *out_final, struct wh_error *err)
{
    const size_t plain = inflater->gone + inflater->at;
    const size_t tokens = inflater->token_gone + inflater->token_at;
    struct wh_block block = {.is_final = wh_bits_take(&inflater->bits, 1)};
    unsigned type = wh_bits_take(&inflater->bits, 2);

    if (inflater->bits.failed)
        return wh_fail(err, WH_MALFORMED, "deflate: the stream is cut short");
    if (type > WH_BLOCK_DYNAMIC)
        return wh_fail(err, WH_MALFORMED, "deflate: a block of type 3");
    block.type = (enum wh_block_type)type;
    block.body_bit = wh_bits_at(&inflater->bits);
    if (type == WH_BLOCK_STORED)
        WH_TRY(read_stored(inflater, err));
    else
        WH_TRY(read_coded(inflater, type == WH_BLOCK_FIXED, err));
    *out_final = block.is_final;
    if (!inflater->blocks)
        return WH_OK;
    block.plain_length = inflater->gone + inflater->at - plain;
    block.token_count = inflater->token_gone + inflater->token_at - tokens;
    wh_buffer_append(inflater->blocks, &block, sizeof block);
    return wh_buffer_check(inflater->blocks, err);
}

/* ---- streams -------------------------------------------------------------------------------- */

wh_status wh_inflate(struct wh_bytes packed, struct wh_buffer *plain, struct wh_buffer *tokens,
    struct wh_buffer *blocks, size_t *out_packed_length, struct wh_error *err)
{
    wh_autofree struct inflater *inflater = malloc(sizeof *inflater);
    bool is_final = false;

    if (!inflater)
        return wh_no_memory(err);
    memset(
        inflater, 0, offsetof(struct inflater, fixed)); /* the rest is written before it is read */
    inflater->bits = wh_bits_over(packed);
    inflater->plain = plain;
    inflater->tokens = tokens;
    inflater->blocks = blocks;
    assign_meanings(inflater);
    while (!is_final)
        WH_TRY(read_block(inflater, &is_final, err));
    WH_TRY(skip_padding(&inflater->bits, err));
    WH_TRY(flush(inflater, err));
    WH_TRY(flush_tokens(inflater, err));
    *out_packed_length = wh_bits_at(&inflater->bits) / 8;
    return WH_OK;
}

wh_status wh_deflate_unpack(
    struct wh_bytes packed, struct wh_buffer *out, size_t *out_packed_length, struct wh_error *err)
{
    return wh_inflate(packed, out, NULL, NULL, out_packed_length, err);
}

void wh_deflate_parts_clear(struct wh_deflate_parts *parts)
{
    wh_buffer_clear(&parts->plain);
    free(parts->tokens);
    free(parts->blocks);
    *parts = (struct wh_deflate_parts){.packed = {NULL, 0}};
}

wh_status wh_deflate_parse(struct wh_bytes packed, uint64_t ceiling,
    struct wh_deflate_parts *out_parts, struct wh_error *err)
{
    const size_t most = ceiling < SIZE_MAX ? (size_t)ceiling : SIZE_MAX;
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = most};
    wh_cleanup(wh_buffer_clear) struct wh_buffer tokens = {.ceiling = SIZE_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer blocks = {.ceiling = SIZE_MAX};
    size_t length;

    WH_TRY(wh_inflate(packed, &plain, &tokens, &blocks, &length, err));
    *out_parts = (struct wh_deflate_parts){
        .packed = {packed.data, length},
        .plain = plain,
        .tokens = (void *)tokens.data,
        .token_count = tokens.length / sizeof(struct wh_token),
        .blocks = (void *)blocks.data,
        .block_count = blocks.length / sizeof(struct wh_block),
    };
    plain.data = tokens.data = blocks.data = NULL;
    return WH_OK;
}
