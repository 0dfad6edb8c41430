/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_fuzz.c - a zstd frame. Two bytes say how long its content is to be, the next one how much
 * of a fixed text is its reference. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { ROOM = 1 << 16 };

/* What a frame gave can be put into a frame again. */
static void check_deflated(struct wh_bytes raw, struct wh_bytes reference)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = 2 * ROOM};
    wh_autofree uint8_t *again = malloc(raw.length ? raw.length : 1);

    if (!again)
        abort();
    promise(wh_frame_write(raw, reference, 1, &frame, NULL) == WH_OK);
    promise(wh_frame_read(wh_buffer_bytes(&frame), reference, again, raw.length, NULL) == WH_OK);
    promise(raw.length == 0 || memcmp(again, raw.data, raw.length) == 0);
}

/* Frames of other kinds are none of the format. */
static void check_frame(struct wh_bytes stored, struct wh_bytes raw, struct wh_bytes reference)
{
    static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

    promise(stored.length > sizeof magic && memcmp(stored.data, magic, sizeof magic) == 0);
    check_deflated(raw, reference);
    fuzz_accept();
}

static void check_exact(struct wh_bytes stored, size_t length, struct wh_bytes reference)
{
    const uint64_t base = reference.length;
    const uint64_t whole = length;
    wh_autofree uint8_t *raw = malloc(length ? length : 1);
    wh_autofree uint8_t *decoded = malloc(length ? length : 1);

    if (!raw || !decoded)
        abort();
    struct wh_codec_job job = {stored, reference, &base, decoded, &whole, 1};
    struct wh_error err = {0};
    wh_status status = wh_frame_read(stored, reference, raw, length, &err);
    promise(wh_codec_find(WH_CODEC_ZSTD)->decode(&job, NULL) == status);
    if (!fuzz_ok(status, &err))
        return;
    promise(memcmp(raw, decoded, length) == 0);
    check_frame(stored, (struct wh_bytes){raw, length}, reference);
}

/* The two readers may differ in what they refuse, never in what they give. */
static void check_whole(struct wh_bytes stored)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer whole = {.ceiling = ROOM};
    wh_autofree uint8_t *raw = NULL;
    struct wh_error err = {0};

    bool read = fuzz_ok(wh_frame_read_all(stored, &whole, &err), &err);
    promise(whole.length <= ROOM);
    if (!read)
        return;
    check_frame(stored, wh_buffer_bytes(&whole), (struct wh_bytes){0});
    raw = malloc(whole.length ? whole.length : 1);
    if (!raw)
        abort();
    if (wh_frame_read(stored, (struct wh_bytes){0}, raw, whole.length, NULL) == WH_OK)
        promise(fuzz_same((struct wh_bytes){raw, whole.length}, wh_buffer_bytes(&whole)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t text[] = "one line of text that stays the same in both versions\n"
                                  "and another one, which is nowhere else, as a reference";
    struct wh_bytes stored = {data, size};
    size_t length = fuzz_take(&stored);
    length |= (size_t)fuzz_take(&stored) << 8;
    struct wh_bytes reference = {text, fuzz_take(&stored) % sizeof text};

    check_exact(stored, length, reference);
    check_whole(stored);
    return 0;
}
