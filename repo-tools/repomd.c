/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repomd.c - see repomd.h. Format: createrepo_c's src/repomd.c and librepo's repomd parser. */
#include "repomd.h"

#include <inttypes.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"

struct wh_repomd {
    xmlDocPtr document;
    char *name; /* for messages */
};

static void free_text(xmlChar **text)
{
    xmlFree(*text);
}

static bool is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

wh_status wh_repomd_parse(
    struct wh_bytes bytes, const char *name, struct wh_repomd **out_repomd, struct wh_error *err)
{
    wh_cleanup(wh_repomd_cleanup) struct wh_repomd *repomd = calloc(1, sizeof *repomd);

    if (!repomd || !(repomd->name = strdup(name)))
        return wh_no_memory(err);
    if (bytes.length == 0 || bytes.length > WH_REPOMD_MAX)
        return wh_fail(err, WH_MALFORMED, "%s: it is empty or too large", name);
    repomd->document = xmlReadMemory((const char *)bytes.data, (int)bytes.length, NULL, NULL,
        XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_NOERROR);
    if (!repomd->document)
        return wh_fail(err, WH_MALFORMED, "%s: it is not well-formed XML", name);
    if (repomd->document->intSubset || repomd->document->extSubset)
        return wh_fail(err, WH_MALFORMED, "%s: it has a document type", name);
    if (!is_element(xmlDocGetRootElement(repomd->document), "repomd"))
        return wh_fail(err, WH_MALFORMED, "%s: it is not a repomd.xml", name);
    *out_repomd = wh_take(repomd);
    return WH_OK;
}

void wh_repomd_free(struct wh_repomd *repomd)
{
    if (!repomd)
        return;
    xmlFreeDoc(repomd->document);
    free(repomd->name);
    free(repomd);
}

void wh_repomd_cleanup(struct wh_repomd **repomd)
{
    wh_repomd_free(*repomd);
}

static bool is_record(xmlNode *node, const char *type)
{
    if (!is_element(node, "data"))
        return false;
    wh_cleanup(free_text) xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)"type");
    return value && strcmp((const char *)value, type) == 0;
}

static xmlNode *first_record(const struct wh_repomd *repomd, const char *type)
{
    xmlNode *node = xmlDocGetRootElement(repomd->document)->children;

    while (node && !is_record(node, type))
        node = node->next;
    return node;
}

static xmlNode *child(const xmlNode *parent, const char *name)
{
    xmlNode *node = parent->children;

    while (node && !is_element(node, name))
        node = node->next;
    return node;
}

uint32_t wh_digest_algorithm_named(const char *name)
{
    static const struct {
        const char *name;
        uint32_t algorithm;
    } known[] = {
        {"sha256", WH_SHA256},
        {"sha512", WH_SHA512},
        {"sha384", WH_SHA384},
        {"sha224", WH_SHA224},
        {"sha", WH_SHA1}, /* createrepo of old */
        {"sha1", WH_SHA1},
        {"md5", WH_MD5},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].algorithm;
    return 0;
}

static bool read_checksum(const xmlNode *record, struct wh_digest *out_digest)
{
    xmlNode *node = child(record, "checksum");

    if (!node)
        return false;
    wh_cleanup(free_text) xmlChar *type = xmlGetNoNsProp(node, (const xmlChar *)"type");
    wh_cleanup(free_text) xmlChar *value = xmlNodeGetContent(node);
    uint32_t algorithm = type ? wh_digest_algorithm_named((const char *)type) : 0;
    return algorithm && value && wh_digest_from_hex(algorithm, (const char *)value, out_digest);
}

wh_status wh_repomd_find(const struct wh_repomd *repomd, const char *type,
    struct wh_repomd_record *out_record, struct wh_error *err)
{
    xmlNode *node = first_record(repomd, type);
    struct wh_repomd_record record = {0};

