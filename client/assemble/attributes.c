/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attributes.c - see attributes.h; librepo/checksum.c. */
#include "assemble/attributes.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static bool set(int fd, const char *prefix, const char *name, const char *value)
{
    char attribute[128];
    int length = snprintf(attribute, sizeof attribute, "%s%s", prefix, name);

    return length > 0 && (size_t)length < sizeof attribute &&
           fsetxattr(fd, attribute, value, strlen(value), 0) == 0;
}

/* Names of checksum types come from the repository: only librepo's become attribute names. */
static const char *librepo_name(const char *type)
{
    static const char *const known[] = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"};

    if (strcmp(type, "sha") == 0)
        return "sha1";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(type, known[i]) == 0)
            return known[i];
    return NULL;
}

bool wh_attributes_set(int fd, const char *type, const char *value)
{
    static const char *const prefixes[] = {"user.Librepo.checksum.", "user.librepo.checksum."};
    const char *name = librepo_name(type);
    struct stat status;
    char mtime[32];

    /* First, so that no assembled package that gets a name goes unmarked. */
    if (!set(fd, WH_ATTRIBUTE_ASSEMBLED, "", "1") || !name || fstat(fd, &status) < 0)
        return false;
    (void)snprintf(mtime, sizeof mtime, "%lld",
        (long long)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!set(fd, prefixes[i], "mtime", mtime) || !set(fd, prefixes[i], name, value))
            return false;
    return true;
}
