/* SPDX-License-Identifier: GPL-2.0-or-later */
/* publish.h - makes bundles for the packages of a repository and lists them in its metadata. */
#ifndef WHITTLE_REPO_PUBLISH_H
#define WHITTLE_REPO_PUBLISH_H

#include "allowance.h"
#include "effort.h"
#include "progress.h"
#include "shelf.h"
#include "subject.h"
#include "versions.h"

#define WH_VERSIONS_DEFAULT 3u
#define WH_VERSIONS_CEILING 30u /* two each, with itself and supplements: WH_INDEX_BUNDLES_MAX */

#define WH_REENCODE_LIMIT_DEFAULT 2u
#define WH_REENCODE_LIMIT_CEILING 86400u

#define WH_MEMORY_DEFAULT 3072u /* MiB: a package with files of 400 MB, at the default effort */
#define WH_MEMORY_FLOOR 128u
#define WH_MEMORY_CEILING (1u << 24)

struct wh_publish_options {
    const char *repository;
    const char *backend;         /* base URL, wh_is_backend(); NULL for none */
    const char *const *previous; /* folders with older versions */
    uint32_t previous_count;
    uint32_t versions; /* older versions a package, at most */
    uint32_t threads;  /* 0: as many as there are processors */
    uint32_t memory;   /* MiB that all jobs together may take; a job alone may have to take more */
    enum wh_effort effort;
    bool supplement_docs;
    bool no_reinstall; /* no bundle from a version to itself */
    bool no_reencode;  /* nothing that a client has to encode with LZMA */
    /* CPU-seconds of that above which a bundle without it is made as well. */
    uint32_t reencode_limit;
    struct wh_progress *progress; /* NULL for none */
};

/* A bundle that did not pass the gate: a fault of this program. */
struct wh_publish_failure {
    char *package; /* NEVRA or location */
    struct wh_error error;
};

struct wh_publish_result {
    uint32_t packages;
    uint32_t with_bundles;
    uint32_t with_prefix; /* listed for the backend, with or without bundles */
    uint32_t steps;
    uint32_t supplements;
    uint32_t reused;        /* of both, from the run before */
    uint64_t package_bytes; /* of the packages that have bundles */
    uint64_t best_bytes;    /* of each one's bundle from its newest older version */
    uint64_t step_bytes;
    uint64_t supplement_bytes;
    uint32_t skipped[WH_SKIPS];
    struct wh_publish_failure *failures;
    uint32_t failure_count;
    struct wh_shelf_outcome shelf;
};

/* WH_OK also where bundles failed the gate: they are not listed, the rest is. Other failures leave
 * the repository's metadata as it was. Free with wh_publish_result_clear(). */
WH_MUST_CHECK wh_status wh_publish(const struct wh_publish_options *options,
    struct wh_publish_result *out_result, struct wh_error *err);
void wh_publish_result_clear(struct wh_publish_result *result);

/* ---- one package: publish_package.c --------------------------------------------------------- */

struct wh_publish_context {
    const struct wh_publish_options *options;
    struct wh_places places;      /* [0] is the repository itself */
    const struct wh_shelf *shelf; /* as the run before left it */
    struct wh_allowance *allowance;
};

/* What a package got. Owned strings and arrays; wh_package_outcome_clear(). */
struct wh_package_outcome {
    wh_status status; /* not WH_OK: the package or an older one is damaged; error says how */
    struct wh_error error;
    enum wh_skip skip;
    struct wh_index_package listing; /* neither bundles nor prefix: not listed */
    char *nvra;
    uint64_t package_size;
    uint64_t best_size; /* bundle from the newest older version that has one */
    uint32_t reused;
    uint64_t placed; /* bit i: this run wrote the file of bundle i of the listing */
    struct wh_declined *declined;
    uint32_t declined_count;
    bool failed; /* a bundle did not pass the gate; error says why */
};

void wh_publish_package(const struct wh_publish_context *context,
    const struct wh_repository_package *package, struct wh_package_outcome *out_outcome);
void wh_package_outcome_clear(struct wh_package_outcome *outcome);

/* How long the bundle of a package of so many bytes may be, if it is to be worth listing. */
uint64_t wh_bundle_most(uint64_t package_size);
/* Is a bundle of so many bytes worth listing for a package of so many? */
bool wh_is_worth_it(uint64_t bundle_size, uint64_t package_size);

#endif
