/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group.c - decodes one group: bases are read and proved, taken apart where a recipe says so, and
 * what comes out is put together again. Sizes come from the two headers, and of plain forms from
 * the bundle's table, never from the group itself. */
#include <stdlib.h>
#include <string.h>

#include "assemble/plain.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Which of a bundle's groups is made. */
struct group_place {
    uint8_t bundle;
    uint32_t number;
    const struct wh_group *group;
    const struct wh_entry *entries; /* of the group */
};

/* The work on one group. Memory is for all members together, or for codecs that make one member
 * after the other for the largest. */
struct group_work {
    const struct wh_codec *codec;
    bool has_recipes;
    size_t largest_base; /* as it is on disk */
    size_t largest_content;
    struct wh_plain_room room; /* of all members, as they are coded */
    struct wh_plain *plains;   /* of all members, where they are made together */
    uint32_t plain_count;
    uint64_t *base_sizes; /* as they are coded */
    uint64_t *sizes;
    uint8_t *reference;
    uint8_t *output;
    /* Of one member, where there are recipes: its base as it is on disk, and when that is taken
     * apart its content. */
    uint8_t *whole;
    struct wh_streams streams;
};

static void clear_work(struct group_work *work)
{
    for (uint32_t i = 0; i < work->plain_count; i++)
        wh_plain_clear(&work->plains[i]);
    free(work->plains);
    free(work->base_sizes);
    free(work->sizes);
    free(work->reference);
    free(work->output);
    free(work->whole);
    wh_streams_clear(&work->streams);
}

static size_t base_size(const struct wh_assembly *assembly, const struct wh_entry *entry)
{
    return entry->base == WH_NO_FILE ? 0 : (size_t)assembly->old_header->files[entry->base].size;
}

static wh_status too_large(const struct wh_assembly *assembly, struct wh_error *err)
{
    return wh_fail(err, WH_OVER_LIMIT, "%s: the contents of a group are too large",
        assembly->new_header->name);
}

static wh_status measure(const struct wh_assembly *assembly, const struct group_place *place,
    struct group_work *work, struct wh_error *err)
{
    struct wh_plain_room sums = {0};

    for (uint32_t i = 0; i < place->group->entry_count; i++) {
        const struct wh_entry *entry = &place->entries[i];
        uint64_t size = assembly->new_header->files[entry->file].size;
        uint64_t base = base_size(assembly, entry);
        if (base > WH_CONTENT_MAX || size > WH_CONTENT_MAX)
            return too_large(assembly, err);
        work->has_recipes |= entry->recipe != NULL;
        work->largest_base = base > work->largest_base ? (size_t)base : work->largest_base;
        work->largest_content = size > work->largest_content ? (size_t)size : work->largest_content;
        sums.bases += base;
        sums.contents += size;
    }
    if (work->has_recipes)
        sums = (struct wh_plain_room){place->group->plain_bases, place->group->plain_contents};
    work->room = sums;
    return sums.contents > WH_CONTENT_MAX ? too_large(assembly, err) : WH_OK;
}

static wh_status allocate(const struct group_place *place, struct group_work *work,
    uint64_t reference, uint64_t output, struct wh_error *err)
{
    uint32_t count = place->group->entry_count;

    work->base_sizes = wh_array(count, sizeof *work->base_sizes, UINT32_MAX, err);
    work->sizes = wh_array(count, sizeof *work->sizes, UINT32_MAX, err);
    work->reference = wh_array(reference, 1, WH_CONTENT_MAX, err);
    work->output = wh_array(output, 1, WH_CONTENT_MAX, err);
    if (!work->base_sizes || !work->sizes || !work->reference || !work->output)
        return err ? err->status : WH_NO_MEMORY; /* over the limit, or no memory */
    if (!work->has_recipes)
        return WH_OK;
    size_t largest = work->largest_base > work->largest_content ? work->largest_base
                                                                : work->largest_content;
    work->whole = wh_array(largest, 1, WH_CONTENT_MAX, err);
    return work->whole ? WH_OK : wh_no_memory(err);
}

/* Reads and proves the base of one member. */
static wh_status read_base(struct assembly_run *run, const struct wh_entry *entry, size_t length,
    uint8_t *out, struct wh_error *err)
{
    const struct wh_header *old_header = run->assembly->old_header;
    struct wh_digest digest;

    if (entry->base == WH_NO_FILE)
        return WH_OK;
    WH_TRY(wh_run_read(run, entry->base, 0, out, length, err));
    WH_TRY(
        wh_digest_of(old_header->digest_algorithm, (struct wh_bytes){out, length}, &digest, err));
    if (!wh_is_digest(old_header->files[entry->base].digest, &digest))
        return wh_run_changed(run, entry->base, err);
    return WH_OK;
}

/* Reads a member's base, to `straight` if it is coded as it is, and opens the member. */
static wh_status open_member(struct assembly_run *run, const struct wh_entry *entry,
    struct group_work *work, uint8_t *straight, struct wh_plain *out_plain, struct wh_error *err)
{
    size_t length = base_size(run->assembly, entry);
    uint8_t *base = entry->recipe ? work->whole : straight;

