/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header_fuzz.c - a main header with its magic: file list, digests' places, rules for the payload.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "whittle/bundle.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void check_links(const struct wh_header *header, uint32_t file)
{
    const struct wh_file *files = header->files;
    uint32_t member = file;
    uint32_t with_content = 0;

    if (files[file].link_count == 1) {
        promise(files[file].link_next == WH_NO_FILE);
        return;
    }
    for (uint32_t i = 0; i < files[file].link_count; i++) {
        promise(member < header->file_count);
        promise(files[member].link_count == files[file].link_count);
        promise(files[member].device == files[file].device);
        promise(files[member].inode == files[file].inode);
        with_content += files[member].has_content;
        member = files[member].link_next;
    }
    promise(member == file);
    promise(with_content <= 1);
}

static void check_files(const struct wh_header *header)
{
    promise(header->file_count <= WH_FILES_MAX);
    for (uint32_t i = 0; i < header->file_count; i++) {
        const struct wh_file *file = &header->files[i];
        promise(file->dirname && file->basename && file->linkto && file->digest);
        promise(strlen(file->dirname) + strlen(file->basename) <= WH_PATH_MAX);
        promise(!file->has_content || (S_ISREG(file->mode) && file->size > 0));
        promise(!file->has_content || !(file->flags & WH_FILE_GHOST));
        check_links(header, i);
    }
}

static void check_offsets(struct wh_bytes bytes, const struct wh_header *header)
{
    wh_autofree size_t *offsets = NULL;
    struct wh_error err = {0};

    if (!fuzz_ok(wh_header_digest_offsets(bytes, header, &offsets, &err), &err))
        return;
    for (uint32_t i = 0; i < header->file_count; i++) {
        size_t length = strlen(header->files[i].digest) + 1;
        promise(offsets[i] <= bytes.length && length <= bytes.length - offsets[i]);
        promise(memcmp(bytes.data + offsets[i], header->files[i].digest, length) == 0);
    }
}

static void check_map(const struct wh_header *header)
{
    wh_cleanup(wh_file_map_cleanup) struct wh_file_map *map = NULL;

    promise(wh_file_map_new(header, &map, NULL) == WH_OK);
    for (uint32_t i = 0; i < header->file_count; i++) {
        const struct wh_file *file = &header->files[i];
        uint32_t found = wh_file_map_path(map, file->dirname, file->basename);
        promise(found < header->file_count);
        promise(strcmp(header->files[found].dirname, file->dirname) == 0);
        promise(strcmp(header->files[found].basename, file->basename) == 0);
        if (!file->has_content || !file->digest[0])
            continue;
        bool self = false;
        uint32_t steps = 0;
        for (found = wh_file_map_digest(map, file->digest, file->size); found != WH_NO_FILE;
             found = wh_file_map_digest_next(map, found)) {
            promise(steps++ < header->file_count);
            promise(header->files[found].size == file->size);
            promise(strcmp(header->files[found].digest, file->digest) == 0);
            self |= found == i;
        }
        promise(self);
    }
}

static void check_generated(const struct wh_header *header)
{
    wh_cleanup(wh_skeleton_clear) struct wh_skeleton skeleton = {0};
    uint32_t contents = 0;
    struct wh_error err = {0};

    if (!fuzz_ok(wh_skeleton_generate(header, &skeleton, &err), &err))
        return;
    fuzz_check_skeleton(header, &skeleton);
    for (uint32_t i = 0; i < header->file_count; i++)
        contents += header->files[i].has_content;
    promise(skeleton.piece_count == contents);
    for (uint32_t i = 0; i < skeleton.piece_count; i++)
        promise(header->files[skeleton.pieces[i].file].has_content);
    fuzz_check_correction(header, &skeleton);
    fuzz_accept();
}

/* No name of a package leads out of the bundles' folder. */
static void check_names(const struct wh_header *header)
{
    wh_autofree char *nvra = wh_header_nvra(header);
    wh_autofree char *nevra = wh_header_nevra(header);
    wh_autofree char *location = NULL;

    promise(nvra && nevra);
    if (wh_bundle_location(nvra, header->id, &location, NULL) != WH_OK)
        return;
    promise(strncmp(location, "whittle/", 8) == 0);
    promise(location[8] != '.' && !strchr(location + 8, '/'));
    for (const char *at = location; *at; at++)
        promise((unsigned char)*at > 0x20 && *at != 0x7f);
}

/* What the rpm database would give back of it has the same id, or is another header. */
static void check_export(struct wh_bytes bytes, const struct wh_header *header)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = WH_PREFIX_MAX};
    struct wh_raw_header raw;

    if (wh_header_export(header->private, &out, NULL) != WH_OK)
        return;
    promise(wh_raw_header_parse(wh_buffer_bytes(&out), &raw, NULL) == WH_OK);
    promise(out.length <= bytes.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(wh_header_cleanup) struct wh_header *header = NULL;
    struct wh_bytes bytes = {data, size};
    uint8_t id[WH_SHA256_LENGTH];
    struct wh_error err = {0};

    if (!fuzz_ok(wh_header_parse(bytes, &header, &err), &err))
        return 0;
    promise(wh_header_id(bytes, id, NULL) == WH_OK);
    promise(memcmp(id, header->id, sizeof id) == 0);
    promise(header->payload_alt_count <= 3);
    for (uint32_t i = 0; i < header->payload_alt_count; i++)
        promise(
            header->payload_alt[i].length == wh_digest_length(header->payload_alt[i].algorithm));
    check_files(header);
    check_offsets(bytes, header);
    check_map(header);
    check_generated(header);
    check_names(header);
    check_export(bytes, header);
    return 0;
}
