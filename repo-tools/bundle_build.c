/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_build.c - see bundle_build.h. */
#include "bundle_build.h"

#include <stdlib.h>
#include <string.h>

#include "group_encode.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* '0's over the digest of a file and of its hardlinks. */
static void blank_digest(
    uint8_t *header_bytes, const struct wh_header *header, const size_t *offsets, uint32_t file)
{
    uint32_t links = header->files[file].link_count;

    for (uint32_t i = 0; i < links; i++) {
        memset(header_bytes + offsets[file], '0', strlen(header->files[file].digest));
        if (links > 1)
            file = header->files[file].link_next;
    }
}

/* The new prefix without what follows from other bytes: digests of everything that the bundle
 * makes, and the signature header's digests of the main header. The caller frees. */
static wh_status blank_prefix(const struct wh_package_file *file,
    const struct wh_differences *differences, uint8_t **out_prefix, struct wh_error *err)
{
    const struct wh_prefix *prefix = &file->prefix;
    wh_autofree size_t *offsets = NULL;
    wh_autofree uint8_t *bytes = wh_array(prefix->bytes.length, 1, WH_PREFIX_MAX, err);

    if (!bytes)
        return wh_no_memory(err);
    WH_TRY(wh_header_digest_offsets(prefix->header.bytes, file->header, &offsets, err));
    memcpy(bytes, prefix->bytes.data, prefix->bytes.length);
    wh_prefix_blank(bytes, prefix);
    uint8_t *header_bytes = bytes + (prefix->header.bytes.data - prefix->bytes.data);
    for (uint32_t i = 0; i < differences->entry_count; i++)
        blank_digest(header_bytes, file->header, offsets, differences->entries[i].file);
    for (uint32_t i = 0; i < differences->twin_count; i++)
        blank_digest(header_bytes, file->header, offsets, differences->twins[i].file);
    *out_prefix = wh_take(bytes);
    return WH_OK;
}

static struct wh_bundle_draft begin_draft(enum wh_bundle_kind kind,
    const struct wh_subject *subject, const struct wh_encoded_groups *groups)
{
    struct wh_bundle_draft draft = {
        .kind = kind,
        .package_size = subject->file.size,
        .new_header = subject->file.header,
        .entries = groups->entries,
        .entry_count = groups->entry_count,
        .groups = groups->groups,
        .group_count = groups->group_count,
    };

    memcpy(draft.identity.prefix, subject->prefix_sha256, sizeof draft.identity.prefix);
    memcpy(draft.identity.package, subject->digests.sha256, sizeof draft.identity.package);
    memcpy(draft.identity.package_sha512, subject->digests.sha512,
        sizeof draft.identity.package_sha512);
    return draft;
}

wh_status wh_build_step(const struct wh_package_file *origin, const struct wh_subject *subject,
    enum wh_effort effort, struct wh_buffer *out_bundle, struct wh_error *err)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *old_map = NULL;
    wh_cleanup(wh_differences_clear) struct wh_differences differences = {0};
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};
    wh_autofree uint8_t *prefix = NULL;
    const struct wh_header *new_header = subject->file.header;

    WH_TRY(wh_file_map_new(origin->header, &old_map, err));
    WH_TRY(wh_differences_find(origin->header, old_map, new_header, &differences, err));
    WH_TRY(blank_prefix(&subject->file, &differences, &prefix, err));
    WH_TRY(wh_groups_encode(differences.entries, differences.entry_count, origin, &subject->file,
        effort, &groups, err));

    struct wh_bundle_draft draft = begin_draft(WH_BUNDLE_STEP, subject, &groups);
    memcpy(draft.identity.old_header, origin->header->id, sizeof draft.identity.old_header);
    draft.prefix = (struct wh_bytes){prefix, subject->file.prefix.bytes.length};
    draft.old_header = origin->prefix.header.bytes;
    draft.correction_mode = subject->correction_mode;
    draft.correction = wh_buffer_bytes(&subject->correction);
    draft.old_map = old_map;
    draft.twins = differences.twins;
    draft.twin_count = differences.twin_count;
    return wh_bundle_write(&draft, out_bundle, err);
}

wh_status wh_build_supplement(enum wh_bundle_kind kind, const struct wh_subject *subject,
    enum wh_effort effort, struct wh_buffer *out_bundle, struct wh_error *err)
{
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};
    const struct wh_header *header = subject->file.header;
    enum wh_file_class class = kind == WH_BUNDLE_CONFIG ? WH_CLASS_CONFIG : WH_CLASS_DOC;
    wh_autofree struct wh_entry *entries = wh_array(
        header->file_count, sizeof *entries, WH_FILES_MAX * sizeof *entries, err);
    uint32_t count = 0;

    if (!entries)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < header->file_count; i++)
        if (header->files[i].has_content && wh_file_class(&header->files[i]) == class)
            entries[count++] = (struct wh_entry){i, WH_NO_FILE};
    if (count == 0)
        return WH_OK;
    WH_TRY(wh_groups_encode_alone(entries, count, &subject->file, effort, &groups, err));
    struct wh_bundle_draft draft = begin_draft(kind, subject, &groups);
    return wh_bundle_write(&draft, out_bundle, err);
}
