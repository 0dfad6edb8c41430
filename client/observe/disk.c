/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk.c - see disk.h. */
#include "observe/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "whittle/cleanup.h"

/* O_NONBLOCK: a fifo in a file's place must not stop us. */
#define OPEN_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

static int open_below(const struct wh_system *system, const char *path)
{
    struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_IN_ROOT};
    int fd = (int)syscall(SYS_openat2, system->root_fd, path, &how, sizeof how);

    /* Kernels before 5.6 and some sandboxes lack the call. For this system's own root the ordinary
     * one does the same; another root's links could lead outside, so its files count as absent. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM) && strcmp(system->root, "/") == 0)
        fd = open(path, OPEN_FLAGS);
    return fd;
}

wh_status wh_disk_open(const struct wh_system *system, const char *path, uint64_t size, int *out_fd,
    struct wh_error *err)
{
    wh_autoclose int fd = open_below(system, path);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0)
        return wh_fail(err, WH_MISSING, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size != size)
        return wh_fail(err, WH_MISSING, "%s is not as packaged any more", path);
    *out_fd = fd;
    fd = -1;
    return WH_OK;
}

wh_status wh_disk_read(void *context, uint32_t file, uint64_t offset, uint8_t *out, size_t length,
    struct wh_error *err)
{
    struct wh_disk_source *source = context;
    const char *path = source->installed->paths[file];

    if (source->fd < 0 || source->file != file) {
        wh_disk_source_clear(source);
        WH_TRY(wh_disk_open(
            source->system, path, source->installed->header->files[file].size, &source->fd, err));
        source->file = file;
    }
    while (length > 0) {
        ssize_t count = pread(source->fd, out, length, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) /* an unreadable or shrunken file is one that we do not have */
            return wh_fail(err, WH_MISSING, "%s cannot be read", path);
        out += count;
        offset += (uint64_t)count;
        length -= (size_t)count;
    }
    return WH_OK;
}

void wh_disk_source_clear(struct wh_disk_source *source)
{
    wh_close_fd(&source->fd);
    source->fd = -1;
}
