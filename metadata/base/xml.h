/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xml.h - documents of XML: hostile ones read element by element, in time in proportion to their
 * length, and the words that ours are written with. libxml2 is hidden here. */
#ifndef WHITTLE_BASE_XML_H
#define WHITTLE_BASE_XML_H

#include "whittle/bytes.h"

struct wh_xml; /* an element: its attributes */

/* depth: 0 of the root. name: borrowed, valid during the call. */
typedef wh_status wh_xml_element_fn(
    void *context, struct wh_xml *element, const char *name, int depth, struct wh_error *err);

struct wh_xml_form {
    const char *name; /* of the document: what every message begins with */
    const char *root;
    uint64_t version;      /* what the root's attribute `version` must say */
    size_t stored_ceiling; /* bytes as they came */
    size_t ceiling;        /* bytes of XML; at most INT_MAX */
    wh_xml_element_fn *element;
};

/* Calls form->element for every element in the order of the document, the root first, which is
 * what form says. bytes:
 * hostile, UTF-8, plain or one zstd frame. WH_MALFORMED: not well-formed, another root, a document
 * type. WH_UNSUPPORTED: another version. WH_OVER_LIMIT: too long, or too many attributes. */
WH_MUST_CHECK wh_status wh_xml_read(
    struct wh_bytes bytes, const struct wh_xml_form *form, void *context, struct wh_error *err);

/* An attribute's value, or NULL where it is absent; borrowed until the next attribute is asked for.
 */
const char *wh_xml_value(struct wh_xml *element, const char *name);
/* Is the attribute there, and what it says in its form? */
bool wh_xml_hex(struct wh_xml *element, const char *name, uint8_t *out, size_t length);
bool wh_xml_number(
    struct wh_xml *element, const char *name, uint64_t ceiling, uint64_t *out_number);

void wh_xml_put(struct wh_buffer *out, const char *text);
/* ' NAME="VALUE"'. text: nothing in it needs escaping. */
void wh_xml_put_text(struct wh_buffer *out, const char *name, const char *text);
void wh_xml_put_escaped(struct wh_buffer *out, const char *name, const char *text);
void wh_xml_put_number(struct wh_buffer *out, const char *name, uint64_t value);
void wh_xml_put_hex(struct wh_buffer *out, const char *name, const uint8_t *bytes, size_t length);

#endif
