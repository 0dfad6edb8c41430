/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xml_read.c - hostile XML, see xml.h. What libxml2 reads in more time than in proportion to the
 * length, or in more memory, is looked for before: entities, and many attributes, namespaces and
 * names, which it compares with each other or keeps in a table that hardly grows. */
#include <libxml/xmlreader.h>
#include <string.h>

#include "base/xml.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/digest.h"

enum { ATTRIBUTES_MAX = 64, NAMES_MAX = 256 };

struct wh_xml {
    xmlTextReaderPtr reader;
    bool failed; /* no memory for a value */
};

static void free_reader(xmlTextReaderPtr *reader)
{
    xmlFreeTextReader(*reader);
}

static void silence(void *context, const char *message, xmlParserSeverities severity,
    xmlTextReaderLocatorPtr locator)
{
    (void)context;
    (void)message;
    (void)severity;
    (void)locator;
}

/* ---- before libxml2 sees it ------------------------------------------------------------------ */

/* No byte order mark but UTF-8's, and no NUL: then libxml2, which is told to ignore the
 * declaration, reads the very bytes that are looked at here. */
static bool is_plain_text(struct wh_bytes xml)
{
    return strchr("<\xef \t\r\n", xml.data[0]) && !memchr(xml.data, '\0', xml.length);
}

static bool starts_with(const uint8_t *at, const uint8_t *end, const char *text)
{
    size_t length = strlen(text);

    return (size_t)(end - at) >= length && memcmp(at, text, length) == 0;
}

/* "<!" begins a comment, a CDATA section or a document type, and nothing else. */
static bool is_document_type(const uint8_t *at, const uint8_t *end)
{
    return starts_with(at, end, "<!") && !starts_with(at, end, "<!--") &&
           !starts_with(at, end, "<![CDATA[");
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* An equals sign, perhaps blanks, a quote. */
static bool is_assignment(const uint8_t *at, const uint8_t *end)
{
    if (*at++ != '=')
        return false;
    while (at < end && is_space(*at))
        at++;
    return at < end && (*at == '"' || *at == '\'');
}

/* What was seen so far. */
struct seen {
    unsigned assignments;  /* since the last '<': values hold none, so these are the attributes */
    unsigned declarations; /* of namespaces */
    struct wh_bytes names[NAMES_MAX];
};

/* False where there are too many names. */
static bool note_name(struct seen *seen, const uint8_t *name, size_t length)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a; names that share it only take longer */

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ name[i]) * 1099511628211u;
    for (unsigned i = 0; i < NAMES_MAX; i++) {
        struct wh_bytes *slot = &seen->names[(hash + i) % NAMES_MAX];
        if (!slot->data) {
            *slot = (struct wh_bytes){name, length};
            return true;
        }
        if (slot->length == length && memcmp(slot->data, name, length) == 0)
            return true;
    }
    return false;
}

static bool is_name_byte(uint8_t byte)
{
    return !is_space(byte) && !strchr("<>/=\"'", byte);
}

/* Of an element or an instruction: behind '<'. */
static bool note_element(struct seen *seen, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *name = ++at;

    while (at < end && is_name_byte(*at))
        at++;
    return at == name || *name == '!' || note_name(seen, name, (size_t)(at - name));
}

/* Before the equals sign. */
static bool note_attribute(struct seen *seen, const uint8_t *at, const uint8_t *start)
{
    while (at > start && is_space(at[-1]))
        at--;
    const uint8_t *name = at;
    while (name > start && is_name_byte(name[-1]))
        name--;
    if (starts_with(name, at, "xmlns"))
        seen->declarations++;
    return ++seen->assignments <= ATTRIBUTES_MAX && seen->declarations <= ATTRIBUTES_MAX &&
           note_name(seen, name, (size_t)(at - name));
}

static wh_status look_over(
    struct wh_bytes xml, const struct wh_xml_form *form, struct wh_error *err)
{
    const uint8_t *end = xml.data + xml.length;
    struct seen seen = {0};
    bool bounded = true;

    if (!is_plain_text(xml))
        return wh_fail(err, WH_MALFORMED, "%s: it is not well-formed XML in UTF-8", form->name);
    for (const uint8_t *at = xml.data; at < end && bounded; at++) {
        if (is_document_type(at, end))
            return wh_fail(err, WH_MALFORMED, "%s: it has a document type", form->name);
        if (*at == '<') {
            seen.assignments = 0;
            bounded = note_element(&seen, at, end);
        }
        if (is_assignment(at, end))
            bounded = note_attribute(&seen, at, xml.data);
    }
    return bounded ? WH_OK
                   : wh_fail(err, WH_OVER_LIMIT, "%s: too many attributes or names", form->name);
}