    if (!node)
        return wh_fail(err, WH_MISSING, "%s: it lists no %s metadata", repomd->name, type);
    xmlNode *location = child(node, "location");
    wh_cleanup(free_text)
        xmlChar *href = location ? xmlGetNoNsProp(location, (const xmlChar *)"href") : NULL;
    if (!href || !read_checksum(node, &record.checksum))
        return wh_fail(err, WH_MALFORMED, "%s: its %s record has no location or known checksum",
            repomd->name, type);
    record.location = strdup((const char *)href);
    if (!record.location)
        return wh_no_memory(err);
    *out_record = record;
    return WH_OK;
}

void wh_repomd_record_clear(struct wh_repomd_record *record)
{
    free(record->location);
    *record = (struct wh_repomd_record){0};
}

/* Takes a record out together with the white space before it. */
static void remove_record(xmlNode *node)
{
    xmlNode *before = node->prev;

    if (before && before->type == XML_TEXT_NODE && xmlIsBlankNode(before)) {
        xmlUnlinkNode(before);
        xmlFreeNode(before);
    }
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

static void add_text(xmlNode *parent, const char *text)
{
    xmlAddChild(parent, xmlNewText((const xmlChar *)text));
}

static xmlNode *add_field(xmlNode *record, const char *name, const char *text)
{
    add_text(record, "\n    ");
    return xmlNewTextChild(record, NULL, (const xmlChar *)name, (const xmlChar *)text);
}

static void add_checksum(xmlNode *record, const char *name, const uint8_t digest[WH_SHA256_LENGTH])
{
    char hex[2 * WH_SHA256_LENGTH + 1];

    wh_hex(digest, WH_SHA256_LENGTH, hex);
    xmlNode *node = add_field(record, name, hex);
    if (node)
        xmlNewProp(node, (const xmlChar *)"type", (const xmlChar *)"sha256");
}

static void add_number(xmlNode *record, const char *name, uint64_t value)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    (void)add_field(record, name, text);
}

static void add_timestamp(const struct wh_repomd *repomd, xmlNode *record)
{
    xmlNode *primary = first_record(repomd, "primary");
    xmlNode *timestamp = primary ? child(primary, "timestamp") : NULL;
    wh_cleanup(free_text) xmlChar *text = timestamp ? xmlNodeGetContent(timestamp) : NULL;

    (void)add_field(record, "timestamp", text ? (const char *)text : "0");
}

static void add_record(
    const struct wh_repomd *repomd, const char *type, const struct wh_repomd_entry *entry)
{
    xmlNode *root = xmlDocGetRootElement(repomd->document);
    xmlNode *end = root->last && root->last->type == XML_TEXT_NODE && xmlIsBlankNode(root->last)
                       ? root->last
                       : NULL;

    if (end) {
        xmlUnlinkNode(end);
        xmlFreeNode(end);
    }
    add_text(root, "\n  ");
    xmlNode *record = xmlNewTextChild(root, NULL, (const xmlChar *)"data", NULL);
    if (!record)
        return;
    xmlNewProp(record, (const xmlChar *)"type", (const xmlChar *)type);
    add_checksum(record, "checksum", entry->checksum);
    add_checksum(record, "open-checksum", entry->open_checksum);
    xmlNode *location = add_field(record, "location", NULL);
    if (location)
        xmlNewProp(location, (const xmlChar *)"href", (const xmlChar *)entry->location);
    add_timestamp(repomd, record);
    add_number(record, "size", entry->size);
    add_number(record, "open-size", entry->open_size);
    add_text(record, "\n  ");
    add_text(root, "\n");
}

wh_status wh_repomd_replace(struct wh_repomd *repomd, const char *type,
    const struct wh_repomd_entry *entry, struct wh_buffer *out_xml, struct wh_error *err)
{
    xmlChar *text = NULL;
    int length = 0;

    for (xmlNode *node; (node = first_record(repomd, type)) != NULL;)
        remove_record(node);
    if (entry)
        add_record(repomd, type, entry);
    /* Whatever it was: some encodings do not come out as they can be read. */
    xmlDocDumpMemoryEnc(repomd->document, &text, &length, "UTF-8");
    if (!text || length <= 0)
        return wh_no_memory(err);
    wh_buffer_append(out_xml, text, (size_t)length);
    xmlFree(text);
    return wh_buffer_check(out_xml, err);
}
