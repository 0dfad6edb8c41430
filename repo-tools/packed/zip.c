/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zip.c - zip archives, taken only if every byte of them is accounted for: local headers, members
 * and data descriptors without a gap, then the central directory, then its end record. */
#include "whittle/zip.h"

#include <stdlib.h>
#include <string.h>

#include "packed/kinds.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"
#include "whittle/word.h"

#define MAX32 0xffffffffu /* stands for a number that a zip64 record has */

enum { STORED = 0, DEFLATED = 8 };
enum { ENCRYPTED = 0x2041, PATCHED = 0x20 }; /* bits 0, 6 and 13; bit 5 */
enum { EXTRA_ZIP64 = 1 };

struct member {
    const uint8_t *entry; /* in the central directory */
    struct wh_bytes name;
    size_t offset;
    size_t packed_length;
    size_t plain_length;
    size_t data; /* where its bytes start */
};

struct directory {
    const uint8_t *entries;
    size_t start;
    size_t end;
    uint32_t count;
};

bool wh_zip_begins(struct wh_bytes content)
{
    return content.length >= 4 &&
           (wh_load32(content.data) == WH_ZIP_LOCAL || wh_load32(content.data) == WH_ZIP_END);
}

/* Every reason of this file comes from a check that returns it, or NULL. */
static const char *find_directory(struct wh_bytes content, struct directory *out_directory)
{
    size_t at;

    if (!wh_zip_find_end(content, &at))
        return "has no end record at its end";
    const uint8_t *record = content.data + at;
    uint32_t size = wh_load32(record + 12);
    uint32_t offset = wh_load32(record + 16);
    if (size == MAX32 || offset == MAX32 ||
        (at >= 20 && wh_load32(record - 20) == WH_ZIP_LOCATOR_64))
        return "is zip64";
    if (wh_load32(record + 4) != 0 || wh_load16(record + 8) != wh_load16(record + 10))
        return "is one of several parts";
    if (size > at || offset != at - size)
        return "has its central directory elsewhere than it says";
    *out_directory = (struct directory){
        .entries = content.data + offset,
        .start = offset,
        .end = at,
        .count = wh_load16(record + 10),
    };
    return NULL;
}

static bool has_zip64(const uint8_t *extra, size_t length)
{
    while (length >= 4) {
        size_t field = 4 + (size_t)wh_load16(extra + 2);
        if (wh_load16(extra) == EXTRA_ZIP64)
            return true;
        if (field > length)
            return false; /* padding */
        extra += field;
        length -= field;
    }
    return false;
}

static const char *check_entry(const struct member *member)
{
    const uint8_t *entry = member->entry;
    size_t name = wh_load16(entry + 28);
    uint16_t flags = wh_load16(entry + 8);
    uint16_t method = wh_load16(entry + 10);

    if (flags & ENCRYPTED)
        return "has an encrypted member";
    if (member->packed_length == MAX32 || member->plain_length == MAX32 ||
        member->offset == MAX32 ||
        has_zip64(entry + WH_ZIP_CENTRAL_LENGTH + name, wh_load16(entry + 30)))
        return "is zip64";
    if (flags & PATCHED || (method != STORED && method != DEFLATED))
        return "has a member that is compressed by another method";
    if (wh_load16(entry + 34) != 0)
        return "is one of several parts";
    if (method == STORED && member->packed_length != member->plain_length)
        return "has a stored member of two lengths";
    if (method == DEFLATED && member->packed_length == 0)
        return "has a deflated member without bytes";
    return NULL;
}

/* Takes the next entry off the reader. */
static const char *read_entry(struct wh_reader *reader, struct member *out_member)
{
    const uint8_t *entry = wh_read_bytes(reader, WH_ZIP_CENTRAL_LENGTH).data;

    if (reader->failed || wh_load32(entry) != WH_ZIP_CENTRAL)
        return "has a broken central directory";
    struct wh_bytes name = wh_read_bytes(reader, wh_load16(entry + 28));
    (void)wh_read_bytes(reader, (uint64_t)wh_load16(entry + 30) + wh_load16(entry + 32));
    if (reader->failed)
        return "has a broken central directory";
    *out_member = (struct member){
        .entry = entry,
        .name = name,
        .offset = wh_load32(entry + 42),
        .packed_length = wh_load32(entry + 20),
        .plain_length = wh_load32(entry + 24),
    };
    return check_entry(out_member);
}

static const char *read_entries(
    const struct directory *directory, struct member *members, bool *out_ordered)
{
    struct wh_reader reader = wh_reader_over(
        (struct wh_bytes){directory->entries, directory->end - directory->start});

    *out_ordered = true;
    for (uint32_t i = 0; i < directory->count; i++) {
        const char *why = read_entry(&reader, &members[i]);
        if (why)
            return why;
        *out_ordered = *out_ordered && (i == 0 || members[i - 1].offset < members[i].offset);
    }
    return wh_reader_at_end(&reader) ? NULL : "has a broken central directory";
}

