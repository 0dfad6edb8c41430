/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_report.c - see group_report.h. */
#include "group_report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "encode.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static const char *const stream_names[WH_STREAMS] = {
    [WH_STREAM_CONTROL] = "control",
    [WH_STREAM_GAP] = "gap",
    [WH_STREAM_VALUE] = "value",
    [WH_STREAM_EXTRA] = "extra",
};

const char *wh_stream_name(enum wh_patch_stream stream)
{
    return stream_names[stream];
}

static wh_status add_streams(
    struct wh_bytes stored, struct json_object *object, struct wh_error *err)
{
    struct wh_stream_lengths lengths[WH_STREAMS];

    WH_TRY(wh_streams_measure(stored, lengths, err));
    struct json_object *streams = json_object_new_object();
    for (int i = 0; i < WH_STREAMS; i++) {
        struct json_object *stream = json_object_new_object();
        wh_json_add_number(stream, "bytes", lengths[i].stored);
        wh_json_add_number(stream, "inflated", lengths[i].raw);
        wh_json_add(streams, stream_names[i], stream);
    }
    wh_json_add(object, "streams", streams);
    return WH_OK;
}

wh_status wh_group_report(
    uint32_t codec, struct wh_bytes stored, struct json_object *object, struct wh_error *err)
{
    const struct wh_codec *known = wh_codec_find(codec);
    char number[sizeof "4294967295"];

    (void)snprintf(number, sizeof number, "%" PRIu32, codec);
    wh_json_add_text(object, "codec", known ? known->name : number);
    wh_json_add_number(object, "bytes", stored.length);
    return codec == WH_CODEC_PATCH ? add_streams(stored, object, err) : WH_OK;
}

const char *wh_method_name(const struct wh_reader *control)
{
    struct wh_reader reader = *control;

    switch (wh_read_varint(&reader, UINT32_MAX)) {
    case WH_PATCH_PLAIN:
        return reader.failed ? "" : "plain";
    case WH_PATCH_ELF:
        return "elf";
    default:
        return "";
    }
}

/* ---- costs --------------------------------------------------------------------------------- */

static wh_status complete(
    struct wh_bytes base, struct wh_bytes content, uint64_t *cost, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_BUNDLE_MAX};
    uint64_t bytes = (uint64_t)base.length + content.length;

    if (*cost != WH_NO_COST)
        return WH_OK;
    wh_status status = wh_encode_zstd(
        base, content, wh_trial_effort(bytes, WH_EFFORT_DEFAULT), &frame, err);
    if (status == WH_OVER_LIMIT)
        return WH_OK;
    WH_TRY(status);
    *cost = frame.length;
    return WH_OK;
}

wh_status wh_costs_complete(
    struct wh_bytes base, struct wh_bytes content, struct wh_costs *costs, struct wh_error *err)
{
    if (costs->set > 0) /* compared as a whole */
        return WH_OK;
    if (base.length > 0)
        WH_TRY(complete(base, content, &costs->prefixed, err));
    return complete((struct wh_bytes){0}, content, &costs->whole, err);
}

/* Keys, and how people read them. */
static const struct {
    const char *key;
    const char *text;
} ways[] = {{"patch", "patch"}, {"zstd_with_base", "zstd with base"}, {"zstd", "zstd"}};

enum { WAYS = sizeof ways / sizeof *ways };

static void add_cost(struct json_object *object, const char *key, uint64_t cost)
{
    if (cost == WH_NO_COST)
        wh_json_add(object, key, NULL);
    else
        wh_json_add_number(object, key, cost);
}

struct json_object *wh_costs_report(const struct wh_costs *costs)
{
    struct json_object *object = json_object_new_object();
    bool together = costs->set > 0;

    add_cost(object, ways[0].key, together ? costs->set_patch : costs->patch);
    add_cost(object, ways[1].key, together ? costs->set_frame : costs->prefixed);
    add_cost(object, ways[2].key, costs->whole);
    return object;
}

struct way_cost {
    int way;
    uint64_t bytes;
};

static int order_costs(const void *left, const void *right)
{
    const struct way_cost *a = left;
    const struct way_cost *b = right;

    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? -1 : 1;
    return a->way - b->way;
}

void wh_costs_print(FILE *out, struct json_object *costs)
{
    struct way_cost known[WAYS];
    size_t count = 0;

    for (int i = 0; i < WAYS; i++)
        if (json_object_object_get(costs, ways[i].key))
            known[count++] = (struct way_cost){i, wh_json_number(costs, ways[i].key)};
    qsort(known, count, sizeof *known, order_costs);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "%s%s %" PRIu64, i ? ", " : "", ways[known[i].way].text, known[i].bytes);
        if (i > 0 && known[0].bytes > 0)
            (void)fprintf(out, " (%.1f times)", (double)known[i].bytes / (double)known[0].bytes);
    }
}
