/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prefix.h - the bytes of a package before its payload: lead, signature header, zero padding to
 * eight, main header. Layout: rpm's docs/manual/format_v4.md and format_v6.md; lib/header.c. */
#ifndef WHITTLE_PREFIX_H
#define WHITTLE_PREFIX_H

#include "whittle/bytes.h"
#include "whittle/digest.h"

#define WH_LEAD_LENGTH 96u

/* One entry of an rpm header's index. */
struct wh_tag_entry {
    uint32_t tag;
    uint32_t type;        /* RPM_*_TYPE, rpm/rpmtag.h */
    uint32_t count;       /* elements */
    struct wh_bytes data; /* from the element's first byte to the end of the data area */
};

/* An rpm header (signature or main) as stored: eight bytes of magic, entry count, data length,
 * index, data. All slices of the buffer it was read from. */
struct wh_raw_header {
    struct wh_bytes bytes; /* the whole of it, magic included */
    uint32_t entry_count;
    struct wh_bytes index;
    struct wh_bytes data;
};

/* A prefix cut into its parts; slices of the buffer it was read from. */
struct wh_prefix {
    struct wh_bytes bytes;
    struct wh_raw_header signature;
    struct wh_raw_header header;
};

/* How many bytes the prefix of a package has, as far as the first bytes of it tell: either a
 * length not above start.length, and then it is the answer, or the length that must be there to
 * know more. So a caller reads, asks, reads on. start: hostile. */
WH_MUST_CHECK wh_status wh_prefix_measure(
    struct wh_bytes start, size_t *out_length, struct wh_error *err);

/* Cuts exactly one prefix. bytes: hostile; every offset and length is checked. */
WH_MUST_CHECK wh_status wh_prefix_parse(
    struct wh_bytes bytes, struct wh_prefix *out_prefix, struct wh_error *err);

/* Cuts one raw header with its eight bytes of magic, as long as bytes are. */
WH_MUST_CHECK wh_status wh_raw_header_parse(
    struct wh_bytes bytes, struct wh_raw_header *out_header, struct wh_error *err);

/* Finds a tag; false when it is not there or its offset lies outside the data. */
bool wh_raw_header_find(
    const struct wh_raw_header *header, uint32_t tag, struct wh_tag_entry *out_entry);

/* SHA-256 of the main header with its magic: the id of a package version in every format of the
 * project, and what the package's own SHA256HEADER tag says. */
WH_MUST_CHECK wh_status wh_header_id(
    struct wh_bytes header, uint8_t out_id[WH_SHA256_LENGTH], struct wh_error *err);

/* Digests of the package file as the repository serves it; for the carrier. */
struct wh_package_digests {
    uint8_t sha256[32];
    uint8_t sha512[64];
};

/* The prefix of the assembled package: original lead and main header, and the signature header
 * without what covers the compressed payload. The reserved tag holds the carrier
 * (specs/format/carrier.md), from which the rpm plugin restores what an ordinary install would
 * have put into the rpm database. WH_UNSUPPORTED: a tag that no rule covers, or a signature that
 * could not be carried over. prefix: checked by wh_prefix_parse(). */
WH_MUST_CHECK wh_status wh_prefix_rewrite(const struct wh_prefix *prefix,
    const struct wh_package_digests *digests, struct wh_buffer *out_prefix, struct wh_error *err);

/* Could the package be assembled and keep its signatures? What wh_prefix_rewrite() refuses. */
WH_MUST_CHECK wh_status wh_prefix_can_rewrite(const struct wh_prefix *prefix, struct wh_error *err);

/* Strings in a prefix that follow from other bytes and are therefore never sent: they are '0's
 * in a bundle. Fills or blanks the signature header's SHA1, SHA256 and SHA3_256 of the main
 * header, where they are there and have the right length. */
WH_MUST_CHECK wh_status wh_prefix_complete(
    uint8_t *bytes, const struct wh_prefix *prefix, struct wh_error *err);
void wh_prefix_blank(uint8_t *bytes, const struct wh_prefix *prefix);

#endif
