/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk.h - files below a root, opened so that nothing but a regular file of the expected size is
 * ever read. */
#ifndef WHITTLE_DISK_H
#define WHITTLE_DISK_H

#include "observe/installed.h"

/* Opens path (from the rpm database) below the root: links in its folders resolve inside the root,
 * its last component is not followed. WH_MISSING: absent, no regular file, or not size bytes. */
WH_MUST_CHECK wh_status wh_disk_open(const struct wh_system *system, const char *path,
    uint64_t size, int *out_fd, struct wh_error *err);

/* The installed package's files as a source of contents. Keeps the last file open. */
struct wh_disk_source {
    const struct wh_system *system;
    const struct wh_installed *installed;
    uint32_t file; /* that fd is of */
    int fd;        /* -1 at first */
};

/* wh_source.read of whittle/assemble.h, with a struct wh_disk_source as its context. */
wh_status wh_disk_read(void *context, uint32_t file, uint64_t offset, uint8_t *out, size_t length,
    struct wh_error *err);
void wh_disk_source_clear(struct wh_disk_source *source);

#endif
