/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.c - see bundle/table.h. */
#include "bundle/table.h"

#include "whittle/limits.h"

enum { BASE_SAME_PATH = 0, BASE_NONE = 1, BASE_FIRST = 2 };

static wh_status bad_table(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "file table: %s", what);
}

/* Every record of a table takes at least this many bytes, so counts are bounded by its length. */
static uint64_t count_ceiling(const struct wh_reader *reader, uint64_t bytes_each, uint64_t limit)
{
    uint64_t room = (uint64_t)(reader->end - reader->at) / bytes_each;

    return room < limit ? room : limit;
}

static wh_status read_groups(struct wh_reader *reader, struct wh_bytes groups,
    struct wh_bundle *bundle, struct wh_error *err)
{
    struct wh_reader stored = wh_reader_over(groups);
    uint64_t entries = 0;
    uint64_t count = wh_read_varint(reader, count_ceiling(reader, 3, WH_GROUPS_MAX));

    bundle->groups = wh_array(
        count, sizeof *bundle->groups, WH_GROUPS_MAX * sizeof *bundle->groups, err);
    if (!bundle->groups)
        return WH_NO_MEMORY;
    for (; bundle->group_count < count && !reader->failed; bundle->group_count++) {
        struct wh_group *group = &bundle->groups[bundle->group_count];
        group->codec = (uint32_t)wh_read_varint(reader, UINT32_MAX);
        group->first_entry = (uint32_t)entries;
        group->entry_count = (uint32_t)wh_read_varint(reader, WH_FILES_MAX);
        group->stored = wh_read_bytes(&stored, wh_read_varint(reader, groups.length));
        entries += group->entry_count;
        if (group->entry_count == 0 || entries > WH_FILES_MAX)
            return bad_table("a group has no entries, or too many", err);
    }
    if (reader->failed || !wh_reader_at_end(&stored))
        return bad_table("the groups do not add up", err);
    bundle->entry_count = (uint32_t)entries;
    return WH_OK;
}

static wh_status read_entry_files(
    struct wh_reader *reader, struct wh_bundle *bundle, struct wh_error *err)
{
    int64_t file = 0;

    for (uint32_t g = 0; g < bundle->group_count; g++) {
        const struct wh_group *group = &bundle->groups[g];
        for (uint32_t i = 0; i < group->entry_count; i++) {
            int64_t step = wh_read_signed(reader, WH_FILES_MAX);
            file += step;
            if (file < 0 || file >= WH_FILES_MAX || (i > 0 && step <= 0))
                return bad_table("files are out of order", err);
            bundle->entries[group->first_entry + i].file = (uint32_t)file;
        }
    }
    return reader->failed ? bad_table("it is cut short", err) : WH_OK;
}

static wh_status read_entry_bases(
    struct wh_reader *reader, struct wh_bundle *bundle, struct wh_error *err)
{
    for (uint32_t i = 0; i < bundle->entry_count; i++) {
        uint64_t code = wh_read_varint(reader, WH_FILES_MAX + BASE_FIRST - 1);
        uint32_t base = (uint32_t)(code - BASE_FIRST);
        if (code == BASE_SAME_PATH)
            base = WH_SAME_PATH;
        else if (code == BASE_NONE)
            base = WH_NO_FILE;
        bundle->entries[i].base = base;
    }
    return reader->failed ? bad_table("it is cut short", err) : WH_OK;
}

static wh_status read_twins(
    struct wh_reader *reader, struct wh_bundle *bundle, struct wh_error *err)
{
    uint64_t count = wh_read_varint(reader, count_ceiling(reader, 2, WH_FILES_MAX));
    uint64_t file = 0;

    bundle->twins = wh_array(
        count, sizeof *bundle->twins, WH_FILES_MAX * sizeof *bundle->twins, err);
    if (!bundle->twins)
        return WH_NO_MEMORY;
    for (; bundle->twin_count < count; bundle->twin_count++) {
        uint64_t step = wh_read_varint(reader, WH_FILES_MAX);
        uint64_t original = wh_read_varint(reader, WH_FILES_MAX - 1);
        file += step;
        if (reader->failed || file >= WH_FILES_MAX || (bundle->twin_count > 0 && step == 0))
            return bad_table("twins are out of order", err);
        bundle->twins[bundle->twin_count] = (struct wh_twin){(uint32_t)file, (uint32_t)original};
    }
    return WH_OK;
}

/* Fewer bytes than any recipe has. */
enum { RECIPE_BYTES = 6 };

static wh_status read_recipes(
    struct wh_reader *reader, struct wh_bundle *bundle, struct wh_error *err)
{
    uint64_t count = wh_read_varint(
        reader, count_ceiling(reader, RECIPE_BYTES, bundle->entry_count));
    uint64_t entry = 0;

