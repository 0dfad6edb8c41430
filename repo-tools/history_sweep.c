/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_sweep.c - removes contents that no kept package needs; see history_add.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "history_add.h"
#include "kept_content.h"
#include "whittle/cleanup.h"

/* SHA-256s that records name: sorted, once it is full. */
struct needed {
    uint8_t (*digests)[WH_SHA256_LENGTH];
    size_t count;
    size_t room;
};

static void clear_needed(struct needed *needed)
{
    free(needed->digests);
}

static void close_folder(DIR **folder)
{
    if (*folder)
        (void)closedir(*folder);
}

static int order_digests(const void *left, const void *right)
{
    return memcmp(left, right, WH_SHA256_LENGTH);
}

/* Room for so many more. */
static wh_status make_room(struct needed *needed, size_t more, struct wh_error *err)
{
    size_t count = needed->count + more;

    if (count > needed->room) {
        size_t room = 2 * count;
        void *grown = reallocarray(needed->digests, room, WH_SHA256_LENGTH);
        if (!grown)
            return wh_no_memory(err);
        needed->digests = grown;
        needed->room = room;
    }
    return WH_OK;
}

/* Contents, and what they are based on. */
static wh_status need(const struct wh_history *history, struct needed *needed,
    const struct wh_kept_record *record, struct wh_error *err)
{
    WH_TRY(make_room(needed, 2 * (size_t)record->content_count, err));
    for (uint32_t i = 0; i < record->content_count; i++) {
        const uint8_t *sha256 = record->contents + (size_t)i * WH_SHA256_LENGTH;
        struct wh_content_base base = {0};
        wh_status status = wh_kept_content_base(history, sha256, &base, err);
        if (status == WH_SYSTEM)
            return status;
        memcpy(needed->digests[needed->count++], sha256, WH_SHA256_LENGTH);
        if (status == WH_OK && base.length > 0)
            memcpy(needed->digests[needed->count++], base.sha256, WH_SHA256_LENGTH);
    }
    return WH_OK;
}

static DIR *open_list(int parent, const char *name)
{
    int own = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return own < 0 ? NULL : fdopendir(own);
}

/* A file that stays is counted; one that was not finished is none. */
static bool pass_over(int folder, const char *name, uint64_t *bytes)
{
    struct stat info;

    if (strncmp(name, WH_UNFINISHED_PREFIX, strlen(WH_UNFINISHED_PREFIX)) == 0) {
        (void)unlinkat(folder, name, 0);
        return true;
    }
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(info.st_mode))
        return true;
    *bytes = (uint64_t)info.st_size;
    return false;
}

static wh_status read_records(const struct wh_history *history, struct needed *needed,
    struct wh_swept *swept, struct wh_error *err)
{
    wh_cleanup(close_folder) DIR *folder = open_list(history->folder, "packages");
    const struct dirent *entry;
    uint64_t bytes;

    if (!folder)
        return wh_fail_errno(err, "%s/packages", history->path);
    while ((entry = readdir(folder)) != NULL) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {0};
        struct wh_kept_record record;
        wh_autofree char *location = NULL;
        if (pass_over(dirfd(folder), entry->d_name, &bytes))
            continue;
        swept->stored_bytes += bytes;
        if (asprintf(&location, "packages/%s", entry->d_name) < 0) {
            location = NULL;
            return wh_no_memory(err);
        }
        if (!needed)
            continue;
        WH_TRY(wh_history_record(history, location, &plain, &record, err));
        WH_TRY(need(history, needed, &record, err));
    }
    return WH_OK;
}

static bool is_needed(const struct needed *needed, const char *name)
{
    uint8_t digest[WH_SHA256_LENGTH];

    return strlen(name) == 2 * sizeof digest &&
           wh_unhex(name, 2 * sizeof digest, digest, sizeof digest) && needed->count > 0 &&
           bsearch(digest, needed->digests, needed->count, sizeof digest, order_digests) != NULL;
}

/* needed: NULL: all are. */
static void sweep_folder(
    int contents, const char *name, const struct needed *needed, struct wh_swept *swept)
{
    wh_cleanup(close_folder) DIR *folder = open_list(contents, name);
    const struct dirent *entry;
    uint64_t bytes;

    while (folder && (entry = readdir(folder)) != NULL) {
        if (pass_over(dirfd(folder), entry->d_name, &bytes))
            continue;
        bool goes = needed && !is_needed(needed, entry->d_name);
        if (goes && unlinkat(dirfd(folder), entry->d_name, 0) == 0)
            swept->removed++;
        else
            swept->stored_bytes += bytes;
    }
    if (needed)
        (void)unlinkat(contents, name, AT_REMOVEDIR); /* if nothing is left in it */
}

wh_status wh_history_sweep(const struct wh_history *history, bool only_count,
    struct wh_swept *out_swept, struct wh_error *err)
{
    wh_cleanup(clear_needed) struct needed needed = {0};
    wh_cleanup(close_folder) DIR *contents = open_list(history->folder, "contents");
    struct wh_swept swept = {0};
    const struct dirent *entry;

    if (!contents)
        return wh_fail_errno(err, "%s/contents", history->path);
    WH_TRY(read_records(history, only_count ? NULL : &needed, &swept, err));
    if (needed.count > 0)
        qsort(needed.digests, needed.count, sizeof *needed.digests, order_digests);
    while ((entry = readdir(contents)) != NULL)
        if (entry->d_name[0] != '.')
            sweep_folder(dirfd(contents), entry->d_name, only_count ? NULL : &needed, &swept);
    *out_swept = swept;
    return WH_OK;
}
