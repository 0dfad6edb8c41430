/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing.c - see listing.h. */
#include "observe/listing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "observe/packaged.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

void wh_listing_clear(struct wh_listing *listing)
{
    for (uint32_t i = 0; i < listing->count; i++)
        free(listing->files[i].path);
    free(listing->files);
    *listing = (struct wh_listing){0};
}

static wh_status add(
    struct wh_disk_source *source, uint32_t file, struct wh_listing *listing, struct wh_error *err)
{
    const struct wh_file *entry = &source->installed->header->files[file];
    struct wh_listed_file *listed = &listing->files[listing->count];
    struct wh_digest digest;

    if (!S_ISREG(entry->mode) || (entry->flags & WH_FILE_GHOST) || entry->size == 0 ||
        !wh_content_is_packaged(source, file) ||
        wh_content_digest(source, file, WH_SHA256, &digest, NULL) != WH_OK)
        return WH_OK;
    listed->path = strdup(source->installed->paths[file]);
    if (!listed->path)
        return wh_no_memory(err);
    listed->size = entry->size;
    memcpy(listed->sha256, digest.bytes, WH_SHA256_LENGTH);
    listing->count++;
    return WH_OK;
}

static int compare_paths(const void *left, const void *right)
{
    const struct wh_listed_file *a = left;
    const struct wh_listed_file *b = right;

    return strcmp(a->path, b->path);
}

/* Relocation may lead two files to one path. */
static void sort(struct wh_listing *listing)
{
    uint32_t count = 0;

    if (listing->count > 0)
        qsort(listing->files, listing->count, sizeof *listing->files, compare_paths);
    for (uint32_t i = 0; i < listing->count; i++)
        if (count > 0 && compare_paths(&listing->files[count - 1], &listing->files[i]) == 0)
            free(listing->files[i].path);
        else
            listing->files[count++] = listing->files[i];
    listing->count = count;
}

wh_status wh_listing_make(const struct wh_system *system, const struct wh_installed *installed,
    struct wh_listing *out_listing, struct wh_error *err)
{
    wh_cleanup(wh_disk_source_clear) struct wh_disk_source source = {
        .system = system, .installed = installed, .fd = -1};
    wh_cleanup(wh_listing_clear) struct wh_listing listing = {0};
    uint32_t count = installed->header->file_count;

    listing.files = wh_array(
        count, sizeof *listing.files, WH_FILES_MAX * sizeof *listing.files, err);
    if (!listing.files)
        return count > WH_FILES_MAX ? WH_OVER_LIMIT : WH_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        WH_TRY(add(&source, i, &listing, err));
    sort(&listing);
    *out_listing = listing;
    listing = (struct wh_listing){0};
    return WH_OK;
}

static wh_status fill(
    const struct wh_listing *listing, struct wh_installed *installed, struct wh_error *err)
{
    WH_TRY(wh_header_of_list(listing->files, listing->count, &installed->header, err));
    installed->paths = wh_array(listing->count, sizeof *installed->paths, UINT32_MAX, err);
    installed->is_normal = wh_array(listing->count, 1, UINT32_MAX, err);
    if (!installed->paths || !installed->is_normal)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < listing->count; i++) {
        installed->is_normal[i] = 1;
        installed->paths[i] = strdup(listing->files[i].path);
        if (!installed->paths[i])
            return wh_no_memory(err);
    }
    return WH_OK;
}

wh_status wh_listing_installed(
    const struct wh_listing *listing, struct wh_installed **out_installed, struct wh_error *err)
{
    struct wh_installed *installed = calloc(1, sizeof *installed);

    if (!installed)
        return wh_no_memory(err);
    wh_status status = fill(listing, installed, err);
    if (status != WH_OK) {
        wh_installed_free(installed, 1);
        return status;
    }
    *out_installed = installed;
    return WH_OK;
}
