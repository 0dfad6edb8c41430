/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zip_fields.c - what a zip archive says about its members' places, lengths and checksums. See
 * fields.h.
 *
 * A byte that the walk decides by is changed neither before nor after it is looked at: local
 * headers and data descriptors lie before the central directory, each behind all that was looked
 * at before. So both directions go the same way. */
#include "packed/fields.h"
#include "packed/shift.h"
#include "whittle/zip.h"

#define COMMENT_MAX 65535u

enum { END_SIZE = 12, END_OFFSET = 16, END_COMMENT = 20 };
enum { CENTRAL_SUMS = 16, CENTRAL_PACKED = 20, CENTRAL_NAME = 28, CENTRAL_OFFSET = 42 };
enum { LOCAL_FLAGS = 6, LOCAL_SUMS = 14, LOCAL_NAME = 26 };

struct walk {
    uint8_t *bytes;
    const struct wh_placed *streams;
    uint32_t count;
    bool restore;
    size_t directory; /* where the central directory starts */
    size_t end;       /* of the member before */
    size_t floor;     /* all that was looked at before the directory ends here */
};

static bool comment_fits(struct wh_bytes content, size_t at)
{
    size_t left = content.length - at;

    return left >= WH_ZIP_END_LENGTH &&
           wh_load16(content.data + at + END_COMMENT) == left - WH_ZIP_END_LENGTH;
}

bool wh_zip_find_end(struct wh_bytes content, size_t *out_at)
{
    size_t most = WH_ZIP_END_LENGTH + COMMENT_MAX;

    if (most > content.length)
        most = content.length;
    for (size_t back = WH_ZIP_END_LENGTH; back <= most; back++) {
        size_t at = content.length - back;
        if (wh_load32(content.data + at) == WH_ZIP_END && comment_fits(content, at)) {
            *out_at = at;
            return true;
        }
    }
    return false;
}

/* Could another value of its offset make the signature of an end record behind this one? */
static bool may_hide_another(struct wh_bytes content, size_t end_record)
{
    for (size_t at = end_record + END_OFFSET - 3; at < end_record + END_OFFSET + 4; at++)
        if (comment_fits(content, at))
            return true;
    return false;
}

static void shift_sums(const struct walk *walk, size_t at, const struct wh_placed *stream)
{
    uint8_t *sums = walk->bytes + at;

    (void)wh_field_shift(sums, stream->crc, walk->restore);
    (void)wh_field_shift(sums + 4, stream->packed_length, walk->restore);
    (void)wh_field_shift(sums + 8, stream->plain_length, walk->restore);
}

/* The stream of the member whose local header starts at offset and whose bytes start at data, or
 * NULL for one that is not listed; false where the header starts in a stream. */
static bool find_stream(
    const struct walk *walk, size_t offset, size_t data, const struct wh_placed **out_stream)
{
    uint32_t low = 0;
    uint32_t high = walk->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (walk->streams[middle].start < offset)
            low = middle + 1;
        else
            high = middle;
    }
    const struct wh_placed *next = low < walk->count ? &walk->streams[low] : NULL;
    if (low > 0 && walk->streams[low - 1].packed_length > offset - walk->streams[low - 1].start)
        return false;
    *out_stream = next && next->start == data ? next : NULL;
    return true;
}

/* Does the next member start here, or the central directory? */
static bool something_starts(const struct walk *walk, size_t at)
{
    if (at >= walk->directory)
        return at == walk->directory;
    return walk->directory - at >= 4 && wh_load32(walk->bytes + at) == WH_ZIP_LOCAL;
}

/* A data descriptor is known by what follows it: its own bytes are not the same in both directions.
 * Moves the end and returns where the sums are, or 0 for none. */
static size_t pass_descriptor(struct walk *walk, size_t at)
{
    size_t with = at + 4 + WH_ZIP_SUMS_LENGTH;
    size_t without = at + WH_ZIP_SUMS_LENGTH;

    walk->end = at;
    walk->floor = with;
    if (something_starts(walk, with)) {
        if (wh_load32(walk->bytes + at) != WH_ZIP_DESCRIPTOR)
            return 0;
        walk->end = with;
        return at + 4;
    }
    if (!something_starts(walk, without))
        return 0;
    walk->end = walk->floor = without;
    return at;
}

/* A member by its local header; packed_length: as the central directory says, for one that is not
 * listed. Returns its stream, if it is. */
static const struct wh_placed *visit_member(struct walk *walk, size_t offset, size_t packed_length)
{
    const struct wh_placed *stream = NULL;

    if (offset < walk->floor || offset > walk->directory ||
        walk->directory - offset < WH_ZIP_LOCAL_LENGTH ||
        wh_load32(walk->bytes + offset) != WH_ZIP_LOCAL)
        return NULL;
    const uint8_t *local = walk->bytes + offset;
    walk->floor = offset + WH_ZIP_LOCAL_LENGTH;
    size_t data = walk->floor + wh_load16(local + LOCAL_NAME) + wh_load16(local + LOCAL_NAME + 2);
    if (data > walk->directory || !find_stream(walk, offset, data, &stream))
        return NULL;
    if (stream)
        packed_length = stream->packed_length;
    if (packed_length > walk->directory - data)
        return NULL;
    walk->end = data + packed_length;
    size_t sums = offset + LOCAL_SUMS;
    if (wh_load16(local + LOCAL_FLAGS) & WH_ZIP_FLAG_DESCRIPTOR)
        sums = pass_descriptor(walk, walk->end);
    bool last = !stream || stream + 1 == walk->streams + walk->count;
    if (stream && sums > 0 && (last || stream[1].start >= walk->end))
        shift_sums(walk, sums, stream);
    return stream;
}

/* One entry of the central directory, which ends before limit. Returns where the next one is, or
 * limit. */
static size_t visit_entry(struct walk *walk, size_t at, size_t limit)
{
    uint8_t *entry = walk->bytes + at;

    if (limit - at < WH_ZIP_CENTRAL_LENGTH || wh_load32(entry) != WH_ZIP_CENTRAL)
        return limit;
    size_t length = (size_t)WH_ZIP_CENTRAL_LENGTH + wh_load16(entry + CENTRAL_NAME) +
                    wh_load16(entry + CENTRAL_NAME + 2) + wh_load16(entry + CENTRAL_NAME + 4);
    if (length > limit - at)
        return limit;
    size_t offset = wh_field_shift(entry + CENTRAL_OFFSET, walk->end, walk->restore);
    const struct wh_placed *stream = visit_member(walk, offset, wh_load32(entry + CENTRAL_PACKED));
    if (stream)
        shift_sums(walk, at + CENTRAL_SUMS, stream);
    return at + length;
}

void wh_fields_zip(
    uint8_t *bytes, size_t length, const struct wh_placed *streams, uint32_t count, bool restore)
{
    struct walk walk = {.bytes = bytes, .streams = streams, .count = count, .restore = restore};
    struct wh_bytes content = {bytes, length};
    const struct wh_placed *last = count > 0 ? &streams[count - 1] : NULL;
    size_t end_record;

    if (!wh_zip_find_end(content, &end_record) || may_hide_another(content, end_record))
        return;
    size_t size = wh_load32(bytes + end_record + END_SIZE);
    if (size > end_record)
        return;
    walk.directory = end_record - size;
    if (last &&
        (last->start > walk.directory || last->packed_length > walk.directory - last->start))
        return;
    (void)wh_field_shift(bytes + end_record + END_OFFSET, walk.directory, restore);
    for (size_t at = walk.directory; at < end_record;)
        at = visit_entry(&walk, at, end_record);
}
