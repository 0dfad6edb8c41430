/* SPDX-License-Identifier: GPL-2.0-or-later */
/* carrier_fuzz.c - what the rpm plugin reads: a signature header, and the carrier in it. Without
 * the header's magic the whole input is taken for a carrier. */
#include <string.h>

#include "carrier.h"
#include "fuzz.h"
#include "whittle/cleanup.h"

/* A carrier has one spelling: what was read is written as the same bytes. */
static void check_spelling(const struct carrier *carrier, struct wh_bytes bytes)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = CARRIER_MAX};

    wh_buffer_append(&out, "WHTCARR\1", 8);
    wh_buffer_be32(&out, carrier->count);
    for (uint32_t i = 0; i < carrier->count; i++) {
        wh_buffer_be32(&out, carrier->entries[i].tag);
        wh_buffer_be32(&out, carrier->entries[i].length);
        wh_buffer_append(&out, carrier->entries[i].bytes, carrier->entries[i].length);
    }
    promise(out.length <= bytes.length);
    wh_buffer_fill(&out, 0, bytes.length - out.length);
    promise(fuzz_same(wh_buffer_bytes(&out), bytes));
}

static void check_carrier(struct wh_bytes bytes)
{
    struct carrier carrier;

    if (!carrier_parse(bytes.data, bytes.length, &carrier))
        return;
    promise(bytes.length <= CARRIER_MAX && carrier.count <= CARRIER_ENTRIES_MAX);
    for (uint32_t i = 0; i < carrier.count; i++) {
        const struct carrier_entry *entry = &carrier.entries[i];
        promise(fuzz_inside((struct wh_bytes){entry->bytes, entry->length}, bytes));
        promise(entry->length > 0);
        promise(entry->tag == 261 || entry->tag == 259 || entry->tag == 262 || entry->tag == 5118);
        promise(entry->tag != 261 || entry->length == 16);
        promise(entry->tag != 5118 || entry->length == (entry->bytes[0] == 8 ? 33u : 65u));
        promise(i == 0 || entry->tag > entry[-1].tag ||
                (entry->tag == 5118 && entry->bytes[0] > entry[-1].bytes[0]));
    }
    check_spelling(&carrier, bytes);
    fuzz_accept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t magic[4] = {0x8e, 0xad, 0xe8, 0x01};
    size_t offset;
    size_t length;

    if (size < sizeof magic || memcmp(data, magic, sizeof magic) != 0) {
        check_carrier((struct wh_bytes){data, size});
        return 0;
    }
    if (!carrier_locate(data, size, &offset, &length))
        return 0;
    promise(offset <= size && length <= size - offset);
    check_carrier((struct wh_bytes){data + offset, length});
    return 0;
}
