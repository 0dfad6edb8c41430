/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contents.c - makes the contents: kept ones are copied, patched and fetched ones decoded group by
 * group. Every byte is hashed before anybody relies on it. */
#include <stdlib.h>
#include <string.h>

#include "assemble/assembly.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static wh_status changed(struct assembly_run *run, uint32_t old_file, struct wh_error *err)
{
    const struct wh_assembly *assembly = run->assembly;
    const struct wh_file *file = &assembly->old_header->files[old_file];

    assembly->report->differs[old_file] = 1;
    return wh_fail(err, WH_MISSING, "%s: %s%s is not as packaged any more",
        assembly->new_header->name, file->dirname, file->basename);
}

static wh_status read_source(struct assembly_run *run, uint32_t old_file, uint64_t offset,
    uint8_t *out, size_t length, struct wh_error *err)
{
    wh_status status = run->source->read(run->source->context, old_file, offset, out, length, err);

    if (status == WH_MISSING)
        run->assembly->report->differs[old_file] = 1;
    return status;
}

/* The digest as the header spells it, against the one computed. */
static bool is_digest(const char *spelled, const struct wh_digest *digest)
{
    char hex[2 * WH_DIGEST_MAX + 1];

    wh_hex(digest->bytes, digest->length, hex);
    return strcasecmp(hex, spelled) == 0;
}

/* Writes bytes of a file's content, and counts them. A corrected skeleton may have no place for it.
 */
static wh_status write_content(struct assembly_run *run, uint32_t number, uint64_t offset,
    struct wh_bytes bytes, struct wh_error *err)
{
    uint64_t at = run->assembly->content_offsets[number];

    if (at == WH_NO_OFFSET)
        return WH_OK;
    WH_TRY(wh_run_write(run, at + offset, bytes.data, bytes.length, err));
    run->done += bytes.length;
    if (run->progress)
        run->progress(run->progress_context, run->done);
    return WH_OK;
}

/* ---- kept contents ------------------------------------------------------------------------- */

static wh_status keep(struct assembly_run *run, uint32_t number, uint32_t old_file, uint8_t *chunk,
    struct wh_error *err)
{
    const struct wh_assembly *assembly = run->assembly;
    const struct wh_file *file = &assembly->new_header->files[number];
    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = NULL;
    struct wh_digest digest;

    WH_TRY(wh_hasher_new(assembly->new_header->digest_algorithm, &hasher, err));
    for (uint64_t offset = 0; offset < file->size;) {
        uint64_t left = file->size - offset;
        size_t length = left < WH_CHUNK ? (size_t)left : WH_CHUNK;
        WH_TRY(read_source(run, old_file, offset, chunk, length, err));
        wh_hasher_update(hasher, chunk, length);
        WH_TRY(write_content(run, number, offset, (struct wh_bytes){chunk, length}, err));
        offset += length;
    }
    WH_TRY(wh_hasher_finish(hasher, &digest, err));
    return is_digest(file->digest, &digest) ? WH_OK : changed(run, old_file, err);
}

static wh_status keep_contents(struct assembly_run *run, struct wh_error *err)
{
    const struct wh_plan *plan = &run->assembly->plan;
    wh_autofree uint8_t *chunk = malloc(WH_CHUNK);

    if (!chunk)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < plan->instruction_count; i++)
        if (plan->instructions[i].kind == WH_KEEP)
            WH_TRY(keep(run, i, plan->instructions[i].source, chunk, err));
    return WH_OK;
}

/* ---- made contents ------------------------------------------------------------------------- */

/* Puts a computed digest where the header has '0's: for the file and its hardlinks. */
static wh_status fill_digest(struct wh_assembly *assembly, uint32_t number,
    const struct wh_digest *digest, struct wh_error *err)
{
    const struct wh_file *files = assembly->new_header->files;
    char hex[2 * WH_DIGEST_MAX + 1];
    uint32_t links = files[number].link_count;

    wh_hex(digest->bytes, digest->length, hex);
    for (uint32_t i = 0; i < links; i++) {
        if (strlen(files[number].digest) != 2 * (size_t)digest->length)
            return wh_fail(err, WH_MALFORMED, "%s: the digest of %s%s has another length",
                assembly->new_header->name, files[number].dirname, files[number].basename);
        memcpy(assembly->prefix_bytes + assembly->digest_offsets[number], hex,
            2 * (size_t)digest->length);
        if (links > 1)
            number = files[number].link_next;
    }
    return WH_OK;
}

