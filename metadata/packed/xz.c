/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz.c - the coder of .xz streams: its parameters, and the way back, see whittle/xz.h. */
#include "whittle/xz.h"

#include <lzma.h>

#include "packed/coders.h"
#include "packed/xz_parts.h"
#include "whittle/cleanup.h"

enum {
    PRESET_MAX = 9,
    DICTIONARY_MAX = 40, /* LZMA2's spellings */
    LC_LP_MAX = 4,
    BCJ_FIRST = 0x04, /* x86 */
    BCJ_LAST = 0x0b,  /* RISC-V; liblzma 5.2 knows those up to SPARC, 0x09 */
    HEADER_MIN = 2,   /* 12 bytes: size, flags, LZMA2 and its dictionary, CRC32 */
    /* The first byte of the parameters. */
    PRESET_MASK = 0x0f,
    EXTREME = 0x10,
    SMALL = 0x20,
    THREADED = 0x40,
};

uint32_t wh_xz_dictionary(uint8_t spelling)
{
    if (spelling >= DICTIONARY_MAX)
        return UINT32_MAX;
    return (2u | (spelling & 1u)) << (spelling / 2 + 11);
}

static uint8_t spell_dictionary(uint32_t dictionary)
{
    uint8_t spelling = 0;

    while (wh_xz_dictionary(spelling) < dictionary)
        spelling++;
    return spelling;
}

void wh_xz_settings_write(const struct wh_xz_settings *settings, struct wh_buffer *out)
{
    wh_buffer_u8(
        out, (uint8_t)((settings->preset & PRESET_MASK) |
                       (settings->preset & LZMA_PRESET_EXTREME ? EXTREME : 0) |
                       (settings->small ? SMALL : 0) | (settings->threaded ? THREADED : 0)));
    wh_buffer_u8(out, spell_dictionary(settings->dictionary));
    wh_buffer_u8(out, settings->properties);
    wh_buffer_u8(out, (uint8_t)(settings->check | settings->filter << 4));
    wh_buffer_u8(out, settings->header_size);
    wh_buffer_varint(out, settings->block_size);
}

static bool are_properties(uint8_t properties)
{
    unsigned lc = properties % 9;
    unsigned lp = properties / 9 % 5;

    return properties <= (4 * 5 + 4) * 9 + 8 && lc + lp <= LC_LP_MAX;
}

static bool is_check(uint8_t check)
{
    return check == LZMA_CHECK_NONE || check == LZMA_CHECK_CRC32 || check == LZMA_CHECK_CRC64 ||
           check == LZMA_CHECK_SHA256;
}

static bool is_filter(uint8_t filter)
{
    return filter == 0 || (filter >= BCJ_FIRST && filter <= BCJ_LAST);
}

wh_status wh_xz_settings_read(
    struct wh_bytes parameters, struct wh_xz_settings *out_settings, struct wh_error *err)
{
    struct wh_reader reader = wh_reader_over(parameters);
    uint8_t method = wh_read_u8(&reader);
    uint8_t dictionary = wh_read_u8(&reader);
    uint8_t properties = wh_read_u8(&reader);
    uint8_t kinds = wh_read_u8(&reader);
    uint8_t header_size = wh_read_u8(&reader);
    uint64_t block_size = wh_read_varint(&reader, LZMA_VLI_MAX);

    if (!wh_reader_at_end(&reader))
        return wh_fail(err, WH_MALFORMED, "parameters of an .xz stream are garbled");
    if (method & 0x80 || (method & PRESET_MASK) > PRESET_MAX || dictionary > DICTIONARY_MAX ||
        !are_properties(properties) || !is_check(kinds & 15) || !is_filter(kinds >> 4) ||
        header_size < HEADER_MIN || (block_size > 0 && block_size < WH_XZ_BLOCK_MIN))
        return wh_fail(err, WH_MALFORMED, "parameters of an .xz stream are out of range");
    *out_settings = (struct wh_xz_settings){
        .preset = (uint32_t)(method & PRESET_MASK) | (method & EXTREME ? LZMA_PRESET_EXTREME : 0),
        .dictionary = wh_xz_dictionary(dictionary),
        .properties = properties,
        .small = method & SMALL,
        .threaded = method & THREADED,
        .block_size = block_size,
        .header_size = header_size,
        .check = kinds & 15,
        .filter = kinds >> 4,
    };
    return WH_OK;
}

wh_status wh_xz_pack(
    struct wh_bytes plain, struct wh_bytes parameters, struct wh_buffer *out, struct wh_error *err)
{
    struct wh_xz_settings settings;

    WH_TRY(wh_xz_settings_read(parameters, &settings, err));
    return wh_xz_encode(plain, &settings, out, err);
}

/* Runs the decoder to the end of the stream. */
static wh_status decode_all(lzma_stream *decoder, struct wh_buffer *out, struct wh_error *err)
{
    lzma_ret result = LZMA_OK;

    while (result == LZMA_OK) {
        uint8_t chunk[1 << 14];
        decoder->next_out = chunk;
        decoder->avail_out = sizeof chunk;
        result = lzma_code(decoder, LZMA_FINISH);
        wh_buffer_append(out, chunk, sizeof chunk - decoder->avail_out);
        WH_TRY(wh_buffer_check(out, err));
    }
    return result == LZMA_STREAM_END ? WH_OK : wh_xz_fail(err, result);
}

wh_status wh_xz_unpack(
    struct wh_bytes packed, struct wh_buffer *out, size_t *out_packed_length, struct wh_error *err)
{
    wh_cleanup(lzma_end) lzma_stream decoder = LZMA_STREAM_INIT;

    /* A stream without a block holds nothing, not even settings. */
    if (packed.length <= LZMA_STREAM_HEADER_SIZE || packed.data[LZMA_STREAM_HEADER_SIZE] == 0)
        return wh_fail(err, WH_MALFORMED, "not an .xz stream with a block");
    lzma_ret result = lzma_stream_decoder(&decoder, WH_XZ_DECODER_MAX, 0);
    if (result != LZMA_OK)
        return wh_xz_fail(err, result);
    decoder.next_in = packed.data;
    decoder.avail_in = packed.length;
    WH_TRY(decode_all(&decoder, out, err));
    *out_packed_length = packed.length - decoder.avail_in;
    return WH_OK;
}

const char *wh_xz_version(void)
{
    return lzma_version_string();
}
