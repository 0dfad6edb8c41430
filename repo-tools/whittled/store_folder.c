/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_folder.c - a store in a folder, for all processes that see it: files of 256 folders, whose
 * times of modification say when they were last used. store_sweep.c makes room. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "whittle/cleanup.h"
#include "whittled/store_kind.h"
#include "whittled/store_sweep.h"

struct state {
    char *path;
    int folder;
    uint64_t max; /* bytes; 0: no end */
    pthread_mutex_t lock;
    uint64_t since_sweep; /* bytes that were put here; others put too */
    uint64_t sweep_after; /* so many of them */
};

/* A file that was used within this time is not marked as used again. */
enum { FRESH_SECONDS = 60 };

static void close_state(void *opaque)
{
    struct state *state = opaque;

    wh_close_fd(&state->folder);
    (void)pthread_mutex_destroy(&state->lock);
    free(state->path);
    free(state);
}

static void cleanup_state(struct state **state)
{
    if (*state)
        close_state(*state);
}

static wh_status open_state(
    const struct wh_store_place *place, void **out_state, struct wh_error *err)
{
    wh_cleanup(cleanup_state) struct state *state = calloc(1, sizeof *state);

    if (!state)
        return wh_no_memory(err);
    state->folder = -1;
    state->max = place->folder_max;
    (void)pthread_mutex_init(&state->lock, NULL);
    state->path = strdup(place->folder);
    if (!state->path)
        return wh_no_memory(err);
    if (mkdir(state->path, 0755) < 0 && errno != EEXIST)
        return wh_fail_errno(err, "%s", state->path);
    state->folder = open(state->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (state->folder < 0)
        return wh_fail_errno(err, "%s", state->path);
    *out_state = wh_take(state);
    return WH_OK;
}

static wh_status open_object(struct state *state, const uint8_t *sha256, int *out_fd,
    struct stat *out_info, struct wh_error *err)
{
    char name[WH_OBJECT_NAME_LENGTH];

    wh_object_name(sha256, name);
    wh_autoclose int fd = openat(
        state->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return wh_fail(err, WH_MISSING, "%s/%s: not there", state->path, name);
    if (fd < 0 || fstat(fd, out_info) < 0)
        return wh_fail_errno(err, "%s/%s", state->path, name);
    if (!S_ISREG(out_info->st_mode) || (uint64_t)out_info->st_size > WH_BUNDLE_MAX)
        return wh_fail(err, WH_MISMATCH, "%s/%s: no bundle", state->path, name);
    *out_fd = fd;
    fd = -1;
    return WH_OK;
}

static void mark_used(int fd, const struct stat *info)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (info->st_mtim.tv_sec < now.tv_sec - FRESH_SECONDS || info->st_mtim.tv_sec > now.tv_sec)
        (void)futimens(fd, NULL); /* of somebody else's file perhaps: then it just is older */
}

static wh_status get(
    void *opaque, const uint8_t *sha256, struct wh_buffer *out_bytes, struct wh_error *err)
{
    struct state *state = opaque;
    wh_autoclose int fd = -1;
    struct stat info;

    WH_TRY(open_object(state, sha256, &fd, &info, err));
    WH_TRY(wh_read_whole(fd, state->path, out_bytes, err));
    mark_used(fd, &info);
    return WH_OK;
}

static wh_status open_file(
    void *opaque, const uint8_t *sha256, int *out_fd, uint64_t *out_size, struct wh_error *err)
{
    struct stat info;

    WH_TRY(open_object(opaque, sha256, out_fd, &info, err));
    mark_used(*out_fd, &info);
    *out_size = (uint64_t)info.st_size;
    return WH_OK;
}

static void remove_object(void *opaque, const uint8_t *sha256)
{
    struct state *state = opaque;
    char name[WH_OBJECT_NAME_LENGTH];

    wh_object_name(sha256, name);
    (void)unlinkat(state->folder, name, 0);
}

/* ---- putting ----------------------------------------------------------------------------------
 */

/* Is it there already, and right? */
static bool has_object(struct state *state, const uint8_t *sha256, size_t length)
{
    wh_autoclose int fd = -1;
    struct wh_digest digest;
    struct stat info;

    if (open_object(state, sha256, &fd, &info, NULL) != WH_OK || (uint64_t)info.st_size != length ||
        wh_file_digest(fd, state->path, WH_SHA256, &digest, NULL) != WH_OK ||
        memcmp(digest.bytes, sha256, WH_SHA256_LENGTH) != 0)
        return false;
    mark_used(fd, &info);
    return true;
}

/* Names that no two processes choose, on whichever machine they are. */
static wh_status unfinished_name(char out_name[WH_UNFINISHED_LENGTH], struct wh_error *err)
{
    uint8_t random[16];
    char hex[2 * sizeof random + 1];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return wh_fail_errno(err, "random bytes");
    wh_hex(random, sizeof random, hex);
    (void)snprintf(out_name, WH_UNFINISHED_LENGTH, "%s%s", WH_UNFINISHED_PREFIX, hex);
    return WH_OK;
}

static wh_status write_object(
    struct state *state, int folder, const char *name, struct wh_bytes bytes, struct wh_error *err)
{
    char unfinished[WH_UNFINISHED_LENGTH];

    WH_TRY(unfinished_name(unfinished, err));
    wh_autoclose int fd = openat(
        folder, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return wh_fail_errno(err, "%s/%s", state->path, name);
    wh_status status = wh_write_at(fd, state->path, 0, bytes.data, bytes.length, err);
    if (status == WH_OK && fsync(fd) < 0)
        status = wh_fail_errno(err, "%s/%s", state->path, name);
    if (status == WH_OK && renameat(folder, unfinished, folder, name) < 0)
        status = wh_fail_errno(err, "%s/%s", state->path, name);
    if (status != WH_OK)
        (void)unlinkat(folder, unfinished, 0);
    return status;
}

static wh_status open_part(
    struct state *state, const char *object, int *out_folder, struct wh_error *err)
{
    char part[] = {object[0], object[1], '\0'};

    if (mkdirat(state->folder, part, 0755) < 0 && errno != EEXIST)
        return wh_fail_errno(err, "%s/%s", state->path, part);
    *out_folder = openat(state->folder, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return *out_folder < 0 ? wh_fail_errno(err, "%s/%s", state->path, part) : WH_OK;
}

/* How much was put by all is known from looking only: it is looked after each sixteenth that was
 * put here, and at first. */
static bool is_time_to_sweep(struct state *state, size_t length)
{
    (void)pthread_mutex_lock(&state->lock);
    state->since_sweep += length;
    bool due = state->max > 0 && state->since_sweep >= state->sweep_after;
    if (due) {
        state->since_sweep = 0;
        state->sweep_after = state->max / 16;
    }
    (void)pthread_mutex_unlock(&state->lock);
    return due;
}

static wh_status put(
    void *opaque, const uint8_t *sha256, struct wh_bytes bytes, struct wh_error *err)
{
    struct state *state = opaque;
    char name[WH_OBJECT_NAME_LENGTH];
    wh_autoclose int folder = -1;

    if (state->max > 0 && bytes.length > state->max)
        return wh_fail(err, WH_OVER_LIMIT, "%s: may not hold %zu bytes", state->path, bytes.length);
    if (has_object(state, sha256, bytes.length))
        return WH_OK;
    wh_object_name(sha256, name);
    WH_TRY(open_part(state, name, &folder, err));
    WH_TRY(write_object(state, folder, name + 3, bytes, err));
    if (is_time_to_sweep(state, bytes.length))
        wh_store_sweep(state->folder, state->max);
    return WH_OK;
}

const struct wh_store_kind wh_store_folder = {
    .open = open_state,
    .close = close_state,
    .put = put,
    .get = get,
    .remove = remove_object,
    .open_file = open_file,
};
