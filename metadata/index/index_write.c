/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index_write.c - writes the index. All values are digits, so nothing needs escaping. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/index.h"
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
    return order ? order : memcmp(a->sha256, b->sha256, sizeof a->sha256);
}

static void put(struct wh_buffer *out, const char *text)
{
    wh_buffer_append(out, text, strlen(text));
}

static void put_bundle(struct wh_buffer *out, const struct wh_index_bundle *bundle)
{
    static const char *const names[] = {
        [WH_BUNDLE_STEP] = "bundle", [WH_BUNDLE_CONFIG] = "config", [WH_BUNDLE_DOC] = "doc"};
    char hex[2 * WH_SHA256_LENGTH + 1];
    char size[32];

    put(out, "<");
    put(out, names[bundle->kind]);
    if (bundle->kind == WH_BUNDLE_STEP) {
        wh_hex(bundle->from, sizeof bundle->from, hex);
        put(out, " from=\"");
        put(out, hex);
        put(out, "\"");
    }
    (void)snprintf(size, sizeof size, " size=\"%llu\"", (unsigned long long)bundle->size);
    put(out, size);
    wh_hex(bundle->sha256, sizeof bundle->sha256, hex);
    put(out, " sha256=\"");
    put(out, hex);
    put(out, "\"/>");
}

wh_status wh_index_write(struct wh_index *index, struct wh_buffer *out_xml, struct wh_error *err)
{
    if (index->package_count > 0)
        qsort(index->packages, index->package_count, sizeof *index->packages, compare_packages);
    put(out_xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<whittle version=\"1\">\n");
    for (uint32_t i = 0; i < index->package_count; i++) {
        struct wh_index_package *package = &index->packages[i];
        qsort(package->bundles, package->bundle_count, sizeof *package->bundles, compare_bundles);
        put(out_xml, "<package pkgid=\"");
        put(out_xml, package->pkgid);
        put(out_xml, "\">");
        for (uint32_t b = 0; b < package->bundle_count; b++)
            put_bundle(out_xml, &package->bundles[b]);
        put(out_xml, "</package>\n");
    }
    put(out_xml, "</whittle>\n");
    return wh_buffer_check(out_xml, err);
}
