/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limits.h - every ceiling on hostile input, with its reason. Exceeding one is WH_OVER_LIMIT.
 * Sizes of contents have no entry here: they come from the package's header. */
#ifndef WHITTLE_LIMITS_H
#define WHITTLE_LIMITS_H

/* rpm's own limits: 32 entries and 64 MiB in a signature header (rpm/lib/header.c, hdrchkTags,
 * headerMaxbytes); a main header of 65535 entries. Kernel packages reach 10 MiB of header. */
#define WH_SIGNATURE_ENTRIES_MAX 32u
#define WH_SIGNATURE_DATA_MAX (64u << 20)
#define WH_HEADER_ENTRIES_MAX 65535u
#define WH_HEADER_DATA_MAX (64u << 20)
#define WH_PREFIX_MAX (96u + WH_SIGNATURE_DATA_MAX + WH_HEADER_DATA_MAX + (2u << 20))

#define WH_FILES_MAX (1u << 20)      /* files a package; texlive-scale packages have 1e5 */
#define WH_SKELETON_MAX (512u << 20) /* bytes of cpio headers and names: 512 a file */
#define WH_PATH_MAX 4095u            /* rpm's cpio name limit */

/* A bundle is whole in memory while it is used; the index gives its exact size beforehand. */
#define WH_BUNDLE_MAX (1ull << 30)
#define WH_TABLE_MAX (64u << 20) /* the inflated file table: 64 bytes a file */
#define WH_GROUPS_MAX WH_FILES_MAX

/* zstd frames may ask for a window as long as base and content together: one content is decoded
 * in one piece into memory of exactly its size, so the window itself costs nothing. */
#define WH_CONTENT_MAX (1ull << 31) /* one group's bases or contents; larger files go whole */

/* Streams of one file that is compressed itself, and what one of them holds: jars have thousands of
 * members; larger ones go as they are. */
#define WH_PACKED_STREAMS_MAX 65535u
#define WH_PACKED_STREAM_MAX (64u << 20)
/* What a publisher takes apart has so many bytes more, at most: a client holds both plain forms. */
#define WH_PLAIN_MARGIN (32u << 20)

#define WH_INDEX_MAX (256u << 20) /* inflated; 1e6 bundles */
#define WH_INDEX_PACKAGES_MAX (1u << 20)
#define WH_INDEX_BUNDLES_MAX 64u /* of a package, two for an older version perhaps */

/* What a client posts to a backend, as it comes and inflated, and what it gets. */
#define WH_UPGRADE_STORED_MAX (1u << 20)
#define WH_UPGRADE_MAX (8u << 20)
#define WH_UPGRADE_PACKAGES_MAX 1024u
#define WH_UPGRADE_FILES_MAX 65536u /* in all lists of a request */
#define WH_INSTRUCTIONS_MAX (16u << 20)
#define WH_REASON_MAX 511u      /* bytes: what fits an error's message */
#define WH_ADVISORIES_MAX 1024u /* a package */
#define WH_ADVISORY_MAX 255u    /* bytes of an id */

#define WH_CARRIER_MAX (64u << 10) /* what the rpm plugin reads at most */

#endif
