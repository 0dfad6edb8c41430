/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index.h - whittle.xml, the list of bundles of a repository. Format: specs/format/index.md and
 * index.rng. */
#ifndef WHITTLE_INDEX_H
#define WHITTLE_INDEX_H

#include "whittle/bundle.h"

#define WH_INDEX_VERSION 1u
#define WH_PKGID_MAX 128u    /* hex digits of SHA-512 */
#define WH_BACKEND_MAX 1024u /* bytes of a backend's base URL */

struct wh_index_bundle {
    enum wh_bundle_kind kind;
    uint8_t from[8]; /* first bytes of the older version's header id; zeros in supplements */
    uint64_t size;   /* bytes */
    uint8_t sha256[32];
    /* CPU-milliseconds of encoding anew by liblzma that the client needs for it; 0: none. */
    uint32_t cpu_ms;
};

struct wh_index_package {
    char pkgid[WH_PKGID_MAX + 1]; /* checksum of the package file as primary.xml has it */
    struct wh_index_bundle *bundles;
    uint32_t bundle_count; /* > 0, unless there is a prefix */
    bool has_prefix;       /* the backend can lead to it, and this vouches for what it cuts: */
    uint8_t prefix[32];    /* SHA-256 of the package's bytes before its payload */
};

struct wh_index {
    char *backend;                     /* base URL with a slash at its end; owned; NULL for none */
    struct wh_index_package *packages; /* ascending by pkgid */
    uint32_t package_count;
};

/* Is that the base URL of a backend? http or https, a host, a slash at the end, printable ASCII; no
 * blanks or quotes, and nothing that is not for a base URL: user, query, fragment. text: hostile.
 */
bool wh_is_backend(const char *text);

/* Reads an index, plain or zstd-compressed. bytes: hostile. Unknown elements and attributes are
 * passed over (a later minor version may add some), another format version is WH_UNSUPPORTED, a
 * DOCTYPE, a value out of its form or a package listed twice WH_MALFORMED, and so are two steps of
 * a package from one version, unless one of them encodes anew and the other does not. */
WH_MUST_CHECK wh_status wh_index_read(
    struct wh_bytes bytes, struct wh_index *out_index, struct wh_error *err);
void wh_index_clear(struct wh_index *index);

/* Would nothing tell a client which of two bundles to take, but that one is smaller? They are steps
 * from one version, and both encode anew or both do not. An index has none such. */
bool wh_index_bundles_rival(const struct wh_index_bundle *a, const struct wh_index_bundle *b);

/* The package of that pkgid, or NULL. */
const struct wh_index_package *wh_index_find(const struct wh_index *index, const char *pkgid);

/* Writes the XML; packages are sorted first, and the bundles of each. WH_MALFORMED: two of them
 * that the reader would not take. */
WH_MUST_CHECK wh_status wh_index_write(
    struct wh_index *index, struct wh_buffer *out_xml, struct wh_error *err);

#endif
