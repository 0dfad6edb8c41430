/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deflate_pack.c - makes a stream of RFC 1951 from what it holds: the model's symbols and blocks,
 * and where it says so others. Format of the parameters: specs/format/deflate.md. */
#include "packed/coders.h"
#include "packed/deflate/block_record.h"
#include "packed/deflate/departures.h"
#include "packed/deflate/stored.h"
#include "whittle/cleanup.h"

struct packer {
    struct wh_bytes plain;
    struct wh_matcher *matcher;
    struct wh_block_count count;
    struct wh_block_records records;
    struct wh_reader departures;
    bool has_departure;
    uint64_t until;          /* symbols before the next departure */
    struct wh_buffer tokens; /* of one block */
    struct wh_bit_writer writer;
};

static void clear(struct packer *packer)
{
    wh_matcher_free(packer->matcher);
    wh_buffer_clear(&packer->tokens);
}

/* ---- parameters ----------------------------------------------------------------------------- */

static wh_status read_until(struct packer *packer, struct wh_error *err)
{
    packer->has_departure = !wh_reader_at_end(&packer->departures);
    if (!packer->has_departure)
        return WH_OK;
    packer->until = wh_read_varint(&packer->departures, UINT64_MAX);
    if (packer->departures.failed)
        return wh_fail(err, WH_MALFORMED, "deflate: the departures of symbols are garbled");
    return WH_OK;
}

static wh_status read_parameters(
    struct packer *packer, struct wh_bytes parameters, struct wh_error *err)
{
    struct wh_reader reader = wh_reader_over(parameters);
    uint32_t row = (uint32_t)wh_read_varint(&reader, UINT32_MAX);
    uint32_t blocks = (uint32_t)wh_read_varint(&reader, UINT32_MAX);
    const struct wh_matcher_settings *settings = wh_matcher_settings_find(row);

    if (reader.failed)
        return wh_fail(err, WH_MALFORMED, "deflate: parameters are cut short");
    if (!settings ||
        !wh_block_model_find(blocks, settings->style == WH_MATCHER_LAZY, &packer->count))
        return wh_fail(err, WH_UNSUPPORTED, "deflate: no model %u with blocks %u", row, blocks);
    WH_TRY(wh_matcher_new(settings, packer->plain, &packer->matcher, err));
    if (!wh_reader_at_end(&reader))
        WH_TRY(wh_block_records_read(&reader, &packer->records, err));
    packer->departures = reader;
    return read_until(packer, err);
}

/* ---- one block ------------------------------------------------------------------------------ */

static wh_status next_token(struct packer *packer, struct wh_token *out_token, struct wh_error *err)
{
    struct wh_token predicted = wh_matcher_predict(packer->matcher);

    *out_token = predicted;
    if (packer->has_departure && packer->until > 0) {
        packer->until--;
    } else if (packer->has_departure) {
        WH_TRY(wh_departure_read(&packer->departures, packer->plain, wh_matcher_at(packer->matcher),
            predicted, out_token, err));
        WH_TRY(read_until(packer, err));
    }
    wh_matcher_take(packer->matcher, *out_token);
    wh_buffer_append(&packer->tokens, out_token, sizeof *out_token);
    return WH_OK;
}

static bool is_at_end(const struct packer *packer)
{
    return wh_matcher_at(packer->matcher) == packer->plain.length;
}

/* Symbols until the model ends the block. */
static wh_status collect_modelled(struct packer *packer, bool *out_final, struct wh_error *err)
{
    enum wh_verdict verdict = is_at_end(packer) ? WH_BLOCK_ENDS_STREAM : WH_BLOCK_GOES_ON;

    wh_block_begin(&packer->count);
    while (verdict == WH_BLOCK_GOES_ON) {
        struct wh_token token;
        WH_TRY(next_token(packer, &token, err));
        verdict = wh_block_add(&packer->count, token, is_at_end(packer));
    }
    *out_final = verdict == WH_BLOCK_ENDS_STREAM;
    return WH_OK;
}

static wh_status past_end(struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "deflate: a block holds more than there is");
}

static wh_status collect_counted(struct packer *packer, uint64_t count, struct wh_error *err)
{
    for (; count > 0; count--) {
        struct wh_token token;
        if (is_at_end(packer))
            return past_end(err);
        WH_TRY(next_token(packer, &token, err));
    }
    return WH_OK;
}

static wh_status pass_stored(struct packer *packer, uint64_t length, struct wh_error *err)
{
    size_t at = wh_matcher_at(packer->matcher);
    bool is_cut;

    if (length > packer->plain.length - at)
        return past_end(err);
    for (size_t end = at + (size_t)length; wh_matcher_at(packer->matcher) < end;)
        (void)wh_stored_next(packer->matcher, packer->plain, end, &is_cut);
    return WH_OK;
}

static wh_status pack_block(struct packer *packer, bool *out_final, struct wh_error *err)
{
    const size_t start = wh_matcher_at(packer->matcher);
    struct wh_block_record record;
    bool is_recorded = false;

    packer->tokens.length = 0;
    WH_TRY(wh_block_records_next(&packer->records, &is_recorded, &record, err));
    if (is_recorded && record.type == WH_BLOCK_STORED)
        WH_TRY(pass_stored(packer, record.end, err));
    else if (is_recorded && record.has_end)
        WH_TRY(collect_counted(packer, record.end, err));
    else
        WH_TRY(collect_modelled(packer, out_final, err));
    WH_TRY(wh_buffer_check(&packer->tokens, err));
    if (is_recorded)
        *out_final = record.is_final;
    struct wh_made_block block = {
        .record = is_recorded ? &record : NULL,
        .is_final = *out_final,
        .tokens = (void *)packer->tokens.data,
        .token_count = packer->tokens.length / sizeof(struct wh_token),
        .plain = {packer->plain.data + start, wh_matcher_at(packer->matcher) - start},
    };
    WH_TRY(wh_block_write(&block, &packer->writer, err));
    return wh_buffer_check(packer->writer.out, err);
}

wh_status wh_deflate_pack(
    struct wh_bytes plain, struct wh_bytes parameters, struct wh_buffer *out, struct wh_error *err)
{
    static const uint8_t nothing[1];
    wh_cleanup(clear) struct packer packer = {
        .plain = plain.data ? plain : (struct wh_bytes){nothing, 0},
        .tokens = {.ceiling = SIZE_MAX},
        .writer = {.out = out},
    };
    bool is_final = false;

    WH_TRY(read_parameters(&packer, parameters, err));
    while (!is_final)
        WH_TRY(pack_block(&packer, &is_final, err));
    if (!is_at_end(&packer) || packer.has_departure || packer.records.has_next)
        return wh_fail(err, WH_MALFORMED, "deflate: the stream ends before what it should hold");
    wh_bits_flush(&packer.writer);
    return wh_buffer_check(out, err);
}
