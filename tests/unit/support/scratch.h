/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch.h - a temporary folder of one test, removed with what is in it. */
#ifndef WHITTLE_TESTS_SCRATCH_H
#define WHITTLE_TESTS_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

struct scratch {
    char path[64];
    int folder;
};

static inline struct scratch scratch_make(void)
{
    struct scratch scratch = {.path = "/tmp/whittle-test.XXXXXX"};

    assert_non_null(mkdtemp(scratch.path));
    scratch.folder = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(scratch.folder >= 0);
    return scratch;
}

static inline int scratch_unlink(
    const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void scratch_remove(struct scratch *scratch)
{
    (void)close(scratch->folder);
    (void)nftw(scratch->path, scratch_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/* Removes a folder with what is in it, if it is there. */
static inline void scratch_clear(const struct scratch *scratch, const char *folder)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s", scratch->path, folder);
    (void)nftw(path, scratch_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes the folders that a file of this name lies in. */
static inline void scratch_folders(const struct scratch *scratch, const char *name)
{
    char folder[512];

    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
        (void)mkdirat(scratch->folder, folder, 0755);
    }
}

/* Writes a file, and makes the folders that it lies in. */
static inline void scratch_put(
    const struct scratch *scratch, const char *name, const void *bytes, size_t length)
{
    scratch_folders(scratch, name);
    int fd = openat(scratch->folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(close(fd), 0);
}

/* How many names a folder has; "." for the scratch folder itself. */
static inline int scratch_names(const struct scratch *scratch, const char *folder)
{
    int fd = openat(scratch->folder, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = fdopendir(fd);
    int count = -2; /* . and .. */

    assert_non_null(names);
    while (readdir(names))
        count++;
    assert_int_equal(closedir(names), 0);
    return count;
}

#endif
