/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample.h - small packages and bundles, made in memory, for tests and fuzz seeds. Trouble aborts:
 * a sample that cannot be made is a broken test. */
#ifndef WHITTLE_TESTS_SAMPLE_H
#define WHITTLE_TESTS_SAMPLE_H

#include <sys/stat.h>

#include "whittle/assemble.h"

struct sample_file {
    const char *path;
    const char *content; /* of a regular file; "" for an empty one */
    uint32_t flags;      /* RPMFILE_* */
    uint16_t mode;       /* 0 for a regular file, 0644 */
    uint32_t inode;      /* 0 for one of its own */
    const char *linkto;
    uint64_t size; /* 0 for the content's; else the header lies, and there is no payload */
};

struct sample_options {
    bool stripped;          /* 64-bit sizes and stripped members */
    bool three_digests;     /* payload digests as v6 packages have them */
    uint32_t uid;           /* written into each member, as some builders do */
    size_t tail;            /* zeros after the trailer, as builders with blocks write them */
    size_t reserved;        /* bytes of reserved space in the signature header; 0 for none */
    const char *compressor; /* that the payload is labelled with; NULL for zstd */
    const struct wh_bytes *contents; /* one a file, or NULL; not empty: instead of its text */
};

struct sample {
    struct wh_buffer prefix; /* as published */
    struct wh_prefix parsed;
    struct wh_header *header;
    struct wh_buffer payload;
    struct wh_skeleton skeleton; /* of the payload */
    uint64_t *offsets;           /* one a file: of its content in the payload */
};

void sample_make(struct sample *sample, const char *version, const struct sample_file *files,
    uint32_t count, const struct sample_options *options);
void sample_clear(struct sample *sample);

/* One entry of a signature header; type as rpm/rpmtag.h has it. */
struct sample_tag {
    uint32_t tag;
    uint32_t type;
    uint32_t count;
    const void *data;
    size_t length;
};

/* A prefix with these tags in this order, right or wrong: lead, signature header with its region,
 * and a main header of four bytes. */
void sample_signed_prefix(
    const struct sample_tag *tags, uint32_t count, struct wh_buffer *out_prefix);

/* The content of a file, also of a hardlink. */
struct wh_bytes sample_content(const struct sample *sample, uint32_t file);
uint32_t sample_file(const struct sample *sample, const char *path);

/* wh_source over a sample; context is the sample. */
wh_status sample_read(void *context, uint32_t file, uint64_t offset, uint8_t *out, size_t length,
    struct wh_error *err);

/* A step: each new content in a group of its own, patched from the file of the same path; those of
 * the files named in together (NULL-ended, may be NULL) in one group. Equal contents are twins. */
void sample_step(const struct sample *old, const struct sample *new, const char *const *together,
    struct wh_buffer *out_bundle);
/* The same from a list of old's files in the place of its header. */
void sample_step_from_list(const struct wh_listed_file *files, uint32_t count,
    const struct sample *old, const struct sample *new, struct wh_buffer *out_bundle);
/* A supplement of all contents with the flag. */
void sample_supplement(const struct sample *new, enum wh_bundle_kind kind, uint32_t flag,
    struct wh_buffer *out_bundle);

/* A file of a bundle that is made in its plain form. */
struct sample_packed {
    const char *path; /* of the new file */
    const struct wh_recipe *recipe;
    struct wh_bytes base; /* plain forms */
    struct wh_bytes content;
    size_t inner_base; /* bytes of the first stream */
    size_t inner_content;
};

/* How the contents of a bundle are coded. */
struct sample_coding {
    const char *const *together; /* as for sample_step() */
    const struct sample_packed *packed;
    uint32_t packed_count;
    bool patches;      /* groups of patches without prediction, else of zstd */
    int64_t bases_off; /* groups with recipes announce so many bytes more than there are */
    int64_t contents_off;
};

void sample_step_coded(const struct sample *old, const struct sample *new,
    const struct sample_coding *coding, struct wh_buffer *out_bundle);
void sample_supplement_coded(const struct sample *new, enum wh_bundle_kind kind, uint32_t flag,
    const struct sample_coding *coding, struct wh_buffer *out_bundle);

/* What the assembled file must be: the rewritten prefix and the payload. */
void sample_assembled(const struct sample *new, struct wh_buffer *out_package);

/* A sink in memory; context is a buffer with a ceiling. */
wh_status sample_sink_write(
    void *context, uint64_t offset, const uint8_t *data, size_t length, struct wh_error *err);
wh_status sample_sink_read(
    void *context, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err);

/* The two versions that most tests use: texts, a large file, %config, %doc, links, twins. */
void sample_old(struct sample *sample);
void sample_new(struct sample *sample);

/* Mends the SHA-256 of a bundle's head after its bytes were changed. */
void sample_mend(uint8_t *bundle, size_t length);

#endif
