/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prefix_fuzz.c - the first bytes of a package file, and the rewriting of its signature header. */
#include <stdlib.h>
#include <string.h>

#include "carrier.h"
#include "fuzz.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { ENTRIES_SEEN = 64 };

/* Reads as a caller does: asks how much is needed, reads on. True with the whole prefix's length.
 */
static bool measure(struct wh_bytes input, size_t *out_length)
{
    size_t have = 0;

    for (int round = 0; round < 4; round++) {
        wh_autofree uint8_t *start = malloc(have ? have : 1); /* shows reads past what is there */
        size_t needed;
        if (!start)
            abort();
        if (have > 0)
            memcpy(start, input.data, have);
        struct wh_error err = {0};
        if (!fuzz_ok(wh_prefix_measure((struct wh_bytes){start, have}, &needed, &err), &err))
            return false;
        promise(needed <= WH_PREFIX_MAX);
        promise(needed >= have);
        if (needed == have) {
            *out_length = have;
            return true;
        }
        if (needed > input.length)
            return false;
        have = needed;
    }
    promise_not_reached("a prefix is measured in three rounds");
}

static void check_raw(const struct wh_raw_header *raw, struct wh_bytes prefix)
{
    promise(fuzz_inside(raw->bytes, prefix));
    promise(fuzz_inside(raw->index, raw->bytes));
    promise(fuzz_inside(raw->data, raw->bytes));
    promise(raw->index.length == 16 * (size_t)raw->entry_count);
    for (size_t at = 0; at < raw->index.length && at < 16 * ENTRIES_SEEN; at += 16) {
        struct wh_reader reader = wh_reader_over(
            (struct wh_bytes){raw->index.data + at, raw->index.length - at});
        uint32_t tag = wh_read_be32(&reader);
        struct wh_tag_entry entry;
        if (wh_raw_header_find(raw, tag, &entry))
            promise(entry.tag == tag && fuzz_inside(entry.data, raw->data));
    }
}

/* Blanking and completing touch nothing but the digests, and undo each other. */
static void check_digests(const struct wh_prefix *prefix)
{
    size_t length = prefix->bytes.length;
    wh_autofree uint8_t *blank = malloc(length);
    wh_autofree uint8_t *full = malloc(length);
    size_t from = (size_t)(prefix->signature.data.data - prefix->bytes.data);
    size_t to = from + prefix->signature.data.length;

    if (!blank || !full)
        abort();
    memcpy(blank, prefix->bytes.data, length);
    memcpy(full, prefix->bytes.data, length);
    wh_prefix_blank(blank, prefix);
    promise(wh_prefix_complete(full, prefix, NULL) == WH_OK);
    for (size_t i = 0; i < length; i++)
        if (i < from || i >= to)
            promise(blank[i] == prefix->bytes.data[i] && full[i] == prefix->bytes.data[i]);
    wh_prefix_blank(full, prefix);
    promise(memcmp(blank, full, length) == 0);
}

static void check_carrier(struct wh_bytes signature)
{
    struct carrier carrier;
    size_t offset;
    size_t length;

    promise(carrier_locate(signature.data, signature.length, &offset, &length));
    promise(carrier_parse(signature.data + offset, length, &carrier));
}

static void check_rewriting(const struct wh_prefix *prefix)
{
    const struct wh_package_digests digests = {{1}, {2}};
    wh_cleanup(wh_buffer_clear) struct wh_buffer out = {.ceiling = WH_PREFIX_MAX};
    struct wh_prefix rewritten;
    struct wh_error err = {0};

    wh_status status = wh_prefix_rewrite(prefix, &digests, &out, &err);
    promise(status == wh_prefix_can_rewrite(prefix, NULL));
    if (!fuzz_ok(status, &err))
        return;
    promise(wh_prefix_parse(wh_buffer_bytes(&out), &rewritten, NULL) == WH_OK);
    promise(memcmp(out.data, prefix->bytes.data, WH_LEAD_LENGTH) == 0);
    promise(fuzz_same(rewritten.header.bytes, prefix->header.bytes));
    check_carrier(rewritten.signature.bytes);
    fuzz_accept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wh_bytes input = {data, size};
    struct wh_prefix prefix;
    size_t length = 0;
    struct wh_error err = {0};

    bool measured = measure(input, &length);
    bool parsed = fuzz_ok(wh_prefix_parse(input, &prefix, &err), &err);
    promise(!parsed || (measured && length == size));
    if (!parsed && measured && length < size) /* a package: go on with its prefix */
        parsed = wh_prefix_parse((struct wh_bytes){data, length}, &prefix, NULL) == WH_OK;
    if (!parsed)
        return 0;
    check_raw(&prefix.signature, prefix.bytes);
    check_raw(&prefix.header, prefix.bytes);
    check_digests(&prefix);
    check_rewriting(&prefix);
    return 0;
}
