/* SPDX-License-Identifier: GPL-2.0-or-later */
/* streams.c - a group of patches: for each stream its length and stored length (varints), then the
 * streams' zstd frames end to end; an empty stream has no frame. */
#include <stdlib.h>

#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/limits.h"

uint64_t wh_stream_ceiling(enum wh_patch_stream stream, uint64_t output_length, uint32_t members)
{
    /* Copies take some bytes each and may be short; relocatable files name their sections. */
    const uint64_t for_each = stream == WH_STREAM_CONTROL ? 4096 : 32;

    return output_length + for_each * members;
}

static wh_status read_lengths(struct wh_reader *reader, struct wh_stream_lengths *lengths,
    uint64_t ceiling, struct wh_error *err)
{
    lengths->raw = wh_read_varint(reader, ceiling);
    lengths->stored = wh_read_varint(reader, (uint64_t)(reader->end - reader->at));
    if (reader->failed || (lengths->raw == 0) != (lengths->stored == 0))
        return wh_fail(err, WH_MALFORMED, "the lengths of a group's streams are wrong");
    return WH_OK;
}

wh_status wh_streams_measure(
    struct wh_bytes stored, struct wh_stream_lengths out_lengths[WH_STREAMS], struct wh_error *err)
{
    struct wh_reader reader = wh_reader_over(stored);

    for (int i = 0; i < WH_STREAMS; i++)
        WH_TRY(read_lengths(&reader, &out_lengths[i], UINT64_MAX, err));
    return WH_OK;
}

static wh_status inflate_stream(
    struct wh_bytes stored, uint64_t length, uint8_t **out_bytes, struct wh_error *err)
{
    wh_autofree uint8_t *bytes = wh_array(length, 1, SIZE_MAX, err);

    if (!bytes)
        return wh_no_memory(err);
    if (length > 0)
        WH_TRY(wh_frame_read(stored, (struct wh_bytes){0}, bytes, (size_t)length, err));
    *out_bytes = wh_take(bytes);
    return WH_OK;
}

wh_status wh_streams_open(struct wh_bytes stored, uint64_t output_length, uint32_t member_count,
    struct wh_streams *out_streams, struct wh_error *err)
{
    wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};
    struct wh_reader reader = wh_reader_over(stored);
    struct wh_stream_lengths lengths[WH_STREAMS];

    for (int i = 0; i < WH_STREAMS; i++) {
        uint64_t ceiling = wh_stream_ceiling((enum wh_patch_stream)i, output_length, member_count);
        WH_TRY(read_lengths(&reader, &lengths[i], ceiling, err));
    }
    for (int i = 0; i < WH_STREAMS; i++) {
        struct wh_bytes frame = wh_read_bytes(&reader, lengths[i].stored);
        if (reader.failed)
            return wh_fail(err, WH_MALFORMED, "a group's streams are cut short");
        WH_TRY(inflate_stream(frame, lengths[i].raw, &streams.bytes[i], err));
        streams.readers[i] = wh_reader_over(
            (struct wh_bytes){streams.bytes[i], (size_t)lengths[i].raw});
    }
    if (!wh_reader_at_end(&reader))
        return wh_fail(err, WH_MALFORMED, "bytes follow a group's streams");
    *out_streams = streams;
    streams = (struct wh_streams){0};
    return WH_OK;
}

void wh_streams_clear(struct wh_streams *streams)
{
    for (int i = 0; i < WH_STREAMS; i++)
        free(streams->bytes[i]);
    *streams = (struct wh_streams){0};
}

wh_status wh_streams_finish(const struct wh_streams *streams, struct wh_error *err)
{
    for (int i = 0; i < WH_STREAMS; i++)
        if (!wh_reader_at_end(&streams->readers[i]))
            return wh_fail(err, WH_MALFORMED, "a group's streams say more than its contents need");
    return WH_OK;
}

wh_status wh_streams_write(const struct wh_bytes streams[WH_STREAMS], uint64_t output_length,
    uint32_t member_count, int level, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frames = {.ceiling = out->ceiling - out->length};

    for (int i = 0; i < WH_STREAMS; i++) {
        size_t before = frames.length;
        if (streams[i].length >
            wh_stream_ceiling((enum wh_patch_stream)i, output_length, member_count))
            return wh_fail(err, WH_UNSUPPORTED, "a patch is longer than its content");
        if (streams[i].length > 0)
            WH_TRY(wh_frame_write(streams[i], (struct wh_bytes){0}, level, &frames, err));
        wh_buffer_varint(out, streams[i].length);
        wh_buffer_varint(out, frames.length - before);
    }
    wh_buffer_append(out, frames.data, frames.length);
    return wh_buffer_check(out, err);
}
