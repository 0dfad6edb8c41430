/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec.c - the decoders by number. */
#include "whittle/codec.h"

#include "whittle/cleanup.h"

static uint64_t output_length(const struct wh_codec_job *job)
{
    uint64_t length = 0;

    for (uint32_t i = 0; i < job->member_count; i++)
        length += job->output_sizes[i];
    return length;
}

static wh_status decode_zstd(const struct wh_codec_job *job, struct wh_error *err)
{
    return wh_frame_read(job->stored, job->reference, job->output, (size_t)output_length(job), err);
}

static wh_status decode_patch(const struct wh_codec_job *job, struct wh_error *err)
{
    wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};
    const uint8_t *reference = job->reference.data;
    uint8_t *output = job->output;

    WH_TRY(wh_streams_open(job->stored, output_length(job), job->member_count, &streams, err));
    for (uint32_t i = 0; i < job->member_count; i++) {
        struct wh_bytes base = {reference, (size_t)job->reference_sizes[i]};
        WH_TRY(wh_patch_decode(streams.readers, base, output, (size_t)job->output_sizes[i], err));
        if (base.length > 0) /* no base at all may be NULL */
            reference += base.length;
        output += job->output_sizes[i];
    }
    return wh_streams_finish(&streams, err);
}

static const struct wh_codec codecs[] = {
    {WH_CODEC_ZSTD, "zstd", false, decode_zstd},
    {WH_CODEC_PATCH, "patch", true, decode_patch},
};

const struct wh_codec *wh_codec_find(uint32_t id)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (codecs[i].id == id)
            return &codecs[i];
    return NULL;
}