static wh_status place(struct assembly_run *run, uint32_t number, struct wh_bytes content,
    const struct wh_digest *digest, struct wh_error *err)
{
    struct wh_assembly *assembly = run->assembly;
    const struct wh_file *file = &assembly->new_header->files[number];

    if (assembly->computed[number])
        WH_TRY(fill_digest(assembly, number, digest, err));
    else if (!is_digest(file->digest, digest))
        return wh_fail(err, WH_MISMATCH, "%s: a bundle gives %s%s another content",
            assembly->new_header->name, file->dirname, file->basename);
    return write_content(run, number, 0, content, err);
}

static wh_status place_with_twins(
    struct assembly_run *run, uint32_t number, struct wh_bytes content, struct wh_error *err)
{
    const struct wh_assembly *assembly = run->assembly;
    struct wh_digest digest;

    WH_TRY(wh_digest_of(assembly->new_header->digest_algorithm, content, &digest, err));
    WH_TRY(place(run, number, content, &digest, err));
    for (uint32_t twin = assembly->twin_first[number]; twin != WH_NO_FILE;
         twin = assembly->twin_next[twin])
        WH_TRY(place(run, assembly->bundles[0].twins[twin].file, content, &digest, err));
    return WH_OK;
}

/* The members of one group, and memory for bases and contents: of all together, or for codecs that
 * make one member after the other of the largest. */
struct group_work {
    const struct wh_codec *codec;
    uint64_t *base_sizes;
    uint64_t *sizes;
    uint8_t *reference;
    uint8_t *output;
    uint64_t output_length; /* of all members */
    struct wh_streams streams;
};

static void clear_work(struct group_work *work)
{
    free(work->base_sizes);
    free(work->sizes);
    free(work->reference);
    free(work->output);
    wh_streams_clear(&work->streams);
}

/* Room for one more member: behind the others, or in the same place. */
static uint64_t room_for(const struct group_work *work, uint64_t room, uint64_t size)
{
    if (!work->codec->by_member)
        return room + size;
    return size > room ? size : room;
}

/* Sizes come from the two headers, never from the group. */
static wh_status measure_group(const struct wh_assembly *assembly, const struct wh_entry *entries,
    uint32_t count, struct group_work *work, struct wh_error *err)
{
    uint64_t reference_room = 0;
    uint64_t output_room = 0;

    work->base_sizes = wh_array(count, sizeof *work->base_sizes, UINT32_MAX, err);
    work->sizes = wh_array(count, sizeof *work->sizes, UINT32_MAX, err);
    if (!work->base_sizes || !work->sizes)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t base = entries[i].base;
        work->base_sizes[i] = base == WH_NO_FILE ? 0 : assembly->old_header->files[base].size;
        work->sizes[i] = assembly->new_header->files[entries[i].file].size;
        if (work->base_sizes[i] > WH_CONTENT_MAX || work->sizes[i] > WH_CONTENT_MAX)
            return wh_fail(err, WH_OVER_LIMIT, "%s: a content is too large to patch",
                assembly->new_header->name);
        reference_room = room_for(work, reference_room, work->base_sizes[i]);
        output_room = room_for(work, output_room, work->sizes[i]);
        work->output_length += work->sizes[i];
    }
    if (work->output_length > WH_CONTENT_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "%s: the contents of a group are too large",
            assembly->new_header->name);
    work->reference = wh_array(reference_room, 1, WH_CONTENT_MAX, err);
    work->output = wh_array(output_room, 1, WH_CONTENT_MAX, err);
    if (work->reference && work->output)
        return WH_OK;
    return err ? err->status : WH_NO_MEMORY; /* over the limit, or no memory */
}

/* Reads and proves the base of one member. */
static wh_status read_base(struct assembly_run *run, const struct wh_entry *entry, size_t length,
    uint8_t *out, struct wh_error *err)
{
    const struct wh_header *old_header = run->assembly->old_header;
    struct wh_digest digest;

    if (entry->base == WH_NO_FILE)
        return WH_OK;
    WH_TRY(read_source(run, entry->base, 0, out, length, err));
    WH_TRY(
        wh_digest_of(old_header->digest_algorithm, (struct wh_bytes){out, length}, &digest, err));
    if (!is_digest(old_header->files[entry->base].digest, &digest))
        return changed(run, entry->base, err);
    return WH_OK;
}

