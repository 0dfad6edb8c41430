/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index_read.c - reads the index.
 *
 *   <whittle version="1" backend="https://example.org/whittled/">
 *     <package pkgid="9f86d0…" prefix="3a1e2f…">
 *       <bundle from="2c26b46b68ffc68f" size="5388" sha256="fcde2b…"/>
 *       <bundle from="2c26b46b68ffc68f" size="2112" sha256="5b9f10…" cpu-ms="1800"/>
 *       <config size="812" sha256="…"/>
 *       <doc size="4100" sha256="…"/>
 *     </package>
 *   </whittle>
 */
#include <stdlib.h>
#include <string.h>

#include "base/xml.h"
#include "index/bundle_element.h"
#include "whittle/cleanup.h"
#include "whittle/index.h"
#include "whittle/limits.h"

/* Where reading is. */
struct reading {
    struct wh_index index;
    bool in_package;
};

static wh_status bad_index(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "index: %s", what);
}

bool wh_is_backend(const char *text)
{
    static const char *const schemes[] = {"http://", "https://"};
    size_t length = strnlen(text, WH_BACKEND_MAX + 1);
    const char *host = NULL;

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
            host = text + strlen(schemes[i]);
    if (!host || length > WH_BACKEND_MAX || text[length - 1] != '/' || *host == '/' ||
        *host == '\0')
        return false;
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || strchr("\"'<>&\\^`{|}@?#", *text))
            return false;
    return true;
}

static wh_status read_root(struct wh_xml *element, struct wh_index *index, struct wh_error *err)
{
    const char *backend = wh_xml_value(element, "backend");

    if (!backend)
        return WH_OK;
    if (!wh_is_backend(backend))
        return bad_index("backend is no base URL", err);
    index->backend = strdup(backend);
    return index->backend ? WH_OK : wh_no_memory(err);
}

static wh_status read_package(struct wh_xml *element, struct wh_index *index, struct wh_error *err)
{
    struct wh_index_package package = {0};

    if (!wh_pkgid_read(element, package.pkgid))
        return bad_index("a pkgid is no checksum", err);
    package.has_prefix = wh_xml_value(element, "prefix") != NULL;
    if (package.has_prefix && !wh_xml_hex(element, "prefix", package.prefix, sizeof package.prefix))
        return bad_index("a prefix is no checksum", err);
    if (index->package_count == WH_INDEX_PACKAGES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "index: too many packages");
    struct wh_index_package *packages = wh_grown(
        index->packages, index->package_count, sizeof *packages);
    if (!packages)
        return wh_no_memory(err);
    index->packages = packages;
    packages[index->package_count++] = package;
    return WH_OK;
}

static wh_status read_bundle(struct wh_xml *element, enum wh_bundle_kind kind,
    struct wh_index_package *package, struct wh_error *err)
{
    struct wh_index_bundle bundle = {.kind = kind};

    WH_TRY(wh_bundle_element_read(element, "index", &bundle, err));
    if (package->bundle_count == WH_INDEX_BUNDLES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "index: too many bundles of one package");
    struct wh_index_bundle *bundles = wh_grown(
        package->bundles, package->bundle_count, sizeof *bundles);
    if (!bundles)
        return wh_no_memory(err);
    package->bundles = bundles;
    bundles[package->bundle_count++] = bundle;
    return WH_OK;
}

static const struct {
    const char *name;
    enum wh_bundle_kind kind;
} bundle_elements[] = {
    {"bundle", WH_BUNDLE_STEP},
    {"config", WH_BUNDLE_CONFIG},
    {"doc", WH_BUNDLE_DOC},
};

/* Elements by depth: package, bundle. Whatever else there is, is passed over. */
static wh_status read_element(
    void *context, struct wh_xml *element, const char *name, int depth, struct wh_error *err)
{
    struct reading *reading = context;
    struct wh_index *index = &reading->index;

    if (depth == 0)
        return read_root(element, index, err);
    if (depth == 1) {
        reading->in_package = strcmp(name, "package") == 0;
        return reading->in_package ? read_package(element, index, err) : WH_OK;
    }
    if (depth != 2 || !reading->in_package)
        return WH_OK;
    for (size_t i = 0; i < sizeof bundle_elements / sizeof *bundle_elements; i++)
        if (strcmp(name, bundle_elements[i].name) == 0)
            return read_bundle(
                element, bundle_elements[i].kind, &index->packages[index->package_count - 1], err);
    return WH_OK;
}

static int compare_packages(const void *left, const void *right)
{
    const struct wh_index_package *a = left;
    const struct wh_index_package *b = right;

    return strcmp(a->pkgid, b->pkgid);
}

/* Few bundles, so that all may be compared with all. */
static bool has_rivals(const struct wh_index_package *package)
{
    for (uint32_t i = 0; i < package->bundle_count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (wh_index_bundles_rival(&package->bundles[i], &package->bundles[k]))
                return true;
    return false;
}

static wh_status sort_packages(struct wh_index *index, struct wh_error *err)
{
    if (index->package_count > 0)
        qsort(index->packages, index->package_count, sizeof *index->packages, compare_packages);
    for (uint32_t i = 0; i < index->package_count; i++) {
        if (index->packages[i].bundle_count == 0 && !index->packages[i].has_prefix)
            return bad_index("a package has neither bundle nor prefix", err);
        if (has_rivals(&index->packages[i]))
            return bad_index("a package has two bundles from one version", err);
        if (i > 0 && compare_packages(&index->packages[i - 1], &index->packages[i]) == 0)
            return bad_index("a package is listed twice", err);
    }
    return WH_OK;
}

static void clear_reading(struct reading *reading)
{
    wh_index_clear(&reading->index);
}

wh_status wh_index_read(struct wh_bytes bytes, struct wh_index *out_index, struct wh_error *err)
{
    static const struct wh_xml_form form = {
        .name = "index",
        .root = "whittle",
        .version = WH_INDEX_VERSION,
        .stored_ceiling = WH_INDEX_MAX,
        .ceiling = WH_INDEX_MAX,
        .element = read_element,
    };
    wh_cleanup(clear_reading) struct reading reading = {0};

    WH_TRY(wh_xml_read(bytes, &form, &reading, err));
    WH_TRY(sort_packages(&reading.index, err));
    *out_index = reading.index;
    reading.index = (struct wh_index){0};
    return WH_OK;
}

void wh_index_clear(struct wh_index *index)
{
    for (uint32_t i = 0; i < index->package_count; i++)
        free(index->packages[i].bundles);
    free(index->packages);
    free(index->backend);
    *index = (struct wh_index){0};
}

bool wh_index_bundles_rival(const struct wh_index_bundle *a, const struct wh_index_bundle *b)
{
    return a->kind == WH_BUNDLE_STEP && b->kind == WH_BUNDLE_STEP &&
           memcmp(a->from, b->from, sizeof a->from) == 0 && (a->cpu_ms > 0) == (b->cpu_ms > 0);
}

const struct wh_index_package *wh_index_find(const struct wh_index *index, const char *pkgid)
{
    uint32_t low = 0;
    uint32_t high = index->package_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(index->packages[middle].pkgid, pkgid);
        if (order == 0)
            return &index->packages[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
