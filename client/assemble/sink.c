/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sink.c - see sink.h. */
#include "assemble/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whittle/cleanup.h"

#define PACKAGE_MODE 0644 /* as package managers leave their downloads */

/* A name in the folder that nobody has; the caller frees. */
static wh_status make_name(const struct wh_sink_file *file, char **out_name, struct wh_error *err)
{
    uint64_t number;
    char *name;

    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return wh_fail_errno(err, "%s: no name for a temporary file", file->name);
    if (asprintf(&name, ".whittle-%016llx", (unsigned long long)number) < 0)
        return wh_no_memory(err);
    *out_name = name;
    return WH_OK;
}

/* File systems without nameless files (ramfs has them, some overlays do not). */
static wh_status open_named(struct wh_sink_file *file, struct wh_error *err)
{
    WH_TRY(make_name(file, &file->stopgap, err));
    file->fd = openat(file->folder_fd, file->stopgap,
        O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PACKAGE_MODE);
    if (file->fd >= 0)
        return WH_OK;
    wh_status status = wh_fail_errno(err, "%s: cannot create a temporary file", file->name);
    free(file->stopgap);
    file->stopgap = NULL;
    return status;
}

static wh_status open_nameless(struct wh_sink_file *file, struct wh_error *err)
{
    file->fd = openat(file->folder_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, PACKAGE_MODE);
    if (file->fd >= 0)
        return WH_OK;
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)
        return open_named(file, err);
    return wh_fail_errno(err, "%s: cannot create a temporary file", file->name);
}

/* Without fallocate() a full disk shows at the first write that does not fit. */
static wh_status reserve(const struct wh_sink_file *file, uint64_t size, struct wh_error *err)
{
    if (fallocate(file->fd, 0, 0, (off_t)size) < 0 && errno != EOPNOTSUPP && errno != ENOSYS)
        return wh_fail_errno(
            err, "%s: no room for %llu bytes", file->name, (unsigned long long)size);
    return WH_OK;
}

wh_status wh_sink_open(
    const char *destination, uint64_t size, struct wh_sink_file *out_file, struct wh_error *err)
{
    wh_cleanup(wh_sink_close) struct wh_sink_file file = {.fd = -1, .folder_fd = -1};
    const char *slash = strrchr(destination, '/');
    wh_autofree char *folder = slash ? strndup(destination, (size_t)(slash - destination) + 1)
                                     : NULL;

    if (!slash || slash[1] == '\0')
        return wh_fail(err, WH_MALFORMED, "%s: not a file name", destination);
    file.name = strdup(slash + 1);
    if (!folder || !file.name)
        return wh_no_memory(err);
    file.folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file.folder_fd < 0)
        return wh_fail_errno(err, "%s", folder);
    WH_TRY(open_nameless(&file, err));
    WH_TRY(reserve(&file, size, err));
    *out_file = file;
    file = (struct wh_sink_file){.fd = -1, .folder_fd = -1};
    return WH_OK;
}

static wh_status sink_write(
    void *context, uint64_t offset, const uint8_t *data, size_t length, struct wh_error *err)
{
    const struct wh_sink_file *file = context;

    while (length > 0) {
        ssize_t count = pwrite(file->fd, data, length, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return wh_fail_errno(err, "%s: cannot write", file->name);
        data += count;
        offset += (uint64_t)count;
        length -= (size_t)count;
    }
    return WH_OK;
}

static wh_status sink_read(
    void *context, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err)
{
    const struct wh_sink_file *file = context;

    while (length > 0) {
        ssize_t count = pread(file->fd, out, length, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return wh_fail_errno(err, "%s: cannot read back", file->name);
        if (count == 0)
            return wh_fail(err, WH_MISMATCH, "%s: it is shorter than written", file->name);
        out += count;
        offset += (uint64_t)count;
        length -= (size_t)count;
    }
    return WH_OK;
}

struct wh_sink wh_sink_over(struct wh_sink_file *file)
{
    return (struct wh_sink){sink_write, sink_read, file};
}

/* linkat() replaces nothing, so a nameless file gets a stopgap name first. /proc is how a
 * descriptor is linked without CAP_DAC_READ_SEARCH. */
static wh_status give_stopgap(struct wh_sink_file *file, struct wh_error *err)
{
    char self[sizeof "/proc/self/fd/" + 3 * sizeof(int)];
    wh_autofree char *name = NULL;

    WH_TRY(make_name(file, &name, err));
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", file->fd);
    if (linkat(AT_FDCWD, self, file->folder_fd, name, AT_SYMLINK_FOLLOW) < 0)
        return wh_fail_errno(err, "%s: cannot link into place", file->name);
    file->stopgap = wh_take(name);
    return WH_OK;
}

wh_status wh_sink_link(struct wh_sink_file *file, struct wh_error *err)
{
    if (!file->stopgap)
        WH_TRY(give_stopgap(file, err));
    if (renameat(file->folder_fd, file->stopgap, file->folder_fd, file->name) < 0)
        return wh_fail_errno(err, "%s: cannot link into place", file->name);
    free(file->stopgap);
    file->stopgap = NULL;
    return WH_OK;
}

void wh_sink_close(struct wh_sink_file *file)
{
    if (file->stopgap)
        (void)unlinkat(file->folder_fd, file->stopgap, 0);
    wh_close_fd(&file->fd);
    wh_close_fd(&file->folder_fd);
    free(file->stopgap);
    free(file->name);
    *file = (struct wh_sink_file){.fd = -1, .folder_fd = -1};
}
