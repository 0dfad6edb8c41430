/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index_read.c - reads the index with libxml2's streaming reader.
 *
 *   <whittle version="1">
 *     <package pkgid="9f86d0…">
 *       <bundle from="2c26b46b68ffc68f" size="5388" sha256="fcde2b…"/>
 *       <bundle from="2c26b46b68ffc68f" size="2112" sha256="5b9f10…" cpu-ms="1800"/>
 *       <config size="812" sha256="…"/>
 *       <doc size="4100" sha256="…"/>
 *     </package>
 *   </whittle>
 */
#include <libxml/xmlreader.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/index.h"
#include "whittle/limits.h"

static void free_reader(xmlTextReaderPtr *reader)
{
    xmlFreeTextReader(*reader);
}

static void free_text(xmlChar **text)
{
    xmlFree(*text);
}

static void silence(void *context, const char *message, xmlParserSeverities severity,
    xmlTextReaderLocatorPtr locator)
{
    (void)context;
    (void)message;
    (void)severity;
    (void)locator;
}

static wh_status bad_index(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "index: %s", what);
}

static bool hex_attribute(xmlTextReaderPtr reader, const char *name, uint8_t *out, size_t length)
{
    wh_cleanup(free_text) xmlChar *text = xmlTextReaderGetAttribute(reader, (const xmlChar *)name);

    return text && wh_unhex((const char *)text, strlen((const char *)text), out, length);
}

static bool size_attribute(xmlTextReaderPtr reader, uint64_t *out_size)
{
    wh_cleanup(free_text)
        xmlChar *text = xmlTextReaderGetAttribute(reader, (const xmlChar *)"size");

    return text && wh_decimal((const char *)text, UINT64_MAX, out_size);
}

/* Absent: none. Present it costs something. */
static bool cost_attribute(xmlTextReaderPtr reader, uint32_t *out_cpu_ms)
{
    wh_cleanup(free_text)
        xmlChar *text = xmlTextReaderGetAttribute(reader, (const xmlChar *)"cpu-ms");
    uint64_t cpu_ms = 0;

    if (text && (!wh_decimal((const char *)text, UINT32_MAX, &cpu_ms) || cpu_ms == 0))
        return false;
    *out_cpu_ms = (uint32_t)cpu_ms;
    return true;
}

/* Room for one more element at the end of a growing array. */
static void *grow(void *array, uint32_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0; /* capacity doubles at the powers of two */

    return full ? realloc(array, (count ? 2 * (size_t)count : 1) * size) : array;
}

static wh_status read_package(xmlTextReaderPtr reader, struct wh_index *index, struct wh_error *err)
{
    wh_cleanup(free_text)
        xmlChar *pkgid = xmlTextReaderGetAttribute(reader, (const xmlChar *)"pkgid");
    size_t digits = pkgid ? strlen((const char *)pkgid) : 0;

    if (digits < 32 || digits > WH_PKGID_MAX ||
        strspn((const char *)pkgid, "0123456789abcdef") != digits)
        return bad_index("a pkgid is no checksum", err);
    if (index->package_count == WH_INDEX_PACKAGES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "index: too many packages");
    struct wh_index_package *packages = grow(
        index->packages, index->package_count, sizeof *packages);
    if (!packages)
        return wh_no_memory(err);
    index->packages = packages;
    struct wh_index_package *package = &packages[index->package_count++];
    *package = (struct wh_index_package){0};
    memcpy(package->pkgid, pkgid, digits);
    return WH_OK;
}

static wh_status read_bundle(xmlTextReaderPtr reader, enum wh_bundle_kind kind,
    struct wh_index_package *package, struct wh_error *err)
{
    struct wh_index_bundle bundle = {.kind = kind};

    if (kind == WH_BUNDLE_STEP && !hex_attribute(reader, "from", bundle.from, sizeof bundle.from))
        return bad_index("a bundle's from is no header id", err);
    if (kind == WH_BUNDLE_STEP && !cost_attribute(reader, &bundle.cpu_ms))
        return bad_index("a bundle's cpu-ms is no number, or out of range", err);
    if (!hex_attribute(reader, "sha256", bundle.sha256, sizeof bundle.sha256))
        return bad_index("a sha256 is no checksum", err);
    if (!size_attribute(reader, &bundle.size) || bundle.size < WH_BUNDLE_HEAD_LENGTH ||
        bundle.size > WH_BUNDLE_MAX)
        return bad_index("a size is no number, or out of range", err);
    if (package->bundle_count == WH_INDEX_BUNDLES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "index: too many bundles of one package");
    struct wh_index_bundle *bundles = grow(
        package->bundles, package->bundle_count, sizeof *bundles);
    if (!bundles)
        return wh_no_memory(err);
    package->bundles = bundles;
    bundles[package->bundle_count++] = bundle;
    return WH_OK;
}

