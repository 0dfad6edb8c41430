/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundle_element.c - see bundle_element.h. */
#include "index/bundle_element.h"

#include <string.h>

#include "whittle/limits.h"

bool wh_is_pkgid(const char *text)
{
    enum { PKGID_MIN = 32 };
    size_t digits = strspn(text, "0123456789abcdef");

    return digits >= PKGID_MIN && digits <= WH_PKGID_MAX && text[digits] == '\0';
}

bool wh_pkgid_read(struct wh_xml *element, char *out_pkgid)
{
    const char *value = wh_xml_value(element, "pkgid");

    if (!value || !wh_is_pkgid(value))
        return false;
    memcpy(out_pkgid, value, strlen(value) + 1);
    return true;
}

static wh_status bad_bundle(const char *document, const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "%s: %s", document, what);
}

/* Absent: none. Present it costs something. */
static bool read_cost(struct wh_xml *element, uint32_t *out_cpu_ms)
{
    const char *value = wh_xml_value(element, "cpu-ms");
    uint64_t cpu_ms = 0;

    if (value && (!wh_decimal(value, UINT32_MAX, &cpu_ms) || cpu_ms == 0))
        return false;
    *out_cpu_ms = (uint32_t)cpu_ms;
    return true;
}

wh_status wh_bundle_element_read(struct wh_xml *element, const char *document,
    struct wh_index_bundle *bundle, struct wh_error *err)
{
    bool is_step = bundle->kind == WH_BUNDLE_STEP;

    if (is_step && !wh_xml_hex(element, "from", bundle->from, sizeof bundle->from))
        return bad_bundle(document, "a bundle's from is no header id", err);
    if (is_step && !read_cost(element, &bundle->cpu_ms))
        return bad_bundle(document, "a bundle's cpu-ms is no number, or out of range", err);
    if (!wh_xml_hex(element, "sha256", bundle->sha256, sizeof bundle->sha256))
        return bad_bundle(document, "a sha256 is no checksum", err);
    if (!wh_xml_number(element, "size", WH_BUNDLE_MAX, &bundle->size) ||
        bundle->size < WH_BUNDLE_HEAD_LENGTH)
        return bad_bundle(document, "a size is no number, or out of range", err);
    return WH_OK;
}

void wh_bundle_element_put(struct wh_buffer *out, const struct wh_index_bundle *bundle)
{
    bool is_step = bundle->kind == WH_BUNDLE_STEP;

    if (is_step)
        wh_xml_put_hex(out, "from", bundle->from, sizeof bundle->from);
    wh_xml_put_number(out, "size", bundle->size);
    wh_xml_put_hex(out, "sha256", bundle->sha256, sizeof bundle->sha256);
    if (is_step && bundle->cpu_ms > 0)
        wh_xml_put_number(out, "cpu-ms", bundle->cpu_ms);
}
