/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correction_fuzz.c - a correction against a fixed header. The first byte chooses mode and header.
 */
#include "fuzz.h"
#include "whittle/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(wh_skeleton_clear) struct wh_skeleton skeleton = {0};
    struct wh_bytes correction = {data, size};
    uint8_t choice = fuzz_take(&correction);
    const struct sample *sample = choice & 0x80 ? fuzz_stripped() : fuzz_new();
    enum wh_correction_mode mode = choice & 0x7f; /* also those that there are not */
    struct wh_error err = {0};

    if (!fuzz_ok(wh_skeleton_corrected(sample->header, mode, correction, &skeleton, &err), &err))
        return 0;
    promise(mode <= WH_CORRECTION_FULL);
    fuzz_check_skeleton(sample->header, &skeleton);
    for (uint32_t i = 0; i < skeleton.piece_count; i++)
        promise(sample->header->files[skeleton.pieces[i].file].has_content);
    fuzz_check_correction(sample->header, &skeleton);
    if (mode != WH_CORRECTION_NONE)
        fuzz_accept();
    return 0;
}
