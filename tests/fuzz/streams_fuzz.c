/* SPDX-License-Identifier: GPL-2.0-or-later */
/* streams_fuzz.c - a group of patches. A byte says how many contents it makes; for each there are
 * one that chooses its base, and two with its length. The group follows. */
#include <stdlib.h>
#include <string.h>

#include "fuzz_elf.h"
#include "streams_input.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { CEILING = 1 << 21 };

/* Bases end to end, lengths, and what comes out. */
struct work {
    uint32_t count;
    uint64_t base_sizes[STREAMS_MEMBERS_MAX];
    uint64_t sizes[STREAMS_MEMBERS_MAX];
    uint64_t length;
    struct wh_buffer bases;
};

static void take_member(struct wh_bytes *input, struct work *work)
{
    uint8_t kind = fuzz_take(input);
    struct wh_bytes base = {(const uint8_t *)"the old content of a small file, and then some", 46};
    uint32_t number = work->count++;

    if (kind < FUZZ_ELF_KINDS)
        base = made_elf_file(&fuzz_builds(kind)->old);
    else if (kind - FUZZ_ELF_KINDS < base.length)
        base.length = kind - FUZZ_ELF_KINDS;
    wh_buffer_append(&work->bases, base.data, base.length);
    work->base_sizes[number] = base.length;
    work->sizes[number] = fuzz_take16(input);
    work->length += work->sizes[number];
}

static wh_status decode(
    const struct work *work, struct wh_bytes group, uint8_t *out, struct wh_error *err)
{
    const struct wh_codec_job job = {
        group, wh_buffer_bytes(&work->bases), work->base_sizes, out, work->sizes, work->count};

    return wh_codec_find(WH_CODEC_PATCH)->decode(&job, err);
}

/* Streams that were opened can be written, and opened again. */
static void check_streams(struct wh_bytes group, const struct work *work)
{
    wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};
    wh_cleanup(wh_streams_clear) struct wh_streams again = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer written = {.ceiling = CEILING};
    struct wh_bytes bytes[WH_STREAMS];
    struct wh_error err = {0};

    if (!fuzz_ok(wh_streams_open(group, work->length, work->count, &streams, &err), &err))
        return;
    for (int i = 0; i < WH_STREAMS; i++) {
        bytes[i] = (struct wh_bytes){
            streams.bytes[i], (size_t)(streams.readers[i].end - streams.readers[i].at)};
        promise(bytes[i].length <=
                wh_stream_ceiling((enum wh_patch_stream)i, work->length, work->count));
    }
    promise(wh_streams_write(bytes, work->length, work->count, 1, &written, NULL) == WH_OK);
    promise(wh_streams_open(wh_buffer_bytes(&written), work->length, work->count, &again, NULL) ==
            WH_OK);
    for (int i = 0; i < WH_STREAMS; i++)
        promise(fuzz_same(bytes[i], (struct wh_bytes){again.bytes[i],
                                        (size_t)(again.readers[i].end - again.readers[i].at)}));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct work work = {.bases.ceiling = CEILING};
    struct wh_bytes input = {data, size};
    unsigned count = fuzz_take(&input) % STREAMS_MEMBERS_MAX + 1;
    struct wh_error err = {0};

    for (unsigned i = 0; i < count; i++)
        take_member(&input, &work);
    wh_autofree uint8_t *out = calloc((size_t)work.length + 1, 1);
    wh_autofree uint8_t *again = malloc((size_t)work.length + 1);
    if (!out || !again || work.bases.failed)
        abort();
    memset(again, 0xff, (size_t)work.length + 1);
    check_streams(input, &work);
    if (fuzz_ok(decode(&work, input, out, &err), &err)) {
        promise(decode(&work, input, again, NULL) == WH_OK);
        promise(memcmp(out, again, (size_t)work.length) == 0);
        fuzz_accept();
    }
    wh_buffer_clear(&work.bases);
    return 0;
}
