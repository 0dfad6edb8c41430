/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame.c - zstd frames with a reference prefix, see whittle/codec.h. Source: RFC 8878 and
 * zstd.h (ZSTD_DCtx_refPrefix, ZSTD_CCtx_refPrefix). */
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "whittle/cleanup.h"
#include "whittle/codec.h"

static void free_decoder(ZSTD_DCtx **decoder)
{
    (void)ZSTD_freeDCtx(*decoder);
}

static void free_encoder(ZSTD_CCtx **encoder)
{
    (void)ZSTD_freeCCtx(*encoder);
}

/* libzstd also reads the formats before RFC 8878, and frames that hold nothing to decode. */
static wh_status check_kind(struct wh_bytes stored, struct wh_error *err)
{
    static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

    if (stored.length < sizeof magic || memcmp(stored.data, magic, sizeof magic) != 0)
        return wh_fail(err, WH_MALFORMED, "it does not begin as a zstd frame");
    return WH_OK;
}

wh_status wh_frame_read(struct wh_bytes stored, struct wh_bytes prefix, uint8_t *out, size_t length,
    struct wh_error *err)
{
    WH_TRY(check_kind(stored, err));
    /* One frame and nothing after it: a second frame would be a second spelling. */
    if (ZSTD_findFrameCompressedSize(stored.data, stored.length) != stored.length)
        return wh_fail(err, WH_MALFORMED, "not one zstd frame of %zu bytes", stored.length);

    wh_cleanup(free_decoder) ZSTD_DCtx *decoder = ZSTD_createDCtx();
    if (!decoder)
        return wh_no_memory(err);
    if (prefix.length > 0 && ZSTD_isError(ZSTD_DCtx_refPrefix(decoder, prefix.data, prefix.length)))
        return wh_no_memory(err);

    /* In one piece the output is the window, so a frame's window size allocates nothing. */
    uint8_t spare; /* zstd wants a pointer for an empty output too */
    size_t made = ZSTD_decompressDCtx(
        decoder, length ? out : &spare, length, stored.data, stored.length);
    if (ZSTD_isError(made))
        return wh_fail(err, WH_MALFORMED, "zstd frame: %s", ZSTD_getErrorName(made));
    if (made != length)
        return wh_fail(
            err, WH_MALFORMED, "zstd frame gives %zu bytes instead of %zu", made, length);
    return WH_OK;
}

#define WINDOW_ALLOWED ((size_t)8 << 20) /* that of level 19, which knows no length */
#define WINDOW_SPARE 1024u               /* that an encoder here asks for more than it needs */
#define WINDOW_LOG_MAX                                                                             \
    (sizeof(size_t) == 8 ? 31 : 30) /* ZSTD_WINDOWLOG_MAX, which is static-only */

/* The window that reaches over so many bytes. */
static int window_log_for(size_t reach)
{
    int log = 10;

    while (log < WINDOW_LOG_MAX && ((size_t)1 << log) < reach)
        log++;
    return log;
}

wh_status wh_frame_read_all(struct wh_bytes stored, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(free_decoder) ZSTD_DCtx *decoder = ZSTD_createDCtx();
    ZSTD_inBuffer input = {stored.data, stored.length, 0};
    size_t more = 1; /* 0 at the end of a frame */

    WH_TRY(check_kind(stored, err));
    if (!decoder)
        return wh_no_memory(err);
    /* A frame asks for its window at once, however little it holds. */
    size_t reach = out->ceiling > WINDOW_ALLOWED ? out->ceiling : WINDOW_ALLOWED;
    if (ZSTD_isError(ZSTD_DCtx_setParameter(
            decoder, ZSTD_d_windowLogMax, window_log_for(reach + WINDOW_SPARE))))
        return wh_no_memory(err);
    while (more > 0) {
        uint8_t chunk[1 << 14];
        ZSTD_outBuffer output = {chunk, sizeof chunk, 0};
        more = ZSTD_decompressStream(decoder, &output, &input);
        if (ZSTD_getErrorCode(more) == ZSTD_error_frameParameter_windowTooLarge)
            return wh_fail(err, WH_OVER_LIMIT, "more than %zu bytes", out->ceiling);
        if (ZSTD_isError(more))
            return wh_fail(err, WH_MALFORMED, "zstd frame: %s", ZSTD_getErrorName(more));
        wh_buffer_append(out, chunk, output.pos);
        WH_TRY(wh_buffer_check(out, err));
        if (more > 0 && input.pos == input.size && output.pos < sizeof chunk)
            return wh_fail(err, WH_MALFORMED, "zstd frame is cut short");
    }
    if (input.pos != input.size)
        return wh_fail(err, WH_MALFORMED, "bytes follow the zstd frame");
    return WH_OK;
}

/* Matches far back are beyond the match finder's tables: in a long base always, in long contents at
 * levels with small tables. */
static bool needs_long_distances(struct wh_bytes raw, struct wh_bytes prefix, int level)
{
    enum { LONG = 1 << 20, LARGE_TABLES = 16 };

    return prefix.length > LONG || (raw.length > LONG && level < LARGE_TABLES);
}

static size_t configure(ZSTD_CCtx *encoder, struct wh_bytes raw, struct wh_bytes prefix, int level)
{
    const struct {
        ZSTD_cParameter parameter;
        int value;
    } settings[] = {
        {ZSTD_c_compressionLevel, level},
        {ZSTD_c_contentSizeFlag, 0}, /* the header of the package has it */
        {ZSTD_c_checksumFlag, 0},    /* every content is hashed */
        {ZSTD_c_dictIDFlag, 0},
        {ZSTD_c_windowLog, window_log_for(raw.length + prefix.length + WINDOW_SPARE)},
        {ZSTD_c_enableLongDistanceMatching, needs_long_distances(raw, prefix, level) ? 1 : 0},
    };

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        size_t result = ZSTD_CCtx_setParameter(encoder, settings[i].parameter, settings[i].value);
        if (ZSTD_isError(result))
            return result;
    }
    return prefix.length ? ZSTD_CCtx_refPrefix(encoder, prefix.data, prefix.length) : 0;
}

wh_status wh_frame_write(struct wh_bytes raw, struct wh_bytes prefix, int level,
    struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(free_encoder) ZSTD_CCtx *encoder = ZSTD_createCCtx();
    if (!encoder)
        return wh_no_memory(err);
    size_t result = configure(encoder, raw, prefix, level);
    if (ZSTD_isError(result))
        return wh_fail(err, WH_NO_MEMORY, "zstd: %s", ZSTD_getErrorName(result));

    size_t bound = ZSTD_compressBound(raw.length);
    size_t room = out->ceiling - out->length; /* no longer than what will be taken */
    if (bound > room)
        bound = room;
    wh_autofree uint8_t *frame = malloc(bound ? bound : 1);
    if (!frame)
        return wh_no_memory(err);
    result = ZSTD_compress2(encoder, frame, bound, raw.data, raw.length);
    if (ZSTD_isError(result) && ZSTD_getErrorCode(result) == ZSTD_error_dstSize_tooSmall)
        return wh_fail(err, WH_OVER_LIMIT, "a zstd frame has more than %zu bytes", room);
    if (ZSTD_isError(result))
        return wh_fail(err, WH_NO_MEMORY, "zstd: %s", ZSTD_getErrorName(result));
    wh_buffer_append(out, frame, result);
    return wh_buffer_check(out, err);
}
