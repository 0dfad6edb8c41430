/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assembly.c - all that is known before a byte is written; see whittle/assemble.h. */
#include "assemble/assembly.h"

#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/file_list.h"
#include "whittle/limits.h"

static wh_status parse_bundles(
    struct wh_assembly *assembly, const struct wh_assembly_input *input, struct wh_error *err)
{
    if (input->bundle_count == 0 || input->bundle_count > WH_PLAN_BUNDLES_MAX)
        return wh_fail(err, WH_MALFORMED, "%u bundles for one package", input->bundle_count);
    for (uint32_t i = 0; i < input->bundle_count; i++) {
        WH_TRY(wh_bundle_parse(input->bundles[i], &assembly->bundles[i], err));
        assembly->bundle_count++;
        if (wh_bundle_leads(assembly->bundles[i].kind) != (i == 0))
            return wh_fail(err, WH_MALFORMED, "bundle %u is not of the kind expected there", i);
        if (memcmp(assembly->bundles[i].identity.prefix, assembly->bundles[0].identity.prefix,
                WH_SHA256_LENGTH) != 0)
            return wh_fail(err, WH_MISMATCH, "a supplement belongs to another package");
    }
    return WH_OK;
}

/* What a package must have to be assembled at all, in either of its versions. */
static wh_status check_headers(const struct wh_assembly *assembly, struct wh_error *err)
{
    const struct wh_header *new_header = assembly->new_header;

    if (new_header->payload_alt_count == 0)
        return wh_fail(err, WH_UNSUPPORTED, "%s: its header has no digest of the plain payload",
            new_header->name);
    if (new_header->file_count > 0 && !wh_digest_is_strong(new_header->digest_algorithm))
        return wh_fail(err, WH_UNSUPPORTED, "%s: its file digests are too weak", new_header->name);
    if (assembly->old_header->file_count > 0 &&
        !wh_digest_is_strong(assembly->old_header->digest_algorithm))
        return wh_fail(err, WH_UNSUPPORTED, "%s: the installed version's file digests are too weak",
            new_header->name);
    return WH_OK;
}

static wh_status parse_prefix(
    struct wh_assembly *assembly, struct wh_bytes old_header, struct wh_error *err)
{
    const struct wh_bundle *step = &assembly->bundles[0];
    wh_cleanup(wh_buffer_clear) struct wh_buffer rewritten = {.ceiling = WH_PREFIX_MAX};
    struct wh_package_digests digests = {0};

    WH_TRY(wh_bundle_prefix(step, old_header, &assembly->prefix_bytes, err));
    struct wh_bytes bytes = {assembly->prefix_bytes, step->prefix_length};
    WH_TRY(wh_prefix_parse(bytes, &assembly->prefix, err));
    WH_TRY(wh_header_parse(assembly->prefix.header.bytes, &assembly->new_header, err));
    WH_TRY(wh_header_digest_offsets(
        assembly->prefix.header.bytes, assembly->new_header, &assembly->digest_offsets, err));
    size_t header_offset = (size_t)(assembly->prefix.header.bytes.data - bytes.data);
    for (uint32_t i = 0; i < assembly->new_header->file_count; i++)
        assembly->digest_offsets[i] += header_offset;
    /* Digests change no length, so the length of the final prefix is known now. */
    WH_TRY(wh_prefix_rewrite(&assembly->prefix, &digests, &rewritten, err));
    assembly->assembled_prefix_length = rewritten.length;
    return WH_OK;
}

static void mark_computed(struct wh_assembly *assembly, uint32_t file)
{
    const struct wh_file *files = assembly->new_header->files;

    for (uint32_t i = 0; i < files[file].link_count; i++) {
        assembly->computed[file] = 1;
        if (files[file].link_count > 1)
            file = files[file].link_next;
    }
}

/* Digests that the step leaves out: of every file it makes, of its twins and its hardlinks. */
static wh_status index_made(struct wh_assembly *assembly, struct wh_error *err)
{
    const struct wh_bundle *step = &assembly->bundles[0];
    uint32_t count = assembly->new_header->file_count;

    assembly->computed = wh_array(count, 1, WH_FILES_MAX, err);
    assembly->twin_first = wh_array(count, sizeof *assembly->twin_first, UINT32_MAX, err);
    assembly->twin_next = wh_array(step->twin_count, sizeof *assembly->twin_next, UINT32_MAX, err);
    if (!assembly->computed || !assembly->twin_first || !assembly->twin_next)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < step->entry_count; i++)
        mark_computed(assembly, step->entries[i].file);
    for (uint32_t i = 0; i < count; i++)
        assembly->twin_first[i] = WH_NO_FILE;
    for (uint32_t i = step->twin_count; i-- > 0;) {
        const struct wh_twin *twin = &step->twins[i];
        mark_computed(assembly, twin->file);
        assembly->twin_next[i] = assembly->twin_first[twin->original];
        assembly->twin_first[twin->original] = i;
    }
    return WH_OK;
}

