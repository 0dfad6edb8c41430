/* SPDX-License-Identifier: GPL-2.0-or-later */
/* origin_of_list.c - a package file in the place of a version that nobody here knows; see cut.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "counterpart.h"
#include "cut.h"
#include "files.h"
#include "whittle/cleanup.h"
#include "whittle/file_list.h"
#include "whittle/limits.h"

/* The known versions, and their files by digest. */
struct known {
    const struct wh_package_file *const *versions;
    struct wh_file_map **maps;
    uint32_t count;
};

static void clear_known(struct known *known)
{
    for (uint32_t i = 0; known->maps && i < known->count; i++)
        wh_file_map_free(known->maps[i]);
    free(known->maps);
}

static wh_status index_versions(struct known *known, struct wh_error *err)
{
    known->maps = wh_array(known->count, sizeof(struct wh_file_map *), SIZE_MAX, err);
    if (!known->maps)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < known->count; i++)
        WH_TRY(wh_file_map_new(known->versions[i]->header, &known->maps[i], err));
    return WH_OK;
}

static struct wh_bytes find_content(const struct known *known, const struct wh_file *file)
{
    for (uint32_t i = 0; i < known->count; i++) {
        const struct wh_package_file *version = known->versions[i];
        if (version->header->digest_algorithm != WH_SHA256)
            continue;
        uint32_t found = wh_file_map_digest(known->maps[i], file->digest, file->size);
        struct wh_bytes content = {0};
        if (found != WH_NO_FILE)
            content = wh_package_content(version, found);
        if (content.data)
            return content;
    }
    return (struct wh_bytes){0};
}

/* Writes the contents that are known end to end; the others get no place. */
static wh_status write_contents(const struct known *known, const struct wh_header *header, int fd,
    uint64_t *offsets, uint64_t *out_length, struct wh_error *err)
{
    uint64_t length = 0;

    for (uint32_t i = 0; i < header->file_count; i++) {
        struct wh_file *file = &header->files[i];
        struct wh_bytes content = find_content(known, file);
        offsets[i] = UINT64_MAX;
        if (file->size == 0)
            continue;
        file->has_content = content.data != NULL;
        if (!content.data) { /* as if it were not there */
            file->flags |= WH_FILE_GHOST;
            continue;
        }
        offsets[i] = length;
        WH_TRY(wh_write_at(fd, "a temporary file", length, content.data, content.length, err));
        length += content.length;
    }
    *out_length = length;
    return WH_OK;
}

static wh_status map_contents(int fd, uint64_t length, struct wh_bytes *out, struct wh_error *err)
{
    if (length == 0)
        return WH_OK;
    void *data = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return wh_fail_errno(err, "a temporary file");
    *out = (struct wh_bytes){data, length};
    return WH_OK;
}

static wh_status fill(const struct wh_listed_file *files, uint32_t count, struct known *known,
    struct wh_package_file *origin, struct wh_error *err)
{
    wh_autoclose int fd = -1;
    uint64_t length = 0;

    WH_TRY(wh_header_of_list(files, count, &origin->header, err));
    origin->path = strdup("a list of files");
    origin->content_offsets = wh_array(
        count, sizeof *origin->content_offsets, WH_FILES_MAX * sizeof(uint64_t), err);
    if (!origin->path || !origin->content_offsets)
        return wh_no_memory(err);
    WH_TRY(index_versions(known, err));
    WH_TRY(wh_anonymous_file(&fd, err));
    WH_TRY(write_contents(known, origin->header, fd, origin->content_offsets, &length, err));
    return map_contents(fd, length, &origin->payload, err);
}

wh_status wh_origin_of_list(const struct wh_listed_file *files, uint32_t count,
    const struct wh_package_file *const *versions, uint32_t version_count,
    struct wh_package_file *out_origin, struct wh_error *err)
{
    wh_cleanup(clear_known) struct known known = {.versions = versions, .count = version_count};
    wh_cleanup(wh_package_clear) struct wh_package_file origin = WH_PACKAGE_FILE_NONE;

    WH_TRY(fill(files, count, &known, &origin, err));
    *out_origin = origin;
    origin = (struct wh_package_file)WH_PACKAGE_FILE_NONE;
    return WH_OK;
}
