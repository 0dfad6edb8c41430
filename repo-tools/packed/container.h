/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container.h - contents that are compressed themselves, and where their streams lie. What is found
 * is what a container says of itself, which may be a lie: it only bounds the streams, and
 * inflating them has to prove it. */
#ifndef WHITTLE_REPO_CONTAINER_H
#define WHITTLE_REPO_CONTAINER_H

#include "whittle/packed.h"

struct wh_inner {
    size_t start; /* in the content; ascending, disjoint, all inside */
    size_t packed_length;
    uint64_t plain_length; /* what it holds: modulo 2^32 in gzip, 0 (not said) in .xz */
    uint32_t crc;          /* CRC-32 of that; 0 in .xz */
    struct wh_bytes name;  /* zip: of the member, borrowed from the content; else empty */
};

struct wh_listing {
    enum wh_packing packing; /* WH_PACKING_NONE: no container that is known here */
    const char *why;         /* it is opaque because "it ..."; static, NULL for one that is not */
    struct wh_inner *streams;
    uint32_t count; /* may be 0: an archive that only stores has fields, too */
};

/* content: hostile. An opaque container is WH_OK, with a reason and without streams. Free with
 * wh_listing_clear(). */
WH_MUST_CHECK wh_status wh_container_list(
    struct wh_bytes content, struct wh_listing *out_listing, struct wh_error *err);
void wh_listing_clear(struct wh_listing *listing);

/* What inflating has found in a deflate stream. */
struct wh_inflated {
    size_t packed_length;
    uint64_t plain_length;
    uint32_t crc;
};

/* Why a listed stream of gzip or zip is not what its container says ("it ..."), or NULL: then it is
 * proved. */
const char *wh_container_doubt(struct wh_bytes content, enum wh_packing packing,
    const struct wh_inner *stream, const struct wh_inflated *found);

#endif
