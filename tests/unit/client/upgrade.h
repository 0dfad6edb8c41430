/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade.h - a package's way from version 1 to 2: a system with version 1 on it, and the bundles
 * in a package manager's cache, with the request that names them. */
#ifndef WHITTLE_TESTS_CLIENT_UPGRADE_H
#define WHITTLE_TESTS_CLIENT_UPGRADE_H

#include "assemble/package.h"
#include "root.h"

enum { UPGRADE_STEP, UPGRADE_CONFIG, UPGRADE_DOC, UPGRADE_BUNDLES };

#define UPGRADE_BUDGET (1u << 24)                    /* the smallest of a program's life counts */
#define TEXT(literal) ((char *)(uintptr_t)(literal)) /* for requests, which own their strings */

struct upgrade {
    struct sample old;
    struct sample new;
    struct wh_buffer bundles[UPGRADE_BUNDLES];
    char paths[UPGRADE_BUNDLES][128];
    char destination[128]; /* in the folder cache, beside the bundles */
    char checksum[2 * WH_SHA256_LENGTH + 1];
    struct wh_run run;
    struct wh_assemble_request request; /* names the step; raise bundle_count for supplements */
};

/* The system; every upgrade finds the files of version 1 as they were packaged. */
extern struct root upgrade_root;

/* For cmocka: makes and removes it, once a program. */
int upgrade_begin(void **state);
int upgrade_end(void **state);

void upgrade_make(struct upgrade *upgrade);
void upgrade_remove(struct upgrade *upgrade);

/* Puts bytes, or again the real bundles, into the cache and the request. */
void upgrade_offer(struct upgrade *upgrade, uint32_t bundle, struct wh_bytes bytes);
void upgrade_offer_all(struct upgrade *upgrade);

/* Puts a bundle in the step's place that starts from a list of what is there now. */
void upgrade_offer_list(struct upgrade *upgrade);

/* Another content of the same length for a file of the system. */
void upgrade_edit(const char *path);

/* wh_package_assemble(); its progress goes nowhere. */
WH_MUST_CHECK wh_status upgrade_assemble(
    struct upgrade *upgrade, struct wh_assembled *out_assembled, struct wh_error *err);

/* It works, the package is the one that was published, and the cache has nothing else. Gives back
 * the budget, which a run would keep. */
void upgrade_succeeds(struct upgrade *upgrade, struct wh_assembled *out_assembled);

void upgrade_expect_file(const char *path, const void *bytes, size_t length);
void upgrade_expect_package(const struct upgrade *upgrade);

#endif
