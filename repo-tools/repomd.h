/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repomd.h - repomd.xml: finds records in it, and replaces the one of type `whittle`. Everything
 * else in the document stays as it was, byte for byte as far as libxml2 keeps it. */
#ifndef WHITTLE_REPO_REPOMD_H
#define WHITTLE_REPO_REPOMD_H

#include "whittle/digest.h"

#define WH_REPOMD_MAX (8u << 20) /* bytes; real ones have a few thousand */

/* createrepo's name of a digest algorithm as rpm's number, 0 if not known. */
uint32_t wh_digest_algorithm_named(const char *name);

struct wh_repomd;

/* bytes: hostile. WH_MALFORMED: not XML, not a repomd, with a document type. */
WH_MUST_CHECK wh_status wh_repomd_parse(
    struct wh_bytes bytes, const char *name, struct wh_repomd **out_repomd, struct wh_error *err);
void wh_repomd_free(struct wh_repomd *repomd);
void wh_repomd_cleanup(struct wh_repomd **repomd);

/* A record, as far as it is needed. */
struct wh_repomd_record {
    char *location; /* hostile: open with wh_open_below() */
    struct wh_digest checksum;
};

/* WH_MISSING: no record of that type. WH_MALFORMED: without location or known checksum. Free with
 * wh_repomd_record_clear(). */
WH_MUST_CHECK wh_status wh_repomd_find(const struct wh_repomd *repomd, const char *type,
    struct wh_repomd_record *out_record, struct wh_error *err);
void wh_repomd_record_clear(struct wh_repomd_record *record);

/* What a new record says. */
struct wh_repomd_entry {
    const char *location;
    uint8_t checksum[WH_SHA256_LENGTH];      /* of the compressed file */
    uint8_t open_checksum[WH_SHA256_LENGTH]; /* of what it unpacks to */
    uint64_t size;
    uint64_t open_size;
};

/* Takes out all records of the type and adds one at the end (none if entry is NULL). Its timestamp
 * is the primary record's, so that the same input gives the same bytes. out_xml: the document, in
 * UTF-8. */
WH_MUST_CHECK wh_status wh_repomd_replace(struct wh_repomd *repomd, const char *type,
    const struct wh_repomd_entry *entry, struct wh_buffer *out_xml, struct wh_error *err);

#endif
