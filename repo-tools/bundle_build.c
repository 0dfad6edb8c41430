/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_build.c - see bundle_build.h. */
#include "bundle_build.h"

#include <stdlib.h>
#include <string.h>

#include "bases.h"
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

/* What is different between two versions. The map is of the old header. */
struct step {
    struct wh_file_map *old_map;
    struct wh_differences differences;
};

static void clear_step(struct step *step)
{
    wh_file_map_free(step->old_map);
    wh_differences_clear(&step->differences);
}

static wh_status compare(const struct wh_header *old_header, const struct wh_header *new_header,
    struct step *step, struct wh_error *err)
{
    WH_TRY(wh_file_map_new(old_header, &step->old_map, err));
    return wh_differences_find(old_header, step->old_map, new_header, &step->differences, err);
}

wh_status wh_step_memory(const struct wh_header *old_header, const struct wh_header *new_header,
    const struct wh_means *means, uint64_t *out_bytes, struct wh_error *err)
{
    wh_cleanup(clear_step) struct step step = {0};

    WH_TRY(compare(old_header, new_header, &step, err));
    WH_TRY(wh_bases_widest(old_header, new_header, &step.differences, err));
    *out_bytes = wh_memory_of_bundle(
        step.differences.entries, step.differences.entry_count, old_header, new_header, means)
                     .total;
    return WH_OK;
}

static wh_status encode(const struct wh_package_file *origin, const struct wh_package_file *target,
    const struct wh_means *means, struct step *step, struct wh_encoded_groups *out_groups,
    struct wh_error *err)
{
    const struct wh_differences *differences = &step->differences;

    WH_TRY(compare(origin->header, target->header, step, err));
    WH_TRY(wh_bases_correct(origin, step->old_map, target, means, &step->differences, err));
    return wh_groups_encode(
        differences->entries, differences->entry_count, origin, target, means, out_groups, err);
}

wh_status wh_build_groups(const struct wh_package_file *origin,
    const struct wh_package_file *target, const struct wh_means *means,
    struct wh_encoded_groups *out_groups, struct wh_error *err)
{
    wh_cleanup(clear_step) struct step step = {0};

    return encode(origin, target, means, &step, out_groups, err);
}

wh_status wh_build_step(const struct wh_package_file *origin, const struct wh_subject *subject,
    const struct wh_means *means, struct wh_buffer *out_bundle, struct wh_error *err)
{
    wh_cleanup(clear_step) struct step step = {0};
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};
    wh_autofree uint8_t *prefix = NULL;
    const struct wh_differences *differences = &step.differences;

    WH_TRY(encode(origin, &subject->file, means, &step, &groups, err));
    WH_TRY(blank_prefix(&subject->file, differences, &prefix, err));

    bool from_list = origin->prefix.header.bytes.length == 0;
    struct wh_bundle_draft draft = begin_draft(
        from_list ? WH_BUNDLE_LIST : WH_BUNDLE_STEP, subject, &groups);
    memcpy(draft.identity.old_header, origin->header->id, sizeof draft.identity.old_header);
    draft.prefix = (struct wh_bytes){prefix, subject->file.prefix.bytes.length};
    draft.old_header = origin->prefix.header.bytes;
    draft.correction_mode = subject->correction_mode;
    draft.correction = wh_buffer_bytes(&subject->correction);
    draft.old_map = step.old_map;
    draft.twins = differences->twins;
    draft.twin_count = differences->twin_count;
    return wh_bundle_write(&draft, out_bundle, err);
}

/* The contents of a supplement. */
struct wholes {
    struct wh_entry *entries;
    uint32_t count;
};

static void clear_wholes(struct wholes *wholes)
{
    free(wholes->entries);
}

static wh_status find_wholes(enum wh_bundle_kind kind, const struct wh_header *header,
    struct wholes *wholes, struct wh_error *err)
{
    enum wh_file_class class = kind == WH_BUNDLE_CONFIG ? WH_CLASS_CONFIG : WH_CLASS_DOC;

    wholes->entries = wh_array(
        header->file_count, sizeof *wholes->entries, WH_FILES_MAX * sizeof *wholes->entries, err);
    if (!wholes->entries)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < header->file_count; i++)
        if (header->files[i].has_content && wh_file_class(&header->files[i]) == class)
            wholes->entries[wholes->count++] = (struct wh_entry){.file = i, .base = WH_NO_FILE};
    return WH_OK;
}

wh_status wh_supplement_memory(enum wh_bundle_kind kind, const struct wh_header *header,
    const struct wh_means *means, uint64_t *out_bytes, struct wh_error *err)
{
    wh_cleanup(clear_wholes) struct wholes wholes = {0};

    WH_TRY(find_wholes(kind, header, &wholes, err));
    *out_bytes = wh_memory_of_bundle(wholes.entries, wholes.count, NULL, header, means).total;
    return WH_OK;
}

wh_status wh_build_supplement(enum wh_bundle_kind kind, const struct wh_subject *subject,
    const struct wh_means *means, struct wh_buffer *out_bundle, struct wh_error *err)
{
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};
    wh_cleanup(clear_wholes) struct wholes wholes = {0};

    WH_TRY(find_wholes(kind, subject->file.header, &wholes, err));
    if (wholes.count == 0)
        return WH_OK;
    WH_TRY(
        wh_groups_encode_alone(wholes.entries, wholes.count, &subject->file, means, &groups, err));
    struct wh_bundle_draft draft = begin_draft(kind, subject, &groups);
    return wh_bundle_write(&draft, out_bundle, err);
}