/* Is this member what the plan takes from here? A supplement may hold more than is needed. */
static bool is_wanted(
    const struct wh_assembly *assembly, uint8_t bundle, uint32_t group, uint32_t file)
{
    const struct wh_instruction *instruction = &assembly->plan.instructions[file];

    return (instruction->kind == WH_PATCH || instruction->kind == WH_FETCH) &&
           instruction->bundle == bundle && instruction->source == group;
}

/* Which of a bundle's groups is made. */
struct group_place {
    uint8_t bundle;
    uint32_t number;
    const struct wh_group *group;
    const struct wh_entry *entries; /* of the group */
};

static wh_status place_wanted(struct assembly_run *run, const struct group_place *place,
    uint32_t file, struct wh_bytes content, struct wh_error *err)
{
    if (!is_wanted(run->assembly, place->bundle, place->number, file))
        return WH_OK;
    return place_with_twins(run, file, content, err);
}

/* All members at once: each needs the bases of all. */
static wh_status make_together(struct assembly_run *run, const struct group_place *place,
    struct group_work *work, struct wh_error *err)
{
    const struct wh_group *group = place->group;
    size_t reference_length = 0;

    for (uint32_t i = 0; i < group->entry_count; i++) {
        size_t length = (size_t)work->base_sizes[i];
        WH_TRY(read_base(run, &place->entries[i], length, work->reference + reference_length, err));
        reference_length += length;
    }
    const struct wh_codec_job job = {
        .stored = group->stored,
        .reference = {work->reference, reference_length},
        .reference_sizes = work->base_sizes,
        .output = work->output,
        .output_sizes = work->sizes,
        .member_count = group->entry_count,
    };
    WH_TRY(work->codec->decode(&job, err));
    const uint8_t *at = work->output;
    for (uint32_t i = 0; i < group->entry_count; i++) {
        struct wh_bytes content = {at, (size_t)work->sizes[i]};
        WH_TRY(place_wanted(run, place, place->entries[i].file, content, err));
        at += work->sizes[i];
    }
    return WH_OK;
}

/* One member after the other, in the memory of the largest. */
static wh_status make_by_member(struct assembly_run *run, const struct group_place *place,
    struct group_work *work, struct wh_error *err)
{
    const struct wh_group *group = place->group;

    WH_TRY(wh_streams_open(
        group->stored, work->output_length, group->entry_count, &work->streams, err));
    for (uint32_t i = 0; i < group->entry_count; i++) {
        struct wh_bytes base = {work->reference, (size_t)work->base_sizes[i]};
        struct wh_bytes content = {work->output, (size_t)work->sizes[i]};
        WH_TRY(read_base(run, &place->entries[i], base.length, work->reference, err));
        WH_TRY(wh_patch_decode(work->streams.readers, base, work->output, content.length, err));
        WH_TRY(place_wanted(run, place, place->entries[i].file, content, err));
    }
    return wh_streams_finish(&work->streams, err);
}

static wh_status make_group(
    struct assembly_run *run, uint8_t bundle_number, uint32_t number, struct wh_error *err)
{
    const struct wh_bundle *bundle = &run->assembly->bundles[bundle_number];
    const struct wh_group *group = &bundle->groups[number];
    const struct group_place place = {
        bundle_number, number, group, bundle->entries + group->first_entry};
    wh_cleanup(clear_work) struct group_work work = {.codec = wh_codec_find(group->codec)};
    bool wanted = false;

    for (uint32_t i = 0; i < group->entry_count; i++)
        wanted |= is_wanted(run->assembly, bundle_number, number, place.entries[i].file);
    if (!wanted)
        return WH_OK;
    if (!work.codec)
        return wh_fail(err, WH_UNSUPPORTED, "%s: codec %u is not known",
            run->assembly->new_header->name, group->codec);
    WH_TRY(measure_group(run->assembly, place.entries, group->entry_count, &work, err));
    return work.codec->by_member ? make_by_member(run, &place, &work, err)
                                 : make_together(run, &place, &work, err);
}

wh_status wh_run_contents(struct assembly_run *run, struct wh_error *err)
{
    const struct wh_assembly *assembly = run->assembly;

    for (uint8_t b = 0; b < assembly->bundle_count; b++)
        for (uint32_t g = 0; g < assembly->bundles[b].group_count; g++)
            WH_TRY(make_group(run, b, g, err));
    return keep_contents(run, err);
}
