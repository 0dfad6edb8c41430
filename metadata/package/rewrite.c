/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rewrite.c - the signature header of an assembled package; see wh_prefix_rewrite(). What is kept
 * and what is dropped, and why, is said beside each tag. */
#include <stdlib.h>
#include <string.h>

#include "package/tags.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"
#include "whittle/prefix.h"

enum { MD5_LENGTH = 16 };

enum action {
    KEEP,
    DROP,  /* covers the compressed payload */
    RENEW, /* the region: written anew */
    CARRY, /* reserved space: holds the carrier */
};

struct rule {
    uint32_t tag;
    enum action action;
    uint32_t restored_as; /* dropped tags that rpm would have put into its database */
};

static const struct rule rules[] = {
    {WH_SIG_REGION, RENEW, 0},
    {WH_SIG_DSA, KEEP, 0},
    {WH_SIG_RSA, KEEP, 0},
    {WH_SIG_SHA1, KEEP, 0},
    /* Sizes are never verified, but merged into the database record: kept as they are. */
    {WH_SIG_LONGSIZE, KEEP, 0},
    {WH_SIG_LONGARCHIVESIZE, KEEP, 0},
    {WH_SIG_SHA256, KEEP, 0},
    {WH_SIG_FILESIGNATURES, KEEP, 0},
    {WH_SIG_FILESIGNATURELENGTH, KEEP, 0},
    {WH_SIG_VERITYSIGNATURES, KEEP, 0},
    {WH_SIG_VERITYSIGNATUREALGO, KEEP, 0},
    {WH_SIG_OPENPGP, KEEP, 0},
    {WH_SIG_SHA3_256, KEEP, 0},
    {WH_SIG_RESERVED, CARRY, 0},
    {WH_SIG_SIZE, KEEP, 0},
    {WH_SIG_LEMD5_1, DROP, 0},
    {WH_SIG_PGP, DROP, WH_DB_SIGPGP},
    {WH_SIG_LEMD5_2, DROP, 0},
    {WH_SIG_MD5, DROP, WH_DB_SIGMD5},
    {WH_SIG_GPG, DROP, WH_DB_SIGGPG},
    {WH_SIG_PGP5, DROP, 0},
    {WH_SIG_PAYLOADSIZE, KEEP, 0},
    {WH_SIG_RESERVEDSPACE, CARRY, 0},
};

static const struct rule *rule_for(uint32_t tag)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].tag == tag)
            return &rules[i];
    return NULL;
}

/* One entry of the signature header that is being written. */
struct item {
    uint32_t tag;
    uint32_t type;
    uint32_t count;
    struct wh_bytes data;
};

struct items {
    struct item item[WH_SIGNATURE_ENTRIES_MAX + 1]; /* one more for a carrier of our own */
    uint32_t count;
};

/* Bytes of an entry's data, 0 when they do not fit into what is there. */
static size_t data_length(const struct wh_tag_entry *entry)
{
    uint64_t count = entry->count;
    uint64_t length = 0;

    switch (entry->type) {
    case WH_TYPE_INT16:
        length = count * 2;
        break;
    case WH_TYPE_INT32:
        length = count * 4;
        break;
    case WH_TYPE_INT64:
        length = count * 8;
        break;
    case WH_TYPE_BIN:
        length = count;
        break;
    case WH_TYPE_STRING:
        count = 1;
        /* fall through */
    case WH_TYPE_STRING_ARRAY:
    case WH_TYPE_I18NSTRING:
        for (; count > 0; count--) {
            const uint8_t *start = entry->data.data + length;
            const uint8_t *end = memchr(start, '\0', entry->data.length - (size_t)length);
            if (!end)
                return 0;
            length += (uint64_t)(end - start) + 1;
        }
        break;
    default:
        return 0;
    }
    return length <= entry->data.length ? (size_t)length : 0;
}

static size_t alignment_of(uint32_t type)
{
    switch (type) {
    case WH_TYPE_INT16:
        return 2;
    case WH_TYPE_INT32:
        return 4;
    case WH_TYPE_INT64:
        return 8;
    default:
        return 1;
    }
}

/* What the plugin restores is binary, and an MD5 has sixteen bytes: it passes over any other. */
static bool can_be_carried(const struct wh_tag_entry *entry, size_t length)
{
    return rule_for(entry->tag)->restored_as == 0 ||
           (entry->type == WH_TYPE_BIN && (entry->tag != WH_SIG_MD5 || length == MD5_LENGTH));
}

