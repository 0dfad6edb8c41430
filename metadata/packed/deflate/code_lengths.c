/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code_lengths.c - see packed/deflate/code_lengths.h. */
#include "packed/deflate/code_lengths.h"

#include <string.h>

#include "packed/deflate/code_table.h"

/* Lengths of literals and distances are one sequence, and repetitions may run over its joint. */
struct spelled {
    unsigned literal_count;
    unsigned count; /* distances too */
    uint8_t lengths[LITERALS + DISTANCES];
};

static wh_status read_counts(
    struct wh_bit_reader *bits, struct spelled *spelled, unsigned *out_orders, struct wh_error *err)
{
    unsigned literals = wh_bits_take(bits, 5) + 257;
    unsigned distances = wh_bits_take(bits, 5) + 1;

    *out_orders = wh_bits_take(bits, 4) + 4;
    if (bits->failed)
        return wh_fail(err, WH_MALFORMED, "deflate: the stream is cut short");
    if (literals > LITERALS || distances > DISTANCES)
        return wh_fail(err, WH_MALFORMED, "deflate: codes for %u literals and %u distances",
            literals, distances);
    spelled->literal_count = literals;
    spelled->count = literals + distances;
    return WH_OK;
}

/* Appends one length, or a repetition; false: there is nothing to repeat, or it is too long. */
static bool append(struct spelled *spelled, unsigned *at, unsigned symbol, unsigned count)
{
    uint8_t length = (uint8_t)symbol;

    if (symbol >= 16) {
        if (symbol == 16 && *at == 0)
            return false;
        length = symbol == 16 ? spelled->lengths[*at - 1] : 0;
    }
    if (count > spelled->count - *at)
        return false;
    memset(spelled->lengths + *at, length, count);
    *at += count;
    return true;
}

static wh_status read_sequence(struct wh_bit_reader *bits, const struct wh_code_table *orders,
    struct spelled *spelled, struct wh_error *err)
{
    unsigned at = 0;

    while (at < spelled->count) {
        wh_bits_refill(bits);
        uint32_t entry = orders->entries[bits->held & ((1u << ORDER_CODE_MAX) - 1)];
        unsigned symbol = entry >> ENTRY_LENGTH_BITS;
        wh_bits_drop(bits, entry & ((1u << ENTRY_LENGTH_BITS) - 1));
        unsigned count = 1;
        if (symbol >= 16)
            count = wh_order_spans[symbol].base + wh_bits_take(bits, wh_order_spans[symbol].extra);
        if (bits->failed)
            return wh_fail(err, WH_MALFORMED, "deflate: the stream is cut short");
        if (!append(spelled, &at, symbol, count))
            return wh_fail(err, WH_MALFORMED, "deflate: a repetition of code lengths is garbled");
    }
    return WH_OK;
}

/* Can its distances be used? One code of one bit is, by the RFC, the only incomplete one. */
static bool are_distances_sound(const uint8_t *lengths)
{
    int left = wh_codes_left(lengths, DISTANCES);

    if (left == 0 || left == 1 << CODE_MAX)
        return true;
    if (left != 1 << (CODE_MAX - 1))
        return false;
    return memchr(lengths, 1, DISTANCES) != NULL;
}

wh_status wh_code_lengths_read(
    struct wh_bit_reader *bits, struct wh_code_lengths *out_lengths, struct wh_error *err)
{
    static const uint32_t meanings[ORDERS] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    uint32_t entries[1 << ORDER_CODE_MAX];
    struct wh_code_table orders = {
        .bits = ORDER_CODE_MAX, .entries = entries, .meanings = meanings};
    struct spelled spelled;
    uint8_t lengths[ORDERS] = {0};
    unsigned order_count;

    WH_TRY(read_counts(bits, &spelled, &order_count, err));
    for (unsigned i = 0; i < order_count; i++)
        lengths[wh_order_sequence[i]] = (uint8_t)wh_bits_take(bits, 3);
    if (wh_codes_left(lengths, ORDERS) != 0)
        return wh_fail(err, WH_MALFORMED, "deflate: the code of code lengths is not complete");
    wh_code_table_build(&orders, lengths, ORDERS);
    WH_TRY(read_sequence(bits, &orders, &spelled, err));

    struct wh_code_lengths result = {{0}, {0}};
    memcpy(result.literals, spelled.lengths, spelled.literal_count);
    memcpy(result.distances, spelled.lengths + spelled.literal_count,
        spelled.count - spelled.literal_count);
    if (result.literals[BLOCK_END] == 0 || wh_codes_left(result.literals, LITERALS) != 0)
        return wh_fail(err, WH_MALFORMED, "deflate: the code of literals is not complete");
    if (!are_distances_sound(result.distances))
        return wh_fail(err, WH_MALFORMED, "deflate: the code of distances is not complete");
    *out_lengths = result;
    return WH_OK;
}