static wh_status lay_out(struct wh_assembly *assembly, struct wh_error *err)
{
    const struct wh_bundle *step = &assembly->bundles[0];
    const struct wh_header *header = assembly->new_header;
    wh_autofree uint8_t *correction = NULL;
    uint64_t offset = 0;

    WH_TRY(wh_bundle_correction(step, &correction, err));
    WH_TRY(wh_skeleton_corrected(header, step->correction_mode,
        (struct wh_bytes){correction, step->correction_length}, &assembly->skeleton, err));
    assembly->content_offsets = wh_array(
        header->file_count, sizeof *assembly->content_offsets, UINT32_MAX, err);
    if (!assembly->content_offsets)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < header->file_count; i++)
        assembly->content_offsets[i] = WH_NO_OFFSET;
    for (uint32_t i = 0; i < assembly->skeleton.piece_count; i++) {
        const struct wh_piece *piece = &assembly->skeleton.pieces[i];
        offset += piece->skeleton_length;
        assembly->content_offsets[piece->file] = offset;
        offset += header->files[piece->file].size;
    }
    return WH_OK;
}

/* What the step starts from: the older header, or in its place a list of files. */
static wh_status take_start(
    struct wh_assembly *assembly, const struct wh_assembly_input *input, struct wh_error *err)
{
    const struct wh_bundle *step = &assembly->bundles[0];

    if (step->kind == WH_BUNDLE_STEP)
        return wh_header_parse(input->old_header, &assembly->old_header, err);
    WH_TRY(wh_header_of_list(input->old_files, input->old_file_count, &assembly->old_header, err));
    if (memcmp(assembly->old_header->id, step->identity.old_header, WH_SHA256_LENGTH) != 0)
        return wh_fail(err, WH_MISMATCH, "bundle: it starts from other files");
    return WH_OK;
}

wh_status wh_assembly_new(
    const struct wh_assembly_input *input, struct wh_assembly **out_assembly, struct wh_error *err)
{
    wh_cleanup(wh_assembly_cleanup) struct wh_assembly *assembly = calloc(1, sizeof *assembly);

    if (!assembly)
        return wh_no_memory(err);
    WH_TRY(parse_bundles(assembly, input, err));
    WH_TRY(parse_prefix(assembly, input->old_header, err));
    WH_TRY(take_start(assembly, input, err));
    WH_TRY(wh_file_map_new(assembly->old_header, &assembly->old_map, err));
    WH_TRY(check_headers(assembly, err));
    for (uint32_t i = 0; i < assembly->bundle_count; i++)
        WH_TRY(wh_bundle_resolve(&assembly->bundles[i], assembly->old_header,
            i == 0 ? assembly->old_map : NULL, assembly->new_header, err));
    WH_TRY(index_made(assembly, err));
    WH_TRY(lay_out(assembly, err));
    *out_assembly = wh_take(assembly);
    return WH_OK;
}

void wh_assembly_free(struct wh_assembly *assembly)
{
    if (!assembly)
        return;
    for (uint32_t i = 0; i < WH_PLAN_BUNDLES_MAX; i++)
        wh_bundle_clear(&assembly->bundles[i]);
    wh_file_map_free(assembly->old_map);
    wh_header_free(assembly->old_header);
    wh_header_free(assembly->new_header);
    wh_skeleton_clear(&assembly->skeleton);
    wh_plan_clear(&assembly->plan);
    free(assembly->prefix_bytes);
    free(assembly->digest_offsets);
    free(assembly->computed);
    free(assembly->twin_first);
    free(assembly->twin_next);
    free(assembly->content_offsets);
    free(assembly);
}

void wh_assembly_cleanup(struct wh_assembly **assembly)
{
    wh_assembly_free(*assembly);
}

const struct wh_header *wh_assembly_old_header(const struct wh_assembly *assembly)
{
    return assembly->old_header;
}

const struct wh_header *wh_assembly_new_header(const struct wh_assembly *assembly)
{
    return assembly->new_header;
}

const struct wh_bundle *wh_assembly_bundle(const struct wh_assembly *assembly, uint32_t bundle)
{
    return bundle < assembly->bundle_count ? &assembly->bundles[bundle] : NULL;
}

const struct wh_plan *wh_assembly_plan(const struct wh_assembly *assembly)
{
    return assembly->planned ? &assembly->plan : NULL;
}

uint64_t wh_assembly_size(const struct wh_assembly *assembly)
{
    return assembly->assembled_prefix_length + assembly->skeleton.payload_length;
}

wh_status wh_assembly_plan_for(
    struct wh_assembly *assembly, struct wh_report *report, struct wh_error *err)
{
    struct wh_plan_input input = {
        .old_header = assembly->old_header,
        .old_map = assembly->old_map,
        .new_header = assembly->new_header,
        .bundle_count = assembly->bundle_count,
        .report = report,
    };
    struct wh_plan plan;

    if (report->file_count != assembly->old_header->file_count ||
        memcmp(report->header_id, assembly->old_header->id, WH_SHA256_LENGTH) != 0)
        return wh_fail(err, WH_MISMATCH, "the report is of another version");
    for (uint32_t i = 0; i < assembly->bundle_count; i++)
        input.bundles[i] = &assembly->bundles[i];
    WH_TRY(wh_plan_make(&input, &plan, err));
    wh_plan_clear(&assembly->plan);
    assembly->plan = plan;
    assembly->report = report;
    assembly->planned = true;
    return WH_OK;
}
