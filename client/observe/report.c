/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - see observe/report.h. */
#include "observe/report.h"

#include <sys/stat.h>

#include "observe/packaged.h"
#include "whittle/cleanup.h"

/* rpm gives files the time that they were packaged with; who writes one gives it another. */
static bool has_packaged_time(int fd, const struct wh_file *entry)
{
    struct stat status;

    return fstat(fd, &status) == 0 && status.st_mtime == (time_t)entry->mtime;
}

/* A file that rpm left out or replaced may be there all the same: only its content tells. */
static bool is_as_packaged(struct wh_disk_source *source, uint32_t file, enum wh_care care)
{
    const struct wh_installed *installed = source->installed;
    const struct wh_file *entry = &installed->header->files[file];
    wh_autoclose int fd = -1;

    if (wh_disk_open(source->system, installed->paths[file], entry->size, &fd, NULL) != WH_OK)
        return false;
    if (!(entry->flags & WH_FILE_CONFIG) && installed->is_normal[file] &&
        (care == WH_CARE_SIZES || has_packaged_time(fd, entry)))
        return true;
    return wh_content_is_packaged(source, file);
}

wh_status wh_report_observe(const struct wh_system *system, const struct wh_installed *installed,
    enum wh_care care, struct wh_report *out_report, struct wh_error *err)
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
            report.differs[i] = !is_as_packaged(&source, i, care);
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

bool wh_report_has_beside(
    const struct wh_report *report, const struct wh_header *header, uint32_t flags)
{
    for (uint32_t i = 0; i < report->file_count; i++)
        if (report->differs[i] && !(header->files[i].flags & (flags | WH_FILE_GHOST)))
            return true;
    return false;
}
