/* SPDX-License-Identifier: GPL-2.0-or-later */
/* streams_mutator.c - changes one stream of a group, what lies inside its frame, and mends lengths
 * and frames. */
#include <string.h>

#include "mutate_elf.h"
#include "stored_bundle.h"
#include "streams_input.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { ROOM = 1 << 17 };

/* Where the group begins. */
static size_t head_length(const uint8_t *data)
{
    return 1 + (size_t)STREAMS_MEMBER * (data[0] % STREAMS_MEMBERS_MAX + 1u);
}

static void put_stream(struct wh_bytes stream, struct wh_buffer *lengths, struct wh_buffer *frames)
{
    size_t before = frames->length;

    if (stream.length > 0)
        stored_frame(stream, frames);
    wh_buffer_varint(lengths, stream.length);
    wh_buffer_varint(lengths, frames->length - before);
}

static bool mutate_group(struct wh_bytes group, unsigned seed, struct wh_buffer *out)
{
    wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frames = {.ceiling = ROOM};

    if (wh_streams_open(group, ROOM / 4, STREAMS_MEMBERS_MAX, &streams, NULL) != WH_OK)
        return false;
    for (int i = 0; i < WH_STREAMS; i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer stream = {.ceiling = ROOM};
        wh_buffer_append(
            &stream, streams.bytes[i], (size_t)(streams.readers[i].end - streams.readers[i].at));
        if (seed % WH_STREAMS == (unsigned)i)
            mutate_part(&stream, seed / WH_STREAMS * 2);
        put_stream(wh_buffer_bytes(&stream), out, &frames);
    }
    wh_buffer_append(out, frames.data, frames.length);
    return !out->failed && !frames.failed;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = ROOM};
    size_t head = size > 0 ? head_length(data) : 0;

    if (seed % 4 == 0 || size <= head ||
        !mutate_group((struct wh_bytes){data + head, size - head}, seed / 4, &made) ||
        head + made.length > max_size)
        return LLVMFuzzerMutate(data, size, max_size);
    memcpy(data + head, made.data, made.length);
    return head + made.length;
}
