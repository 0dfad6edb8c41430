/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prefix.c - cuts lead, signature header and main header apart; see whittle/prefix.h.
 *
 *   prefix    = lead (96) signature padding header
 *   signature = header with at most 32 entries
 *   padding   = zeros to a multiple of 8
 *   header    = 8e ad e8 01 00 00 00 00  entries (be32)  data length (be32)  index  data
 *   index     = entries times: tag, type, offset into data, count (be32 each)
 */
#include <stdlib.h>
#include <string.h>

#include "package/tags.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"
#include "whittle/prefix.h"

#define INTRO_LENGTH 16u /* magic, entry count, data length */
#define INDEX_ENTRY_LENGTH 16u

static const uint8_t lead_magic[4] = {0xed, 0xab, 0xee, 0xdb};
static const uint8_t header_magic[8] = {0x8e, 0xad, 0xe8, 0x01};

struct ceilings {
    const char *what;
    uint32_t entries;
    uint32_t data;
};

static const struct ceilings signature_ceilings = {
    "signature header", WH_SIGNATURE_ENTRIES_MAX, WH_SIGNATURE_DATA_MAX};
static const struct ceilings header_ceilings = {
    "main header", WH_HEADER_ENTRIES_MAX, WH_HEADER_DATA_MAX};

/* The length that a header's first 16 bytes announce. */
static wh_status announced_length(
    const uint8_t *intro, const struct ceilings *ceilings, size_t *out_length, struct wh_error *err)
{
    struct wh_reader reader = wh_reader_over((struct wh_bytes){intro, INTRO_LENGTH});
    struct wh_bytes magic = wh_read_bytes(&reader, sizeof header_magic);
    uint32_t entries = wh_read_be32(&reader);
    uint32_t data = wh_read_be32(&reader);

    if (memcmp(magic.data, header_magic, sizeof header_magic) != 0)
        return wh_fail(err, WH_MALFORMED, "%s does not begin as an rpm header", ceilings->what);
    if (entries > ceilings->entries || data > ceilings->data)
        return wh_fail(err, WH_OVER_LIMIT, "%s of %u entries and %u bytes is over the limit",
            ceilings->what, entries, data);
    *out_length = INTRO_LENGTH + (size_t)entries * INDEX_ENTRY_LENGTH + data;
    return WH_OK;
}

static size_t padded(size_t length)
{
    return (length + 7) & ~(size_t)7;
}

wh_status wh_prefix_measure(struct wh_bytes start, size_t *out_length, struct wh_error *err)
{
    size_t signature_length;
    size_t header_length;
    size_t needed = WH_LEAD_LENGTH + INTRO_LENGTH;

    if (start.length < needed) {
        *out_length = needed;
        return WH_OK;
    }
    if (memcmp(start.data, lead_magic, sizeof lead_magic) != 0)
        return wh_fail(err, WH_MALFORMED, "not an rpm package");
    WH_TRY(
        announced_length(start.data + WH_LEAD_LENGTH, &signature_ceilings, &signature_length, err));

    size_t header_offset = WH_LEAD_LENGTH + padded(signature_length);
    needed = header_offset + INTRO_LENGTH;
    if (start.length < needed) {
        *out_length = needed;
        return WH_OK;
    }
    WH_TRY(announced_length(start.data + header_offset, &header_ceilings, &header_length, err));
    *out_length = header_offset + header_length;
    return WH_OK;
}

static wh_status cut_header(struct wh_bytes bytes, const struct ceilings *ceilings,
    struct wh_raw_header *out_header, struct wh_error *err)
{
    size_t length;

    if (bytes.length < INTRO_LENGTH)
        return wh_fail(err, WH_MALFORMED, "%s is cut short", ceilings->what);
    WH_TRY(announced_length(bytes.data, ceilings, &length, err));
    if (length > bytes.length)
        return wh_fail(err, WH_MALFORMED, "%s is cut short", ceilings->what);

    struct wh_reader reader = wh_reader_over((struct wh_bytes){bytes.data, length});
    struct wh_raw_header header = {.bytes = {bytes.data, length}};
    (void)wh_read_bytes(&reader, sizeof header_magic);
    header.entry_count = wh_read_be32(&reader);
    uint32_t data_length = wh_read_be32(&reader);
    header.index = wh_read_bytes(&reader, (uint64_t)header.entry_count * INDEX_ENTRY_LENGTH);
    header.data = wh_read_bytes(&reader, data_length);
    *out_header = header;
    return WH_OK;
}

wh_status wh_raw_header_parse(
    struct wh_bytes bytes, struct wh_raw_header *out_header, struct wh_error *err)
{
    struct wh_raw_header header;

    WH_TRY(cut_header(bytes, &header_ceilings, &header, err));
    if (header.bytes.length != bytes.length)
        return wh_fail(err, WH_MALFORMED, "main header of %zu bytes is followed by %zu more",
            header.bytes.length, bytes.length - header.bytes.length);
    *out_header = header;
    return WH_OK;
}

