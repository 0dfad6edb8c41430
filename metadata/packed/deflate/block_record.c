/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block_record.c - see packed/deflate/block_record.h. */
#include "packed/deflate/block_record.h"

#include <string.h>

/* The form byte of a record: type, and these. */
enum {
    FORM_SPELLED = 3, /* in place of the type: dynamic with its codes */
    FORM_TYPE = 3,
    FORM_FINAL = 4,
    FORM_END = 8,
    FORM_ALL = 15,
};

enum {
    CODE_BITS_MAX = 14 + 3 * ORDERS + (LITERALS + DISTANCES) * 14,
    CODE_BYTES_MAX = CODE_BITS_MAX / 8 + 1,
};

/* ---- reading -------------------------------------------------------------------------------- */

static bool read_record(struct wh_reader *reader, struct wh_block_record *out_record)
{
    struct wh_block_record record = {.type = WH_BLOCK_DYNAMIC};
    uint8_t form = wh_read_u8(reader);

    record.has_codes = (form & FORM_TYPE) == FORM_SPELLED;
    if (!record.has_codes)
        record.type = (enum wh_block_type)(form & FORM_TYPE);
    record.is_final = form & FORM_FINAL;
    record.has_end = form & FORM_END;
    if (record.has_end)
        record.end = wh_read_varint(reader, UINT64_MAX);
    if (record.has_codes) {
        record.code_bits = wh_read_varint(reader, CODE_BITS_MAX);
        record.codes = wh_read_bytes(reader, (record.code_bits + 7) / 8);
    }
    if (reader->failed || form > FORM_ALL)
        return false;
    if (record.type == WH_BLOCK_STORED && (!record.has_end || record.end > STORED_MAX))
        return false;
    *out_record = record;
    return true;
}

static wh_status garbled(struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "deflate: the records of blocks are garbled");
}

/* Reads how many blocks come before the next record. */
static bool advance(struct wh_block_records *records)
{
    records->has_next = records->left > 0;
    if (!records->has_next)
        return true;
    records->left--;
    records->until = wh_read_varint(&records->reader, UINT64_MAX);
    return !records->reader.failed;
}

wh_status wh_block_records_read(
    struct wh_reader *reader, struct wh_block_records *out_records, struct wh_error *err)
{
    struct wh_block_records records = {.left = wh_read_varint(reader, UINT64_MAX)};
    struct wh_block_record record;

    records.reader = *reader;
    for (uint64_t i = 0; i < records.left && !reader->failed; i++) {
        (void)wh_read_varint(reader, UINT64_MAX);
        if (!read_record(reader, &record))
            return garbled(err);
    }
    if (reader->failed || !advance(&records))
        return garbled(err);
    *out_records = records;
    return WH_OK;
}

wh_status wh_block_records_next(struct wh_block_records *records, bool *out_recorded,
    struct wh_block_record *out_record, struct wh_error *err)
{
    *out_recorded = records->has_next && records->until == 0;
    if (!*out_recorded) {
        records->until -= records->has_next ? 1 : 0;
        return WH_OK;
    }
    if (!read_record(&records->reader, out_record) || !advance(records))
        return garbled(err);
    return WH_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void copy_bits(struct wh_bit_reader *from, uint64_t count, struct wh_bit_writer *writer)
{
    for (; count > 16; count -= 16)
        wh_bits_put(writer, wh_bits_take(from, 16), 16);
    wh_bits_put(writer, wh_bits_take(from, (unsigned)count), (unsigned)count);
}

/* Is there a code for every symbol? */
static bool suffices(
    const struct wh_code_lengths *lengths, const struct wh_token *tokens, size_t token_count)
{
    for (size_t i = 0; i < token_count; i++) {
        bool is_match = tokens[i].length > 1;
        unsigned symbol = is_match ? FIRST_LENGTH + wh_length_index(tokens[i].length)
                                   : tokens[i].value;
        if (lengths->literals[symbol] == 0 ||
            (is_match && lengths->distances[wh_distance_symbol(tokens[i].value)] == 0))
            return false;
    }
    return true;
}

/* Copies recorded codes, which are hostile, and gives them. */
static wh_status write_recorded_codes(const struct wh_made_block *block,
    struct wh_code_lengths *out_lengths, struct wh_bit_writer *writer, struct wh_error *err)
{
    struct wh_bit_reader bits = wh_bits_over(block->record->codes);