static wh_status read_items(
    const struct wh_prefix *prefix, struct items *out_items, struct wh_error *err)
{
    const struct wh_raw_header *signature = &prefix->signature;
    struct items items = {.count = signature->entry_count};
    uint32_t previous = 0;

    for (uint32_t i = 0; i < signature->entry_count; i++) {
        uint32_t offset;
        struct wh_tag_entry entry = wh_raw_header_entry(signature, i, &offset);
        if (!rule_for(entry.tag))
            return wh_fail(err, WH_UNSUPPORTED, "signature header has tag %u, which no rule covers",
                entry.tag);
        size_t length = entry.data.data ? data_length(&entry) : 0;
        if (length == 0 || entry.tag <= previous || !can_be_carried(&entry, length))
            return wh_fail(
                err, WH_MALFORMED, "signature header: entry of tag %u is bad", entry.tag);
        previous = entry.tag;
        items.item[i] = (struct item){
            entry.tag, entry.type, entry.count, {entry.data.data, length}};
    }
    *out_items = items;
    return WH_OK;
}

static const struct item *find_item(const struct items *items, uint32_t tag)
{
    for (uint32_t i = 0; i < items->count; i++)
        if (items->item[i].tag == tag)
            return &items->item[i];
    return NULL;
}

/* A package that is signed only over header and payload together would come out unsigned. */
static wh_status check_signatures(const struct items *items, struct wh_error *err)
{
    bool over_payload = find_item(items, WH_SIG_PGP) || find_item(items, WH_SIG_GPG) ||
                        find_item(items, WH_SIG_PGP5);
    bool over_header = find_item(items, WH_SIG_DSA) || find_item(items, WH_SIG_RSA) ||
                       find_item(items, WH_SIG_OPENPGP);

    if (over_payload && !over_header)
        return wh_fail(err, WH_UNSUPPORTED, "package has no signature over the header alone");
    return WH_OK;
}

static void carry(struct wh_buffer *carrier, uint32_t tag, const uint8_t *data, size_t length)
{
    wh_buffer_be32(carrier, tag);
    wh_buffer_be32(carrier, (uint32_t)length);
    wh_buffer_append(carrier, data, length);
}

static void carry_digest(
    struct wh_buffer *carrier, uint8_t algorithm, const uint8_t *digest, size_t length)
{
    wh_buffer_be32(carrier, WH_DB_PACKAGEDIGESTS);
    wh_buffer_be32(carrier, (uint32_t)length + 1);
    wh_buffer_u8(carrier, algorithm);
    wh_buffer_append(carrier, digest, length);
}

/* specs/format/carrier.md. Ascending by restored tag, which is not the order of the originals. */
static wh_status build_carrier(const struct items *items, const struct wh_package_digests *digests,
    struct wh_buffer *carrier, struct wh_error *err)
{
    static const uint8_t magic[8] = {'W', 'H', 'T', 'C', 'A', 'R', 'R', 1};
    const struct item *restored[] = {
        find_item(items, WH_SIG_PGP), find_item(items, WH_SIG_MD5), find_item(items, WH_SIG_GPG)};
    const size_t restored_count = sizeof restored / sizeof *restored;
    uint32_t entries = 2;

    for (size_t i = 0; i < restored_count; i++)
        entries += restored[i] != NULL;
    wh_buffer_append(carrier, magic, sizeof magic);
    wh_buffer_be32(carrier, entries);
    for (size_t i = 0; i < restored_count; i++)
        if (restored[i])
            carry(carrier, rule_for(restored[i]->tag)->restored_as, restored[i]->data.data,
                restored[i]->data.length);
    carry_digest(carrier, WH_SHA256, digests->sha256, sizeof digests->sha256);
    carry_digest(carrier, WH_SHA512, digests->sha512, sizeof digests->sha512);
    return wh_buffer_check(carrier, err);
}

/* The reserved tag that holds the carrier: the package's own, or a new one. rpm 6 knows a v6
 * package by its 999, so that one is never made up for a v4 package. */
static uint32_t reserved_tag(const struct items *items)
{
    if (find_item(items, WH_SIG_RESERVED))
        return WH_SIG_RESERVED;
    if (find_item(items, WH_SIG_RESERVEDSPACE))
        return WH_SIG_RESERVEDSPACE;
    return find_item(items, WH_SIG_SHA3_256) ? WH_SIG_RESERVED : WH_SIG_RESERVEDSPACE;
}