static bool all_zeros(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

wh_status wh_prefix_parse(struct wh_bytes bytes, struct wh_prefix *out_prefix, struct wh_error *err)
{
    struct wh_prefix prefix = {.bytes = bytes};
    size_t length = 0;

    WH_TRY(wh_prefix_measure(bytes, &length, err));
    if (length != bytes.length)
        return wh_fail(
            err, WH_MALFORMED, "package prefix has %zu bytes instead of %zu", bytes.length, length);

    struct wh_bytes rest = {bytes.data + WH_LEAD_LENGTH, bytes.length - WH_LEAD_LENGTH};
    WH_TRY(cut_header(rest, &signature_ceilings, &prefix.signature, err));
    size_t used = prefix.signature.bytes.length;
    size_t skipped = padded(used);
    if (!all_zeros(rest.data + used, skipped - used))
        return wh_fail(err, WH_MALFORMED, "padding of the signature header is not zero");
    rest = (struct wh_bytes){rest.data + skipped, rest.length - skipped};
    WH_TRY(wh_raw_header_parse(rest, &prefix.header, err));
    *out_prefix = prefix;
    return WH_OK;
}

struct wh_tag_entry wh_raw_header_entry(
    const struct wh_raw_header *header, uint32_t number, uint32_t *out_offset)
{
    struct wh_reader reader = wh_reader_over((struct wh_bytes){
        header->index.data + (size_t)number * INDEX_ENTRY_LENGTH, INDEX_ENTRY_LENGTH});
    struct wh_tag_entry entry = {0};

    entry.tag = wh_read_be32(&reader);
    entry.type = wh_read_be32(&reader);
    *out_offset = wh_read_be32(&reader);
    entry.count = wh_read_be32(&reader);
    if (*out_offset <= header->data.length)
        entry.data = (struct wh_bytes){
            header->data.data + *out_offset, header->data.length - *out_offset};
    return entry;
}

bool wh_raw_header_find(
    const struct wh_raw_header *header, uint32_t tag, struct wh_tag_entry *out_entry)
{
    for (uint32_t i = 0; i < header->entry_count; i++) {
        uint32_t offset;
        struct wh_tag_entry entry = wh_raw_header_entry(header, i, &offset);
        if (entry.tag == tag && entry.data.data) {
            *out_entry = entry;
            return true;
        }
    }
    return false;
}

wh_status wh_header_id(
    struct wh_bytes header, uint8_t out_id[WH_SHA256_LENGTH], struct wh_error *err)
{
    struct wh_digest digest;

    WH_TRY(wh_digest_of(WH_SHA256, header, &digest, err));
    memcpy(out_id, digest.bytes, WH_SHA256_LENGTH);
    return WH_OK;
}

/* Tags of the signature header that hold a hex digest of the main header. */
static const struct {
    uint32_t tag;
    uint32_t algorithm;
} header_digests[] = {
    {WH_SIG_SHA1, WH_SHA1},
    {WH_SIG_SHA256, WH_SHA256},
    {WH_SIG_SHA3_256, WH_SHA3_256},
};

/* Where the hex digits stand in the writable copy of the prefix; NULL when the tag is absent or
 * is no string of that many characters. */
static uint8_t *digest_text(
    uint8_t *bytes, const struct wh_prefix *prefix, uint32_t tag, size_t digits)
{
    struct wh_tag_entry entry;

    if (!wh_raw_header_find(&prefix->signature, tag, &entry) || entry.type != WH_TYPE_STRING ||
        entry.data.length <= digits || entry.data.data[digits] != '\0' ||
        memchr(entry.data.data, '\0', digits) != NULL)
        return NULL;
    return bytes + (entry.data.data - prefix->bytes.data);
}

wh_status wh_prefix_complete(uint8_t *bytes, const struct wh_prefix *prefix, struct wh_error *err)
{
    const uint8_t *header = bytes + (prefix->header.bytes.data - prefix->bytes.data);

    for (size_t i = 0; i < sizeof header_digests / sizeof *header_digests; i++) {
        uint32_t algorithm = header_digests[i].algorithm;
        size_t digits = 2 * (size_t)wh_digest_length(algorithm);
        uint8_t *text = digest_text(bytes, prefix, header_digests[i].tag, digits);
        if (!text)
            continue;
        struct wh_digest digest;
        char hex[2 * WH_DIGEST_MAX + 1];
        WH_TRY(wh_digest_of(
            algorithm, (struct wh_bytes){header, prefix->header.bytes.length}, &digest, err));
        wh_hex(digest.bytes, digest.length, hex);
        memcpy(text, hex, digits);
    }
    return WH_OK;
}

void wh_prefix_blank(uint8_t *bytes, const struct wh_prefix *prefix)
{
    for (size_t i = 0; i < sizeof header_digests / sizeof *header_digests; i++) {
        size_t digits = 2 * (size_t)wh_digest_length(header_digests[i].algorithm);
        uint8_t *text = digest_text(bytes, prefix, header_digests[i].tag, digits);
        if (text)
            memset(text, '0', digits);
    }
}
