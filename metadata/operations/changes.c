/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changes.c - what is different between two versions, and two such differences one after the other;
 * see whittle/operations.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/limits.h"
#include "whittle/operations.h"

static void clear_strings(char **strings, uint32_t count)
{
    for (uint32_t i = 0; strings && i < count; i++)
        free(strings[i]);
    free(strings);
}

void wh_changes_clear(struct wh_changes *changes)
{
    for (uint32_t i = 0; i < changes->count; i++)
        free(changes->changes[i].path);
    free(changes->changes);
    clear_strings(changes->advisories, changes->advisory_count);
    *changes = (struct wh_changes){0};
}

static bool same_state(const struct wh_path_state *a, const struct wh_path_state *b)
{
    return a->exists == b->exists && a->is_config == b->is_config &&
           a->is_noreplace == b->is_noreplace && wh_digest_equal(&a->digest, &b->digest);
}

/* Takes the path over. Equal states are no change. */
static void add_change(struct wh_changes *changes, char *path, const struct wh_path_state *before,
    const struct wh_path_state *after)
{
    if (same_state(before, after))
        free(path);
    else
        changes->changes[changes->count++] = (struct wh_change){path, *before, *after};
}

/* ---- one version --------------------------------------------------------------------------- */

struct located {
    char *path;
    struct wh_path_state state;
};

struct listing {
    struct located *files;
    uint32_t count;
};

static void clear_listing(struct listing *listing)
{
    for (uint32_t i = 0; i < listing->count; i++)
        free(listing->files[i].path);
    free(listing->files);
}

static int order(const void *left, const void *right)
{
    const struct located *a = left;
    const struct located *b = right;

    return strcmp(a->path, b->path);
}

/* Of a file that is no configuration it counts only that it is there. */
static struct wh_path_state state_of(const struct wh_header *header, const struct wh_file *file)
{
    struct wh_path_state state = {.exists = true};

    state.is_config = (file->flags & WH_FILE_CONFIG) != 0;
    if (!state.is_config)
        return state;
    state.is_noreplace = (file->flags & WH_FILE_NOREPLACE) != 0;
    if (!wh_digest_from_hex(header->digest_algorithm, file->digest, &state.digest))
        state.digest = (struct wh_digest){0};
    return state;
}

static wh_status list(const struct wh_header *header, struct listing *listing, struct wh_error *err)
{
    listing->files = wh_array(
        header->file_count, sizeof *listing->files, WH_FILES_MAX * sizeof *listing->files, err);
    if (!listing->files)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < header->file_count; i++) {
        const struct wh_file *file = &header->files[i];
        struct located *located = &listing->files[listing->count];
        if (file->flags & WH_FILE_GHOST)
            continue;
        if (asprintf(&located->path, "%s%s", file->dirname, file->basename) < 0)
            return wh_no_memory(err);
        located->state = state_of(header, file);
        listing->count++;
    }
    if (listing->count > 0)
        qsort(listing->files, listing->count, sizeof *listing->files, order);
    return WH_OK;
}

/* ---- two of them --------------------------------------------------------------------------- */

static int compare(const struct listing *a, uint32_t i, const struct listing *b, uint32_t k)
{
    if (i == a->count)
        return 1;
    return k == b->count ? -1 : strcmp(a->files[i].path, b->files[k].path);
}

wh_status wh_changes_between(const struct wh_header *older, const struct wh_header *newer,
    struct wh_changes *out_changes, struct wh_error *err)
{
    static const struct wh_path_state absent = {0};
    wh_cleanup(clear_listing) struct listing before = {0};
    wh_cleanup(clear_listing) struct listing after = {0};
    uint32_t i = 0;
    uint32_t k = 0;

    WH_TRY(list(older, &before, err));
    WH_TRY(list(newer, &after, err));
    *out_changes = (struct wh_changes){.changes = wh_array((uint64_t)before.count + after.count,
                                           sizeof *out_changes->changes, SIZE_MAX, err)};
    if (!out_changes->changes)
        return wh_no_memory(err);
    while (i < before.count || k < after.count) {
        int side = compare(&before, i, &after, k);
        const struct wh_path_state *was = side <= 0 ? &before.files[i].state : &absent;
        const struct wh_path_state *is = side >= 0 ? &after.files[k].state : &absent;
        char **path = side <= 0 ? &before.files[i].path : &after.files[k].path;
        add_change(out_changes, wh_take(*path), was, is);
        i += side <= 0;
        k += side >= 0;
    }
    return WH_OK;
}

/* ---- advisories ---------------------------------------------------------------------------- */

static bool is_noted(const struct wh_changes *changes, const char *advisory)
{
    for (uint32_t i = 0; i < changes->advisory_count; i++)
        if (strcmp(changes->advisories[i], advisory) == 0)
            return true;
    return false;
}

wh_status wh_changes_advise(struct wh_changes *changes, const char *advisory,
    enum wh_suggestion suggestion, struct wh_error *err)
{
    uint32_t count = changes->advisory_count;

    if (suggestion == WH_SUGGEST_NOTHING)
        return WH_OK;
    if (suggestion > changes->suggestion)
        changes->suggestion = suggestion;
    if (is_noted(changes, advisory))
        return WH_OK;
    char **grown = realloc(changes->advisories, ((size_t)count + 1) * sizeof *grown);
    if (!grown)
        return wh_no_memory(err);
    changes->advisories = grown;
    grown[count] = strdup(advisory);
    if (!grown[count])
        return wh_no_memory(err);
    changes->advisory_count++;
    return WH_OK;
}

/* ---- one after the other ------------------------------------------------------------------- */

static wh_status merge_paths(const struct wh_changes *first, const struct wh_changes *second,
    struct wh_changes *merged, struct wh_error *err)
{
    uint32_t i = 0;
    uint32_t k = 0;

    while (i < first->count || k < second->count) {
        const struct wh_change *a = i < first->count ? &first->changes[i] : NULL;
        const struct wh_change *b = k < second->count ? &second->changes[k] : NULL;
        int side = !a ? 1 : !b ? -1 : strcmp(a->path, b->path);
        const struct wh_change *one = side <= 0 ? a : b;
        char *path = strdup(one->path);
        if (!path)
            return wh_no_memory(err);
        add_change(
            merged, path, side <= 0 ? &a->before : &b->before, side >= 0 ? &b->after : &a->after);
        i += side <= 0;
        k += side >= 0;
    }
    return WH_OK;
}

static wh_status merge_advisories(
    const struct wh_changes *from, struct wh_changes *merged, struct wh_error *err)
{
    for (uint32_t i = 0; i < from->advisory_count; i++)
        WH_TRY(wh_changes_advise(merged, from->advisories[i], from->suggestion, err));
    return WH_OK;
}

wh_status wh_changes_merge(const struct wh_changes *first, const struct wh_changes *second,
    struct wh_changes *out_changes, struct wh_error *err)
{
    wh_cleanup(wh_changes_clear) struct wh_changes merged = {0};

    merged.changes = wh_array(
        (uint64_t)first->count + second->count, sizeof *merged.changes, SIZE_MAX, err);
    if (!merged.changes)
        return wh_no_memory(err);
    WH_TRY(merge_paths(first, second, &merged, err));
    WH_TRY(merge_advisories(first, &merged, err));
    WH_TRY(merge_advisories(second, &merged, err));
    *out_changes = merged;
    merged = (struct wh_changes){0};
    return WH_OK;
}
