/* SPDX-License-Identifier: GPL-2.0-or-later */
/* differences.c - see differences.h. */
#include "differences.h"

#include <stdlib.h>
#include <string.h>

#include "counterpart.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum wh_file_class wh_file_class(const struct wh_file *file)
{
    if (file->flags & WH_FILE_CONFIG)
        return WH_CLASS_CONFIG;
    return file->flags & WH_FILE_DOC ? WH_CLASS_DOC : WH_CLASS_PLAIN;
}

bool wh_class_may_use(enum wh_file_class content, enum wh_file_class source)
{
    return source == WH_CLASS_PLAIN || source == content;
}

/* Has the old version this content in a file that a client may rely on? The planner compares
 * digests of one algorithm only. */
static bool is_known(const struct wh_header *old_header, const struct wh_file_map *old_map,
    const struct wh_header *new_header, const struct wh_file *file)
{
    if (old_header->digest_algorithm != new_header->digest_algorithm)
        return false;
    uint32_t found = wh_file_map_digest(old_map, file->digest, file->size);
    while (found != WH_NO_FILE &&
           !wh_class_may_use(wh_file_class(file), wh_file_class(&old_header->files[found])))
        found = wh_file_map_digest_next(old_map, found);
    return found != WH_NO_FILE;
}

/* Equal contents side by side, the most dependable one first. */
static int order_contents(const void *left, const void *right, void *context)
{
    const struct wh_file *files = context;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    if (files[a].size != files[b].size)
        return files[a].size < files[b].size ? -1 : 1;
    int order = strcmp(files[a].digest, files[b].digest);
    if (order == 0)
        order = (int)wh_file_class(&files[a]) - (int)wh_file_class(&files[b]);
    return order ? order : (a > b) - (a < b);
}

static int order_entries(const void *left, const void *right)
{
    const struct wh_entry *a = left;
    const struct wh_entry *b = right;

    return (a->file > b->file) - (a->file < b->file);
}

static int order_twins(const void *left, const void *right)
{
    const struct wh_twin *a = left;
    const struct wh_twin *b = right;

    return (a->file > b->file) - (a->file < b->file);
}

static void split_twins(const struct wh_header *header, const uint32_t *contents, uint32_t count,
    struct wh_differences *differences)
{
    uint32_t original = WH_NO_FILE;

    for (uint32_t i = 0; i < count; i++) {
        const struct wh_file *file = &header->files[contents[i]];
        const struct wh_file *first = original == WH_NO_FILE ? NULL : &header->files[original];
        if (first && first->size == file->size && strcmp(first->digest, file->digest) == 0) {
            differences->twins[differences->twin_count++] = (struct wh_twin){contents[i], original};
        } else {
            original = contents[i];
            differences->entries[differences->entry_count++] = (struct wh_entry){
                .file = original, .base = WH_NO_FILE};
        }
    }
    if (differences->entry_count > 0)
        qsort(differences->entries, differences->entry_count, sizeof *differences->entries,
            order_entries);
    if (differences->twin_count > 0)
        qsort(differences->twins, differences->twin_count, sizeof *differences->twins, order_twins);
}

/* A content that comes under several names may have its older form under any of them. */
static void try_twins_name(const struct wh_counterparts *counterparts,
    const struct wh_header *old_header, const struct wh_header *new_header,
    const struct wh_twin *twin, struct wh_differences *differences)
{
    const struct wh_entry key = {.file = twin->original};
    struct wh_entry *entry = bsearch(&key, differences->entries, differences->entry_count,
        sizeof *differences->entries, order_entries);
    struct wh_candidates candidates;

    if (!entry || entry->base != WH_NO_FILE)
        return;
    wh_counterparts_find(counterparts, &new_header->files[twin->file], &candidates);
    enum wh_file_class class = wh_file_class(&new_header->files[entry->file]);
    for (uint32_t i = 0; i < candidates.count && entry->base == WH_NO_FILE; i++)
        if (wh_class_may_use(class, wh_file_class(&old_header->files[candidates.files[i]])))
            entry->base = candidates.files[i];
}

static wh_status choose_bases(const struct wh_header *old_header, const struct wh_file_map *old_map,
    const struct wh_header *new_header, struct wh_differences *differences, struct wh_error *err)
{
    wh_cleanup(wh_counterparts_cleanup) struct wh_counterparts *counterparts = NULL;

    if (differences->entry_count == 0)
        return WH_OK;
    WH_TRY(wh_counterparts_new(old_header, old_map, &counterparts, err));
    for (uint32_t i = 0; i < differences->entry_count; i++) {
        struct wh_entry *entry = &differences->entries[i];
        struct wh_candidates candidates;
        wh_counterparts_find(counterparts, &new_header->files[entry->file], &candidates);
        if (candidates.count > 0)
            entry->base = candidates.files[0];
    }
    for (uint32_t i = 0; i < differences->twin_count; i++)
        try_twins_name(counterparts, old_header, new_header, &differences->twins[i], differences);
    return WH_OK;
}

wh_status wh_differences_find(const struct wh_header *old_header, const struct wh_file_map *old_map,
    const struct wh_header *new_header, struct wh_differences *out_differences,
    struct wh_error *err)
{
    wh_cleanup(wh_differences_clear) struct wh_differences differences = {0};
    const uint64_t ceiling = WH_FILES_MAX * sizeof(struct wh_entry);
    uint32_t files = new_header->file_count;
    uint32_t count = 0;
    wh_autofree uint32_t *contents = wh_array(files, sizeof *contents, ceiling, err);

    differences.entries = wh_array(files, sizeof *differences.entries, ceiling, err);
    differences.twins = wh_array(files, sizeof *differences.twins, ceiling, err);
    if (!contents || !differences.entries || !differences.twins)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < files; i++) {
        const struct wh_file *file = &new_header->files[i];
        if (file->has_content && !is_known(old_header, old_map, new_header, file))
            contents[count++] = i;
    }
    qsort_r(contents, count, sizeof *contents, order_contents, new_header->files);
    split_twins(new_header, contents, count, &differences);
    WH_TRY(choose_bases(old_header, old_map, new_header, &differences, err));
    *out_differences = differences;
    differences = (struct wh_differences){0};
    return WH_OK;
}

void wh_differences_clear(struct wh_differences *differences)
{
    free(differences->entries);
    free(differences->twins);
    *differences = (struct wh_differences){0};
}