static int compare_offsets(const void *left, const void *right)
{
    const struct member *a = left;
    const struct member *b = right;

    return (a->offset > b->offset) - (a->offset < b->offset);
}

/* The sums of a local header before a data descriptor are 0, or true all the same. */
static bool agrees_or_waits(const uint8_t *local_sums, const uint8_t *sums)
{
    for (uint32_t i = 0; i < WH_ZIP_SUMS_LENGTH; i += 4)
        if (wh_load32(local_sums + i) != 0 && wh_load32(local_sums + i) != wh_load32(sums + i))
            return false;
    return true;
}

/* What stands between a member's bytes and the next member. */
static const char *check_rest(
    const uint8_t *rest, size_t length, bool described, const uint8_t *sums)
{
    if (!described)
        return length == 0 ? NULL : "has bytes that belong to no member";
    if (length == 4 + WH_ZIP_SUMS_LENGTH) {
        if (wh_load32(rest) != WH_ZIP_DESCRIPTOR)
            return "has a data descriptor that is none";
        rest += 4;
    } else if (length != WH_ZIP_SUMS_LENGTH) {
        return "has a data descriptor that is none";
    }
    if (memcmp(rest, sums, WH_ZIP_SUMS_LENGTH) != 0)
        return "has a data descriptor that says something else than the central directory";
    return NULL;
}

/* next: where the next member starts, or the central directory. */
static const char *check_member(struct wh_bytes content, struct member *member, size_t next)
{
    const uint8_t *local = content.data + member->offset;
    const uint8_t *sums = member->entry + 16;

    if (next < member->offset || next - member->offset < WH_ZIP_LOCAL_LENGTH)
        return "has members that overlap";
    if (wh_load32(local) != WH_ZIP_LOCAL)
        return "has no local header where the central directory says";
    size_t left = next - member->offset - WH_ZIP_LOCAL_LENGTH;
    size_t name = wh_load16(local + 26);
    size_t extra = wh_load16(local + 28);
    if (name + extra > left || member->packed_length > left - name - extra)
        return "has members that overlap";
    left -= name + extra + member->packed_length;
    if (has_zip64(local + WH_ZIP_LOCAL_LENGTH + name, extra))
        return "is zip64";
    bool described = wh_load16(local + 6) & WH_ZIP_FLAG_DESCRIPTOR;
    if (memcmp(local + 6, member->entry + 8, 4) != 0 || name != member->name.length ||
        memcmp(local + WH_ZIP_LOCAL_LENGTH, member->name.data, name) != 0)
        return "has a local header that says something else than the central directory";
    if (described ? !agrees_or_waits(local + 14, sums)
                  : memcmp(local + 14, sums, WH_ZIP_SUMS_LENGTH) != 0)
        return "has a local header that says something else than the central directory";
    member->data = member->offset + WH_ZIP_LOCAL_LENGTH + name + extra;
    return check_rest(content.data + next - left, left, described, sums);
}

static const char *check_members(
    struct wh_bytes content, const struct directory *directory, struct member *members)
{
    if ((directory->count > 0 ? members[0].offset : directory->start) != 0)
        return "has bytes that belong to no member";
    for (uint32_t i = 0; i < directory->count; i++) {
        bool last = i + 1 == directory->count;
        size_t next = last ? directory->start : members[i + 1].offset;
        if (next > directory->start)
            return "has members that overlap";
        const char *why = check_member(content, &members[i], next);
        if (why)
            return why;
    }
    return NULL;
}

static void list_streams(
    const struct member *members, uint32_t count, struct wh_inner *streams, uint32_t *out_count)
{
    *out_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct member *member = &members[i];
        if (wh_load16(member->entry + 10) == STORED)
            continue;
        streams[(*out_count)++] = (struct wh_inner){
            .start = member->data,
            .packed_length = member->packed_length,
            .plain_length = member->plain_length,
            .crc = wh_load32(member->entry + 16),
            .name = member->name,
        };
    }
}

wh_status wh_zip_list(struct wh_bytes content, struct wh_listing *listing, struct wh_error *err)
{
    struct directory directory = {0};
    bool ordered;

    listing->why = find_directory(content, &directory);
    if (listing->why)
        return WH_OK;
    wh_autofree struct member *members = wh_array(directory.count, sizeof *members, SIZE_MAX, err);
    listing->streams = wh_array(directory.count, sizeof *listing->streams, SIZE_MAX, err);
    if (!members || !listing->streams)
        return wh_no_memory(err);
    listing->why = read_entries(&directory, members, &ordered);
    if (listing->why)
        return WH_OK;
    if (!ordered)
        qsort(members, directory.count, sizeof *members, compare_offsets);
    listing->why = check_members(content, &directory, members);
    if (!listing->why)
        list_streams(members, directory.count, listing->streams, &listing->count);
    return WH_OK;
}
