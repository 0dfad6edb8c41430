/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle.h - all that leads from one older version of a package to this one, or (a supplement)
 * whole contents of its %config or %doc files. Format: specs/format/bundle.md. */
#ifndef WHITTLE_BUNDLE_H
#define WHITTLE_BUNDLE_H

#include "whittle/codec.h"
#include "whittle/header.h"
#include "whittle/packed.h"
#include "whittle/skeleton.h"

#define WH_BUNDLE_VERSION 1u
#define WH_BUNDLE_HEAD_LENGTH 244u

enum wh_bundle_kind {
    WH_BUNDLE_STEP = 1,   /* from one older version to this one */
    WH_BUNDLE_CONFIG = 2, /* supplement: %config contents */
    WH_BUNDLE_DOC = 3,    /* supplement: %doc contents */
    WH_BUNDLE_LIST = 4,   /* from a list of files to this one: see file_list.h */
};

/* Does it lead to a package, rather than supplement one that does? */
static inline bool wh_bundle_leads(enum wh_bundle_kind kind)
{
    return kind == WH_BUNDLE_STEP || kind == WH_BUNDLE_LIST;
}

/* One content that is produced, as the file table names it. */
struct wh_entry {
    uint32_t file; /* index in the new header, has_content */
    uint32_t base; /* index in the old header, WH_NO_FILE, or WH_SAME_PATH before resolving */
    const struct wh_recipe *recipe; /* of a content that is made in its plain form; else NULL */
};

/* The old file of the same path: how a table names the usual base, without its number. */
#define WH_SAME_PATH (UINT32_MAX - 1)

/* A file whose content is produced under another file's name. */
struct wh_twin {
    uint32_t file;
    uint32_t original; /* the file of an entry */
};

/* Contents that are decoded together, and with no other group's help. */
struct wh_group {
    uint32_t codec;
    uint32_t first_entry;
    uint32_t entry_count; /* > 0 */
    struct wh_bytes stored;
    /* Where an entry has a recipe: bytes of all bases, and of all contents, in the form in which
     * they are coded; else 0. */
    uint64_t plain_bases;
    uint64_t plain_contents;
};

/* Digests of the head; all SHA-256 but the last. */
struct wh_bundle_identity {
    /* wh_header_id() of the older version, or the list's id; zeros in supplements. */
    uint8_t old_header[32];
    uint8_t prefix[32];  /* of the new package's prefix as published */
    uint8_t package[32]; /* of the new package file: its pkgid in most repositories */
    uint8_t package_sha512[64];
};

/* A parsed bundle; slices of the bytes it was read from, and what it owns. */
struct wh_bundle {
    enum wh_bundle_kind kind;
    struct wh_bundle_identity identity;
    uint64_t package_size; /* bytes of the new package file as published; for people */
    struct wh_bytes stored_prefix;
    uint32_t prefix_length;
    enum wh_correction_mode correction_mode;
    struct wh_bytes stored_correction;
    uint32_t correction_length;
    struct wh_entry *entries; /* in the order of the groups */
    uint32_t entry_count;
    struct wh_twin *twins; /* ascending by file */
    uint32_t twin_count;
    struct wh_group *groups;
    uint32_t group_count;
    struct wh_recipe *recipes; /* that entries point to */
    uint32_t recipe_count;
    uint8_t *table;         /* that recipes' parameters are slices of */
    uint64_t groups_length; /* stored bytes of all groups */
};

/* CPU-milliseconds that a reader spends on coding streams again, as far as recipes tell. */
uint32_t wh_bundle_cpu_ms(const struct wh_bundle *bundle);

/* Parses a bundle and checks all that can be checked without the headers: lengths, the digest of
 * what follows the head, the one canonical spelling of the table. bytes: hostile; they must stay
 * unchanged as long as the bundle is used. Free with wh_bundle_clear(). */
WH_MUST_CHECK wh_status wh_bundle_parse(
    struct wh_bytes bytes, struct wh_bundle *out_bundle, struct wh_error *err);
void wh_bundle_clear(struct wh_bundle *bundle);

/* Checks the table against both headers and resolves WH_SAME_PATH: indices in range, files that
 * have content, each produced once, bases that are regular files with content, one spelling for
 * each base. old_map (of the old header) is NULL for a supplement. */
WH_MUST_CHECK wh_status wh_bundle_resolve(struct wh_bundle *bundle,
    const struct wh_header *old_header, const struct wh_file_map *old_map,
    const struct wh_header *new_header, struct wh_error *err);

/* The new package's prefix as the bundle holds it: digests that follow from contents are '0's.
 * old_header: the bytes of the older main header, checked against identity.old_header by this call;
 * empty for a bundle that starts from a list of files.
 * out_bytes: prefix_length bytes, the caller frees. */
WH_MUST_CHECK wh_status wh_bundle_prefix(const struct wh_bundle *bundle, struct wh_bytes old_header,
    uint8_t **out_bytes, struct wh_error *err);

/* The correction, inflated; NULL where there is none. The caller frees. */
WH_MUST_CHECK wh_status wh_bundle_correction(
    const struct wh_bundle *bundle, uint8_t **out_bytes, struct wh_error *err);

/* What a publisher puts together. Groups' stored bytes are borrowed until wh_bundle_write(). */
struct wh_bundle_draft {
    enum wh_bundle_kind kind;
    struct wh_bundle_identity identity;
    uint64_t package_size;
    struct wh_bytes prefix;     /* blanked; empty in a supplement */
    struct wh_bytes old_header; /* the reference of the prefix's patch */
    enum wh_correction_mode correction_mode;
    struct wh_bytes correction;
    const struct wh_file_map *old_map; /* of the old header; NULL in a supplement */
    const struct wh_header *new_header;
    const struct wh_entry *entries; /* in the order of the groups, ascending by file in each */
    uint32_t entry_count;
    const struct wh_twin *twins;
    uint32_t twin_count;
    const struct wh_group *groups;
    uint32_t group_count;
};

/* Writes the one byte sequence of a draft. Deterministic for one version of libzstd. */
WH_MUST_CHECK wh_status wh_bundle_write(
    const struct wh_bundle_draft *draft, struct wh_buffer *out, struct wh_error *err);

/* Where a bundle lies below the repository's root: whittle/NVRA.<16 hex digits of its SHA-256>.wht.
 * WH_MALFORMED if nvra starts with a dot or holds a slash of either kind, a blank or a control
 * byte. The caller frees. */
WH_MUST_CHECK wh_status wh_bundle_location(
    const char *nvra, const uint8_t sha256[32], char **out_location, struct wh_error *err);

#endif
