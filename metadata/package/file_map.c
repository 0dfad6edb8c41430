/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_map.c - files of one header found by path and by digest: two sorted lists of indices. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "whittle/cleanup.h"
#include "whittle/header.h"
#include "whittle/limits.h"

struct wh_file_map {
    const struct wh_header *header;
    uint32_t *by_path;   /* all files */
    uint32_t *by_digest; /* regular files that have a digest */
    uint32_t digest_count;
    uint32_t *digest_place; /* file -> its place in by_digest */
};

static int compare_paths(const struct wh_file *a, const char *dirname, const char *basename)
{
    int folders = strcmp(a->dirname, dirname);

    return folders ? folders : strcmp(a->basename, basename);
}

static int compare_contents(const struct wh_file *a, const char *digest, uint64_t size)
{
    if (a->size != size)
        return a->size < size ? -1 : 1;
    return strcmp(a->digest, digest);
}

static int order_paths(const void *left, const void *right, void *context)
{
    const struct wh_file *files = context;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    int order = compare_paths(&files[a], files[b].dirname, files[b].basename);

    return order ? order : (a > b) - (a < b);
}

static int order_contents(const void *left, const void *right, void *context)
{
    const struct wh_file *files = context;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    int order = compare_contents(&files[a], files[b].digest, files[b].size);

    return order ? order : (a > b) - (a < b);
}

static bool has_digest(const struct wh_file *file)
{
    return S_ISREG(file->mode) && !(file->flags & WH_FILE_GHOST) && file->digest[0] != '\0';
}

wh_status wh_file_map_new(
    const struct wh_header *header, struct wh_file_map **out_map, struct wh_error *err)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = calloc(1, sizeof *map);
    const uint64_t ceiling = WH_FILES_MAX * sizeof(uint32_t);
    uint32_t count = header->file_count;

    if (!map)
        return wh_no_memory(err);
    map->header = header;
    map->by_path = wh_array(count, sizeof *map->by_path, ceiling, err);
    map->by_digest = wh_array(count, sizeof *map->by_digest, ceiling, err);
    map->digest_place = wh_array(count, sizeof *map->digest_place, ceiling, err);
    if (!map->by_path || !map->by_digest || !map->digest_place)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        map->by_path[i] = i;
        if (has_digest(&header->files[i]))
            map->by_digest[map->digest_count++] = i;
    }
    qsort_r(map->by_path, count, sizeof *map->by_path, order_paths, header->files);
    qsort_r(
        map->by_digest, map->digest_count, sizeof *map->by_digest, order_contents, header->files);
    for (uint32_t i = 0; i < map->digest_count; i++)
        map->digest_place[map->by_digest[i]] = i;
    *out_map = wh_take(map);
    return WH_OK;
}

void wh_file_map_free(struct wh_file_map *map)
{
    if (!map)
        return;
    free(map->by_path);
    free(map->by_digest);
    free(map->digest_place);
    free(map);
}

void wh_file_map_cleanup(struct wh_file_map **map)
{
    wh_file_map_free(*map);
}

uint32_t wh_file_map_path(const struct wh_file_map *map, const char *dirname, const char *basename)
{
    uint32_t low = 0;
    uint32_t high = map->header->file_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_paths(&map->header->files[map->by_path[middle]], dirname, basename);
        if (order == 0)
            return map->by_path[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return WH_NO_FILE;
}

uint32_t wh_file_map_digest(const struct wh_file_map *map, const char *digest, uint64_t size)
{
    uint32_t low = 0;
    uint32_t high = map->digest_count;

    while (low < high) { /* the first that is not before it */
        uint32_t middle = low + (high - low) / 2;
        if (compare_contents(&map->header->files[map->by_digest[middle]], digest, size) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == map->digest_count ||
        compare_contents(&map->header->files[map->by_digest[low]], digest, size) != 0)
        return WH_NO_FILE;
    return map->by_digest[low];
}

uint32_t wh_file_map_digest_next(const struct wh_file_map *map, uint32_t file)
{
    uint32_t next = map->digest_place[file] + 1;
    const struct wh_file *found = &map->header->files[file];

    if (next == map->digest_count || compare_contents(&map->header->files[map->by_digest[next]],
                                         found->digest, found->size) != 0)
        return WH_NO_FILE;
    return map->by_digest[next];
}
