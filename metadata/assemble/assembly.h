/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assembly.h - the state of one assembly, shared by the files of this folder: assembly.c prepares,
 * contents.c makes the contents, group.c those that are coded, produce.c writes and proves. */
#ifndef WHITTLE_ASSEMBLY_H
#define WHITTLE_ASSEMBLY_H

#include "whittle/assemble.h"

#define WH_NO_OFFSET UINT64_MAX

struct wh_assembly {
    struct wh_header *old_header;
    struct wh_file_map *old_map;
    struct wh_bundle bundles[WH_PLAN_BUNDLES_MAX];
    uint32_t bundle_count;

    uint8_t *prefix_bytes;   /* as the bundle holds it, then completed */
    struct wh_prefix prefix; /* slices of prefix_bytes */
    struct wh_header *new_header;
    size_t *digest_offsets; /* one a new file: where its digest stands in prefix_bytes */
    uint8_t *computed;      /* one a new file: its digest is computed, not compared */
    uint32_t *twin_first;   /* one a new file: its first twin in the step's twins */
    uint32_t *twin_next;    /* one a twin of the step */

    struct wh_skeleton skeleton;
    uint64_t *content_offsets; /* one a new file: in the payload, or WH_NO_OFFSET */
    size_t assembled_prefix_length;

    struct wh_report *report;
    struct wh_plan plan;
    bool planned;
};

/* What a run works with. */
struct assembly_run {
    struct wh_assembly *assembly;
    const struct wh_source *source;
    const struct wh_sink *sink;
    wh_progress_fn *progress;
    void *progress_context;
    uint64_t done;
};

#define WH_CHUNK (1u << 20) /* bytes moved at a time */

/* Makes and writes every content of the plan, and fills in the computed digests. */
WH_MUST_CHECK wh_status wh_run_contents(struct assembly_run *run, struct wh_error *err);

/* Decodes one group of a bundle, if the plan takes anything from it. */
WH_MUST_CHECK wh_status wh_run_group(
    struct assembly_run *run, uint8_t bundle, uint32_t group, struct wh_error *err);

/* Reads bytes of an older file; notes in the report when they are not there. */
WH_MUST_CHECK wh_status wh_run_read(struct assembly_run *run, uint32_t old_file, uint64_t offset,
    uint8_t *out, size_t length, struct wh_error *err);
/* Notes that an older file is not what its header says. WH_MISSING. */
WH_MUST_CHECK wh_status wh_run_changed(
    struct assembly_run *run, uint32_t old_file, struct wh_error *err);
/* The digest as a header spells it, against the one computed. */
bool wh_is_digest(const char *spelled, const struct wh_digest *digest);

/* Writes a whole content, and again for each of its twins, after comparing, or computing, its
 * digest. */
WH_MUST_CHECK wh_status wh_run_place(
    struct assembly_run *run, uint32_t file, struct wh_bytes content, struct wh_error *err);

/* Writes bytes of the payload. */
WH_MUST_CHECK wh_status wh_run_write(struct assembly_run *run, uint64_t payload_offset,
    const uint8_t *data, size_t length, struct wh_error *err);

#endif
