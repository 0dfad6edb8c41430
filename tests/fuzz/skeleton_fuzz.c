/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skeleton_fuzz.c - a payload against a fixed header. The first byte chooses the header: newc or
 * stripped members. */
#include <string.h>

#include "fuzz.h"
#include "whittle/cleanup.h"

/* Skeleton and contents, laid together again, are the payload. */
static void check_whole(
    const struct wh_header *header, const struct wh_skeleton *skeleton, struct wh_bytes payload)
{
    const uint8_t *at = skeleton->bytes;
    const uint8_t *real = payload.data;

    promise(skeleton->payload_length == payload.length);
    for (uint32_t i = 0; i < skeleton->piece_count; i++) {
        const struct wh_piece *piece = &skeleton->pieces[i];
        promise(memcmp(real, at, (size_t)piece->skeleton_length) == 0);
        at += piece->skeleton_length;
        real += piece->skeleton_length + header->files[piece->file].size;
    }
    size_t rest = (size_t)(skeleton->bytes + skeleton->length - at);
    promise(memcmp(real, at, rest) == 0);
    promise(real + rest == payload.data + payload.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(wh_skeleton_clear) struct wh_skeleton skeleton = {0};
    struct wh_bytes payload = {data, size};
    const struct sample *sample = fuzz_take(&payload) & 1 ? fuzz_stripped() : fuzz_new();
    struct wh_error err = {0};

    if (!fuzz_ok(wh_skeleton_read(sample->header, payload, &skeleton, &err), &err))
        return 0;
    fuzz_check_skeleton(sample->header, &skeleton);
    check_whole(sample->header, &skeleton, payload);
    fuzz_check_correction(sample->header, &skeleton);
    fuzz_accept();
    return 0;
}
