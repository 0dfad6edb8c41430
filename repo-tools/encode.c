/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encode.c - see encode.h. */
#include "encode.h"

#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Base and content of the largest programs have some 200 MB together; level 19 then wants about
 * 300 MB of memory and twice the time of level 15, for a sixth fewer bytes. What is larger is data,
 * which gains nothing from it. */
static int level_for(uint64_t bytes)
{
    return bytes <= 256u << 20 ? 19 : 12;
}

static wh_status encode_zstd(
    const struct wh_encode_job *job, struct wh_buffer *out, struct wh_error *err)
{
    int level = level_for((uint64_t)job->reference.length + job->content.length);

    return wh_deflate(job->content, job->reference, level, out, err);
}

static const struct wh_encoder encoders[] = {
    {WH_CODEC_ZSTD, "zstd", encode_zstd},
};

wh_status wh_encode(const struct wh_encode_job *job, uint32_t *out_codec,
    struct wh_buffer *out_stored, struct wh_error *err)
{
    bool found = false;

    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = WH_BUNDLE_MAX};
        wh_status status = encoders[i].encode(job, &stored, err);
        if (status == WH_UNSUPPORTED)
            continue;
        WH_TRY(status);
        if (found && stored.length >= out_stored->length)
            continue;
        struct wh_buffer loser = *out_stored;
        *out_stored = stored;
        stored = loser;
        *out_codec = encoders[i].id;
        found = true;
    }
    return found ? WH_OK : wh_fail(err, WH_UNSUPPORTED, "no encoder takes these contents");
}
