/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_fuzz.c - a file table by itself. The first byte says whether it is a supplement's, and the
 * next two how many bytes the groups have. */
#include <stdlib.h>

#include "bundle/table.h"
#include "fuzz.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void clear_bundle(struct wh_bundle *bundle)
{
    wh_bundle_clear(bundle);
}

static void check_order(const struct wh_bundle *bundle)
{
    uint32_t entry = 0;

    promise(bundle->entry_count <= WH_FILES_MAX && bundle->twin_count <= WH_FILES_MAX);
    for (uint32_t g = 0; g < bundle->group_count; g++) {
        promise(bundle->groups[g].first_entry == entry);
        for (uint32_t i = 0; i < bundle->groups[g].entry_count; i++, entry++) {
            promise(bundle->entries[entry].file < WH_FILES_MAX);
            promise(i == 0 || bundle->entries[entry].file > bundle->entries[entry - 1].file);
        }
    }
    promise(entry == bundle->entry_count);
    for (uint32_t i = 1; i < bundle->twin_count; i++)
        promise(bundle->twins[i].file > bundle->twins[i - 1].file);
}

/* One meaning, one spelling: what the table says is written as the same bytes. */
static void check_spelling(
    const struct wh_bundle *bundle, const struct wh_file_map *old_map, struct wh_bytes table)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer written = {.ceiling = WH_TABLE_MAX};
    const struct wh_bundle_draft draft = {
        .old_map = old_map,
        .new_header = fuzz_new()->header,
        .entries = bundle->entries,
        .entry_count = bundle->entry_count,
        .twins = bundle->twins,
        .twin_count = bundle->twin_count,
        .groups = bundle->groups,
        .group_count = bundle->group_count,
    };

    promise(wh_table_write(&draft, &written, NULL) == WH_OK);
    promise(fuzz_same(wh_buffer_bytes(&written), table));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t stored[1 << 16];
    wh_cleanup(clear_bundle) struct wh_bundle bundle = {0};
    struct wh_bytes table = {data, size};
    const struct wh_file_map *old_map = fuzz_take(&table) & 1 ? NULL : fuzz_old_map();
    size_t length = fuzz_take(&table);
    length |= (size_t)fuzz_take(&table) << 8;
    struct wh_bytes groups = {stored, length};
    struct wh_error err = {0};

    bundle.kind = old_map ? WH_BUNDLE_STEP : WH_BUNDLE_CONFIG;
    if (!fuzz_ok(wh_table_read(table, groups, &bundle, &err), &err))
        return 0;
    check_order(&bundle);
    if (!fuzz_ok(wh_bundle_resolve(&bundle, fuzz_old()->header, old_map, fuzz_new()->header, &err),
            &err))
        return 0;
    fuzz_check_resolved(&bundle, fuzz_old()->header, fuzz_new()->header);
    check_spelling(&bundle, old_map, table);
    fuzz_accept();
    return 0;
}
