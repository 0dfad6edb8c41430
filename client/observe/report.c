/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - see observe/report.h. */
#include "observe/report.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "whittle/cleanup.h"

#define CHUNK (64u << 10)

static bool content_matches(struct wh_disk_source *source, uint32_t file)
{
    const struct wh_header *header = source->installed->header;
    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = NULL;
    wh_autofree uint8_t *chunk = malloc(CHUNK);
    struct wh_digest digest;
    char hex[2 * WH_DIGEST_MAX + 1];

    if (!chunk || wh_hasher_new(header->digest_algorithm, &hasher, NULL) != WH_OK)
        return false;
    for (uint64_t offset = 0; offset < header->files[file].size;) {
        uint64_t left = header->files[file].size - offset;
        size_t length = left < CHUNK ? (size_t)left : CHUNK;
        if (wh_disk_read(source, file, offset, chunk, length, NULL) != WH_OK)
            return false;
        wh_hasher_update(hasher, chunk, length);
        offset += length;
    }
    if (wh_hasher_finish(hasher, &digest, NULL) != WH_OK)
        return false;
    wh_hex(digest.bytes, digest.length, hex);
    return strcasecmp(hex, header->files[file].digest) == 0;
}

/* A file that rpm left out or replaced may be there all the same: only its content tells. */
static bool is_as_packaged(struct wh_disk_source *source, uint32_t file)
{
    const struct wh_installed *installed = source->installed;
    const struct wh_file *entry = &installed->header->files[file];
    wh_autoclose int fd = -1;

    if (wh_disk_open(source->system, installed->paths[file], entry->size, &fd, NULL) != WH_OK)
        return false;
    if (!(entry->flags & WH_FILE_CONFIG) && installed->is_normal[file])
        return true;
    return content_matches(source, file);
}

wh_status wh_report_observe(const struct wh_system *system, const struct wh_installed *installed,
    struct wh_report *out_report, struct wh_error *err)
{
    wh_cleanup(wh_disk_source_clear) struct wh_disk_source source = {
        .system = system, .installed = installed, .fd = -1};
    struct wh_report report;

    WH_TRY(wh_report_init(&report, installed->header, err));
    for (uint32_t i = 0; i < report.file_count; i++) {
        const struct wh_file *file = &installed->header->files[i];
        bool has_bytes = S_ISREG(file->mode) && file->size > 0;
        if (file->flags & WH_FILE_GHOST)
            report.differs[i] = 1;
        else if (has_bytes)
            report.differs[i] = !is_as_packaged(&source, i);
    }
    *out_report = report;
    return WH_OK;
}

bool wh_report_has(const struct wh_report *report, const struct wh_header *header, uint32_t flags)
{
    for (uint32_t i = 0; i < report->file_count; i++)
        if (report->differs[i] && (header->files[i].flags & flags) &&
            !(header->files[i].flags & WH_FILE_GHOST))
            return true;
    return false;
}
