/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code_table.c - see packed/deflate/code_table.h. */
#include "packed/deflate/code_table.h"

#include <string.h>

/* Codes of each length, then the first code of each. */
static void count_lengths(const uint8_t *lengths, unsigned count, uint16_t counts[CODE_MAX + 1])
{
    memset(counts, 0, (CODE_MAX + 1) * sizeof *counts);
    for (unsigned i = 0; i < count; i++)
        counts[lengths[i]]++;
    counts[0] = 0;
}

static void first_codes(const uint16_t counts[CODE_MAX + 1], unsigned out_first[CODE_MAX + 1])
{
    unsigned code = 0;

    for (unsigned length = 1; length <= CODE_MAX; length++) {
        code = (code + counts[length - 1]) << 1;
        out_first[length] = code;
    }
}

static unsigned reversed(unsigned code, unsigned length)
{
    unsigned result = 0;

    for (unsigned i = 0; i < length; i++)
        result |= (code >> i & 1) << (length - 1 - i);
    return result;
}

int wh_codes_left(const uint8_t *lengths, unsigned count)
{
    int left = 1 << CODE_MAX;

    for (unsigned i = 0; i < count; i++)
        left -= lengths[i] ? 1 << (CODE_MAX - lengths[i]) : 0;
    return left;
}

void wh_codes_assign(const uint8_t *lengths, unsigned count, uint16_t *out_codes)
{
    uint16_t counts[CODE_MAX + 1];
    unsigned next[CODE_MAX + 1] = {0};

    count_lengths(lengths, count, counts);
    first_codes(counts, next);
    for (unsigned i = 0; i < count; i++)
        out_codes[i] = (uint16_t)reversed(next[lengths[i]]++, lengths[i]);
}

/* Symbols by length of code and number. */
static void sort_symbols(struct wh_code_table *table, const uint8_t *lengths, unsigned count)
{
    uint16_t at[CODE_MAX + 2] = {0};

    for (unsigned length = 1; length <= CODE_MAX; length++)
        at[length + 1] = (uint16_t)(at[length] + table->counts[length]);
    for (unsigned i = 0; i < count; i++) {
        if (lengths[i])
            table->sorted[at[lengths[i]]++] = (uint16_t)i;
    }
}

void wh_code_table_build(struct wh_code_table *table, const uint8_t *lengths, unsigned count)
{
    unsigned next[CODE_MAX + 1] = {0};
    const unsigned size = 1u << table->bits;

    count_lengths(lengths, count, table->counts);
    first_codes(table->counts, next);
    sort_symbols(table, lengths, count);
    memset(table->entries, 0, size * sizeof *table->entries);
    for (unsigned i = 0; i < count; i++) {
        unsigned length = lengths[i];
        if (length == 0 || length > table->bits)
            continue;
        uint32_t entry = table->meanings[i] << ENTRY_LENGTH_BITS | length;
        for (unsigned at = reversed(next[length]++, length); at < size; at += 1u << length)
            table->entries[at] = entry;
    }
}

uint32_t wh_code_table_long(const struct wh_code_table *table, uint64_t bits)
{
    unsigned code = 0;  /* so far */
    unsigned first = 0; /* of the codes of its length */
    unsigned index = 0; /* of the first one in sorted */

    for (unsigned length = 1; length <= CODE_MAX; length++) {
        code |= (unsigned)(bits >> (length - 1)) & 1;
        if (code - first < table->counts[length])
            return table->meanings[table->sorted[index + code - first]] << ENTRY_LENGTH_BITS |
                   length;
        index += table->counts[length];
        first = (first + table->counts[length]) << 1;
        code <<= 1;
    }
    return 0;
}
