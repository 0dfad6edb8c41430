/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shelf.h - what the repository holds of ours: the bundles in whittle/, the index that its
 * repomd.xml lists, and which pairs of versions were found not to be worth a bundle. */
#ifndef WHITTLE_REPO_SHELF_H
#define WHITTLE_REPO_SHELF_H

#include "repository.h"
#include "whittle/index.h"

/* A pair of versions for which an earlier run found no bundle worth listing. */
struct wh_declined {
    char pkgid[WH_PKGID_MAX + 1];
    uint8_t from[8];
};

/* Names of bundles' files, below whittle/. */
struct wh_shelf_names {
    char **names;
    uint32_t count;
};

struct wh_shelf {
    const struct wh_repository *repository;
    struct wh_shelf_names names;  /* of all that lie there, sorted */
    char *index_location;         /* NULL where there is none */
    struct wh_declined *declined; /* sorted */
    uint32_t declined_count;
};

/* Never fails for what it finds: what cannot be read is built again. Free with wh_shelf_clear(). */
WH_MUST_CHECK wh_status wh_shelf_open(
    const struct wh_repository *repository, struct wh_shelf *out_shelf, struct wh_error *err);
void wh_shelf_clear(struct wh_shelf *shelf);

/* The index that repomd.xml lists, or the reason why it cannot be used. out_location may be NULL;
 * the caller frees it. */
WH_MUST_CHECK wh_status wh_shelf_read_index(const struct wh_repository *repository,
    struct wh_index *out_index, char **out_location, struct wh_error *err);

/* All bundles on the shelf that lead to this package and are whole, whatever lists them:
 * createrepo_c drops our record from repomd.xml, and every file got here through the gate.
 * prefix_sha256: of the package. out_bundles: the caller frees. */
WH_MUST_CHECK wh_status wh_shelf_load(const struct wh_shelf *shelf, const char *nvra,
    const uint8_t prefix_sha256[WH_SHA256_LENGTH], struct wh_index_bundle **out_bundles,
    uint32_t *out_count, struct wh_error *err);

/* For qsort() and bsearch() over names. */
int wh_shelf_name_order(const void *left, const void *right);

bool wh_shelf_is_declined(const struct wh_shelf *shelf, const char *pkgid, const uint8_t from[8]);

/* Reads a bundle's file and checks it against what the index says. name: of the package. */
WH_MUST_CHECK wh_status wh_shelf_read_bundle(const struct wh_repository *repository,
    const char *nvra, const struct wh_index_bundle *listed, struct wh_buffer *out_bytes,
    struct wh_error *err);

/* Puts a bundle on the shelf and fills in size and sha256. A file of that name that is whole is
 * left alone: out_new tells. Safe on several threads. */
WH_MUST_CHECK wh_status wh_shelf_place(const struct wh_repository *repository, const char *nvra,
    struct wh_bytes bundle, struct wh_index_bundle *listed, bool *out_new, struct wh_error *err);

/* Takes one off again that was placed by a run that failed later. */
void wh_shelf_withdraw(
    const struct wh_repository *repository, const char *nvra, const struct wh_index_bundle *placed);

/* What a run leaves behind: writes the index and repomd.xml, which makes it visible in one step;
 * then removes what nothing lists any more. index: may be empty. keep: of all listed bundles, gets
 * sorted. */
struct wh_shelf_update {
    struct wh_index *index;
    struct wh_shelf_names *keep;
    struct wh_declined *declined;
    uint32_t declined_count;
};

struct wh_shelf_outcome {
    uint64_t index_size; /* bytes as served */
    uint32_t removed;    /* bundles that nothing listed any more */
    bool changed;        /* repomd.xml is another now */
};

WH_MUST_CHECK wh_status wh_shelf_update(const struct wh_shelf *shelf,
    const struct wh_shelf_update *update, struct wh_shelf_outcome *out_outcome,
    struct wh_error *err);

#endif
