/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics.c - see metrics.h. */
#include "whittled/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *help;
} counters[WH_METRICS] = {
    [WH_METRIC_REQUESTS] = {"whittled_requests_total", "HTTP requests"},
    [WH_METRIC_REFUSED] = {"whittled_refused_total", "requests answered with a status from 400 on"},
    [WH_METRIC_BUSY] = {"whittled_busy_total", "requests that found no room"},
    [WH_METRIC_PACKAGES] = {"whittled_packages_total", "packages that clients asked for"},
    [WH_METRIC_ANSWERED_BUNDLE] = {"whittled_answers_bundle_total", "packages with a bundle"},
    [WH_METRIC_ANSWERED_WHOLE] = {"whittled_answers_whole_total", "packages to be taken whole"},
    [WH_METRIC_ANSWERED_LIST] = {"whittled_answers_list_total", "lists of files asked for"},
    [WH_METRIC_FOUND] = {"whittled_bundles_found_total", "bundles that had been cut before"},
    [WH_METRIC_CUT] = {"whittled_bundles_cut_total", "bundles cut"},
    [WH_METRIC_CUT_FAILED] = {"whittled_cuts_failed_total", "bundles that could not be cut"},
    [WH_METRIC_CUT_MILLISECONDS] = {"whittled_cut_milliseconds_total", "time that cutting took"},
    [WH_METRIC_CUT_BYTES] = {"whittled_cut_bytes_total", "bytes of bundles cut"},
    [WH_METRIC_SENT_BUNDLES] = {"whittled_bundles_sent_total", "bundles sent"},
    [WH_METRIC_SENT_BYTES] = {"whittled_bundle_bytes_sent_total", "bytes of bundles sent"},
};

static void put(
    struct wh_buffer *out, const char *name, const char *kind, const char *help, uint64_t value)
{
    char text[256];
    int length = snprintf(text, sizeof text, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name,
        help, name, kind, name, value);

    wh_buffer_append(out, text, (size_t)length);
}

wh_status wh_metrics_write(const struct wh_metrics *metrics, const struct wh_gauges *gauges,
    struct wh_buffer *out, struct wh_error *err)
{
    for (int i = 0; i < WH_METRICS; i++)
        put(out, counters[i].name, "counter", counters[i].help, metrics->counters[i]);
    put(out, "whittled_known_packages", "gauge", "package files that are known",
        gauges->known_packages);
    put(out, "whittled_publications", "gauge", "times that a folder was read",
        gauges->publications);
    put(out, "whittled_waiting_requests", "gauge", "requests that are worked on or wait",
        gauges->waiting_requests);
    return wh_buffer_check(out, err);
}
