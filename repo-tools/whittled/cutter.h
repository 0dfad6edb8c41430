/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cutter.h - the threads that make bundles. As many at a time as there are threads, a bounded
 * number waits; what is made goes to the store and the catalogue whether anybody still waits for
 * it. */
#ifndef WHITTLE_WHITTLED_CUTTER_H
#define WHITTLE_WHITTLED_CUTTER_H

#include "cut.h"
#include "effort.h"
#include "whittled/catalogue.h"
#include "whittled/metrics.h"
#include "whittled/packages.h"
#include "whittled/store.h"

struct wh_cutter;

struct wh_cutter_options {
    const char *catalogue;
    struct wh_store *store;
    struct wh_packages *packages;
    struct wh_metrics *metrics;
    uint32_t threads;      /* bundles at a time */
    uint32_t threads_each; /* for one of them; with one alone bundles are others (choosing.h) */
    uint32_t waiting_max;  /* orders that may wait */
    uint64_t memory;       /* bytes of work for all threads together */
    enum wh_effort effort;
};

WH_MUST_CHECK wh_status wh_cutter_new(
    const struct wh_cutter_options *options, struct wh_cutter **out_cutter, struct wh_error *err);
/* Lets what is being made be finished; what waits is given back. */
void wh_cutter_free(struct wh_cutter *cutter);

/* A bundle to make. */
struct wh_order_terms {
    uint8_t key[WH_SHA256_LENGTH]; /* claimed by the caller: WH_CLAIM_OURS */
    const struct wh_known_package *target;
    const struct wh_known_package *origin; /* NULL: the list */
    const struct wh_upgrade_package *asked;
    bool without_liblzma;
};

struct wh_order;

/* Copies what it needs. From here on the claim is the cutter's. WH_OVER_LIMIT: too many wait
 * already; the claim is given back. Let go with wh_order_drop(). */
WH_MUST_CHECK wh_status wh_cutter_order(struct wh_cutter *cutter,
    const struct wh_order_terms *terms, struct wh_order **out_order, struct wh_error *err);

struct timespec;
enum wh_order_end {
    WH_ORDER_MADE,  /* the record is filled */
    WH_ORDER_WHOLE, /* the whole package is better */
    WH_ORDER_LATE,  /* not yet */
    WH_ORDER_FAILED,
};
/* Waits until the order is done, or until then (CLOCK_MONOTONIC). */
enum wh_order_end wh_order_wait(
    struct wh_order *order, const struct timespec *until, struct wh_cut_record *out_record);
void wh_order_drop(struct wh_order *order);

#endif
