/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch.h - a temporary folder of one test, removed with what is in it. */
#ifndef WHITTLE_TESTS_REPO_SCRATCH_H
#define WHITTLE_TESTS_REPO_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
    char path[64];
    int folder;
};

static inline struct scratch scratch_make(void)
{
    struct scratch scratch = {.path = "/tmp/whittle-repo-test.XXXXXX"};

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

/* Writes a file, making the one folder that it may lie in. */
static inline void scratch_put(
    const struct scratch *scratch, const char *name, const void *bytes, size_t length)
{
    const char *slash = strchr(name, '/');

    if (slash) {
        char folder[64];
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
        (void)mkdirat(scratch->folder, folder, 0755);
    }
    int fd = openat(scratch->folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(close(fd), 0);
}

#endif
