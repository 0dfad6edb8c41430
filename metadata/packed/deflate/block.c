/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.c - see packed/deflate/block.h. */
#include "packed/deflate/block.h"

#include <string.h>

#include "packed/deflate/code_table.h"

/* ---- where a block ends --------------------------------------------------------------------- */

bool wh_block_model_find(uint32_t number, bool is_lazy, struct wh_block_count *out_count)
{
    if (number < WH_BLOCK_MODELS_FIRST || number > WH_BLOCK_MODELS_LAST)
        return false;
    bool is_gzip = number == WH_BLOCK_MODEL_GZIP;
    *out_count = (struct wh_block_count){
        .symbols_max = is_gzip ? 32767 : (64u << number) - 1,
        .ends_early = is_gzip,
        .is_lazy = is_lazy,
    };
    return true;
}

void wh_block_begin(struct wh_block_count *count)
{
    count->symbols = count->matches = count->bits = count->length = 0;
}

/* Is the block short for its symbols? Bytes count up to the symbol, and one more where the encoder
 * had looked at the next byte before it took the symbol. */
static bool is_short(const struct wh_block_count *count, uint64_t before)
{
    uint64_t input = before + (count->is_lazy ? 1 : 0);

    return count->symbols % 4096 == 0 && count->matches < count->symbols / 2 &&
           count->bits / 8 < input / 2;
}

enum wh_verdict wh_block_add(struct wh_block_count *count, struct wh_token token, bool is_last)
{
    const uint64_t before = count->length;

    count->symbols++;
    count->length += token.length;
    count->bits += 8;
    if (token.length > 1) {
        count->matches++;
        count->bits += 5u + wh_distance_spans[wh_distance_symbol(token.value)].extra;
    }
    bool is_full = count->symbols == count->symbols_max ||
                   (count->ends_early && is_short(count, before));
    if (is_full && is_last && count->is_lazy && token.length == 1)
        is_full = false;
    if (is_full)
        return WH_BLOCK_ENDS;
    return is_last ? WH_BLOCK_ENDS_STREAM : WH_BLOCK_GOES_ON;
}

/* ---- its type ------------------------------------------------------------------------------- */

struct tally {
    uint32_t literals[FIXED_LITERALS];
    uint32_t distances[DISTANCES];
};

static void count_symbols(const struct wh_token *tokens, size_t token_count, struct tally *tally)
{
    memset(tally, 0, sizeof *tally);
    for (size_t i = 0; i < token_count; i++) {
        if (tokens[i].length == 1) {
            tally->literals[tokens[i].value]++;
            continue;
        }
        tally->literals[FIRST_LENGTH + wh_length_index(tokens[i].length)]++;
        tally->distances[wh_distance_symbol(tokens[i].value)]++;
    }
    tally->literals[BLOCK_END] = 1;
}

static uint64_t symbol_bits(const struct tally *tally, const struct wh_code_lengths *lengths)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < LITERALS; i++) {
        unsigned extra = i < FIRST_LENGTH ? 0 : wh_length_spans[i - FIRST_LENGTH].extra;
        bits += (uint64_t)tally->literals[i] * (lengths->literals[i] + extra);
    }
    for (unsigned i = 0; i < DISTANCES; i++)
        bits += (uint64_t)tally->distances[i] *
                (lengths->distances[i] + (unsigned)wh_distance_spans[i].extra);
    return bits;
}

/* Whole bytes of a block with its type. */
static uint64_t block_bytes(uint64_t bits)
{
    return (bits + 3 + 7) / 8;
}

enum wh_block_type wh_block_choose(const struct wh_token *tokens, size_t token_count,
    size_t plain_length, struct wh_block_codes *out_codes)
{
    struct tally tally;
    struct wh_code_lengths fixed;
    struct wh_code_lengths *lengths = &out_codes->lengths;

    count_symbols(tokens, token_count, &tally);
    memset(lengths, 0, sizeof *lengths);
    wh_code_build(tally.literals, LITERALS, CODE_MAX, lengths->literals);
    wh_code_build(tally.distances, DISTANCES, CODE_MAX, lengths->distances);
    wh_spelling_make(lengths, &out_codes->spelling);
    wh_fixed_lengths(fixed.literals, fixed.distances);
    uint64_t dynamic_bytes = block_bytes(
        symbol_bits(&tally, lengths) + wh_spelling_bits(&out_codes->spelling));
    uint64_t fixed_bytes = block_bytes(symbol_bits(&tally, &fixed));
    uint64_t coded_bytes = fixed_bytes < dynamic_bytes ? fixed_bytes : dynamic_bytes;
    if (plain_length + 4 <= coded_bytes && plain_length <= STORED_MAX)
        return WH_BLOCK_STORED;
    return fixed_bytes <= dynamic_bytes ? WH_BLOCK_FIXED : WH_BLOCK_DYNAMIC;
}

/* ---- what is written ------------------------------------------------------------------------ */

void wh_block_write_symbols(const struct wh_token *tokens, size_t token_count,
    const struct wh_code_lengths *lengths, struct wh_bit_writer *writer)
{
    uint16_t literals[FIXED_LITERALS];
    uint16_t distances[DISTANCES];

    wh_codes_assign(lengths->literals, FIXED_LITERALS, literals);
    wh_codes_assign(lengths->distances, DISTANCES, distances);
    for (size_t i = 0; i < token_count; i++) {
        struct wh_token token = tokens[i];
        if (token.length == 1) {
            wh_bits_put(writer, literals[token.value], lengths->literals[token.value]);
            continue;
        }
        unsigned index = wh_length_index(token.length);
        unsigned symbol = FIRST_LENGTH + index;
        unsigned width = lengths->literals[symbol];
        unsigned over = token.length - (unsigned)wh_length_spans[index].base;
        wh_bits_put(writer, literals[symbol] | over << width, width + wh_length_spans[index].extra);
        symbol = wh_distance_symbol(token.value);
        width = lengths->distances[symbol];
        over = token.value - (unsigned)wh_distance_spans[symbol].base;
        wh_bits_put(
            writer, distances[symbol] | over << width, width + wh_distance_spans[symbol].extra);
    }
    wh_bits_put(writer, literals[BLOCK_END], lengths->literals[BLOCK_END]);
}

void wh_block_write_stored(struct wh_bytes plain, struct wh_bit_writer *writer)
{
    wh_bits_flush(writer);
    wh_bits_put(writer, (uint32_t)plain.length, 16);
    wh_bits_put(writer, (uint32_t)plain.length ^ 0xffff, 16);
    wh_bits_flush(writer);
    wh_buffer_append(writer->out, plain.data, plain.length);
}
