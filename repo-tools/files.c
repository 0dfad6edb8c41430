/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.c - see files.h. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whittle/cleanup.h"

bool wh_location_is_safe(const char *location)
{
    if (location[0] == '\0' || location[0] == '/' || strlen(location) >= 4096)
        return false;
    for (const char *at = location; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == '\\')
            return false;
    for (const char *part = location; part;) {
        size_t length = strcspn(part, "/");
        bool dots = (length == 1 && part[0] == '.') ||
                    (length == 2 && part[0] == '.' && part[1] == '.');
        if (length == 0 || dots)
            return false;
        part = part[length] ? part + length + 1 : NULL;
    }
    return true;
}

wh_status wh_open_below(
    int folder, const char *folder_name, const char *location, int *out_fd, struct wh_error *err)
{
    struct stat info;

    if (!wh_location_is_safe(location))
        return wh_fail(
            err, WH_MALFORMED, "%s: its metadata names a file outside of it", folder_name);
    wh_autoclose int fd = openat(folder, location, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return wh_fail(err, WH_MISSING, "%s/%s: not there", folder_name, location);
    if (fd < 0)
        return wh_fail_errno(err, "%s/%s", folder_name, location);
    if (fstat(fd, &info) < 0)
        return wh_fail_errno(err, "%s/%s", folder_name, location);
    if (!S_ISREG(info.st_mode))
        return wh_fail(err, WH_MALFORMED, "%s/%s: not a regular file", folder_name, location);
    *out_fd = fd;
    fd = -1;
    return WH_OK;
}

wh_status wh_read_at(
    int fd, const char *name, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err)
{
    while (length > 0) {
        ssize_t got = pread(fd, out, length, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return wh_fail_errno(err, "%s", name);
        if (got == 0)
            return wh_fail(err, WH_MALFORMED, "%s: it is cut short", name);
        out += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return WH_OK;
}

wh_status wh_write_at(int fd, const char *name, uint64_t offset, const uint8_t *data, size_t length,
    struct wh_error *err)
{
    while (length > 0) {
        ssize_t put = pwrite(fd, data, length, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return wh_fail_errno(err, "%s", name);
        data += put;
        offset += (uint64_t)put;
        length -= (size_t)put;
    }
    return WH_OK;
}

#define CHUNK (1u << 18)

/* What a whole file is given to, piece by piece. */
typedef void take_fn(void *context, const uint8_t *data, size_t length);

static wh_status each_chunk(
    int fd, const char *name, take_fn *take, void *context, struct wh_error *err)
{
    wh_autofree uint8_t *chunk = malloc(CHUNK);
    uint64_t offset = 0;

    if (!chunk)
        return wh_no_memory(err);
    for (;;) {
        ssize_t got = pread(fd, chunk, CHUNK, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return wh_fail_errno(err, "%s", name);
        if (got == 0)
            return WH_OK;
        take(context, chunk, (size_t)got);
        offset += (uint64_t)got;
    }
}

static void append(void *context, const uint8_t *data, size_t length)
{
    wh_buffer_append(context, data, length);
}

static void update(void *context, const uint8_t *data, size_t length)
{
    wh_hasher_update(context, data, length);
}

wh_status wh_read_whole(int fd, const char *name, struct wh_buffer *out, struct wh_error *err)
{
    struct stat info;

    if (fstat(fd, &info) < 0)
        return wh_fail_errno(err, "%s", name);
    if (info.st_size < 0 || (uint64_t)info.st_size > out->ceiling)
        return wh_fail(err, WH_OVER_LIMIT, "%s: larger than %zu bytes", name, out->ceiling);
    WH_TRY(each_chunk(fd, name, append, out, err));
    return wh_buffer_check(out, err);
}

wh_status wh_file_digest(int fd, const char *name, uint32_t algorithm, struct wh_digest *out_digest,
    struct wh_error *err)
{
    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = NULL;

    WH_TRY(wh_hasher_new(algorithm, &hasher, err));
    WH_TRY(each_chunk(fd, name, update, hasher, err));
    return wh_hasher_finish(hasher, out_digest, err);
}

wh_status wh_anonymous_file(int *out_fd, struct wh_error *err)
{
    const char *folder = getenv("TMPDIR");

    if (!folder || folder[0] != '/')
        folder = "/var/tmp";
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) { /* no O_TMPFILE there */
        wh_autofree char *name = NULL;
        if (asprintf(&name, "%s/whittle-repo.XXXXXX", folder) < 0)
            return wh_no_memory(err);
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            (void)unlink(name);
    }
    if (fd < 0)
        return wh_fail_errno(err, "a temporary file in %s", folder);
    *out_fd = fd;
    return WH_OK;
}

wh_status wh_place_file(int folder, const char *name, struct wh_bytes content, struct wh_error *err)
{
    char unfinished[] = WH_UNFINISHED_PREFIX "0000000000";

    /* Thread numbers differ between threads and between processes. */
    (void)snprintf(
        unfinished, sizeof unfinished, "%s%010u", WH_UNFINISHED_PREFIX, (unsigned)gettid());
    (void)unlinkat(folder, unfinished, 0);
    wh_autoclose int fd = openat(
        folder, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return wh_fail_errno(err, "%s", name);
    wh_status status = wh_write_at(fd, name, 0, content.data, content.length, err);
    if (status == WH_OK && fsync(fd) < 0)
        status = wh_fail_errno(err, "%s", name);
    if (status == WH_OK && renameat(folder, unfinished, folder, name) < 0)
        status = wh_fail_errno(err, "%s", name);
    if (status != WH_OK)
        (void)unlinkat(folder, unfinished, 0);
    return status;
}

wh_status wh_name_file(const char *name, wh_status status, struct wh_error *err)
{
    char message[sizeof err->message];

    if (status == WH_OK || !err || strncmp(err->message, name, strlen(name)) == 0)
        return status;
    (void)snprintf(message, sizeof message, "%s", err->message);
    int number = err->sys_errno;
    (void)wh_fail(err, status, "%s: %s", name, message);
    err->sys_errno = number;
    return status;
}

wh_status wh_open_folder_of(
    const char *path, int *out_folder, const char **out_name, struct wh_error *err)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    wh_autofree char *folder = slash ? strndup(path, length) : strdup(".");

    if (!folder)
        return wh_no_memory(err);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return wh_fail_errno(err, "%s", folder);
    *out_folder = fd;
    *out_name = slash ? slash + 1 : path;
    return WH_OK;
}
