/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_package.h - small packages that rpm accepts, made in memory by librpm's header calls, and
 * repositories of them. */
#ifndef WHITTLE_TESTS_REPO_MADE_PACKAGE_H
#define WHITTLE_TESTS_REPO_MADE_PACKAGE_H

#include "unit.h"

#include "scratch.h"

struct made_file {
    const char *name; /* below /usr/share/made/ */
    const char *content;
    uint32_t repeat; /* how often the content comes; 0 counts as 1 */
    uint32_t flags;  /* RPMFILE_* */
    size_t length;   /* of a content that is no text; 0: up to its NUL */
};

struct made_package {
    const char *location;
    const char *name;
    const char *version;
    const struct made_file *files;
    uint32_t file_count;
    bool no_payload_digest;
};

/* Writes the package into the scratch folder. */
void make_package(const struct scratch *scratch, const struct made_package *package);

/* Writes repomd.xml and primary.xml for packages that lie there. */
void make_metadata(
    const struct scratch *scratch, const struct made_package *packages, uint32_t count);

#endif
