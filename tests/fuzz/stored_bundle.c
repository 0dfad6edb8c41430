/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stored_bundle.c - see stored_bundle.h. Frame layout: RFC 8878 sections 3.1.1.1 and 3.1.1.2. */
#include "stored_bundle.h"

#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { PART_MAX = 1 << 16, BLOCK_MAX = 1 << 17, CEILING = 1 << 20 };

static const uint32_t lengths_at[PARTS] = {
    BUNDLE_PREFIX_AT, BUNDLE_CORRECTION_AT, BUNDLE_TABLE_AT, BUNDLE_GROUPS_AT};

void stored_frame(struct wh_bytes raw, struct wh_buffer *out)
{
    static const uint8_t start[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38}; /* window of 128 KiB */

    wh_buffer_append(out, start, sizeof start);
    do {
        size_t length = raw.length < BLOCK_MAX ? raw.length : BLOCK_MAX - 1;
        uint32_t last = length == raw.length;
        uint32_t block = (uint32_t)length << 3 | last;
        wh_buffer_u8(out, (uint8_t)block);
        wh_buffer_u8(out, (uint8_t)(block >> 8));
        wh_buffer_u8(out, (uint8_t)(block >> 16));
        wh_buffer_append(out, raw.data, length);
        raw.length -= length;
        if (raw.length > 0)
            raw.data += length;
    } while (raw.length > 0);
}

static uint32_t get_le32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put_le32(uint8_t *at, size_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static bool open_part(struct stored_bundle *bundle, unsigned part, struct wh_reader *reader,
    struct wh_bytes reference)
{
    const uint8_t *lengths = bundle->head + lengths_at[part];
    struct wh_bytes stored = wh_read_bytes(reader, get_le32(lengths));
    uint32_t length = get_le32(lengths + 4);
    wh_autofree uint8_t *raw = NULL;

    if (!stored.data || length > PART_MAX)
        return false;
    if (stored.length == 0)
        return true;
    raw = malloc(length ? length : 1);
    if (!raw || wh_frame_read(stored, reference, raw, length, NULL) != WH_OK)
        return false;
    wh_buffer_append(&bundle->parts[part], raw, length);
    return true;
}

bool stored_bundle_open(
    struct wh_bytes bytes, struct wh_bytes old_header, struct stored_bundle *out_bundle)
{
    struct stored_bundle bundle = {0};
    struct wh_reader reader = wh_reader_over(bytes);
    struct wh_bytes head = wh_read_bytes(&reader, sizeof bundle.head);
    bool opened = head.data != NULL;

    if (opened)
        memcpy(bundle.head, head.data, sizeof bundle.head);
    for (unsigned i = 0; i < PARTS; i++)
        bundle.parts[i].ceiling = CEILING;
    for (unsigned i = PART_PREFIX; i < PART_GROUPS && opened; i++)
        opened = open_part(
            &bundle, i, &reader, i == PART_PREFIX ? old_header : (struct wh_bytes){0});
    if (opened)
        wh_buffer_append(&bundle.parts[PART_GROUPS], reader.at, (size_t)(reader.end - reader.at));
    if (!opened)
        stored_bundle_clear(&bundle);
    else
        *out_bundle = bundle;
    return opened;
}

void stored_bundle_close(const struct stored_bundle *bundle, struct wh_buffer *out)
{
    uint8_t head[sizeof bundle->head];

    memcpy(head, bundle->head, sizeof head);
    wh_buffer_append(out, head, sizeof head);
    for (unsigned i = PART_PREFIX; i < PART_GROUPS; i++) {
        size_t start = out->length;
        if (bundle->parts[i].length > 0)
            stored_frame(wh_buffer_bytes(&bundle->parts[i]), out);
        put_le32(head + lengths_at[i], out->length - start);
        put_le32(head + lengths_at[i] + 4, bundle->parts[i].length);
    }
    const struct wh_buffer *groups = &bundle->parts[PART_GROUPS];
    wh_buffer_append(out, groups->data, groups->length);
    put_le32(head + BUNDLE_GROUPS_AT, groups->length);
    put_le32(head + BUNDLE_GROUPS_AT + 4, 0);
    if (out->failed)
        abort();
    memcpy(out->data, head, sizeof head);
    sample_mend(out->data, out->length);
}

void stored_bundle_mend(uint8_t *bundle, size_t length, const struct wh_header *old_header)
{
    if (length < WH_BUNDLE_HEAD_LENGTH)
        return;
    if (bundle[BUNDLE_KIND_AT] == WH_BUNDLE_STEP)
        memcpy(bundle + BUNDLE_OLD_HEADER_AT, old_header->id, sizeof old_header->id);
    sample_mend(bundle, length);
}

void stored_bundle_clear(struct stored_bundle *bundle)
{
    for (unsigned i = 0; i < PARTS; i++)
        wh_buffer_clear(&bundle->parts[i]);
}
