/* SPDX-License-Identifier: GPL-2.0-or-later */
/* carrier.c - see carrier.h. Touches memory only. */
#include "carrier.h"

#include <string.h>

enum {
    TAG_RESERVED = 999,
    TAG_RESERVEDSPACE = 1008,
    TYPE_BIN = 7,
    TAG_SIGPGP = 259,
    TAG_SIGMD5 = 261,
    TAG_SIGGPG = 262,
    TAG_PACKAGEDIGESTS = 5118,
    MD5_LENGTH = 16,
};

static uint32_t be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_digest(const struct carrier_entry *entry)
{
    return entry->length == 1 + 32 ? entry->bytes[0] == 8
                                   : entry->length == 1 + 64 && entry->bytes[0] == 10;
}

static bool is_allowed(const struct carrier_entry *entry)
{
    switch (entry->tag) {
    case TAG_SIGMD5:
        return entry->length == MD5_LENGTH;
    case TAG_SIGPGP:
    case TAG_SIGGPG:
        return entry->length > 0;
    case TAG_PACKAGEDIGESTS:
        return is_digest(entry);
    default:
        return false;
    }
}

/* Ascending by tag; only digests repeat, each algorithm once. */
static bool follows(const struct carrier_entry *entry, const struct carrier_entry *before)
{
    if (entry->tag != before->tag)
        return entry->tag > before->tag;
    return entry->tag == TAG_PACKAGEDIGESTS && entry->bytes[0] > before->bytes[0];
}

bool carrier_parse(const uint8_t *bytes, size_t length, struct carrier *out_carrier)
{
    static const uint8_t magic[8] = {'W', 'H', 'T', 'C', 'A', 'R', 'R', 1};
    struct carrier carrier = {.count = 0};
    size_t at = sizeof magic + 4;

    if (length < at || length > CARRIER_MAX || memcmp(bytes, magic, sizeof magic) != 0)
        return false;
    uint32_t count = be32(bytes + sizeof magic);
    if (count > CARRIER_ENTRIES_MAX)
        return false;
    for (; carrier.count < count; carrier.count++) {
        struct carrier_entry *entry = &carrier.entries[carrier.count];
        if (length - at < 8)
            return false;
        *entry = (struct carrier_entry){be32(bytes + at), be32(bytes + at + 4), bytes + at + 8};
        at += 8;
        if (entry->length > length - at || !is_allowed(entry) ||
            (carrier.count > 0 && !follows(entry, entry - 1)))
            return false;
        at += entry->length;
    }
    for (; at < length; at++)
        if (bytes[at] != 0)
            return false;
    *out_carrier = carrier;
    return true;
}

bool carrier_locate(const uint8_t *bytes, size_t length, size_t *out_offset, size_t *out_length)
{
    enum { INTRO = 16, ENTRY = 16, ENTRIES_MAX = 64 };

    if (length < INTRO)
        return false;
    uint32_t entries = be32(bytes + 8);
    uint32_t data_length = be32(bytes + 12);
    if (entries > ENTRIES_MAX || length - INTRO < (size_t)entries * ENTRY)
        return false;
    size_t data = INTRO + (size_t)entries * ENTRY;
    if (data_length > length - data)
        return false;
    for (uint32_t i = 0; i < entries; i++) {
        const uint8_t *entry = bytes + INTRO + (size_t)i * ENTRY;
        uint32_t tag = be32(entry);
        uint32_t offset = be32(entry + 8);
        uint32_t count = be32(entry + 12);
        if ((tag != TAG_RESERVED && tag != TAG_RESERVEDSPACE) || be32(entry + 4) != TYPE_BIN)
            continue;
        if (offset > data_length || count > data_length - offset)
            return false;
        *out_offset = data + offset;
        *out_length = count;
        return true;
    }
    return false;
}
