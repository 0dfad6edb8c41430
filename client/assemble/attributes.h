/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attributes.h - extended attributes by which librepo and our own plugins know a package file. */
#ifndef WHITTLE_ATTRIBUTES_H
#define WHITTLE_ATTRIBUTES_H

#include "whittle/error.h"

#define WH_ATTRIBUTE_ASSEMBLED "user.whittle.assembled"

#include <stdbool.h>

/* Sets our mark, and librepo's two attributes under both of its prefixes (up to 1.18:
 * user.Librepo.checksum., since 1.19: user.librepo.checksum.). type and value: the repository's
 * checksum of the package. The file's content must be final: librepo compares its mtime. False
 * where the file system takes no such attributes, and, with the mark set, where librepo knows no
 * such type. */
bool wh_attributes_set(int fd, const char *type, const char *value);

#endif