    if (!entry->recipe && length > work->room.bases)
        return wh_fail(err, WH_MALFORMED, "%s: a group announces less than its members",
            run->assembly->new_header->name);
    WH_TRY(read_base(run, entry, length, base, err));
    return wh_plain_open(run->assembly, entry, base, length, &work->room, out_plain, err);
}

/* Is this member what the plan takes from here? A supplement may hold more than is needed. */
static bool is_wanted(
    const struct wh_assembly *assembly, uint8_t bundle, uint32_t group, uint32_t file)
{
    const struct wh_instruction *instruction = &assembly->plan.instructions[file];

    return (instruction->kind == WH_PATCH || instruction->kind == WH_FETCH) &&
           instruction->bundle == bundle && instruction->source == group;
}

/* coded: the member as it was coded. */
static wh_status place_wanted(struct assembly_run *run, const struct group_place *place,
    const struct wh_plain *plain, const uint8_t *coded, struct group_work *work,
    struct wh_error *err)
{
    uint32_t file = plain->entry->file;
    size_t length = (size_t)run->assembly->new_header->files[file].size;

    if (!is_wanted(run->assembly, place->bundle, place->number, file))
        return WH_OK;
    if (!plain->entry->recipe)
        return wh_run_place(run, file, (struct wh_bytes){coded, length}, err);
    WH_TRY(wh_plain_pack(plain, coded, work->whole, length, err));
    return wh_run_place(run, file, (struct wh_bytes){work->whole, length}, err);
}

/* What is announced has to be there, to the byte. */
static wh_status finish_room(
    const struct wh_assembly *assembly, const struct group_work *work, struct wh_error *err)
{
    if (work->room.bases != 0 || work->room.contents != 0)
        return wh_fail(err, WH_MALFORMED, "%s: a group announces more than its members",
            assembly->new_header->name);
    return WH_OK;
}

/* All members at once: each needs the bases of all. */
static wh_status make_together(struct assembly_run *run, const struct group_place *place,
    struct group_work *work, struct wh_error *err)
{
    uint32_t count = place->group->entry_count;
    size_t reference_length = 0;

    WH_TRY(allocate(place, work, work->room.bases, work->room.contents, err));
    work->plains = wh_array(count, sizeof *work->plains, UINT32_MAX, err);
    if (!work->plains)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        struct wh_plain *plain = &work->plains[i];
        uint8_t *at = work->reference + reference_length;
        WH_TRY(open_member(run, &place->entries[i], work, at, plain, err));
        work->plain_count++;
        if (place->entries[i].recipe && plain->base.length > 0)
            memcpy(at, plain->base.data, plain->base.length);
        work->base_sizes[i] = plain->base.length;
        work->sizes[i] = plain->length;
        reference_length += plain->base.length;
        wh_buffer_clear(&plain->old.plain);
    }
    WH_TRY(finish_room(run->assembly, work, err));
    const struct wh_codec_job job = {
        .stored = place->group->stored,
        .reference = {work->reference, reference_length},
        .reference_sizes = work->base_sizes,
        .output = work->output,
        .output_sizes = work->sizes,
        .member_count = count,
    };
    WH_TRY(work->codec->decode(&job, err));
    free(wh_take(work->reference)); /* encoders need the room */
    const uint8_t *at = work->output;
    for (uint32_t i = 0; i < count; i++) {
        WH_TRY(place_wanted(run, place, &work->plains[i], at, work, err));
        at += work->sizes[i];
    }
    return WH_OK;
}

static wh_status make_member(struct assembly_run *run, const struct group_place *place,
    const struct wh_entry *entry, struct group_work *work, struct wh_error *err)
{
    wh_cleanup(wh_plain_clear) struct wh_plain plain = {0};
    wh_autofree uint8_t *coded = NULL;
    uint8_t *output = work->output;

    WH_TRY(open_member(run, entry, work, work->reference, &plain, err));
    if (entry->recipe)
        output = coded = wh_array(plain.length, 1, WH_CONTENT_MAX, err);
    if (!output)
        return wh_no_memory(err);
    WH_TRY(wh_plain_decode(&plain, work->streams.readers, output, err));
    wh_buffer_clear(&plain.old.plain); /* encoders need the room */
    return place_wanted(run, place, &plain, output, work, err);
}

/* One member after the other, in the memory of the largest. */
static wh_status make_by_member(struct assembly_run *run, const struct group_place *place,
    struct group_work *work, struct wh_error *err)
{
    const struct wh_group *group = place->group;

    WH_TRY(allocate(place, work, work->largest_base, work->largest_content, err));
    WH_TRY(wh_streams_open(
        group->stored, work->room.contents, group->entry_count, &work->streams, err));
    for (uint32_t i = 0; i < group->entry_count; i++)
        WH_TRY(make_member(run, place, &place->entries[i], work, err));
    WH_TRY(finish_room(run->assembly, work, err));
    return wh_streams_finish(&work->streams, err);
}

wh_status wh_run_group(
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
    WH_TRY(measure(run->assembly, &place, &work, err));
    return work.codec->by_member ? make_by_member(run, &place, &work, err)
                                 : make_together(run, &place, &work, err);
}
