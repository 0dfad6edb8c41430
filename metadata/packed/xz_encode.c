/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz_encode.c - an .xz stream from its parts, see whittle/xz.h. The parts are liblzma's own; put
 * together here, blocks with sizes in their headers need no thread and no copy of the content, and
 * the dictionary that a header tells need not be the one that is searched. */
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "packed/xz_parts.h"
#include "whittle/cleanup.h"

enum { FILTERS = 3 }; /* BCJ, LZMA2, the end */

/* One stream in the making. */
struct encoding {
    const struct wh_xz_settings *settings;
    struct wh_bytes plain;
    const struct wh_bytes *expected; /* or NULL: nothing to compare with */
    struct wh_buffer *out;
    size_t start; /* of the stream in out */
    lzma_stream encoder;
    lzma_index *index;
    lzma_options_lzma told; /* in the block headers */
    lzma_options_lzma used;
    lzma_filter told_filters[FILTERS];
    lzma_filter used_filters[FILTERS];
};

static void end_encoding(struct encoding *encoding)
{
    lzma_end(&encoding->encoder);
    lzma_index_end(encoding->index, NULL);
}

wh_status wh_xz_fail(struct wh_error *err, lzma_ret result)
{
    switch ((int)result) {
    case LZMA_MEM_ERROR:
        return wh_no_memory(err);
    case LZMA_MEMLIMIT_ERROR:
        return wh_fail(err, WH_OVER_LIMIT, ".xz stream: its dictionary is over the limit");
    case LZMA_OPTIONS_ERROR:
    case LZMA_UNSUPPORTED_CHECK:
        return wh_fail(err, WH_UNSUPPORTED, ".xz stream: liblzma %s does not know all settings",
            lzma_version_string());
    case LZMA_FORMAT_ERROR:
        return wh_fail(err, WH_MALFORMED, "not an .xz stream");
    case LZMA_BUF_ERROR:
        return wh_fail(err, WH_MALFORMED, ".xz stream is cut short");
    default:
        return wh_fail(err, WH_MALFORMED, ".xz stream is garbled (liblzma: %d)", (int)result);
    }
}

/* ---- the stream's bytes --------------------------------------------------------------------- */

/* Are the bytes from there on those of the expected stream? */
static wh_status compare(const struct encoding *encoding, size_t from, struct wh_error *err)
{
    size_t at = from - encoding->start;
    size_t length = encoding->out->length - from;

    WH_TRY(wh_buffer_check(encoding->out, err));
    if (!encoding->expected)
        return WH_OK;
    if (at + length > encoding->expected->length ||
        memcmp(encoding->out->data + from, encoding->expected->data + at, length) != 0)
        return wh_fail(err, WH_MISMATCH, "liblzma makes another .xz stream");
    return WH_OK;
}

static wh_status put(
    struct encoding *encoding, const uint8_t *bytes, size_t length, struct wh_error *err)
{
    size_t from = encoding->out->length;

    wh_buffer_append(encoding->out, bytes, length);
    return compare(encoding, from, err);
}

/* Puts a block's header into the room that was left for it. */
static wh_status put_block_header(
    struct encoding *encoding, lzma_block *block, size_t at, struct wh_error *err)
{
    if (!encoding->settings->threaded)
        block->compressed_size = block->uncompressed_size = LZMA_VLI_UNKNOWN;
    block->filters = encoding->told_filters;

    lzma_ret result = lzma_block_header_encode(block, encoding->out->data + at);
    if (result != LZMA_OK)
        return result == LZMA_PROG_ERROR
                   ? wh_fail(err, WH_MALFORMED, "the header of an .xz block is too short")
                   : wh_xz_fail(err, result);
    return compare(encoding, at, err);
}

/* The compressed data and the check of one block. */
static wh_status put_block_data(
    struct encoding *encoding, struct wh_bytes plain, lzma_block *block, struct wh_error *err)
{
    static const uint8_t nothing[1];
    lzma_stream *encoder = &encoding->encoder;
    lzma_ret result = lzma_block_encoder(encoder, block);

    encoder->next_in = plain.length ? plain.data : nothing;
    encoder->avail_in = plain.length;
    while (result == LZMA_OK) {
        uint8_t chunk[1 << 14];
        encoder->next_out = chunk;
        encoder->avail_out = sizeof chunk;
        result = lzma_code(encoder, LZMA_FINISH);
        WH_TRY(put(encoding, chunk, sizeof chunk - encoder->avail_out, err));
    }
    return result == LZMA_STREAM_END ? WH_OK : wh_xz_fail(err, result);
}

static wh_status put_block(struct encoding *encoding, struct wh_bytes plain, struct wh_error *err)
{
    size_t at = encoding->out->length;
    lzma_block block = {
        .header_size = (encoding->settings->header_size + 1u) * 4,
        .check = (lzma_check)encoding->settings->check,
        .compressed_size = LZMA_VLI_UNKNOWN,
        .uncompressed_size = LZMA_VLI_UNKNOWN,
        .filters = encoding->used_filters,
    };

    wh_buffer_fill(encoding->out, 0, block.header_size);
    WH_TRY(wh_buffer_check(encoding->out, err));
    WH_TRY(put_block_data(encoding, plain, &block, err));
    lzma_ret result = lzma_index_append(
        encoding->index, NULL, lzma_block_unpadded_size(&block), block.uncompressed_size);
    if (result != LZMA_OK)
        return wh_xz_fail(err, result);
    return put_block_header(encoding, &block, at, err);
}

