/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request.h - the request lines of specs/format/commands.md. */
#ifndef WHITTLE_REQUEST_H
#define WHITTLE_REQUEST_H

#include "backend/address.h"
#include "whittle/plan.h"

#define WH_LINE_MAX (64u << 10) /* bytes of a request line */

struct wh_select_request {
    int64_t id;
    char *index; /* path, or NULL: the repository has none */
    char *pkgid;
    char *nevra;
    char *root;
    uint64_t size;             /* bytes of the package file */
    uint64_t rate;             /* bytes a second that the host's last downloads had; 0: not known */
    bool may_ask;              /* a backend */
    bool is_signed;            /* the package's signature will be checked */
    struct wh_address backend; /* url: where the index names none, or NULL */
};

struct wh_bundle_file {
    char *path;
    uint64_t size;
    uint8_t sha256[WH_SHA256_LENGTH];
    bool has_prefix;
    uint8_t prefix[WH_SHA256_LENGTH]; /* digest of the package's prefix */
    bool has_installed;
    uint8_t
        installed[WH_SHA256_LENGTH]; /* header whose files the bundle starts from, of kind list */
};

struct wh_assemble_request {
    int64_t id;
    char *nevra;
    char *root;
    struct wh_bundle_file bundles[WH_PLAN_BUNDLES_MAX];
    uint32_t bundle_count;
    char *destination;
    char *checksum_type;
    char *checksum_value;
    uint64_t budget; /* bytes */
};

/* line: one JSON object, local but checked: members of the wrong type, missing ones and unknown
 * ones are WH_MALFORMED. The strings belong to the request; free with the _clear of its kind. */
WH_MUST_CHECK wh_status wh_select_request_parse(
    struct wh_bytes line, struct wh_select_request *out_request, struct wh_error *err);
void wh_select_request_clear(struct wh_select_request *request);

WH_MUST_CHECK wh_status wh_assemble_request_parse(
    struct wh_bytes line, struct wh_assemble_request *out_request, struct wh_error *err);
void wh_assemble_request_clear(struct wh_assemble_request *request);

#endif
