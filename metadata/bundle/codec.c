/* SPDX-License-Identifier: GPL-2.0-or-later */
/* codec.c - the decoders by number. */
#include "whittle/codec.h"

static wh_status decode_zstd(const struct wh_codec_job *job, struct wh_error *err)
{
    size_t length = 0;

    for (uint32_t i = 0; i < job->member_count; i++)
        length += (size_t)job->output_sizes[i];
    return wh_inflate(job->stored, job->reference, job->output, length, err);
}

static const struct wh_codec codecs[] = {
    {WH_CODEC_ZSTD, "zstd", decode_zstd},
};

const struct wh_codec *wh_codec_find(uint32_t id)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (codecs[i].id == id)
            return &codecs[i];
    return NULL;
}