    bundle->recipes = wh_array(
        count, sizeof *bundle->recipes, WH_FILES_MAX * sizeof *bundle->recipes, err);
    if (!bundle->recipes)
        return WH_NO_MEMORY;
    for (; bundle->recipe_count < count; bundle->recipe_count++) {
        struct wh_recipe *recipe = &bundle->recipes[bundle->recipe_count];
        uint64_t step = wh_read_varint(reader, bundle->entry_count);
        entry += step;
        if (reader->failed || entry >= bundle->entry_count ||
            (bundle->recipe_count > 0 && step == 0))
            return bad_table("recipes are out of order", err);
        WH_TRY(wh_recipe_read(reader, recipe, err));
        bundle->entries[entry].recipe = recipe;
    }
    return reader->failed ? bad_table("it is cut short", err) : WH_OK;
}

static bool has_recipe(const struct wh_entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].recipe)
            return true;
    return false;
}

static wh_status read_plain_lengths(
    struct wh_reader *reader, struct wh_bundle *bundle, struct wh_error *err)
{
    for (uint32_t g = 0; g < bundle->group_count && bundle->recipe_count > 0; g++) {
        struct wh_group *group = &bundle->groups[g];
        if (!has_recipe(bundle->entries + group->first_entry, group->entry_count))
            continue;
        group->plain_bases = wh_read_varint(reader, WH_CONTENT_MAX);
        group->plain_contents = wh_read_varint(reader, WH_CONTENT_MAX);
    }
    return reader->failed ? bad_table("it is cut short", err) : WH_OK;
}

wh_status wh_table_read(
    struct wh_bytes table, struct wh_bytes groups, struct wh_bundle *bundle, struct wh_error *err)
{
    struct wh_reader reader = wh_reader_over(table);

    WH_TRY(read_groups(&reader, groups, bundle, err));
    if (bundle->entry_count > count_ceiling(&reader, 2, WH_FILES_MAX))
        return bad_table("it is cut short", err);
    bundle->entries = wh_array(
        bundle->entry_count, sizeof *bundle->entries, WH_FILES_MAX * sizeof *bundle->entries, err);
    if (!bundle->entries)
        return WH_NO_MEMORY;
    WH_TRY(read_entry_files(&reader, bundle, err));
    WH_TRY(read_entry_bases(&reader, bundle, err));
    WH_TRY(read_twins(&reader, bundle, err));
    WH_TRY(read_recipes(&reader, bundle, err));
    WH_TRY(read_plain_lengths(&reader, bundle, err));
    return wh_reader_at_end(&reader) ? WH_OK : bad_table("bytes follow it", err);
}

static uint64_t base_code(const struct wh_bundle_draft *draft, const struct wh_entry *entry)
{
    const struct wh_file *file = &draft->new_header->files[entry->file];

    if (entry->base == WH_NO_FILE)
        return BASE_NONE;
    if (wh_file_map_path(draft->old_map, file->dirname, file->basename) == entry->base)
        return BASE_SAME_PATH;
    return (uint64_t)entry->base + BASE_FIRST;
}

static void write_recipes(const struct wh_bundle_draft *draft, struct wh_buffer *out_table)
{
    uint32_t count = 0;
    uint32_t previous = 0;

    for (uint32_t i = 0; i < draft->entry_count; i++)
        count += draft->entries[i].recipe != NULL;
    wh_buffer_varint(out_table, count);
    for (uint32_t i = 0; i < draft->entry_count; i++) {
        if (!draft->entries[i].recipe)
            continue;
        wh_buffer_varint(out_table, i - previous);
        wh_recipe_write(draft->entries[i].recipe, out_table);
        previous = i;
    }
    const struct wh_entry *entries = draft->entries;
    for (uint32_t g = 0; g < draft->group_count; entries += draft->groups[g++].entry_count) {
        if (!has_recipe(entries, draft->groups[g].entry_count))
            continue;
        wh_buffer_varint(out_table, draft->groups[g].plain_bases);
        wh_buffer_varint(out_table, draft->groups[g].plain_contents);
    }
}

wh_status wh_table_write(
    const struct wh_bundle_draft *draft, struct wh_buffer *out_table, struct wh_error *err)
{
    int64_t previous = 0;

    wh_buffer_varint(out_table, draft->group_count);
    for (uint32_t i = 0; i < draft->group_count; i++) {
        wh_buffer_varint(out_table, draft->groups[i].codec);
        wh_buffer_varint(out_table, draft->groups[i].entry_count);
        wh_buffer_varint(out_table, draft->groups[i].stored.length);
    }
    for (uint32_t i = 0; i < draft->entry_count; i++) {
        wh_buffer_signed(out_table, (int64_t)draft->entries[i].file - previous);
        previous = draft->entries[i].file;
    }
    for (uint32_t i = 0; i < draft->entry_count; i++)
        wh_buffer_varint(out_table, base_code(draft, &draft->entries[i]));
    previous = 0;
    wh_buffer_varint(out_table, draft->twin_count);
    for (uint32_t i = 0; i < draft->twin_count; i++) {
        wh_buffer_varint(out_table, (uint64_t)((int64_t)draft->twins[i].file - previous));
        wh_buffer_varint(out_table, draft->twins[i].original);
        previous = draft->twins[i].file;
    }
    write_recipes(draft, out_table);
    return wh_buffer_check(out_table, err);
}
