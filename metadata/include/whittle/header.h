/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header.h - the main header of a package: identity, file list, payload digests. Parsed by
 * librpm, from bytes whose digest somebody vouches for (index and bundle, or the rpm database). */
#ifndef WHITTLE_HEADER_H
#define WHITTLE_HEADER_H

#include "whittle/digest.h"
#include "whittle/prefix.h"

#define WH_NO_FILE UINT32_MAX

/* RPMFILE_* of rpm/rpmfiles.h, as far as the formats speak of them. */
#define WH_FILE_CONFIG (1u << 0)
#define WH_FILE_DOC (1u << 1)
#define WH_FILE_NOREPLACE (1u << 4)
#define WH_FILE_GHOST (1u << 6)

struct wh_file {
    uint64_t size;       /* bytes; FILESIZES or LONGFILESIZES */
    const char *dirname; /* with its slash at the end; "" in source packages */
    const char *basename;
    const char *linkto; /* "" unless a symbolic link */
    const char *digest; /* lower-case hex in the header's bytes; "" when there is none */
    uint32_t flags;     /* RPMFILE_* */
    uint32_t inode;
    uint32_t device;
    uint32_t mtime;
    uint16_t mode; /* type included */
    uint16_t rdev;
    uint32_t link_next;  /* the next member of its hardlink set, from the last on to the first;
                            WH_NO_FILE for a file that is in none */
    uint32_t link_count; /* members of its hardlink set; 1 for any other file */
    bool has_content;    /* regular, not empty, in the payload, and the last of its hardlink set:
                            the payload has its bytes */
};

struct wh_header {
    const char *name;
    const char *version;
    const char *release;
    const char *arch;
    const char *payload_compressor; /* "" when the tag is absent */
    const char *payload_format;     /* "cpio" when the tag is absent */
    uint32_t epoch;
    bool has_epoch;
    bool has_rpmversion;
    bool has_basenames; /* false for packages without files too */
    bool has_alignment; /* PAYLOADALIGNMENT: the generator does not cover it */
    bool stripped;      /* LONGFILESIZES: 07070X members */
    bool is_source;

    uint8_t id[WH_SHA256_LENGTH]; /* wh_header_id() of the bytes it was parsed from */
    uint32_t digest_algorithm;    /* FILEDIGESTALGO; WH_MD5 when the tag is absent */
    uint32_t file_count;
    struct wh_file *files;

    struct wh_digest payload_alt[3]; /* of the uncompressed payload: tags 5097, 5122, 5124 */
    uint32_t payload_alt_count;
    void *private; /* the librpm header that the strings belong to */
};

/* Parses the bytes of a main header, magic included. bytes: authenticated, and still handled as
 * if they were not. The caller frees with wh_header_free(). WH_MALFORMED: arrays of unequal
 * length, indices out of range, paths that rpm would not accept. */
WH_MUST_CHECK wh_status wh_header_parse(
    struct wh_bytes bytes, struct wh_header **out_header, struct wh_error *err);
void wh_header_free(struct wh_header *header);
void wh_header_cleanup(struct wh_header **header);

/* The same from a librpm Header (rpm database); header is borrowed for the call only, and
 * out_bytes (owned by the caller, wh_autofree) gets the main header with its magic. */
struct headerToken_s;
WH_MUST_CHECK wh_status wh_header_export(
    struct headerToken_s *header, struct wh_buffer *out_bytes, struct wh_error *err);

/* NAME-VERSION-RELEASE.ARCH, never the epoch: what package files are called. Owned by the
 * caller; NULL on no memory. */
char *wh_header_nvra(const struct wh_header *header);
/* NAME-[EPOCH:]VERSION-RELEASE.ARCH */
char *wh_header_nevra(const struct wh_header *header);

/* Where the digest string of each file lies in the header's bytes: offsets from the magic's first
 * byte, one a file, wh_autofree. For blanking and filling. */
WH_MUST_CHECK wh_status wh_header_digest_offsets(struct wh_bytes bytes,
    const struct wh_header *header, size_t **out_offsets, struct wh_error *err);

#define WH_BUILD_ID_MAX 64u

/* The build-id of a file, as the links below /usr/lib/.build-id/ tell it that distributions pack
 * beside their programs (rpm, build/files.c): 0 bytes if none leads to it. */
uint32_t wh_header_build_id(
    const struct wh_header *header, uint32_t file, uint8_t out_id[WH_BUILD_ID_MAX]);

/* Files by path and by digest. Built once for an old header, then only read. */
struct wh_file_map;
WH_MUST_CHECK wh_status wh_file_map_new(
    const struct wh_header *header, struct wh_file_map **out_map, struct wh_error *err);
void wh_file_map_free(struct wh_file_map *map);
void wh_file_map_cleanup(struct wh_file_map **map);
/* The file of that path, or WH_NO_FILE. */
uint32_t wh_file_map_path(const struct wh_file_map *map, const char *dirname, const char *basename);
/* The first regular non-ghost file with this digest string and size, or WH_NO_FILE; then the
 * others, after being given the last answer. */
uint32_t wh_file_map_digest(const struct wh_file_map *map, const char *digest, uint64_t size);
uint32_t wh_file_map_digest_next(const struct wh_file_map *map, uint32_t file);

#endif
