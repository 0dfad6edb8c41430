/* SPDX-License-Identifier: GPL-2.0-or-later */
/* purge_command.c - `whittle purge`: assembled packages need the rpm plugin, so none may outlive
 * it. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "assemble/attributes.h"
#include "whittle/cleanup.h"
#include "whittle/commands.h"

static const char help[] =
    "Usage: whittle purge [FOLDER]...\n"
    "Removes assembled packages below the folders; without one, from the caches of\n"
    "dnf, dnf5 and zypper. Run before the rpm plugin is removed.\n"
    "\n"
    "  --help     show this text\n"
    "\n"
    "Exit status: 0 done, 1 trouble with a folder or package, 2 bad arguments.\n";

static const char *const caches[] = {"/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/zypp",
    "/var/lib/dnf", "/usr/lib/sysimage/libdnf5"};

static int failures; /* nftw() passes no context */

static void fail(const char *path)
{
    (void)fprintf(stderr, "whittle purge: %s: %m\n", path);
    failures++;
}

static int remove_assembled(
    const char *path, const struct stat *status, int type, struct FTW *place)
{
    char mark[2];

    (void)status;
    (void)place;
    if (type == FTW_DNR || type == FTW_NS)
        fail(path);
    else if (type == FTW_F && lgetxattr(path, WH_ATTRIBUTE_ASSEMBLED, mark, sizeof mark) == 1 &&
             unlink(path) < 0)
        fail(path);
    return 0;
}

/* A cache may be a link to where there is room; links inside are not followed. */
static void purge(const char *folder, bool must_exist)
{
    wh_autofree char *real = realpath(folder, NULL);

    if (!real && errno == ENOENT && !must_exist)
        return;
    if (!real || nftw(real, remove_assembled, 16, FTW_PHYS | FTW_MOUNT) < 0)
        fail(folder);
}

int run_purge(int argc, char **argv)
{
    int status;

    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-' && no_options(argc, argv, i, help, &status))
            return status;
    for (int i = 1; i < argc; i++)
        purge(argv[i], true);
    for (size_t i = 0; argc == 1 && i < sizeof caches / sizeof *caches; i++)
        purge(caches[i], false);
    return failures ? EXIT_TROUBLE : EXIT_DONE;
}
