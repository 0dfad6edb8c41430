/* SPDX-License-Identifier: GPL-2.0-or-later */
/* purge_command.c - `whittle purge`: assembled packages need the rpm plugin, so none may outlive
 * it. */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "assemble/attributes.h"
#include "whittle/commands.h"

static const char help[] =
    "Usage: whittle purge [FOLDER]...\n"
    "Removes assembled packages below the folders; without one, from the caches of\n"
    "dnf, dnf5 and zypper. Run before the rpm plugin is removed.\n"
    "\n"
    "  --help     show this text\n"
    "\n"
    "Exit status: 0 done, 1 a package could not be removed, 2 bad arguments.\n";

static const char *const caches[] = {"/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/zypp",
    "/var/lib/dnf", "/usr/lib/sysimage/libdnf5"};

static int failures; /* nftw() passes no context */

static int remove_assembled(
    const char *path, const struct stat *status, int type, struct FTW *place)
{
    char mark[2];

    (void)status;
    (void)place;
    if (type != FTW_F || lgetxattr(path, WH_ATTRIBUTE_ASSEMBLED, mark, sizeof mark) != 1)
        return 0;
    if (unlink(path) < 0) {
        (void)fprintf(stderr, "whittle purge: %s: %m\n", path);
        failures++;
    }
    return 0;
}

int run_purge(int argc, char **argv)
{
    int status;

    if (argc >= 2 && argv[1][0] == '-') {
        (void)no_options(argc, argv, 1, help, &status);
        return status;
    }
    for (int i = 1; i < argc; i++)
        (void)nftw(argv[i], remove_assembled, 16, FTW_PHYS | FTW_MOUNT);
    for (size_t i = 0; argc == 1 && i < sizeof caches / sizeof *caches; i++)
        (void)nftw(caches[i], remove_assembled, 16, FTW_PHYS | FTW_MOUNT);
    return failures ? EXIT_TROUBLE : EXIT_DONE;
}
