/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalogue.h - which packages lie where, and which bundles were cut: what whittled knows beside
 * its object store. SQLite by default; PostgreSQL where several processes on several machines share
 * the work. Everything in it can be found out again: losing it costs time only. */
#ifndef WHITTLE_WHITTLED_CATALOGUE_H
#define WHITTLE_WHITTLED_CATALOGUE_H

#include "repository.h"
#include "whittle/upgrade.h"

struct wh_known_package {
    uint8_t header_id[WH_SHA256_LENGTH];
    char pkgid[WH_PKGID_MAX + 1];
    char *name;
    char *evr;
    char *arch;
    char *folder;   /* of the repository or history folder, as it was given */
    char *location; /* below it */
    uint64_t size;  /* bytes of the package file */
};
void wh_known_package_clear(struct wh_known_package *package);

struct wh_known_packages {
    struct wh_known_package *packages;
    uint32_t count;
};
void wh_known_packages_clear(struct wh_known_packages *packages);

struct wh_catalogue;

/* where: "postgresql://..." as libpq has it, else the path of an SQLite file, made where there is
 * none, and anew where it is damaged or of another version and nobody else has it open. A handle is
 * for one thread. Free with wh_catalogue_close(). */
WH_MUST_CHECK wh_status wh_catalogue_open(
    const char *where, struct wh_catalogue **out_catalogue, struct wh_error *err);
void wh_catalogue_close(struct wh_catalogue *catalogue);

/* Replaces all that is known of a folder, in one transaction: readers see the old or the new. */
WH_MUST_CHECK wh_status wh_catalogue_publish(struct wh_catalogue *catalogue, const char *folder,
    const struct wh_known_package *packages, uint32_t count, struct wh_error *err);

/* WH_MISSING: not known. Of a package in several folders any one. */
WH_MUST_CHECK wh_status wh_catalogue_by_header(struct wh_catalogue *catalogue,
    const uint8_t header_id[WH_SHA256_LENGTH], struct wh_known_package *out_package,
    struct wh_error *err);
WH_MUST_CHECK wh_status wh_catalogue_by_pkgid(struct wh_catalogue *catalogue, const char *pkgid,
    struct wh_known_package *out_package, struct wh_error *err);
/* All versions of that name and arch, oldest first as rpm orders them, each header once. */
WH_MUST_CHECK wh_status wh_catalogue_versions(struct wh_catalogue *catalogue, const char *name,
    const char *arch, struct wh_known_packages *out_packages, struct wh_error *err);

/* ---- bundles that were cut --------------------------------------------------------------------
 */

struct wh_cut_record {
    uint8_t sha256[WH_SHA256_LENGTH]; /* names it in the store */
    uint64_t size;
    uint32_t cpu_ms;
    struct wh_instruction_counts counts;
};

enum wh_claim {
    WH_CLAIM_DONE,   /* it is there: the record is filled */
    WH_CLAIM_NONE,   /* it was tried, and the whole package is better */
    WH_CLAIM_OURS,   /* it is to be made, by the caller, before the lease is over */
    WH_CLAIM_THEIRS, /* another process or thread is at it */
};

/* Looks a bundle up by its key (wh_cut_key()), and takes the work on where nobody has. One caller
 * alone of all processes gets WH_CLAIM_OURS. lease: seconds after which another may take it. */
WH_MUST_CHECK wh_status wh_catalogue_claim(struct wh_catalogue *catalogue,
    const uint8_t key[WH_SHA256_LENGTH], uint32_t lease, enum wh_claim *out_claim,
    struct wh_cut_record *out_record, struct wh_error *err);
/* Ends a claim: record NULL: the whole package is better. What is settled as a bundle stays. */
WH_MUST_CHECK wh_status wh_catalogue_settle(struct wh_catalogue *catalogue,
    const uint8_t key[WH_SHA256_LENGTH], const struct wh_cut_record *record, struct wh_error *err);
/* Gives a claim of this process back unfinished, so that others need not wait. */
WH_MUST_CHECK wh_status wh_catalogue_release(
    struct wh_catalogue *catalogue, const uint8_t key[WH_SHA256_LENGTH], struct wh_error *err);
/* Forgets a bundle that the store has lost. */
WH_MUST_CHECK wh_status wh_catalogue_forget(
    struct wh_catalogue *catalogue, const uint8_t sha256[WH_SHA256_LENGTH], struct wh_error *err);

#endif
