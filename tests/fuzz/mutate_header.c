/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutate_header.c - see mutate_header.h. */
#include "mutate_header.h"

#include <string.h>

#include "package/tags.h"
#include "whittle/cleanup.h"

enum { ROWS_MAX = 64, REGION = 63, ROOM = 1 << 12 };

struct row {
    uint32_t tag;
    uint32_t type;
    uint32_t count;
    struct wh_bytes data;
};

struct rows {
    struct row row[ROWS_MAX];
    uint32_t count;
};

/* Data reaches to the next row's; alignment in between does no harm. The region's row goes. */
static bool read_rows(struct wh_bytes header, struct rows *rows)
{
    struct wh_raw_header raw;

    if (wh_raw_header_parse(header, &raw, NULL) != WH_OK || raw.entry_count < 2 ||
        raw.entry_count > ROWS_MAX || raw.data.length < 16)
        return false;
    const uint8_t *end = raw.data.data + raw.data.length - 16;
    rows->count = raw.entry_count - 1;
    for (uint32_t i = raw.entry_count - 1; i > 0; i--) {
        uint32_t offset;
        struct wh_tag_entry entry = wh_raw_header_entry(&raw, i, &offset);
        if (!entry.data.data || entry.data.data > end)
            return false;
        rows->row[i - 1] = (struct row){
            entry.tag, entry.type, entry.count, {entry.data.data, (size_t)(end - entry.data.data)}};
        end = entry.data.data;
    }
    return true;
}

static size_t alignment_mask(uint32_t type)
{
    return type == WH_TYPE_INT16 ? 1 : type == WH_TYPE_INT32 ? 3 : type == WH_TYPE_INT64 ? 7 : 0;
}

static void put_index(struct wh_buffer *out, const struct row *row, uint32_t offset)
{
    wh_buffer_be32(out, row->tag);
    wh_buffer_be32(out, row->type);
    wh_buffer_be32(out, offset);
    wh_buffer_be32(out, row->count);
}

static void write_rows(const struct rows *rows, struct wh_buffer *out)
{
    static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};
    const struct row region = {REGION, WH_TYPE_BIN, 16, {0}};
    wh_cleanup(wh_buffer_clear) struct wh_buffer index = {.ceiling = out->ceiling};
    wh_cleanup(wh_buffer_clear) struct wh_buffer data = {.ceiling = out->ceiling};

    for (uint32_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        wh_buffer_fill(&data, 0, (0 - data.length) & alignment_mask(row->type));
        put_index(&index, row, (uint32_t)data.length);
        wh_buffer_append(&data, row->data.data, row->data.length);
    }
    uint32_t region_offset = (uint32_t)data.length;
    put_index(&data, &region, 0u - 16 * (rows->count + 1));
    wh_buffer_append(out, magic, sizeof magic);
    wh_buffer_be32(out, rows->count + 1);
    wh_buffer_be32(out, (uint32_t)data.length);
    put_index(out, &region, region_offset);
    wh_buffer_append(out, index.data, index.length);
    wh_buffer_append(out, data.data, data.length);
}

/* Tags that the library reads, and their usual types. */
static const struct {
    uint32_t tag, type;
} known[] = {
    {1000, WH_TYPE_STRING},       /* name */
    {1001, WH_TYPE_STRING},       /* version */
    {1003, WH_TYPE_INT32},        /* epoch */
    {1022, WH_TYPE_STRING},       /* arch */
    {1028, WH_TYPE_INT32},        /* sizes */
    {1030, WH_TYPE_INT16},        /* modes */
    {1033, WH_TYPE_INT16},        /* devices of device files */
    {1035, WH_TYPE_STRING_ARRAY}, /* digests */
    {1036, WH_TYPE_STRING_ARRAY}, /* links' targets */
    {1037, WH_TYPE_INT32},        /* flags */
    {1044, WH_TYPE_STRING},       /* source package */
    {1064, WH_TYPE_STRING},       /* rpm's version */
    {1095, WH_TYPE_INT32},        /* devices */
    {1096, WH_TYPE_INT32},        /* inodes */
    {1106, WH_TYPE_INT32},        /* is a source package */
    {1116, WH_TYPE_INT32},        /* folders of files */
    {1118, WH_TYPE_STRING_ARRAY}, /* folders */
    {1124, WH_TYPE_STRING},       /* payload format */
    {5008, WH_TYPE_INT64},        /* sizes */
    {5011, WH_TYPE_INT32},        /* algorithm of the files' digests */
    {5093, WH_TYPE_INT32},        /* algorithm of the payload's digests */
    {5097, WH_TYPE_STRING_ARRAY}, /* digests of the payload */
    {5122, WH_TYPE_STRING_ARRAY}, {5124, WH_TYPE_STRING_ARRAY},
    {5125, WH_TYPE_INT32}, /* alignment */
};

static void rename_row(struct row *row, unsigned seed)
{
    unsigned choice = seed % (sizeof known / sizeof *known);

    row->tag = known[choice].tag;
    if (seed & 0x100)
        row->type = known[choice].type;
}

static void remove_row(struct rows *rows, uint32_t number)
{
    rows->count--;
    memmove(
        &rows->row[number], &rows->row[number + 1], (rows->count - number) * sizeof rows->row[0]);
}

/* The same number of bytes, so that counts still hold. */
static void change_data(struct row *row, uint8_t *room)
{
    size_t length = row->data.length < ROOM ? row->data.length : ROOM;

    if (length == 0)
        return;
    memcpy(room, row->data.data, length);
    (void)LLVMFuzzerMutate(room, length, length);
    row->data = (struct wh_bytes){room, length};
}

static void change_count(struct row *row)
{
    uint8_t bytes[sizeof row->count];

    memcpy(bytes, &row->count, sizeof bytes);
    (void)LLVMFuzzerMutate(bytes, sizeof bytes, sizeof bytes);
    memcpy(&row->count, bytes, sizeof bytes);
}

bool mutate_header(struct wh_bytes header, unsigned seed, struct wh_buffer *out)
{
    uint8_t room[ROOM];
    struct rows rows;

    if (!read_rows(header, &rows))
        return false;
    uint32_t number = (seed >> 4) % rows.count;
    struct row *row = &rows.row[number];
    switch (seed & 15) {
    case 0:
        change_count(row);
        break;
    case 1:
        remove_row(&rows, number);
        break;
    case 2:
    case 3:
        rename_row(row, seed >> 10);
        break;
    default:
        change_data(row, room);
    }
    write_rows(&rows, out);
    return !out->failed;
}
