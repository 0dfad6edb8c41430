/* SPDX-License-Identifier: GPL-2.0-or-later */
/* describe.c - see packed/describe.h. */
#include "packed/describe.h"

#include <lzma.h>

#include "packed/deflate_describe.h"
#include "packed/xz_describe.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static wh_status describe_xz(struct wh_habits *habits, struct wh_bytes packed,
    struct wh_buffer *out, struct wh_description *description, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = WH_PACKED_STREAM_MAX};
    struct wh_xz_settings settings;
    size_t length;

    WH_TRY(wh_coder_find(WH_CODER_XZ)->unpack(packed, &plain, &length, err));
    if (length != packed.length)
        return wh_fail(err, WH_UNSUPPORTED, "it has bytes behind its stream");
    WH_TRY(wh_xz_describe(
        packed, wh_buffer_bytes(&plain), habits->has_xz ? &habits->xz : NULL, &settings, err));
    habits->xz = settings;
    habits->has_xz = true;
    wh_xz_settings_write(&settings, out);
    description->coder = WH_CODER_XZ;
    description->cpu_ms = wh_xz_cpu_ms(&settings, plain.length);
    return WH_OK;
}

/* Proves that the stream is what its container says. */
static wh_status check(const struct wh_describer *describer, const struct wh_inner *stream,
    const struct wh_deflate_parts *parts, struct wh_error *err)
{
    const struct wh_inflated found = {
        .packed_length = parts->packed.length,
        .plain_length = parts->plain.length,
        .crc = lzma_crc32(parts->plain.data, parts->plain.length, 0),
    };
    const char *doubt = wh_container_doubt(describer->content, describer->packing, stream, &found);

    return doubt ? wh_fail(err, WH_UNSUPPORTED, "it %s", doubt) : WH_OK;
}

static wh_status describe_deflate(const struct wh_describer *describer,
    const struct wh_inner *stream, struct wh_bytes packed, struct wh_buffer *out,
    struct wh_description *description, struct wh_error *err)
{
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {0};
    wh_cleanup(wh_deflate_trace_clear) struct wh_deflate_trace trace = {0};
    struct wh_habits *habits = describer->habits;

    WH_TRY(wh_deflate_parse(packed, WH_PACKED_STREAM_MAX, &parts, err));
    WH_TRY(check(describer, stream, &parts, err));
    const struct wh_deflate_model *last = habits->has_deflate ? &habits->deflate : NULL;
    if (describer->unproved)
        WH_TRY(wh_deflate_guess(&parts, last, &habits->deflate, &trace, err));
    else
        WH_TRY(wh_deflate_describe(&parts, last, &habits->deflate, &trace, err));
    habits->has_deflate = true;
    wh_buffer_append(out, trace.parameters.data, trace.parameters.length);
    description->coder = WH_CODER_DEFLATE;
    description->departs = trace.symbol_departures + trace.block_departures > 0;
    return WH_OK;
}

wh_status wh_describe(const struct wh_describer *describer, const struct wh_inner *stream,
    struct wh_buffer *out, struct wh_description *out_description, struct wh_error *err)
{
    struct wh_bytes packed = {describer->content.data + stream->start, stream->packed_length};
    bool is_xz = describer->packing == WH_PACKING_XZ || describer->packing == WH_PACKING_DEBUGDATA;
    size_t before = out->length;

    *out_description = (struct wh_description){0};
    WH_TRY(is_xz ? describe_xz(describer->habits, packed, out, out_description, err)
                 : describe_deflate(describer, stream, packed, out, out_description, err));
    out_description->parameters = out->length - before;
    return wh_buffer_check(out, err);
}