    WH_TRY(wh_code_lengths_read(&bits, out_lengths, err));
    uint64_t padding = block->record->code_bits & 7 ? 8 - (block->record->code_bits & 7) : 0;
    if (wh_bits_at(&bits) != block->record->code_bits ||
        wh_bits_take(&bits, (unsigned)padding) != 0)
        return garbled(err);
    if (!suffices(out_lengths, block->tokens, block->token_count))
        return wh_fail(err, WH_MALFORMED, "deflate: a symbol has no code");
    bits = wh_bits_over(block->record->codes);
    copy_bits(&bits, block->record->code_bits, writer);
    return WH_OK;
}

static void write_head(struct wh_bit_writer *writer, bool is_final, enum wh_block_type type)
{
    wh_bits_put(writer, (is_final ? 1u : 0u) | (uint32_t)type << 1, 3);
}

wh_status wh_block_write(
    const struct wh_made_block *block, struct wh_bit_writer *writer, struct wh_error *err)
{
    const struct wh_block_record *record = block->record;
    bool is_built = !record || (record->type == WH_BLOCK_DYNAMIC && !record->has_codes);
    enum wh_block_type type = record ? record->type : WH_BLOCK_STORED;
    struct wh_block_codes codes;

    if (is_built) {
        enum wh_block_type chosen = wh_block_choose(
            block->tokens, block->token_count, block->plain.length, &codes);
        type = record ? type : chosen;
    }
    if (type == WH_BLOCK_STORED && !block->plain.data)
        return wh_fail(err, WH_MALFORMED, "deflate: a stored block without its bytes");
    write_head(writer, block->is_final, type);
    if (type == WH_BLOCK_STORED) {
        wh_block_write_stored(block->plain, writer);
        return WH_OK;
    }
    if (type == WH_BLOCK_FIXED)
        wh_fixed_lengths(codes.lengths.literals, codes.lengths.distances);
    else if (is_built)
        wh_spelling_write(&codes.spelling, writer);
    else
        WH_TRY(write_recorded_codes(block, &codes.lengths, writer, err));
    wh_block_write_symbols(block->tokens, block->token_count, &codes.lengths, writer);
    return WH_OK;
}

/* ---- comparing ------------------------------------------------------------------------------ */

/* A buffer that allocates nothing: that of codes is always long enough. */
static struct wh_buffer buffer_in(uint8_t room[CODE_BYTES_MAX])
{
    return (struct wh_buffer){.data = room, .capacity = CODE_BYTES_MAX, .ceiling = CODE_BYTES_MAX};
}

/* The bits of a dynamic block's codes as bytes, padded with zeros. */
static wh_status cut_codes(const struct wh_block_recorder *recorder, const struct wh_block *block,
    struct wh_buffer *out, uint64_t *out_bits, struct wh_error *err)
{
    struct wh_bit_reader bits = wh_bits_over(recorder->packed);
    struct wh_bit_writer writer = {.out = out};
    struct wh_code_lengths lengths;

    wh_bits_seek(&bits, block->body_bit);
    WH_TRY(wh_code_lengths_read(&bits, &lengths, err));
    *out_bits = wh_bits_at(&bits) - block->body_bit;
    wh_bits_seek(&bits, block->body_bit);
    copy_bits(&bits, *out_bits, &writer);
    wh_bits_flush(&writer);
    return wh_buffer_check(out, err);
}

static bool is_modelled(
    const struct wh_spelling *spelling, const struct wh_buffer *codes, uint64_t bits)
{
    uint8_t room[CODE_BYTES_MAX];
    struct wh_buffer made = buffer_in(room);
    struct wh_bit_writer writer = {.out = &made};

    if (wh_spelling_bits(spelling) != bits)
        return false;
    wh_spelling_write(spelling, &writer);
    wh_bits_flush(&writer);
    return made.length == codes->length && memcmp(made.data, codes->data, made.length) == 0;
}

static void record(struct wh_block_recorder *recorder, const struct wh_block_record *record)
{
    struct wh_buffer *out = &recorder->records;
    unsigned form = record->has_codes ? FORM_SPELLED : (unsigned)record->type;

    form |= record->is_final ? FORM_FINAL : 0u;
    form |= record->has_end ? FORM_END : 0u;
    wh_buffer_varint(out, recorder->until);
    wh_buffer_u8(out, (uint8_t)form);
    if (record->has_end)
        wh_buffer_varint(out, record->end);
    if (record->has_codes) {
        wh_buffer_varint(out, record->code_bits);
        wh_buffer_append(out, record->codes.data, record->codes.length);
    }
    recorder->count++;
    recorder->until = 0;
}

wh_status wh_block_compare(struct wh_block_recorder *recorder, const struct wh_block *block,
    const struct wh_token *tokens, size_t token_count, enum wh_verdict verdict,
    struct wh_error *err)
{
    uint8_t room[CODE_BYTES_MAX];
    struct wh_buffer codes = buffer_in(room);
    const bool is_stored = block->type == WH_BLOCK_STORED;
    struct wh_block_record found = {.type = block->type, .is_final = block->is_final};
    struct wh_block_codes modelled;

    enum wh_block_type type = wh_block_choose(tokens, token_count, block->plain_length, &modelled);
    if (block->type == WH_BLOCK_DYNAMIC) {
        WH_TRY(cut_codes(recorder, block, &codes, &found.code_bits, err));
        found.has_codes = !is_modelled(&modelled.spelling, &codes, found.code_bits);
        found.codes = wh_buffer_bytes(&codes);
    }
    bool is_as_modelled = type == block->type && !found.has_codes && verdict != WH_BLOCK_GOES_ON &&
                          block->is_final == (verdict == WH_BLOCK_ENDS_STREAM);
    if (is_as_modelled) {
        recorder->until++;
        return WH_OK;
    }
    found.has_end = is_stored || verdict == WH_BLOCK_GOES_ON;
    found.end = is_stored ? block->plain_length : block->token_count;
    record(recorder, &found);
    return wh_buffer_check(&recorder->records, err);
}

void wh_block_records_write(const struct wh_block_recorder *recorder, struct wh_buffer *out)
{
    wh_buffer_varint(out, recorder->count);
    wh_buffer_append(out, recorder->records.data, recorder->records.length);
}
