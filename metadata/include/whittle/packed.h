/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packed.h - contents that are compressed themselves (gz, zip, xz, MiniDebugInfo). The older file
 * is taken apart into what its compressed streams hold, the new one is made in that plain form by
 * any codec, and then put together again byte for byte. A recipe says how; it stands in the
 * bundle's file table. Format: specs/format/packed.md.
 *
 * The plain form of a content: what each of its listed streams holds, one after the other in their
 * order, and then the outer bytes: all others, less what follows from the streams (checksums,
 * lengths, offsets behind them). */
#ifndef WHITTLE_PACKED_H
#define WHITTLE_PACKED_H

#include "whittle/bytes.h"

/* What the outer bytes are, and so which of their fields follow from the streams. Numbers are part
 * of the format. */
enum wh_packing {
    WH_PACKING_NONE = 0,      /* the content as it is */
    WH_PACKING_GZIP = 1,      /* RFC 1952: one member */
    WH_PACKING_ZIP = 2,       /* zip, jar, whl, epub: members with a local header */
    WH_PACKING_XZ = 3,        /* an .xz file: no outer bytes */
    WH_PACKING_DEBUGDATA = 4, /* an ELF file with a section .gnu_debugdata, an .xz file */
};

/* How a stream is made from what it holds. Numbers are part of the format. */
enum wh_coder_id {
    WH_CODER_DEFLATE = 1, /* RFC 1951; parameters: deflate.h */
    WH_CODER_TOKENS = 2,  /* RFC 1951; what it holds is spelled as symbols, not as their bytes */
    WH_CODER_XZ = 3,      /* .xz, by liblzma; parameters: xz.h */
};

struct wh_coder {
    enum wh_coder_id id;
    const char *name; /* for people */
    /* Appends what the stream at the start of packed holds, and tells its length there; what
     * follows it is passed over. packed: the right bytes, which a hostile bundle may have chosen.
     * WH_MALFORMED: no such stream. WH_OVER_LIMIT: more than out's ceiling. */
    wh_status (*unpack)(struct wh_bytes packed, struct wh_buffer *out, size_t *out_packed_length,
        struct wh_error *err);
    /* Appends the stream. plain, parameters: hostile. Allocates a constant, and in proportion to
     * plain. WH_MALFORMED: not what any stream holds, or parameters out of their form.
     * WH_UNSUPPORTED: a library is not what it was for the publisher. */
    wh_status (*pack)(struct wh_bytes plain, struct wh_bytes parameters, struct wh_buffer *out,
        struct wh_error *err);
};

/* The coder of that number, or NULL. */
const struct wh_coder *wh_coder_find(uint32_t id);

/* One stream of the older content, where it is taken from. */
struct wh_old_stream {
    uint64_t before; /* bytes between the end of the stream before (0 at first) and its start */
    uint32_t coder;
};

/* One stream of the new content. */
struct wh_new_stream {
    uint64_t before; /* outer bytes between the stream before and this one */
    /* Bytes that it holds, less those of the older stream of the same number (0 without one). */
    int64_t growth;
    uint32_t coder;
    struct wh_bytes parameters; /* borrowed from the table, or from the publisher's work */
};

struct wh_recipe {
    enum wh_packing packing;
    struct wh_old_stream *old_streams; /* owned, like new_streams */
    uint32_t old_count;
    struct wh_new_stream *new_streams;
    uint32_t new_count;
    int64_t outer_growth; /* outer bytes, less those of the older content */
    uint32_t cpu_ms;      /* CPU-milliseconds of packing, where it is worth a word; for planners */
};

/* Reads one recipe and moves the reader on; reader: hostile. Free with wh_recipe_clear(). */
WH_MUST_CHECK wh_status wh_recipe_read(
    struct wh_reader *reader, struct wh_recipe *out_recipe, struct wh_error *err);
void wh_recipe_write(const struct wh_recipe *recipe, struct wh_buffer *out);
void wh_recipe_clear(struct wh_recipe *recipe);

/* A whole content that is taken apart or put together. */
struct wh_container {
    uint8_t *bytes;
    size_t length;
    struct wh_bytes build_id; /* that the package's header tells of this file; empty for none */
};

/* An older content in its plain form. */
struct wh_unpacked {
    struct wh_buffer plain;
    uint64_t *lengths; /* bytes of each stream, then of the outer bytes: old_count + 1 */
};

/* Takes an older content apart. Its bytes are overwritten: they are worthless afterwards. ceiling:
 * the most bytes of the plain form. Free with wh_unpacked_clear(). */
WH_MUST_CHECK wh_status wh_unpack(const struct wh_recipe *recipe, const struct wh_container *old,
    uint64_t ceiling, struct wh_unpacked *out_unpacked, struct wh_error *err);
void wh_unpacked_clear(struct wh_unpacked *unpacked);

/* Bytes of each stream of the new content and of its outer bytes, into out_lengths (new_count + 1);
 * out_total: together, at most ceiling. */
WH_MUST_CHECK wh_status wh_recipe_lengths(const struct wh_recipe *recipe,
    const struct wh_unpacked *old, uint64_t ceiling, uint64_t *out_lengths, uint64_t *out_total,
    struct wh_error *err);

/* Puts the new content together: exactly as many bytes as it has, the size that the package's
 * header gives. lengths: of wh_recipe_lengths(). WH_MALFORMED: they would be more or fewer. */
WH_MUST_CHECK wh_status wh_pack(const struct wh_recipe *recipe, struct wh_bytes plain,
    const uint64_t *lengths, const struct wh_container *fresh, struct wh_error *err);

#endif