/* ---- elements -------------------------------------------------------------------------------- */

static wh_status read_root(
    struct wh_xml *element, const struct wh_xml_form *form, struct wh_error *err)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(element->reader);
    uint64_t version = 0;

    if (strcmp(name, form->root) != 0)
        return wh_fail(err, WH_MALFORMED, "%s: it does not begin as one", form->name);
    if (!wh_xml_number(element, "version", UINT64_MAX, &version))
        return wh_fail(err, WH_MALFORMED, "%s: it has no format version", form->name);
    if (version != form->version)
        return wh_fail(err, WH_UNSUPPORTED, "%s: format version %llu is not known", form->name,
            (unsigned long long)version);
    return WH_OK;
}

static wh_status read_element(
    struct wh_xml *element, const struct wh_xml_form *form, void *context, struct wh_error *err)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(element->reader);
    int depth = xmlTextReaderDepth(element->reader);
    wh_status status = depth == 0 ? read_root(element, form, err) : WH_OK;

    if (status == WH_OK)
        status = form->element(context, element, name, depth, err);

    /* A value that found no memory was taken for an absent one: whatever followed is moot. */
    return element->failed ? wh_no_memory(err) : status;
}

static wh_status read_xml(
    struct wh_bytes xml, const struct wh_xml_form *form, void *context, struct wh_error *err)
{
    int more;

    if (xml.length > form->ceiling)
        return wh_fail(err, WH_OVER_LIMIT, "%s: larger than %zu bytes", form->name, form->ceiling);
    if (xml.length == 0)
        return wh_fail(err, WH_MALFORMED, "%s: it is empty", form->name);
    WH_TRY(look_over(xml, form, err));
    /* NODICT: nor does it keep short texts and runs of blanks in that table. */
    wh_cleanup(free_reader) xmlTextReaderPtr reader = xmlReaderForMemory((const char *)xml.data,
        (int)xml.length, NULL, NULL, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NODICT);
    if (!reader)
        return wh_no_memory(err);
    xmlTextReaderSetErrorHandler(reader, silence, NULL);
    struct wh_xml element = {.reader = reader};
    while ((more = xmlTextReaderRead(reader)) == 1)
        if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT)
            WH_TRY(read_element(&element, form, context, err));
    if (more < 0)
        return wh_fail(err, WH_MALFORMED, "%s: it is not well-formed XML", form->name);
    return WH_OK;
}

wh_status wh_xml_read(
    struct wh_bytes bytes, const struct wh_xml_form *form, void *context, struct wh_error *err)
{
    static const uint8_t zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    wh_cleanup(wh_buffer_clear) struct wh_buffer inflated = {.ceiling = form->ceiling};

    if (bytes.length > form->stored_ceiling)
        return wh_fail(
            err, WH_OVER_LIMIT, "%s: larger than %zu bytes", form->name, form->stored_ceiling);
    if (bytes.length >= sizeof zstd_magic &&
        memcmp(bytes.data, zstd_magic, sizeof zstd_magic) == 0) {
        WH_TRY(wh_frame_read_all(bytes, &inflated, err));
        bytes = wh_buffer_bytes(&inflated);
    }
    return read_xml(bytes, form, context, err);
}

/* ---- attributes ------------------------------------------------------------------------------ */

const char *wh_xml_value(struct wh_xml *element, const char *name)
{
    int found = xmlTextReaderMoveToAttribute(element->reader, (const xmlChar *)name);
    const char *value = found == 1 ? (const char *)xmlTextReaderConstValue(element->reader) : NULL;

    if (found < 0 || (found == 1 && !value))
        element->failed = true;
    if (found == 1)
        (void)xmlTextReaderMoveToElement(element->reader);
    return value;
}

bool wh_xml_hex(struct wh_xml *element, const char *name, uint8_t *out, size_t length)
{
    const char *value = wh_xml_value(element, name);

    return value && wh_unhex(value, strlen(value), out, length);
}

bool wh_xml_number(struct wh_xml *element, const char *name, uint64_t ceiling, uint64_t *out_number)
{
    const char *value = wh_xml_value(element, name);

    return value && wh_decimal(value, ceiling, out_number);
}
