/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_sweep.c - see store_sweep.h. */
#include "whittled/store_sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Nobody writes one file for so long. */
enum { ABANDONED_SECONDS = 3600 };

struct object {
    uint8_t sha256[WH_SHA256_LENGTH];
    uint64_t size;
    struct timespec used;
};

struct objects {
    struct object *list;
    uint32_t count;
    uint64_t bytes;
};

static void clear_objects(struct objects *objects)
{
    free(objects->list);
}

static void close_folder(DIR **folder)
{
    if (*folder)
        (void)closedir(*folder);
}

static bool is_unfinished(const char *name)
{
    return strncmp(name, WH_UNFINISHED_PREFIX, sizeof WH_UNFINISHED_PREFIX - 1) == 0;
}

static bool is_object(const char *name, uint8_t *out_sha256)
{
    size_t digits = 2 * (size_t)WH_SHA256_LENGTH;

    return strlen(name) == digits + 4 && strcmp(name + digits, ".wht") == 0 &&
           wh_unhex(name, digits, out_sha256, WH_SHA256_LENGTH);
}

/* False where there is no memory to remember it. */
static bool look_at(struct objects *objects, int part, const char *name)
{
    struct object object = {0};
    struct stat info;

    if (fstatat(part, name, &info, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(info.st_mode))
        return true;
    if (is_unfinished(name)) {
        if (info.st_mtim.tv_sec < time(NULL) - ABANDONED_SECONDS)
            (void)unlinkat(part, name, 0);
        return true;
    }
    if (!is_object(name, object.sha256))
        return true;
    object.size = (uint64_t)info.st_blocks * 512; /* what it takes: a short file has whole blocks */
    if (object.size < (uint64_t)info.st_size)
        object.size = (uint64_t)info.st_size;
    object.used = info.st_mtim;
    struct object *grown = wh_grown(objects->list, objects->count, sizeof *grown);
    if (!grown)
        return false;
    objects->list = grown;
    objects->list[objects->count++] = object;
    objects->bytes += object.size;
    return true;
}

static bool look_into(struct objects *objects, int folder, const char *part)
{
    int own = openat(folder, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    wh_cleanup(close_folder) DIR *listing = own < 0 ? NULL : fdopendir(own);
    const struct dirent *entry;

    if (!listing) {
        wh_close_fd(&own);
        return true;
    }
    while ((entry = readdir(listing)) != NULL)
        if (!look_at(objects, own, entry->d_name))
            return false;
    return true;
}

static int used_first(const void *left, const void *right)
{
    const struct object *a = left;
    const struct object *b = right;

    if (a->used.tv_sec != b->used.tv_sec)
        return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
    if (a->used.tv_nsec != b->used.tv_nsec)
        return a->used.tv_nsec < b->used.tv_nsec ? -1 : 1;
    return memcmp(a->sha256, b->sha256, sizeof a->sha256);
}

/* The one that was used last stays in any case: somebody has just put it. */
static void remove_oldest(int folder, struct objects *objects, uint64_t wanted)
{
    char hex[2 * WH_SHA256_LENGTH + 1];
    char name[3 + sizeof hex + 4];

    qsort(objects->list, objects->count, sizeof *objects->list, used_first);
    for (uint32_t i = 0; i + 1 < objects->count && objects->bytes > wanted; i++) {
        wh_hex(objects->list[i].sha256, WH_SHA256_LENGTH, hex);
        (void)snprintf(name, sizeof name, "%.2s/%s.wht", hex, hex);
        if (unlinkat(folder, name, 0) == 0)
            objects->bytes -= objects->list[i].size;
    }
}

void wh_store_sweep(int folder, uint64_t max)
{
    wh_autoclose int lock = openat(
        folder, ".sweep", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    wh_cleanup(clear_objects) struct objects objects = {0};
    char part[3];

    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
        return;
    for (unsigned i = 0; i < 256; i++) {
        (void)snprintf(part, sizeof part, "%02x", i);
        if (!look_into(&objects, folder, part))
            return;
    }
    if (objects.bytes > max)
        remove_oldest(folder, &objects, max - max / 10);
}