static wh_status read_root(xmlTextReaderPtr reader, struct wh_error *err)
{
    wh_cleanup(free_text)
        xmlChar *version = xmlTextReaderGetAttribute(reader, (const xmlChar *)"version");
    uint64_t number = 0;

    if (strcmp((const char *)xmlTextReaderConstLocalName(reader), "whittle") != 0)
        return bad_index("it does not begin as one", err);
    if (!version || !wh_decimal((const char *)version, UINT64_MAX, &number))
        return bad_index("it has no format version", err);
    if (number != WH_INDEX_VERSION)
        return wh_fail(err, WH_UNSUPPORTED, "index: format version %llu is not known",
            (unsigned long long)number);
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

/* Elements by depth: whittle, package, bundle. Whatever else there is, is passed over. */
static wh_status read_element(
    xmlTextReaderPtr reader, bool *in_package, struct wh_index *index, struct wh_error *err)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(reader);
    int depth = xmlTextReaderDepth(reader);

    if (depth == 0)
        return read_root(reader, err);
    if (depth == 1) {
        *in_package = strcmp(name, "package") == 0;
        return *in_package ? read_package(reader, index, err) : WH_OK;
    }
    if (depth != 2 || !*in_package)
        return WH_OK;
    for (size_t i = 0; i < sizeof bundle_elements / sizeof *bundle_elements; i++)
        if (strcmp(name, bundle_elements[i].name) == 0)
            return read_bundle(
                reader, bundle_elements[i].kind, &index->packages[index->package_count - 1], err);
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
        if (index->packages[i].bundle_count == 0)
            return bad_index("a package has no bundle", err);
        if (has_rivals(&index->packages[i]))
            return bad_index("a package has two bundles from one version", err);
        if (i > 0 && compare_packages(&index->packages[i - 1], &index->packages[i]) == 0)
            return bad_index("a package is listed twice", err);
    }
    return WH_OK;
}

static wh_status read_xml(struct wh_bytes xml, struct wh_index *index, struct wh_error *err)
{
    bool in_package = false;
    int more;

    if (xml.length > WH_INDEX_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "index: larger than %u bytes", WH_INDEX_MAX);
    wh_cleanup(free_reader) xmlTextReaderPtr reader = xmlReaderForMemory(
        (const char *)xml.data, (int)xml.length, NULL, NULL, XML_PARSE_NONET);
    if (!reader)
        return wh_no_memory(err);
    xmlTextReaderSetErrorHandler(reader, silence, NULL);
    while ((more = xmlTextReaderRead(reader)) == 1) {
        int type = xmlTextReaderNodeType(reader);
        if (type == XML_READER_TYPE_DOCUMENT_TYPE || type == XML_READER_TYPE_ENTITY_REFERENCE)
            return bad_index("it has a document type", err);
        if (type == XML_READER_TYPE_ELEMENT)
            WH_TRY(read_element(reader, &in_package, index, err));
    }
    if (more < 0)
        return bad_index("it is not well-formed XML", err);
    return sort_packages(index, err);
}

static void clear_index(struct wh_index *index)
{
    wh_index_clear(index);
}

wh_status wh_index_read(struct wh_bytes bytes, struct wh_index *out_index, struct wh_error *err)
{
    static const uint8_t zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    wh_cleanup(clear_index) struct wh_index index = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer inflated = {.ceiling = WH_INDEX_MAX};

    if (bytes.length >= sizeof zstd_magic &&
        memcmp(bytes.data, zstd_magic, sizeof zstd_magic) == 0) {
        WH_TRY(wh_frame_read_all(bytes, &inflated, err));
        bytes = wh_buffer_bytes(&inflated);
    }
    if (bytes.length == 0)
        return bad_index("it is empty", err);
    WH_TRY(read_xml(bytes, &index, err));
    *out_index = index;
    index = (struct wh_index){0};
    return WH_OK;
}

void wh_index_clear(struct wh_index *index)
{
    for (uint32_t i = 0; i < index->package_count; i++)
        free(index->packages[i].bundles);
    free(index->packages);
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
