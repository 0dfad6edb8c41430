/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assemble.h - carries out a plan: writes the package file again, with the original signed header
 * and an uncompressed payload, and proves it against the header's digests. Used by the client and
 * by the publisher's release gate alike. */
#ifndef WHITTLE_ASSEMBLE_H
#define WHITTLE_ASSEMBLE_H

#include "whittle/file_list.h"
#include "whittle/plan.h"

/* Where old contents come from. read() gives exactly length bytes from offset of the old header's
 * file, or fails with WH_MISSING. The bytes may be anything: they are hashed before use. */
struct wh_source {
    wh_status (*read)(void *context, uint32_t file, uint64_t offset, uint8_t *out, size_t length,
        struct wh_error *err);
    void *context;
};

/* The file that is written. Both calls move exactly length bytes or fail. */
struct wh_sink {
    wh_status (*write)(
        void *context, uint64_t offset, const uint8_t *data, size_t length, struct wh_error *err);
    wh_status (*read)(
        void *context, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err);
    void *context;
};

/* Everything known before a byte is written. */
struct wh_assembly;

struct wh_assembly_input {
    struct wh_bytes old_header;     /* bytes of the older main header, magic included; or empty */
    const struct wh_bytes *bundles; /* [0] the step, then supplements; checked against the index */
    uint32_t bundle_count;
    /* Where the step starts from a list of files (file_list.h): that list. */
    const struct wh_listed_file *old_files;
    uint32_t old_file_count;
};

/* Parses and cross-checks; nothing is written. The input's bytes are borrowed until free. */
WH_MUST_CHECK wh_status wh_assembly_new(
    const struct wh_assembly_input *input, struct wh_assembly **out_assembly, struct wh_error *err);
void wh_assembly_free(struct wh_assembly *assembly);
void wh_assembly_cleanup(struct wh_assembly **assembly);

/* Borrowed from the assembly. The new header is not proved before wh_assembly_run() is through. */
const struct wh_header *wh_assembly_old_header(const struct wh_assembly *assembly);
const struct wh_header *wh_assembly_new_header(const struct wh_assembly *assembly);
const struct wh_bundle *wh_assembly_bundle(const struct wh_assembly *assembly, uint32_t bundle);
const struct wh_plan *wh_assembly_plan(const struct wh_assembly *assembly); /* NULL before plan */

/* Bytes of the file that will be written: prefix and payload. */
uint64_t wh_assembly_size(const struct wh_assembly *assembly);

/* Lays the report against the bundles. May be called again after wh_assembly_run() found that a
 * file is not what the report said (WH_MISSING, the report is then marked). */
WH_MUST_CHECK wh_status wh_assembly_plan_for(
    struct wh_assembly *assembly, struct wh_report *report, struct wh_error *err);

/* Called now and then with the bytes produced so far, of wh_assembly_size(); may be NULL. */
typedef void wh_progress_fn(void *context, uint64_t done);

/* Writes the whole file and proves it: each kept content against its digest, the prefix against
 * the bundle's SHA-256, the payload against every ALT digest of the header. On WH_OK the sink holds
 * a package that rpm will accept as it accepts the original; on anything else what it holds is
 * worthless. WH_MISSING: a local file was not as reported; it is marked in the report that
 * wh_assembly_plan_for() was given, and planning again may help. */
WH_MUST_CHECK wh_status wh_assembly_run(struct wh_assembly *assembly,
    const struct wh_source *source, const struct wh_sink *sink, wh_progress_fn *progress,
    void *progress_context, struct wh_error *err);

#endif
