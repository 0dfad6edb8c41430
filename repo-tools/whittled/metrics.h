/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics.h - what whittled counts, in Prometheus' text form (exposition format 0.0.4). */
#ifndef WHITTLE_WHITTLED_METRICS_H
#define WHITTLE_WHITTLED_METRICS_H

#include <stdatomic.h>

#include "whittle/bytes.h"

enum wh_metric {
    WH_METRIC_REQUESTS, /* all, by any method */
    WH_METRIC_REFUSED,  /* answered with 4xx */
    WH_METRIC_BUSY,     /* answered with 503 */
    WH_METRIC_PACKAGES, /* asked for */
    WH_METRIC_ANSWERED_BUNDLE,
    WH_METRIC_ANSWERED_WHOLE,
    WH_METRIC_ANSWERED_LIST,
    WH_METRIC_FOUND, /* bundles that had been cut before */
    WH_METRIC_CUT,
    WH_METRIC_CUT_FAILED,
    WH_METRIC_CUT_MILLISECONDS,
    WH_METRIC_CUT_BYTES,
    WH_METRIC_SENT_BUNDLES,
    WH_METRIC_SENT_BYTES,
    WH_METRICS,
};

struct wh_metrics {
    atomic_uint_fast64_t counters[WH_METRICS];
};

static inline void wh_metric_add(struct wh_metrics *metrics, enum wh_metric metric, uint64_t count)
{
    atomic_fetch_add_explicit(&metrics->counters[metric], count, memory_order_relaxed);
}

/* What is not counted but is so now. */
struct wh_gauges {
    uint64_t known_packages;
    uint64_t publications;
    uint64_t waiting_requests;
};

WH_MUST_CHECK wh_status wh_metrics_write(const struct wh_metrics *metrics,
    const struct wh_gauges *gauges, struct wh_buffer *out, struct wh_error *err);

#endif
