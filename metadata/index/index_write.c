/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index_write.c - writes the index. Values are digits, or a URL that has nothing to escape. */
#include <stdlib.h>
#include <string.h>

#include "index/bundle_element.h"
#include "whittle/limits.h"

static int compare_packages(const void *left, const void *right)
{
    const struct wh_index_package *a = left;
    const struct wh_index_package *b = right;

    return strcmp(a->pkgid, b->pkgid);
}

static int compare_bundles(const void *left, const void *right)
{
    const struct wh_index_bundle *a = left;
    const struct wh_index_bundle *b = right;

    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = memcmp(a->from, b->from, sizeof a->from);
    if (order == 0 && a->cpu_ms != b->cpu_ms)
        return a->cpu_ms < b->cpu_ms ? -1 : 1;
    return order ? order : memcmp(a->sha256, b->sha256, sizeof a->sha256);
}

static void put_bundle(struct wh_buffer *out, const struct wh_index_bundle *bundle)
{
    static const char *const names[] = {
        [WH_BUNDLE_STEP] = "bundle", [WH_BUNDLE_CONFIG] = "config", [WH_BUNDLE_DOC] = "doc"};

    wh_xml_put(out, "<");
    wh_xml_put(out, names[bundle->kind]);
    wh_bundle_element_put(out, bundle);
    wh_xml_put(out, "/>");
}

/* The bundles of a package in their order, in which rivals are neighbours. */
static wh_status put_bundles(
    struct wh_buffer *out, const struct wh_index_package *package, struct wh_error *err)
{
    for (uint32_t i = 0; i < package->bundle_count; i++) {
        if (i > 0 && wh_index_bundles_rival(&package->bundles[i - 1], &package->bundles[i]))
            return wh_fail(err, WH_MALFORMED, "index: a package has two bundles from one version");
        put_bundle(out, &package->bundles[i]);
    }
    return WH_OK;
}

static void put_start(struct wh_buffer *out, const struct wh_index *index)
{
    wh_xml_put(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<whittle");
    wh_xml_put_text(out, "version", "1");
    if (index->backend)
        wh_xml_put_text(out, "backend", index->backend);
    wh_xml_put(out, ">\n");
}

static wh_status put_package(
    struct wh_buffer *out, const struct wh_index_package *package, struct wh_error *err)
{
    wh_xml_put(out, "<package");
    wh_xml_put_text(out, "pkgid", package->pkgid);
    if (package->has_prefix)
        wh_xml_put_hex(out, "prefix", package->prefix, sizeof package->prefix);
    wh_xml_put(out, package->bundle_count > 0 ? ">" : "/>\n");
    if (package->bundle_count == 0)
        return WH_OK;
    WH_TRY(put_bundles(out, package, err));
    wh_xml_put(out, "</package>\n");
    return WH_OK;
}

wh_status wh_index_write(struct wh_index *index, struct wh_buffer *out_xml, struct wh_error *err)
{
    if (index->package_count > 0)
        qsort(index->packages, index->package_count, sizeof *index->packages, compare_packages);
    if (index->backend && !wh_is_backend(index->backend))
        return wh_fail(err, WH_MALFORMED, "index: backend is no base URL");
    put_start(out_xml, index);
    for (uint32_t i = 0; i < index->package_count; i++) {
        struct wh_index_package *package = &index->packages[i];
        if (package->bundle_count == 0 && !package->has_prefix)
            return wh_fail(err, WH_MALFORMED, "index: a package has neither bundle nor prefix");
        if (package->bundle_count > 0)
            qsort(
                package->bundles, package->bundle_count, sizeof *package->bundles, compare_bundles);
        WH_TRY(put_package(out_xml, package, err));
    }
    wh_xml_put(out_xml, "</whittle>\n");
    return wh_buffer_check(out_xml, err);
}
