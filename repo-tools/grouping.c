/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grouping.c - see grouping.h. */
#include "grouping.h"

#include <stdlib.h>

#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* The group of one class that still takes members. */
struct open_group {
    uint64_t bytes;
    bool open;
};

static bool stays_alone(enum wh_file_class class, uint64_t size, uint64_t base_size)
{
    return class == WH_CLASS_CONFIG || size > WH_SMALL_FILE || base_size > WH_SMALL_FILE;
}

static void add(struct wh_grouping *grouping, const struct wh_entry *entry, bool new_group)
{
    if (new_group)
        grouping->counts[grouping->group_count++] = 0;
    grouping->counts[grouping->group_count - 1]++;
    grouping->entries[grouping->entry_count++] = *entry;
}

static uint64_t base_size(const struct wh_header *old_header, const struct wh_entry *entry)
{
    return entry->base == WH_NO_FILE ? 0 : old_header->files[entry->base].size;
}

/* Small files of one class, in the order of the file list: neighbours are alike. */
static void group_small(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_header *old_header, const struct wh_header *new_header,
    enum wh_file_class class, struct wh_grouping *grouping)
{
    struct open_group group = {0};

    for (uint32_t i = 0; i < entry_count; i++) {
        const struct wh_file *file = &new_header->files[entries[i].file];
        uint64_t base = base_size(old_header, &entries[i]);
        if (wh_file_class(file) != class || stays_alone(class, file->size, base))
            continue;
        bool full = group.bytes + file->size + base > WH_TEXT_GROUP;
        add(grouping, &entries[i], full || !group.open);
        group.bytes = (full ? 0 : group.bytes) + file->size + base;
        group.open = true;
    }
}

wh_status wh_grouping_make(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_header *old_header, const struct wh_header *new_header,
    struct wh_grouping *out_grouping, struct wh_error *err)
{
    wh_cleanup(wh_grouping_clear) struct wh_grouping grouping = {0};
    const uint64_t ceiling = WH_FILES_MAX * sizeof(struct wh_entry);

    grouping.entries = wh_array(entry_count, sizeof *grouping.entries, ceiling, err);
    grouping.counts = wh_array(entry_count, sizeof *grouping.counts, ceiling, err);
    if (!grouping.entries || !grouping.counts)
        return wh_no_memory(err);
    for (enum wh_file_class class = 0; class < WH_CLASSES; class ++)
        group_small(entries, entry_count, old_header, new_header, class, &grouping);
    for (uint32_t i = 0; i < entry_count; i++) {
        const struct wh_file *file = &new_header->files[entries[i].file];
        if (stays_alone(wh_file_class(file), file->size, base_size(old_header, &entries[i])))
            add(&grouping, &entries[i], true);
    }
    *out_grouping = grouping;
    grouping = (struct wh_grouping){0};
    return WH_OK;
}

void wh_grouping_clear(struct wh_grouping *grouping)
{
    free(grouping->entries);
    free(grouping->counts);
    *grouping = (struct wh_grouping){0};
}
