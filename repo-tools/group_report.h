/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_report.h - what a group costs: its streams, and what other codecs would have taken. */
#ifndef WHITTLE_REPO_GROUP_REPORT_H
#define WHITTLE_REPO_GROUP_REPORT_H

#include "json_values.h"
#include "member.h"
#include "whittle/codec.h"

/* Adds "codec", "bytes", and for patches "streams". A codec that is not known has its number only.
 * stored: hostile. */
WH_MUST_CHECK wh_status wh_group_report(
    uint32_t codec, struct wh_bytes stored, struct json_object *object, struct wh_error *err);

const char *wh_stream_name(enum wh_patch_stream stream);

/* Of the next piece of a stream of control: "plain" or "elf". */
const char *wh_method_name(const struct wh_reader *control);

/* Fills in what was not tried, for people: frames, made with little effort where they are long. */
WH_MUST_CHECK wh_status wh_costs_complete(
    struct wh_bytes base, struct wh_bytes content, struct wh_costs *costs, struct wh_error *err);

/* "patch", "zstd_with_base", "zstd": bytes of a content by itself, null for what was not tried or
 * is too long. For a set of small files: bytes of all of it. */
struct json_object *wh_costs_report(const struct wh_costs *costs);

/* One clause: the costs, the least first, and how much the winner saved. */
void wh_costs_print(FILE *out, struct json_object *costs);

#endif
