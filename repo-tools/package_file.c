/* SPDX-License-Identifier: GPL-2.0-or-later */
/* package_file.c - see package_file.h. */
#include "package_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "files.h"
#include "payload.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static wh_status read_prefix(struct wh_package_file *package, struct wh_error *err)
{
    size_t have = 0;
    size_t needed = 0;

    for (;;) {
        WH_TRY(wh_prefix_measure((struct wh_bytes){package->prefix_bytes, have}, &needed, err));
        if (needed <= have)
            break;
        if (needed > package->size)
            return wh_fail(err, WH_MALFORMED, "%s: it is cut short", package->path);
        uint8_t *bytes = realloc(package->prefix_bytes, needed);
        if (!bytes)
            return wh_no_memory(err);
        package->prefix_bytes = bytes;
        WH_TRY(wh_read_at(package->fd, package->path, have, bytes + have, needed - have, err));
        have = needed;
    }
    WH_TRY(
        wh_prefix_parse((struct wh_bytes){package->prefix_bytes, needed}, &package->prefix, err));
    return wh_header_parse(package->prefix.header.bytes, &package->header, err);
}

wh_status wh_package_open(int folder, const char *folder_name, const char *location,
    struct wh_package_file *out_package, struct wh_error *err)
{
    wh_cleanup(wh_package_clear) struct wh_package_file package = WH_PACKAGE_FILE_NONE;
    struct stat info;

    WH_TRY(wh_open_below(folder, folder_name, location, &package.fd, err));
    if (asprintf(&package.path, "%s/%s", folder_name, location) < 0) {
        package.path = NULL;
        return wh_no_memory(err);
    }
    if (fstat(package.fd, &info) < 0)
        return wh_fail_errno(err, "%s", package.path);
    package.size = (uint64_t)info.st_size;
    WH_TRY(wh_name_file(package.path, read_prefix(&package, err), err));
    *out_package = package;
    package = (struct wh_package_file)WH_PACKAGE_FILE_NONE;
    return WH_OK;
}

void wh_package_clear(struct wh_package_file *package)
{
    if (package->payload.data)
        /* mmap gave it, so it was never const. */
        (void)munmap((void *)(uintptr_t)package->payload.data, package->payload.length);
    wh_skeleton_clear(&package->skeleton);
    free(package->content_offsets);
    wh_header_free(package->header);
    free(package->prefix_bytes);
    free(package->path);
    if (package->fd >= 0)
        (void)close(package->fd);
    *package = (struct wh_package_file)WH_PACKAGE_FILE_NONE;
}

/* The most that a payload may have: contents, and for each file its header, name, link target and
 * padding. A foreign builder may pad more, so the second part counts twice. */
static uint64_t payload_ceiling(const struct wh_header *header)
{
    uint64_t contents = 0; /* bounded by wh_header_parse() */
    uint64_t frame = 1024;

    for (uint32_t i = 0; i < header->file_count; i++) {
        const struct wh_file *file = &header->files[i];
        if (file->has_content)
            contents += file->size;
        frame += 128 + strlen(file->dirname) + strlen(file->basename) + strlen(file->linkto);
    }
    return contents + 2 * frame;
}

/* Every member of a hardlink set points at the one that carries the content. */
wh_status wh_package_locate(struct wh_package_file *package, struct wh_error *err)
{
    const struct wh_header *header = package->header;
    const struct wh_skeleton *skeleton = &package->skeleton;
    uint64_t offset = 0;

    package->content_offsets = wh_array(header->file_count, sizeof *package->content_offsets,
        WH_FILES_MAX * sizeof *package->content_offsets, err);
    if (!package->content_offsets)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < header->file_count; i++)
        package->content_offsets[i] = UINT64_MAX;
    for (uint32_t i = 0; i < skeleton->piece_count; i++) {
        uint32_t file = skeleton->pieces[i].file;
        offset += skeleton->pieces[i].skeleton_length;
        for (uint32_t link = 0; link < header->files[file].link_count; link++) {
            package->content_offsets[file] = offset;
            if (header->files[file].link_count > 1)
                file = header->files[file].link_next;
        }
        offset += header->files[skeleton->pieces[i].file].size;
    }
    return WH_OK;
}

wh_status wh_package_unpack(struct wh_package_file *package, struct wh_error *err)
{
    const struct wh_payload_job job = {
        .fd = package->fd,
        .path = package->path,
        .offset = package->prefix.bytes.length,
        .ceiling = payload_ceiling(package->header),
        .digests = package->header->payload_alt,
        .digest_count = package->header->payload_alt_count,
    };

    WH_TRY(wh_payload_unpack(&job, &package->payload, err));
    wh_status status = wh_skeleton_read(package->header, package->payload, &package->skeleton, err);
    /* Its digest held, so it is as its builder made it: strange, not damaged. */
    if (status == WH_MALFORMED)
        status = WH_UNSUPPORTED;
    WH_TRY(wh_name_file(package->path, status, err));
    wh_package_forget(package);
    return wh_package_locate(package, err);
}

void wh_package_forget(const struct wh_package_file *package)
{
    if (package->payload.data)
        (void)madvise(
            (void *)(uintptr_t)package->payload.data, package->payload.length, MADV_DONTNEED);
}

struct wh_bytes wh_package_content(const struct wh_package_file *package, uint32_t file)
{
    uint64_t offset = package->content_offsets[file];
    uint64_t size = package->header->files[file].size;

    if (offset == UINT64_MAX || offset > package->payload.length ||
        size > package->payload.length - offset)
        return (struct wh_bytes){0};
    return (struct wh_bytes){package->payload.data + offset, (size_t)size};
}

wh_status wh_package_digest(const struct wh_package_file *package, const struct wh_digest *pkgid,
    struct wh_package_digests *out_digests, struct wh_error *err)
{
    struct wh_digest sha256;
    struct wh_digest sha512;
    struct wh_digest other;

    WH_TRY(wh_file_digest(package->fd, package->path, WH_SHA256, &sha256, err));
    WH_TRY(wh_file_digest(package->fd, package->path, WH_SHA512, &sha512, err));
    if (pkgid->length > 0) {
        other = pkgid->algorithm == WH_SHA512 ? sha512 : sha256;
        if (pkgid->algorithm != WH_SHA256 && pkgid->algorithm != WH_SHA512)
            WH_TRY(wh_file_digest(package->fd, package->path, pkgid->algorithm, &other, err));
        if (!wh_digest_equal(&other, pkgid))
            return wh_fail(err, WH_MISMATCH,
                "%s: its checksum is not the one in the metadata; run createrepo_c again",
                package->path);
    }
    memcpy(out_digests->sha256, sha256.bytes, sizeof out_digests->sha256);
    memcpy(out_digests->sha512, sha512.bytes, sizeof out_digests->sha512);
    return WH_OK;
}
