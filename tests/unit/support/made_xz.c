/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_xz.c - see made_xz.h. */
#include "made_xz.h"

#include <lzma.h>

#include "need.h"
#include "whittle/cleanup.h"

static void need_lzma(lzma_ret result)
{
    if (result != LZMA_OK && result != LZMA_STREAM_END) {
        (void)fprintf(stderr, "sample: liblzma: %d\n", (int)result);
        abort();
    }
}

static void fill_options(const struct made_xz *how, lzma_options_lzma *out_options)
{
    if (lzma_lzma_preset(out_options, how->preset))
        abort();
    if (how->dictionary)
        out_options->dict_size = how->dictionary;
    if (how->nice)
        out_options->nice_len = how->nice;
    if (how->lc_lp_pb) {
        out_options->lc = how->lc_lp_pb / 100;
        out_options->lp = how->lc_lp_pb / 10 % 10;
        out_options->pb = how->lc_lp_pb % 10;
    }
}

static void start(lzma_stream *encoder, const struct made_xz *how, const lzma_filter *filters)
{
    lzma_mt threads = {
        .threads = 2,
        .block_size = how->block_size,
        .filters = filters,
        .check = (lzma_check)how->check,
    };

    need_lzma(how->threaded ? lzma_stream_encoder_mt(encoder, &threads)
                            : lzma_stream_encoder(encoder, filters, (lzma_check)how->check));
}

static void run(lzma_stream *encoder, lzma_action action, struct wh_buffer *out)
{
    lzma_ret result = LZMA_OK;

    while (result != LZMA_STREAM_END) {
        uint8_t chunk[4096];
        encoder->next_out = chunk;
        encoder->avail_out = sizeof chunk;
        result = lzma_code(encoder, action);
        need_lzma(result);
        wh_buffer_append(out, chunk, sizeof chunk - encoder->avail_out);
    }
    if (out->failed)
        abort();
}

void made_xz(struct wh_bytes plain, const struct made_xz *how, struct wh_buffer *out)
{
    wh_cleanup(lzma_end) lzma_stream encoder = LZMA_STREAM_INIT;
    lzma_options_lzma options;
    lzma_filter chain[] = {{.id = how->filter}, {.id = LZMA_FILTER_LZMA2, .options = &options},
        {.id = LZMA_VLI_UNKNOWN}};
    lzma_options_delta delta = {.type = LZMA_DELTA_TYPE_BYTE, .dist = 4};

    fill_options(how, &options);
    if (how->filter == LZMA_FILTER_DELTA)
        chain->options = &delta;
    start(&encoder, how, how->filter ? chain : chain + 1);
    encoder.next_in = plain.data;
    size_t left = plain.length;
    while (!how->threaded && how->block_size > 0 && left > how->block_size) {
        encoder.avail_in = (size_t)how->block_size;
        run(&encoder, LZMA_FULL_FLUSH, out);
        left -= (size_t)how->block_size;
    }
    encoder.avail_in = left;
    run(&encoder, LZMA_FINISH, out);
}

void made_xz_plain(size_t length, struct wh_buffer *out)
{
    size_t start_at = out->length;
    size_t end = start_at + length;
    uint32_t value = 7;

    while (out->length < end && !out->failed) {
        value = value * 1664525u + 1013904223u;
        size_t made = out->length - start_at;
        size_t count = value >> 28;
        size_t distance = (value >> 8 & 0xffff) % (made + 1);
        if (count < 4 || distance == 0)
            wh_buffer_u8(out, (uint8_t)(value >> 24));
        for (; count >= 4 && distance > 0 && out->length < end && !out->failed; count--)
            wh_buffer_u8(out, out->data[out->length - distance]);
    }
    if (out->failed)
        abort();
}

/* Each chunk of LZMA2 that resets all repeats as often as one likes. */
void made_xz_bomb(struct wh_buffer *out)
{
    enum { START = LZMA_STREAM_HEADER_SIZE + 12, CHUNK = 2 << 20, TIMES = 512 };
    wh_cleanup(wh_buffer_clear) struct wh_buffer zeros = {.ceiling = CHUNK};
    wh_cleanup(wh_buffer_clear) struct wh_buffer one = {.ceiling = CEILING};
    const struct made_xz how = {.preset = 0, .check = LZMA_CHECK_CRC32};

    wh_buffer_fill(&zeros, 0, CHUNK);
    made_xz(wh_buffer_bytes(&zeros), &how, &one);
    size_t length = 6 + ((size_t)one.data[START + 3] << 8 | one.data[START + 4]) + 1;
    wh_buffer_append(out, one.data, START);
    for (int i = 0; i < TIMES; i++)
        wh_buffer_append(out, one.data + START, length);
    if (out->failed)
        abort();
}

void made_xz_set_dictionary(struct wh_buffer *stream, uint8_t spelling)
{
    uint8_t *header = stream->data + LZMA_STREAM_HEADER_SIZE;
    size_t length = header[0] * 4u; /* less the CRC32 */
    uint8_t *filter = header + 2;

    while (*filter != LZMA_FILTER_LZMA2)
        filter++;
    filter[2] = spelling;
    uint32_t crc = lzma_crc32(header, length, 0);
    for (size_t i = 0; i < 4; i++)
        header[length + i] = (uint8_t)(crc >> 8 * i);
}
