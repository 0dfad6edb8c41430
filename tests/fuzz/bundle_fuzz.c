/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_fuzz.c - a bundle or supplement, laid against the fixed headers. The digests in its head
 * are mended first. */
#include <stdlib.h>
#include <string.h>

#include "bundle/table.h"
#include "fuzz.h"
#include "stored_bundle.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void clear_bundle(struct wh_bundle *bundle)
{
    wh_bundle_clear(bundle);
}

static void check_slices(const struct wh_bundle *bundle, struct wh_bytes bytes)
{
    uint64_t entries = 0;
    uint64_t stored = 0;

    promise(fuzz_inside(bundle->stored_prefix, bytes));
    promise(fuzz_inside(bundle->stored_correction, bytes));
    promise(bundle->prefix_length <= WH_PREFIX_MAX);
    promise(bundle->correction_length <= WH_SKELETON_MAX);
    promise((bundle->kind == WH_BUNDLE_STEP) == (bundle->prefix_length > 0));
    promise(
        (bundle->correction_mode == WH_CORRECTION_NONE) == (bundle->stored_correction.length == 0));
    for (uint32_t i = 0; i < bundle->group_count; i++) {
        promise(bundle->groups[i].first_entry == entries);
        promise(bundle->groups[i].entry_count > 0);
        promise(fuzz_inside(bundle->groups[i].stored, bytes));
        entries += bundle->groups[i].entry_count;
        stored += bundle->groups[i].stored.length;
    }
    promise(entries == bundle->entry_count);
    promise(stored == bundle->groups_length);
}

/* A whole buffer is there, and filled. */
static void check_inflated(const uint8_t *bytes, size_t length)
{
    wh_autofree uint8_t *copy = malloc(length ? length : 1);

    if (!copy)
        abort();
    if (length > 0)
        memcpy(copy, bytes, length);
}

/* What is written from what was read reads the same. */
static void check_written(const struct wh_bundle_draft *draft, const struct wh_bundle *bundle,
    const struct fuzz_versions *versions)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = WH_BUNDLE_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer table = {.ceiling = WH_TABLE_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = WH_TABLE_MAX};
    wh_cleanup(clear_bundle) struct wh_bundle read = {0};
    struct wh_bundle_draft copy = *draft;

    promise(wh_bundle_write(draft, &out, NULL) == WH_OK);
    promise(wh_bundle_parse(wh_buffer_bytes(&out), &read, NULL) == WH_OK);
    promise(memcmp(&read.identity, &bundle->identity, sizeof read.identity) == 0);
    promise(read.kind == bundle->kind && read.package_size == bundle->package_size);
    promise(read.correction_mode == bundle->correction_mode);
    promise(read.correction_length == bundle->correction_length);
    promise(read.prefix_length == bundle->prefix_length);
    promise(wh_bundle_resolve(
                &read, versions->old->header, draft->old_map, draft->new_header, NULL) == WH_OK);
    copy.entries = read.entries;
    copy.twins = read.twins;
    copy.groups = read.groups;
    promise(wh_table_write(draft, &table, NULL) == WH_OK);
    promise(wh_table_write(&copy, &again, NULL) == WH_OK);
    promise(fuzz_same(wh_buffer_bytes(&table), wh_buffer_bytes(&again)));
}

static void check_parts(struct wh_bundle *bundle, const struct fuzz_versions *versions)
{
    wh_autofree uint8_t *prefix = NULL;
    wh_autofree uint8_t *correction = NULL;
    bool step = bundle->kind == WH_BUNDLE_STEP;
    const struct wh_file_map *old_map = step ? versions->old_map : NULL;
    struct wh_error err = {0};

    if (step &&
        !fuzz_ok(wh_bundle_prefix(bundle, versions->old->parsed.header.bytes, &prefix, &err), &err))
        return;
    if (!fuzz_ok(wh_bundle_correction(bundle, &correction, &err), &err))
        return;
    check_inflated(prefix, bundle->prefix_length);
    check_inflated(correction, bundle->correction_length);
    if (!fuzz_ok(wh_bundle_resolve(
                     bundle, versions->old->header, old_map, versions->fresh->header, &err),
            &err))
        return;
    fuzz_check_resolved(bundle, versions->old->header, versions->fresh->header);
    struct wh_bundle_draft draft = {
        .kind = bundle->kind,
        .identity = bundle->identity,
        .package_size = bundle->package_size,
        .prefix = {prefix, bundle->prefix_length},
        .old_header = versions->old->parsed.header.bytes,
        .correction_mode = bundle->correction_mode,
        .correction = {correction, bundle->correction_length},
        .old_map = old_map,
        .new_header = versions->fresh->header,
        .entries = bundle->entries,
        .entry_count = bundle->entry_count,
        .twins = bundle->twins,
        .twin_count = bundle->twin_count,
        .groups = bundle->groups,
        .group_count = bundle->group_count,
    };
    check_written(&draft, bundle, versions);
    fuzz_accept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(clear_bundle) struct wh_bundle bundle = {0};
    wh_autofree uint8_t *mended = malloc(size ? size : 1);
    struct wh_error err = {0};

    if (!mended)
        abort();
    if (size > 0)
        memcpy(mended, data, size);
    const struct fuzz_versions versions = fuzz_versions_for(data, size);
    stored_bundle_mend(mended, size, versions.old->header);
    if (!fuzz_ok(wh_bundle_parse((struct wh_bytes){mended, size}, &bundle, &err), &err))
        return 0;
    check_slices(&bundle, (struct wh_bytes){mended, size});
    check_parts(&bundle, &versions);
    return 0;
}
