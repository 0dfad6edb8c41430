/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_archives.h - small archives as usual tools write them, and what is in them. */
#ifndef WHITTLE_TESTS_MADE_ARCHIVES_H
#define WHITTLE_TESTS_MADE_ARCHIVES_H

#include "whittle/packed.h"

/* A deflate stream of an archive. */
struct made_stream {
    uint32_t start;
    uint32_t packed_length;
    uint32_t plain_length;
    uint32_t crc;
    const char *name; /* of the member; gzip: "" */
};

struct made_archive {
    const char *name;
    enum wh_packing packing;
    struct wh_bytes bytes;
    const struct made_stream *streams;
    uint32_t count;
};

enum {
    MADE_PYTHON_1,
    MADE_PYTHON_2,
    MADE_STREAMED,
    MADE_UNSIGNED,
    MADE_INFOZIP,
    MADE_JAR,
    MADE_GZIP,
    MADE_ARCHIVES,
};

extern const struct made_archive made_archives[MADE_ARCHIVES];

#endif
