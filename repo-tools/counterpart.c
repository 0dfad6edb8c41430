/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counterpart.c - see counterpart.h. */
#include "counterpart.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "differences.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

struct named {
    char *name;
    uint32_t file;
};

/* One way of naming files: all candidates, sorted by that name. */
struct naming {
    struct named *names; /* the strings are owned */
};

enum { BY_FOLDED_PATH, BY_BASENAME, BY_FOLDED_BASENAME, NAMINGS };

struct wh_counterparts {
    const struct wh_header *header;
    const struct wh_file_map *map;
    uint32_t count; /* candidates: the same in every naming */
    struct naming namings[NAMINGS];
};

char *wh_fold_digits(const char *dirname, const char *basename)
{
    size_t folder = strlen(dirname);
    char *folded = malloc(folder + strlen(basename) + 1);
    size_t length = 0;

    if (!folded)
        return NULL;
    memcpy(folded, dirname, folder);
    memcpy(folded + folder, basename, strlen(basename) + 1);
    for (const char *at = folded; *at; at++) {
        bool digit = *at >= '0' && *at <= '9';
        if (digit && length > 0 && folded[length - 1] == '0')
            continue;
        folded[length++] = digit ? '0' : *at;
    }
    folded[length] = '\0';
    return folded;
}

static bool is_candidate(const struct wh_file *file)
{
    return S_ISREG(file->mode) && !(file->flags & WH_FILE_GHOST) && file->size > 0 &&
           file->size <= WH_CONTENT_MAX;
}

static int order_names(const void *left, const void *right)
{
    const struct named *a = left;
    const struct named *b = right;
    int order = strcmp(a->name, b->name);

    return order ? order : (a->file > b->file) - (a->file < b->file);
}

/* The name of a file in one of the namings; the caller frees. */
static char *name_of(const struct wh_file *file, int naming)
{
    switch (naming) {
    case BY_FOLDED_PATH:
        return wh_fold_digits(file->dirname, file->basename);
    case BY_BASENAME:
        return strdup(file->basename);
    default:
        return wh_fold_digits("", file->basename);
    }
}

static wh_status fill_naming(struct wh_counterparts *counterparts, int number, struct wh_error *err)
{
    const struct wh_header *header = counterparts->header;
    struct named *names = wh_array(
        header->file_count, sizeof *names, WH_FILES_MAX * sizeof *names, err);
    uint32_t count = 0;

    if (!names)
        return wh_no_memory(err);
    counterparts->namings[number].names = names;
    for (uint32_t i = 0; i < header->file_count; i++) {
        if (!is_candidate(&header->files[i]))
            continue;
        names[count].name = name_of(&header->files[i], number);
        names[count].file = i;
        if (!names[count].name)
            return wh_no_memory(err);
        count++;
    }
    qsort(names, count, sizeof *names, order_names);
    counterparts->count = count;
    return WH_OK;
}

wh_status wh_counterparts_new(const struct wh_header *old_header, const struct wh_file_map *old_map,
    struct wh_counterparts **out_counterparts, struct wh_error *err)
{
    wh_cleanup(wh_counterparts_cleanup) struct wh_counterparts *counterparts = calloc(
        1, sizeof *counterparts);

    if (!counterparts)
        return wh_no_memory(err);
    counterparts->header = old_header;
    counterparts->map = old_map;
    for (int i = 0; i < NAMINGS; i++)
        WH_TRY(fill_naming(counterparts, i, err));
    *out_counterparts = wh_take(counterparts);
    return WH_OK;
}

static void free_names(struct named *names, uint32_t count)
{
    for (uint32_t i = 0; names && i < count; i++)
        free(names[i].name);
    free(names);
}

void wh_counterparts_free(struct wh_counterparts *counterparts)
{
    if (!counterparts)
        return;
    /* wh_array() gives zeros, so that names which were never made are NULL. */
    for (int i = 0; i < NAMINGS; i++)
        free_names(counterparts->namings[i].names, counterparts->header->file_count);
    free(counterparts);
}

void wh_counterparts_cleanup(struct wh_counterparts **counterparts)
{
    wh_counterparts_free(*counterparts);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static bool may_use(const struct wh_file *file, const struct wh_file *old)
{
    return wh_class_may_use(wh_file_class(file), wh_file_class(old));
}

/* The closest in size of those that have this name; the first of equals. */
static uint32_t closest(const struct wh_counterparts *counterparts, int naming, const char *name,
    const struct wh_file *file)
{
    const struct named *names = counterparts->namings[naming].names;
    const struct wh_file *files = counterparts->header->files;
    uint32_t best = WH_NO_FILE;
    uint32_t low = 0;
    uint32_t high = counterparts->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(names[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < counterparts->count && strcmp(names[low].name, name) == 0; low++) {
        uint32_t old = names[low].file;
        if (may_use(file, &files[old]) &&
            (best == WH_NO_FILE ||
                distance(files[old].size, file->size) < distance(files[best].size, file->size)))
            best = old;
    }
    return best;
}

wh_status wh_counterparts_find(const struct wh_counterparts *counterparts,
    const struct wh_file *file, uint32_t *out_old, struct wh_error *err)
{
    const struct wh_file *files = counterparts->header->files;
    uint32_t found = wh_file_map_path(counterparts->map, file->dirname, file->basename);

    if (found != WH_NO_FILE && (!is_candidate(&files[found]) || !may_use(file, &files[found])))
        found = WH_NO_FILE;
    for (int i = 0; i < NAMINGS && found == WH_NO_FILE; i++) {
        wh_autofree char *name = name_of(file, i);
        if (!name)
            return wh_no_memory(err);
        found = closest(counterparts, i, name, file);
    }
    *out_old = found;
    return WH_OK;
}