/* Puts the carrier into its place in tag order, padded to the room that was there. */
static void place_carrier(struct items *items, struct wh_buffer *carrier)
{
    uint32_t tag = reserved_tag(items);
    uint32_t at = 0;

    while (at < items->count && items->item[at].tag < tag)
        at++;
    bool present = at < items->count && items->item[at].tag == tag;
    if (present && items->item[at].data.length > carrier->length)
        wh_buffer_fill(carrier, 0, items->item[at].data.length - carrier->length);
    if (!present) {
        memmove(
            &items->item[at + 1], &items->item[at], (items->count - at) * sizeof items->item[0]);
        items->count++;
    }
    items->item[at] = (struct item){
        tag, WH_TYPE_BIN, (uint32_t)carrier->length, wh_buffer_bytes(carrier)};
}

static void drop_items(struct items *items)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < items->count; i++) {
        enum action action = rule_for(items->item[i].tag)->action;
        if (action == KEEP || action == CARRY)
            items->item[kept++] = items->item[i];
    }
    items->count = kept;
}

static void put_index_entry(struct wh_buffer *out, const struct item *item, uint32_t offset)
{
    wh_buffer_be32(out, item->tag);
    wh_buffer_be32(out, item->type);
    wh_buffer_be32(out, offset);
    wh_buffer_be32(out, item->count);
}

/* Header format with an immutable region: the first entry points at a trailer behind the data,
 * which repeats that entry with the negative length of the index as its offset. */
static wh_status write_signature(
    const struct items *items, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer index = {.ceiling = WH_SIGNATURE_DATA_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer data = {.ceiling = WH_SIGNATURE_DATA_MAX};
    uint32_t entries = items->count + 1;

    for (uint32_t i = 0; i < items->count; i++) {
        const struct item *item = &items->item[i];
        size_t mask = alignment_of(item->type) - 1;
        wh_buffer_fill(&data, 0, (0 - data.length) & mask);
        put_index_entry(&index, item, (uint32_t)data.length);
        wh_buffer_append(&data, item->data.data, item->data.length);
    }
    struct item region = {WH_SIG_REGION, WH_TYPE_BIN, 16, {0}};
    struct item trailer = region;
    uint32_t region_offset = (uint32_t)data.length;
    put_index_entry(&data, &trailer, 0u - 16u * entries);

    static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};
    size_t start = out->length;
    wh_buffer_append(out, magic, sizeof magic);
    wh_buffer_be32(out, entries);
    wh_buffer_be32(out, (uint32_t)data.length);
    put_index_entry(out, &region, region_offset);
    wh_buffer_append(out, index.data, index.length);
    wh_buffer_append(out, data.data, data.length);
    wh_buffer_fill(out, 0, (0 - (out->length - start)) & 7);
    WH_TRY(wh_buffer_check(&index, err));
    WH_TRY(wh_buffer_check(&data, err));
    return wh_buffer_check(out, err);
}

static wh_status rewrite_signature(const struct wh_prefix *prefix,
    const struct wh_package_digests *digests, struct wh_buffer *out_signature, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer carrier = {.ceiling = WH_SIGNATURE_DATA_MAX};
    struct items items;

    WH_TRY(read_items(prefix, &items, err));
    if (!find_item(&items, WH_SIG_REGION))
        return wh_fail(err, WH_UNSUPPORTED, "signature header has no region");
    WH_TRY(check_signatures(&items, err));
    WH_TRY(build_carrier(&items, digests, &carrier, err));
    if (carrier.length > WH_CARRIER_MAX)
        return wh_fail(
            err, WH_OVER_LIMIT, "signatures of %zu bytes are too long to carry", carrier.length);
    drop_items(&items);
    place_carrier(&items, &carrier);
    WH_TRY(wh_buffer_check(&carrier, err));
    return write_signature(&items, out_signature, err);
}

wh_status wh_prefix_can_rewrite(const struct wh_prefix *prefix, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer signature = {.ceiling = WH_PREFIX_MAX};
    const struct wh_package_digests digests = {0};

    return rewrite_signature(prefix, &digests, &signature, err);
}

wh_status wh_prefix_rewrite(const struct wh_prefix *prefix,
    const struct wh_package_digests *digests, struct wh_buffer *out_prefix, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer signature = {.ceiling = WH_PREFIX_MAX};

    WH_TRY(rewrite_signature(prefix, digests, &signature, err));
    wh_buffer_append(out_prefix, prefix->bytes.data, WH_LEAD_LENGTH);
    wh_buffer_append(out_prefix, signature.data, signature.length);
    wh_buffer_append(out_prefix, prefix->header.bytes.data, prefix->header.bytes.length);
    return wh_buffer_check(out_prefix, err);
}
