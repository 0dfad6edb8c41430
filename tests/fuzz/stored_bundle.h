/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stored_bundle.h - bundles whose frames store their bytes instead of compressing them: a byte that
 * is changed there reaches the parser behind zstd, and is not only a bad frame. */
#ifndef WHITTLE_TESTS_STORED_BUNDLE_H
#define WHITTLE_TESTS_STORED_BUNDLE_H

#include "whittle/bundle.h"

/* Offsets in the head; metadata/bundle/head.h. */
enum {
    BUNDLE_KIND_AT = 9,
    BUNDLE_MODE_AT = 10,
    BUNDLE_PREFIX_AT = 12,     /* stored bytes, then bytes */
    BUNDLE_CORRECTION_AT = 20, /* the same */
    BUNDLE_TABLE_AT = 28,      /* the same */
    BUNDLE_GROUPS_AT = 36,
    BUNDLE_PACKAGE_SIZE_AT = 44,
    BUNDLE_OLD_HEADER_AT = 52,
    BUNDLE_PREFIX_DIGEST_AT = 84,
};

/* What lies behind the head, in its order; the first three inflated. */
enum { PART_PREFIX, PART_CORRECTION, PART_TABLE, PART_GROUPS, PARTS };

struct stored_bundle {
    uint8_t head[WH_BUNDLE_HEAD_LENGTH];
    struct wh_buffer parts[PARTS];
};

/* One zstd frame of blocks that are not compressed. */
void stored_frame(struct wh_bytes raw, struct wh_buffer *out);

/* Takes a bundle apart, right or wrong; old_header is the reference of its prefix. False where a
 * part is no frame, or a large one. Free with stored_bundle_clear(). */
bool stored_bundle_open(
    struct wh_bytes bytes, struct wh_bytes old_header, struct stored_bundle *out_bundle);
/* Puts it together: stored frames, and a head with their lengths and the digest of it all. */
void stored_bundle_close(const struct stored_bundle *bundle, struct wh_buffer *out);
/* Makes a step start from this version, and any bundle's digest right: neither stops a hostile
 * publisher. A sample that changes leaves the kept inputs of use, too. */
void stored_bundle_mend(uint8_t *bundle, size_t length, const struct wh_header *old_header);
void stored_bundle_clear(struct stored_bundle *bundle);

#endif