/* Even an empty content is one block. */
static wh_status put_blocks(struct encoding *encoding, struct wh_error *err)
{
    struct wh_bytes rest = encoding->plain;
    uint64_t block_size = encoding->settings->block_size;

    do {
        struct wh_bytes block = rest;
        if (block_size > 0 && block_size < rest.length)
            block.length = (size_t)block_size;
        WH_TRY(put_block(encoding, block, err));
        rest.length -= block.length;
        if (rest.length > 0)
            rest.data += block.length;
    } while (rest.length > 0);
    return WH_OK;
}

static wh_status put_index(struct encoding *encoding, struct wh_error *err)
{
    size_t length = (size_t)lzma_index_size(encoding->index);
    size_t position = 0;
    wh_autofree uint8_t *bytes = malloc(length);
    if (!bytes)
        return wh_no_memory(err);

    lzma_ret result = lzma_index_buffer_encode(encoding->index, bytes, &position, length);
    if (result != LZMA_OK)
        return wh_xz_fail(err, result);
    return put(encoding, bytes, position, err);
}

static wh_status put_stream(struct encoding *encoding, struct wh_error *err)
{
    uint8_t bytes[LZMA_STREAM_HEADER_SIZE];
    lzma_stream_flags flags = {.check = (lzma_check)encoding->settings->check};
    lzma_ret result = lzma_stream_header_encode(&flags, bytes);

    if (result != LZMA_OK)
        return wh_xz_fail(err, result);
    WH_TRY(put(encoding, bytes, sizeof bytes, err));
    WH_TRY(put_blocks(encoding, err));
    WH_TRY(put_index(encoding, err));

    flags.backward_size = lzma_index_size(encoding->index);
    result = lzma_stream_footer_encode(&flags, bytes);
    if (result != LZMA_OK)
        return wh_xz_fail(err, result);
    return put(encoding, bytes, sizeof bytes, err);
}

/* ---- settings ------------------------------------------------------------------------------- */

uint32_t wh_xz_used_dictionary(const struct wh_xz_settings *settings, uint64_t plain_length)
{
    uint64_t longest = plain_length;

    if (!settings->small)
        return settings->dictionary;
    if (settings->block_size > 0 && settings->block_size < longest)
        longest = settings->block_size;
    if (longest < LZMA_DICT_SIZE_MIN)
        longest = LZMA_DICT_SIZE_MIN;
    return longest < settings->dictionary ? (uint32_t)longest : settings->dictionary;
}

static void fill_filters(
    lzma_filter *filters, const struct wh_xz_settings *settings, lzma_options_lzma *options)
{
    size_t count = 0;

    if (settings->filter)
        filters[count++] = (lzma_filter){.id = settings->filter};
    filters[count++] = (lzma_filter){.id = LZMA_FILTER_LZMA2, .options = options};
    filters[count] = (lzma_filter){.id = LZMA_VLI_UNKNOWN};
}

/* Encoders clear tables as large as the dictionary before anything else. Contents that are not
 * worth it get those for `small` only: else many tiny streams would take any time there is. */
static bool is_too_large(uint32_t dictionary, uint64_t plain_length)
{
    enum { SOON_CLEARED = 1 << 20, FOR_EACH_BYTE = 512 };

    return dictionary > SOON_CLEARED && dictionary / FOR_EACH_BYTE > plain_length;
}

static wh_status prepare(struct encoding *encoding, struct wh_error *err)
{
    const struct wh_xz_settings *settings = encoding->settings;

    if (!lzma_check_is_supported((lzma_check)settings->check) ||
        lzma_lzma_preset(&encoding->used, settings->preset))
        return wh_xz_fail(err, LZMA_OPTIONS_ERROR);
    encoding->used.lc = settings->properties % 9;
    encoding->used.lp = settings->properties / 9 % 5;
    encoding->used.pb = settings->properties / 45;
    encoding->used.dict_size = wh_xz_used_dictionary(settings, encoding->plain.length);
    encoding->told = encoding->used;
    encoding->told.dict_size = settings->dictionary;
    fill_filters(encoding->used_filters, settings, &encoding->used);
    fill_filters(encoding->told_filters, settings, &encoding->told);

    uint64_t memory = lzma_raw_encoder_memusage(encoding->used_filters);
    if (memory == UINT64_MAX)
        return wh_xz_fail(err, LZMA_OPTIONS_ERROR);
    if (memory > WH_XZ_ENCODER_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "making an .xz stream takes %llu MiB of memory",
            (unsigned long long)(memory >> 20));
    if (is_too_large(encoding->used.dict_size, encoding->plain.length))
        return wh_fail(err, WH_OVER_LIMIT, "the dictionary of an .xz stream is too large for it");
    encoding->index = lzma_index_init(NULL);
    return encoding->index ? WH_OK : wh_no_memory(err);
}

static wh_status encode(struct wh_bytes plain, const struct wh_xz_settings *settings,
    const struct wh_bytes *expected, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(end_encoding) struct encoding encoding = {
        .settings = settings,
        .plain = plain,
        .expected = expected,
        .out = out,
        .start = out->length,
        .encoder = LZMA_STREAM_INIT,
    };

    WH_TRY(prepare(&encoding, err));
    return put_stream(&encoding, err);
}

wh_status wh_xz_encode(struct wh_bytes plain, const struct wh_xz_settings *settings,
    struct wh_buffer *out, struct wh_error *err)
{
    return encode(plain, settings, NULL, out, err);
}

wh_status wh_xz_compare(struct wh_bytes plain, const struct wh_xz_settings *settings,
    struct wh_bytes packed, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = SIZE_MAX};

    WH_TRY(encode(plain, settings, &packed, &made, err));
    if (made.length != packed.length)
        return wh_fail(err, WH_MISMATCH, "liblzma makes a shorter .xz stream");
    return WH_OK;
}
