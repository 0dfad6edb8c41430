/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade.h - what a client reports to a backend, and the instructions that it gets: two documents
 * of XML. Format: specs/format/protocol.md, upgrade.rng, instructions.rng. */
#ifndef WHITTLE_UPGRADE_H
#define WHITTLE_UPGRADE_H

#include "whittle/file_list.h"
#include "whittle/index.h"
#include "whittle/operations.h"

#define WH_UPGRADE_VERSION 1u

/* One package that is to be replaced. */
struct wh_upgrade_package {
    char pkgid[WH_PKGID_MAX + 1];        /* of the package that the solver chose */
    uint8_t header_id[WH_SHA256_LENGTH]; /* of what is installed: wh_header_id() */
    /* The short form: files of that header whose packaged content is not there; ascending. */
    uint32_t *differs;
    uint32_t differs_count;
    /* The long form, for a header that the backend does not know: files that are there. */
    bool is_listed;               /* file_count > 0 */
    struct wh_listed_file *files; /* ascending by path */
    uint32_t file_count;
};

struct wh_upgrade {
    bool without_liblzma; /* the client will not, or cannot, encode with liblzma */
    struct wh_upgrade_package *packages;
    uint32_t package_count;
};

/* Reads a request. xml: hostile, plain or one zstd frame. Bounds: limits.h, WH_UPGRADE_*. A
 * DOCTYPE, a value out of its form, files out of order, a package twice: WH_MALFORMED; another
 * version: WH_UNSUPPORTED; more than the bounds: WH_OVER_LIMIT. Free with wh_upgrade_clear(). */
WH_MUST_CHECK wh_status wh_upgrade_read(
    struct wh_bytes xml, struct wh_upgrade *out_upgrade, struct wh_error *err);
void wh_upgrade_clear(struct wh_upgrade *upgrade);
/* The one spelling of a request. WH_MALFORMED, WH_OVER_LIMIT: what the reader would not take. */
WH_MUST_CHECK wh_status wh_upgrade_write(
    const struct wh_upgrade *upgrade, struct wh_buffer *out_xml, struct wh_error *err);

/* ---- the answer ------------------------------------------------------------------------------ */

enum wh_answer_kind {
    WH_ANSWER_BUNDLE, /* download this */
    WH_ANSWER_WHOLE,  /* take the whole package; the reason says why */
    WH_ANSWER_LIST,   /* the header is not known: ask again in the long form */
};

struct wh_instruction_counts {
    uint32_t kept;
    uint32_t patched;
    uint32_t fetched;
};

struct wh_package_instructions {
    char pkgid[WH_PKGID_MAX + 1];
    enum wh_answer_kind kind;
    struct wh_index_bundle
        bundle; /* of WH_ANSWER_BUNDLE; kind STEP; its from is the start's first 8 bytes */
    struct wh_instruction_counts counts;
    uint64_t saved; /* bytes less than the whole package */
    char *reason;   /* NULL but for WH_ANSWER_WHOLE; printable ASCII as read */
    struct wh_operations operations;
};

struct wh_instructions {
    struct wh_package_instructions *packages; /* in the order of the request */
    uint32_t package_count;
};

/* xml: hostile, plain or one zstd frame. It refuses as wh_upgrade_read() does. Free with
 * wh_instructions_clear(). */
WH_MUST_CHECK wh_status wh_instructions_read(
    struct wh_bytes xml, struct wh_instructions *out_instructions, struct wh_error *err);
void wh_instructions_clear(struct wh_instructions *instructions);
/* Bytes of a reason that are not printable ASCII are written as '?'. WH_MALFORMED, WH_OVER_LIMIT:
 * anything else that the reader would not take. */
WH_MUST_CHECK wh_status wh_instructions_write(
    const struct wh_instructions *instructions, struct wh_buffer *out_xml, struct wh_error *err);

/* Where a cut bundle lies below a backend's base URL: v1/bundle/<64 hex digits>.wht */
#define WH_CUT_LOCATION_LENGTH (sizeof "v1/bundle/" - 1 + 64 + sizeof ".wht")
void wh_cut_location(
    const uint8_t sha256[WH_SHA256_LENGTH], char out_location[WH_CUT_LOCATION_LENGTH]);

#endif
