/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_list.c - see whittle/file_list.h. The header that is made of a list owns the strings that
 * its files point to, in one block behind them. */
#include "whittle/file_list.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { HEX_LENGTH = 2 * WH_SHA256_LENGTH + 1 };

/* For each file its path and a zero byte, its size as eight bytes, and its digest. */
wh_status wh_file_list_id(const struct wh_listed_file *files, uint32_t count,
    uint8_t out_id[WH_SHA256_LENGTH], struct wh_error *err)
{
    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = NULL;
    struct wh_digest digest;

    WH_TRY(wh_hasher_new(WH_SHA256, &hasher, err));
    for (uint32_t i = 0; i < count; i++) {
        uint8_t size[8];
        for (unsigned k = 0; k < sizeof size; k++)
            size[k] = (uint8_t)(files[i].size >> 8 * k);
        wh_hasher_update(hasher, (const uint8_t *)files[i].path, strlen(files[i].path) + 1);
        wh_hasher_update(hasher, size, sizeof size);
        wh_hasher_update(hasher, files[i].sha256, sizeof files[i].sha256);
    }
    WH_TRY(wh_hasher_finish(hasher, &digest, err));
    memcpy(out_id, digest.bytes, WH_SHA256_LENGTH);
    return WH_OK;
}

static wh_status check(const struct wh_listed_file *files, uint32_t count, struct wh_error *err)
{
    if (count > WH_FILES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "a list of %u files", count);
    for (uint32_t i = 0; i < count; i++) {
        const char *path = files[i].path;
        if (path[0] != '/' || path[strlen(path) - 1] == '/' || strlen(path) > WH_PATH_MAX)
            return wh_fail(err, WH_MALFORMED, "a list has a path that is no file's");
        if (i > 0 && strcmp(files[i - 1].path, path) >= 0)
            return wh_fail(err, WH_MALFORMED, "a list is out of order");
    }
    return WH_OK;
}

/* Directory, base name and digest take so many bytes, terminators included. */
static size_t bytes_of(const struct wh_listed_file *file)
{
    return strlen(file->path) + 2 + HEX_LENGTH;
}

/* Writes the strings of one file and gives the place behind them. */
static char *put_file(const struct wh_listed_file *from, char *at, struct wh_file *file)
{
    size_t directory = (size_t)(strrchr(from->path, '/') - from->path) + 1;
    size_t name = strlen(from->path + directory) + 1;
    char *digest = at + directory + 1 + name;

    memcpy(at, from->path, directory);
    at[directory] = '\0';
    memcpy(at + directory + 1, from->path + directory, name);
    wh_hex(from->sha256, WH_SHA256_LENGTH, digest);
    *file = (struct wh_file){
        .size = from->size,
        .dirname = at,
        .basename = at + directory + 1,
        .linkto = "",
        .digest = digest,
        .mode = S_IFREG,
        .link_next = WH_NO_FILE,
        .link_count = 1,
        .has_content = from->size > 0,
    };
    return digest + HEX_LENGTH;
}

wh_status wh_header_of_list(const struct wh_listed_file *files, uint32_t count,
    struct wh_header **out_header, struct wh_error *err)
{
    wh_cleanup(wh_header_cleanup) struct wh_header *header = calloc(1, sizeof *header);
    size_t bytes = 0;

    if (!header)
        return wh_no_memory(err);
    WH_TRY(check(files, count, err));
    for (uint32_t i = 0; i < count; i++)
        bytes += bytes_of(&files[i]);
    header->name = header->version = header->release = header->arch = "";
    header->payload_compressor = header->payload_format = "";
    header->digest_algorithm = WH_SHA256;
    header->file_count = count;
    header->files = calloc(1, count * sizeof *header->files + bytes + 1);
    if (!header->files)
        return wh_no_memory(err);
    char *at = (char *)&header->files[count];
    for (uint32_t i = 0; i < count; i++)
        at = put_file(&files[i], at, &header->files[i]);
    WH_TRY(wh_file_list_id(files, count, header->id, err));
    *out_header = wh_take(header);
    return WH_OK;
}
