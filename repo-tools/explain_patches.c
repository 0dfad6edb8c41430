/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_patches.c - see explain_patches.h. */
#include "explain_patches.h"

#include "explain_plain.h"
#include "group_report.h"
#include "whittle/cleanup.h"

/* Bytes of each stream before compression. */
struct residue {
    uint64_t bytes[WH_STREAMS];
};

static struct residue between(
    const struct wh_reader before[WH_STREAMS], const struct wh_reader after[WH_STREAMS])
{
    struct residue residue;

    for (int i = 0; i < WH_STREAMS; i++)
        residue.bytes[i] = (uint64_t)(after[i].at - before[i].at);
    return residue;
}

/* As much of what is stored for the streams as the residue has of them. */
static uint64_t share_of(
    const struct residue *residue, const struct wh_stream_lengths lengths[WH_STREAMS])
{
    double share = 0;

    for (int i = 0; i < WH_STREAMS; i++)
        if (lengths[i].raw > 0)
            share += (double)residue->bytes[i] * (double)lengths[i].stored / (double)lengths[i].raw;
    return (uint64_t)(share + 0.5);
}

static void add_residue(struct json_object *row, const char *key, const struct residue *residue)
{
    struct json_object *object = json_object_new_object();

    for (int i = 0; i < WH_STREAMS; i++)
        wh_json_add_number(object, wh_stream_name((enum wh_patch_stream)i), residue->bytes[i]);
    wh_json_add(row, key, object);
}

/* A group of patches. */
struct patches {
    struct wh_streams streams;
    struct wh_stream_lengths lengths[WH_STREAMS];
};

static void clear_patches(struct patches *patches)
{
    wh_streams_clear(&patches->streams);
}

static wh_status explain_patch(const struct wh_explain_plain *plain, struct patches *patches,
    struct json_object *row, struct wh_error *err)
{
    struct wh_reader *readers = patches->streams.readers;
    const char *method = wh_method_name(&readers[WH_STREAM_CONTROL]);
    struct wh_reader before[WH_STREAMS];
    struct wh_reader outer_end[WH_STREAMS];

    for (int i = 0; i < WH_STREAMS; i++)
        before[i] = readers[i];
    WH_TRY(wh_explain_plain_decode(plain, readers, outer_end, err));
    if (!row)
        return WH_OK;
    const struct residue all = between(before, readers);
    wh_json_add_text(row, "method", method);
    add_residue(row, "residue", &all);
    wh_json_add_number(row, "share", share_of(&all, patches->lengths));
    if (!plain->entry->recipe || plain->entry->recipe->packing != WH_PACKING_DEBUGDATA)
        return WH_OK;
    const struct residue inner = between(outer_end, readers);
    add_residue(row, "inner", &inner);
    wh_json_add_number(row, "inner_share", share_of(&inner, patches->lengths));
    return WH_OK;
}

/* What is done with one member of a group. */
static wh_status explain_member(const struct wh_explain_plain *plain, const struct wh_group *group,
    uint64_t length, struct patches *patches, struct json_object *row, struct wh_error *err)
{
    if (row && plain->entry->recipe)
        wh_json_add_number(row, "plain_bytes", plain->length);
    if (group->codec == WH_CODEC_PATCH)
        return explain_patch(plain, patches, row, err);
    if (row && length > 0)
        wh_json_add_number(row, "share",
            (uint64_t)((double)group->stored.length * (double)plain->length / (double)length));
    return WH_OK;
}

static wh_status open_patches(
    const struct wh_group *group, uint64_t length, struct patches *patches, struct wh_error *err)
{
    if (group->codec != WH_CODEC_PATCH)
        return WH_OK;
    WH_TRY(wh_streams_measure(group->stored, patches->lengths, err));
    return wh_streams_open(group->stored, length, group->entry_count, &patches->streams, err);
}

static wh_status explain_group(const struct wh_group *group, const struct wh_entry *entries,
    const struct wh_package_file *origin, const struct wh_header *new_header,
    struct json_object *const *rows, struct wh_error *err)
{
    wh_cleanup(clear_patches) struct patches patches = {0};
    uint64_t length = group->plain_contents;

    for (uint32_t i = 0; i < group->entry_count && group->plain_contents == 0; i++)
        length += new_header->files[entries[i].file].size;
    WH_TRY(open_patches(group, length, &patches, err));
    for (uint32_t i = 0; i < group->entry_count; i++) {
        wh_cleanup(wh_explain_plain_clear) struct wh_explain_plain plain = {0};
        struct json_object *row = rows[entries[i].file];
        WH_TRY(wh_explain_plain_open(&entries[i], origin, new_header, &plain, err));
        WH_TRY(explain_member(&plain, group, length, &patches, row, err));
    }
    return group->codec == WH_CODEC_PATCH ? wh_streams_finish(&patches.streams, err) : WH_OK;
}

wh_status wh_explain_patches(const struct wh_bundle *bundle, const struct wh_package_file *origin,
    const struct wh_header *new_header, struct json_object *const *rows, struct wh_error *err)
{
    for (uint32_t i = 0; i < bundle->group_count; i++) {
        const struct wh_group *group = &bundle->groups[i];
        WH_TRY(explain_group(
            group, bundle->entries + group->first_entry, origin, new_header, rows, err));
    }
    return WH_OK;
}
