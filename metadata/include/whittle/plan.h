/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.h - the report of what a system has, laid against a bundle's file table: one instruction a
 * file. The same planner runs in the client and in the backend. */
#ifndef WHITTLE_PLAN_H
#define WHITTLE_PLAN_H

#include "whittle/bundle.h"

/* What is installed: a package version, and which of its files do not have their packaged content
 * any more. Compact as the backend's protocol wants it. */
struct wh_report {
    uint8_t header_id[WH_SHA256_LENGTH];
    uint32_t file_count;
    uint8_t *differs; /* one byte a file: 0 = as packaged, as far as is known; 1 = not */
};

WH_MUST_CHECK wh_status wh_report_init(
    struct wh_report *out_report, const struct wh_header *old_header, struct wh_error *err);
void wh_report_clear(struct wh_report *report);

enum wh_instruction_kind {
    WH_KEEP,  /* the content is on this disk, in the old file `source` */
    WH_PATCH, /* group `source` of bundle `bundle` makes it from old files */
    WH_FETCH, /* group `source` of bundle `bundle` holds it */
    WH_TWIN,  /* the content of the new file `source`, which another instruction makes */
    WH_EMPTY, /* no bytes: directories, links, ghosts, empty files */
};

struct wh_instruction {
    enum wh_instruction_kind kind;
    uint32_t source;
    uint8_t bundle; /* index in wh_plan_input.bundles */
};

#define WH_PLAN_BUNDLES_MAX 3u /* the step, config, doc */

/* bundles[0] is the step; supplements follow. All resolved by wh_bundle_resolve(). */
struct wh_plan_input {
    const struct wh_header *old_header;
    const struct wh_file_map *old_map;
    const struct wh_header *new_header;
    const struct wh_bundle *bundles[WH_PLAN_BUNDLES_MAX];
    uint32_t bundle_count;
    const struct wh_report *report;
};

struct wh_plan_totals {
    uint32_t files; /* instructions of the kind, and the bytes of content they make */
    uint64_t bytes;
    uint64_t stored; /* bytes of the bundle that they take */
};

struct wh_plan {
    struct wh_instruction *instructions; /* one a file of the new header */
    uint32_t instruction_count;
    struct wh_plan_totals totals[WH_EMPTY + 1];
};

/* WH_MISSING: a content that neither the disk nor a bundle gives; the message names the file, and
 * err tells with which supplement it would work, if with any. Free with wh_plan_clear(). */
WH_MUST_CHECK wh_status wh_plan_make(
    const struct wh_plan_input *input, struct wh_plan *out_plan, struct wh_error *err);
void wh_plan_clear(struct wh_plan *plan);

#endif
