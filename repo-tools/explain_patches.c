/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_patches.c - see explain_patches.h. */
#include "explain_patches.h"

#include "group_report.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void describe(struct json_object *row, const char *method,
    const struct wh_reader before[WH_STREAMS], const struct wh_reader after[WH_STREAMS])
{
    struct json_object *residue = json_object_new_object();

    for (int i = 0; i < WH_STREAMS; i++)
        wh_json_add_number(residue, wh_stream_name((enum wh_patch_stream)i),
            (uint64_t)(after[i].at - before[i].at));
    wh_json_add_text(row, "method", method);
    wh_json_add(row, "residue", residue);
}

static wh_status explain_member(const struct wh_entry *entry, const struct wh_package_file *origin,
    uint64_t size, struct wh_streams *streams, struct json_object *row, struct wh_error *err)
{
    wh_autofree uint8_t *content = wh_array(size, 1, WH_CONTENT_MAX, err);
    const char *method = wh_method_name(&streams->readers[WH_STREAM_CONTROL]);
    struct wh_reader before[WH_STREAMS];
    struct wh_bytes base = {0};

    if (!content)
        return err ? err->status : WH_NO_MEMORY; /* over the limit, or no memory */
    for (int i = 0; i < WH_STREAMS; i++)
        before[i] = streams->readers[i];
    if (entry->base != WH_NO_FILE)
        base = wh_package_content(origin, entry->base);
    WH_TRY(wh_patch_decode(streams->readers, base, content, (size_t)size, err));
    if (row)
        describe(row, method, before, streams->readers);
    return WH_OK;
}

static wh_status explain_group(const struct wh_group *group, const struct wh_entry *entries,
    const struct wh_package_file *origin, const struct wh_header *new_header,
    struct json_object *const *rows, struct wh_error *err)
{
    wh_cleanup(wh_streams_clear) struct wh_streams streams = {0};
    uint64_t length = 0;

    for (uint32_t i = 0; i < group->entry_count; i++)
        length += new_header->files[entries[i].file].size;
    WH_TRY(wh_streams_open(group->stored, length, group->entry_count, &streams, err));
    for (uint32_t i = 0; i < group->entry_count; i++) {
        uint32_t file = entries[i].file;
        WH_TRY(explain_member(
            &entries[i], origin, new_header->files[file].size, &streams, rows[file], err));
    }
    return wh_streams_finish(&streams, err);
}

wh_status wh_explain_patches(const struct wh_bundle *bundle, const struct wh_package_file *origin,
    const struct wh_header *new_header, struct json_object *const *rows, struct wh_error *err)
{
    for (uint32_t i = 0; i < bundle->group_count; i++) {
        const struct wh_group *group = &bundle->groups[i];
        if (group->codec == WH_CODEC_PATCH)
            WH_TRY(explain_group(
                group, bundle->entries + group->first_entry, origin, new_header, rows, err));
    }
    return WH_OK;
}
