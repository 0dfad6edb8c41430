/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit.h - what every test of this folder includes. */
#ifndef WHITTLE_TESTS_REPO_UNIT_H
#define WHITTLE_TESTS_REPO_UNIT_H

#include "check.h"
#include "whittle/header.h"

/* A regular file of a header that exists in memory only. The digest is any distinct string. */
#define PLAIN(folder, name, bytes, hash, kind)                                                     \
    {                                                                                              \
        .size = (bytes), .dirname = (folder), .basename = (name), .linkto = "", .digest = (hash),  \
        .flags = (kind), .mode = 0100644, .link_next = WH_NO_FILE, .link_count = 1,                \
        .has_content = (bytes) > 0                                                                 \
    }

#define HEADER(files_)                                                                             \
    {                                                                                              \
        .name = "n", .version = "1", .release = "1", .arch = "noarch", .digest_algorithm = 8,      \
        .file_count = sizeof(files_) / sizeof *(files_), .files = (files_)                         \
    }

#endif
