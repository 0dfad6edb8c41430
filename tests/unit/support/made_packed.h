/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_packed.h - contents that are compressed themselves, made in memory, with what a publisher
 * would find out about them: where their streams are, and how those are made again. Trouble
 * aborts. */
#ifndef WHITTLE_TESTS_MADE_PACKED_H
#define WHITTLE_TESTS_MADE_PACKED_H

#include "made_archives.h"
#include "whittle/header.h"
#include "whittle/packed.h"

enum { MADE_PACKED_MAX = 8 };

struct made_packed {
    enum wh_packing packing;
    struct wh_buffer bytes;
    struct wh_old_stream streams[MADE_PACKED_MAX];
    struct wh_buffer parameters[MADE_PACKED_MAX]; /* by which the streams are made again */
    uint32_t count;
    size_t end;               /* of the last stream */
    struct wh_bytes build_id; /* borrowed */
};

void made_packed_init(enum wh_packing packing, struct made_packed *out);
void made_packed_clear(struct made_packed *packed);

/* Each appends: bytes as they are; a stream that a model of zlib's level 6 makes; one that liblzma
 * makes, preset 6 with CRC32. */
void made_packed_outer(struct made_packed *packed, const void *bytes, size_t length);
void made_packed_deflate(struct made_packed *packed, struct wh_bytes plain);
void made_packed_xz(struct made_packed *packed, struct wh_bytes plain);

/* A stream of any encoder; its parameters are where it departs from that model. */
void made_packed_deflated(struct made_packed *packed, struct wh_bytes stream);

/* Whole contents, initialised here. An ELF file has two sections beside .gnu_debugdata: a build-id,
 * which is build_id, and names. */
void made_packed_text(struct wh_bytes plain, struct made_packed *out); /* not packed at all */
void made_packed_gzip(struct wh_bytes plain, struct made_packed *out);
void made_packed_xz_file(struct wh_bytes plain, struct made_packed *out);
void made_packed_elf(struct wh_bytes plain, struct wh_bytes build_id, struct made_packed *out);
void made_packed_archive(int number, struct made_packed *out); /* of made_archives.h */

/* Its streams of deflate are spelled as symbols from here on. */
void made_packed_as_symbols(struct made_packed *packed);

/* What leads from one content to another, listing all streams of both. */
struct made_change {
    struct wh_recipe recipe; /* parameters are those of fresh */
    struct wh_unpacked old;
    struct wh_unpacked fresh;
};

/* old NULL: from nothing. */
void made_change(
    const struct made_packed *old, const struct made_packed *fresh, struct made_change *out_change);
void made_change_clear(struct made_change *change);

#endif
