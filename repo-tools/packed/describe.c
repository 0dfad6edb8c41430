/* SPDX-License-Identifier: GPL-2.0-or-later */
/* describe.c - see packed/describe.h. */
#include "packed/describe.h"

#include "packed/xz_describe.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static wh_status describe_xz(const struct wh_describer *describer, struct wh_bytes packed,
    struct wh_buffer *out, struct wh_description *description, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = WH_PACKED_STREAM_MAX};
    struct wh_xz_settings settings;
    size_t length;

    WH_TRY(wh_coder_find(WH_CODER_XZ)->unpack(packed, &plain, &length, err));
    if (length != packed.length)
        return wh_fail(err, WH_UNSUPPORTED, "it has bytes behind its stream");
    bool first = describer->last_xz->dictionary == 0;
    WH_TRY(wh_xz_describe(
        packed, wh_buffer_bytes(&plain), first ? NULL : describer->last_xz, &settings, err));
    *describer->last_xz = settings;
    wh_xz_settings_write(&settings, out);
    description->coder = WH_CODER_XZ;
    description->cpu_ms = wh_xz_cpu_ms(&settings, plain.length);
    return WH_OK;
}

static wh_status describe_deflate(const struct wh_describer *describer,
    const struct wh_inner *stream, struct wh_bytes packed, struct wh_buffer *out,
    struct wh_description *description, struct wh_error *err)
{
    (void)describer;
    (void)stream;
    (void)packed;
    (void)out;
    (void)description;
    return wh_fail(err, WH_UNSUPPORTED, "it is deflated");
}

wh_status wh_describe(const struct wh_describer *describer, const struct wh_inner *stream,
    struct wh_buffer *out, struct wh_description *out_description, struct wh_error *err)
{
    struct wh_bytes packed = {describer->content.data + stream->start, stream->packed_length};
    bool is_xz = describer->packing == WH_PACKING_XZ || describer->packing == WH_PACKING_DEBUGDATA;
    size_t before = out->length;

    *out_description = (struct wh_description){0};
    WH_TRY(is_xz ? describe_xz(describer, packed, out, out_description, err)
                 : describe_deflate(describer, stream, packed, out, out_description, err));
    out_description->parameters = out->length - before;
    return wh_buffer_check(out, err);
}
