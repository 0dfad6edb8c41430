/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container_test.c - streams are found in archives of usual tools, and whatever is odd is opaque
 * for a reason. */
#include "packed/container.h"

#include <lzma.h>
#include <stdlib.h>

#include "made_archives.h"
#include "unit.h"
#include "whittle/cleanup.h"
#include "whittle/deflate.h"
#include "whittle/word.h"
#include "whittle/zip.h"

enum { LENGTH_MAX = 4096 };

struct work {
    uint8_t bytes[LENGTH_MAX];
    size_t length;
};

static struct wh_bytes bytes_of(const struct work *work)
{
    return (struct wh_bytes){work->bytes, work->length};
}

static void append(struct work *work, const void *data, size_t length)
{
    assert_true(length <= LENGTH_MAX - work->length);
    memcpy(work->bytes + work->length, data, length);
    work->length += length;
}

static void append16(struct work *work, uint32_t value)
{
    append(work, (const uint8_t[]){(uint8_t)value, (uint8_t)(value >> 8)}, 2);
}

static void append32(struct work *work, uint32_t value)
{
    append16(work, value);
    append16(work, value >> 16);
}

static void append64(struct work *work, uint64_t value)
{
    append32(work, (uint32_t)value);
    append32(work, (uint32_t)(value >> 32));
}

static struct work copy_of(int number)
{
    struct work work = {.length = 0};

    append(&work, made_archives[number].bytes.data, made_archives[number].bytes.length);
    return work;
}

/* In memory of exactly that size. The caller clears it; names must not be used. */
static struct wh_listing list(const struct work *work)
{
    wh_autofree uint8_t *bytes = malloc(work->length + !work->length);
    struct wh_listing listing;

    assert_non_null(bytes);
    memcpy(bytes, work->bytes, work->length);
    OK(wh_container_list((struct wh_bytes){bytes, work->length}, &listing, &err));
    return listing;
}

static void expect(const struct work *work, enum wh_packing packing, const char *why)
{
    wh_cleanup(wh_listing_clear) struct wh_listing listing = list(work);

    assert_int_equal(listing.packing, packing);
    if (!why) {
        assert_null(listing.why);
        return;
    }
    assert_string_equal(listing.why ? listing.why : "no reason", why);
    assert_int_equal(listing.count, 0);
}

/* ---- what is found --------------------------------------------------------------------------- */

static struct wh_inflated inflate(struct wh_bytes content, const struct wh_inner *stream)
{
    wh_cleanup(wh_deflate_parts_clear) struct wh_deflate_parts parts = {0};
    struct wh_bytes packed = {content.data + stream->start, content.length - stream->start};

    OK(wh_deflate_parse(packed, LENGTH_MAX, &parts, &err));
    return (struct wh_inflated){parts.packed.length, parts.plain.length,
        lzma_crc32(parts.plain.data, parts.plain.length, 0)};
}

static void lists_the_streams_of_usual_tools(void **state)
{
    (void)state;
    for (int number = 0; number < MADE_ARCHIVES; number++) {
        const struct made_archive *archive = &made_archives[number];
        wh_cleanup(wh_listing_clear) struct wh_listing listing = {0};
        OK(wh_container_list(archive->bytes, &listing, &err));
        if (listing.why)
            fail_msg("%s %s", archive->name, listing.why);
        assert_int_equal(listing.packing, archive->packing);
        assert_int_equal(listing.count, archive->count);
        for (uint32_t i = 0; i < archive->count; i++) {
            const struct made_stream *made = &archive->streams[i];
            const struct wh_inner *found = &listing.streams[i];
            struct wh_inflated inflated = inflate(archive->bytes, found);
            assert_int_equal(found->start, made->start);
            assert_int_equal(found->packed_length, made->packed_length);
            assert_int_equal(found->plain_length, made->plain_length);
            assert_int_equal(found->crc, made->crc);
            assert_int_equal(found->name.length, strlen(made->name));
            assert_memory_equal(found->name.data ? found->name.data : (const uint8_t *)"",
                made->name, found->name.length);
            assert_null(wh_container_doubt(archive->bytes, listing.packing, found, &inflated));
        }
    }
}

static void what_is_no_container_has_no_reason(void **state)
{
    static const char *const contents[] = {"", "P", "PK", "PK\3", "PK\3\5", "\x1f\x8b", "\177ELF",
        "a text that is a little longer than a header of gzip"};

    (void)state;
    for (size_t i = 0; i < COUNT(contents); i++) {
        struct work work = {.length = 0};
        append(&work, contents[i], strlen(contents[i]));
        expect(&work, WH_PACKING_NONE, NULL);
    }
}

static void an_xz_file_is_one_stream(void **state)
{
    struct work work = {.length = 0};

    (void)state;
    append(&work, "\xfd\x37\x7a\x58\x5a\0anything", 14);
    wh_cleanup(wh_listing_clear) struct wh_listing listing = list(&work);
    assert_int_equal(listing.packing, WH_PACKING_XZ);
    assert_int_equal(listing.count, 1);
    assert_int_equal(listing.streams[0].start, 0);
    assert_int_equal(listing.streams[0].packed_length, 14);
    work.length = 5;
    expect(&work, WH_PACKING_NONE, NULL);
}

/* ---- MiniDebugInfo --------------------------------------------------------------------------- */

enum { XZ_AT = 64 + 56, XZ_LENGTH = 10, NAMES_LENGTH = 32 };

static void append_section(
    struct work *work, uint32_t name, uint32_t type, uint64_t offset, uint64_t length)
{
    append32(work, name);
    append32(work, type);
    append64(work, 0);
    append64(work, 0);
    append64(work, offset);
    append64(work, length);
    for (int i = 0; i < 3; i++)
        append64(work, 0);
}

/* A file of one segment whose `count` last sections are called .gnu_debugdata. */
static struct work elf_with(const char *data, uint32_t count)
{
    static const char names[NAMES_LENGTH] = "\0.gnu_debugdata\0.shstrtab";
    uint64_t sections = XZ_AT + XZ_LENGTH + NAMES_LENGTH;
    struct work work = {.length = 0};

    append(&work, "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3e\0\1\0\0\0", 24);
    append64(&work, 0);
    append64(&work, 64);
    append64(&work, sections);
    append32(&work, 0);
    append(&work, "\x40\0\x38\0\1\0\x40\0", 8);
    append16(&work, 2 + count);
    append16(&work, 1);
    append32(&work, 1); /* the segment */
    append32(&work, 5);
    for (int i = 0; i < 3; i++)
        append64(&work, 0);
    append64(&work, XZ_AT);
    append64(&work, XZ_AT);
    append64(&work, 4096);
    append(&work, data, XZ_LENGTH);
    append(&work, names, sizeof names);
    append_section(&work, 0, 0, 0, 0);
    append_section(&work, 16, 3, XZ_AT + XZ_LENGTH, NAMES_LENGTH);
    for (uint32_t i = 0; i < count; i++)
        append_section(&work, 1, 1, XZ_AT, XZ_LENGTH);
    return work;
}

static void finds_the_section_of_an_elf_file(void **state)
{
    struct work work = elf_with("\xfd\x37\x7a\x58\x5a\0abcd", 1);

    (void)state;
    wh_cleanup(wh_listing_clear) struct wh_listing listing = list(&work);
    assert_int_equal(listing.packing, WH_PACKING_DEBUGDATA);
    assert_int_equal(listing.count, 1);
    assert_int_equal(listing.streams[0].start, XZ_AT);
    assert_int_equal(listing.streams[0].packed_length, XZ_LENGTH);
}

static void an_odd_section_is_opaque(void **state)
{
    struct work none = elf_with("\xfd\x37\x7a\x58\x5a\0abcd", 0);
    struct work two = elf_with("\xfd\x37\x7a\x58\x5a\0abcd", 2);
    struct work other = elf_with("\xfd\x37\x7a\x58\x5b\0abcd", 1);

    (void)state;
    expect(&none, WH_PACKING_NONE, NULL);
    expect(&two, WH_PACKING_DEBUGDATA, "has more than one section .gnu_debugdata");
    expect(&other, WH_PACKING_DEBUGDATA, "has a section .gnu_debugdata that is no .xz file");
}

/* ---- gzip ------------------------------------------------------------------------------------ */

static const char *doubt(const struct work *work, struct wh_inflated found)
{
    wh_cleanup(wh_listing_clear) struct wh_listing listing = list(work);

    assert_null(listing.why);
    return wh_container_doubt(bytes_of(work), listing.packing, &listing.streams[0], &found);
}

static void a_gzip_header_has_optional_parts(void **state)
{
    const struct made_stream *made = made_archives[MADE_GZIP].streams;
    struct work plain = copy_of(MADE_GZIP);

    (void)state;
    for (uint8_t flags = 0; flags < 0x20; flags++) {
        struct work work = {.length = 0};
        append(&work, plain.bytes, 10);
        work.bytes[3] = flags;
        append(&work, "\3\0abc", flags & 0x04 ? 5 : 0);
        append(&work, "name", flags & 0x08 ? 5 : 0);
        append(&work, "", flags & 0x10 ? 1 : 0);
        append(&work, "ab", flags & 0x02 ? 2 : 0);
        size_t start = work.length;
        append(&work, plain.bytes + made->start, plain.length - made->start);
        wh_cleanup(wh_listing_clear) struct wh_listing listing = list(&work);
        assert_null(listing.why);
        assert_int_equal(listing.streams[0].start, start);
        assert_int_equal(listing.streams[0].packed_length, made->packed_length);
        work.length = start - 1;
        expect(&work, WH_PACKING_GZIP, "ends in its header");
        work.length = start + 9;
        expect(&work, WH_PACKING_GZIP, "ends in its stream");
    }
    plain.bytes[3] = 0x20;
    expect(&plain, WH_PACKING_GZIP, "has flags that are not known");
}

static void a_gzip_file_has_one_member_and_nothing_behind(void **state)
{
    const struct made_stream *made = made_archives[MADE_GZIP].streams;
    struct wh_inflated true_one = {made->packed_length, made->plain_length, made->crc};
    struct work work = copy_of(MADE_GZIP);

    (void)state;
    assert_null(doubt(&work, true_one));
    struct wh_inflated found = true_one;
    found.plain_length += 1ull << 32;
    assert_null(doubt(&work, found));
    found.plain_length++;
    assert_string_equal(doubt(&work, found), "has a stream that holds another length than it says");
    found = true_one;
    found.crc++;
    assert_string_equal(doubt(&work, found), "has a stream that has another checksum than it says");
    append(&work, "x", 1);
    assert_string_equal(doubt(&work, true_one), "has bytes behind its stream");
    work.length--;
    append(&work, made_archives[MADE_GZIP].bytes.data, made_archives[MADE_GZIP].bytes.length);
    assert_string_equal(doubt(&work, true_one), "has more than one member");
}

static void a_truncated_gzip_file_is_opaque(void **state)
{
    const struct made_stream *made = made_archives[MADE_GZIP].streams;
    struct work work = copy_of(MADE_GZIP);

    (void)state;
    for (work.length--; work.length >= 3; work.length--) {
        if (work.length < made->start)
            expect(&work, WH_PACKING_GZIP, "ends in its header");
        else if (work.length < made->start + 10)
            expect(&work, WH_PACKING_GZIP, "ends in its stream");
        else
            assert_string_equal(doubt(&work, (struct wh_inflated){made->packed_length, 0, 0}),
                "has a stream that is longer than it says");
    }
}

/* ---- zip ------------------------------------------------------------------------------------- */

enum place { LOCAL, ENTRY, BEHIND, END }; /* BEHIND: a member's bytes */

struct change {
    enum place place;
    uint32_t number; /* of the member */
    uint32_t offset;
    uint32_t width; /* 0: no change */
    uint32_t value;
};

static size_t entry_at(const struct made_archive *archive, uint32_t number)
{
    const uint8_t *bytes = archive->bytes.data;
    size_t end;

    assert_true(wh_zip_find_end(archive->bytes, &end));
    size_t at = wh_load32(bytes + end + 16);
    for (uint32_t i = 0; i < number; i++)
        at += WH_ZIP_CENTRAL_LENGTH + (size_t)wh_load16(bytes + at + 28) +
              wh_load16(bytes + at + 30) + wh_load16(bytes + at + 32);
    return at;
}

static size_t place_of(const struct made_archive *archive, const struct change *change)
{
    const uint8_t *bytes = archive->bytes.data;
    size_t entry = entry_at(archive, change->number);
    size_t local = wh_load32(bytes + entry + 42);
    size_t end;

    assert_true(wh_zip_find_end(archive->bytes, &end));
    switch (change->place) {
    case LOCAL:
        return local;
    case ENTRY:
        return entry;
    case BEHIND:
        return local + WH_ZIP_LOCAL_LENGTH + wh_load16(bytes + local + 26) +
               wh_load16(bytes + local + 28) + wh_load32(bytes + entry + 20);
    case END:
    default:
        return end;
    }
}

static const struct row {
    const char *why;
    int archive;
    struct change changes[2];
} rows[] = {
    {"has no end record at its end", MADE_PYTHON_1, {{END, 0, 20, 2, 0}}},
    {"has no end record at its end", MADE_JAR, {{END, 0, 0, 1, 0}}},
    {"is zip64", MADE_PYTHON_1, {{END, 0, 12, 4, UINT32_MAX}}},
    {"is zip64", MADE_PYTHON_1, {{END, 0, 16, 4, UINT32_MAX}}},
    {"is zip64", MADE_PYTHON_1, {{ENTRY, 1, 20, 4, UINT32_MAX}}},
    {"is zip64", MADE_PYTHON_1, {{ENTRY, 1, 24, 4, UINT32_MAX}}},
    {"is zip64", MADE_PYTHON_1, {{ENTRY, 3, 42, 4, UINT32_MAX}}},
    {"is zip64", MADE_PYTHON_1, {{ENTRY, 2, 46 + 9, 2, 1}}},
    {"is zip64", MADE_PYTHON_1, {{LOCAL, 2, 30 + 9, 2, 1}}},
    {"is zip64", MADE_PYTHON_1, {{ENTRY, 3, 42, 4, WH_ZIP_LOCATOR_64}}}, /* 20 before the end */
    {"is one of several parts", MADE_PYTHON_1, {{END, 0, 4, 2, 1}}},
    {"is one of several parts", MADE_PYTHON_1, {{END, 0, 6, 2, 1}}},
    {"is one of several parts", MADE_PYTHON_1, {{END, 0, 8, 2, 3}}},
    {"is one of several parts", MADE_PYTHON_1, {{ENTRY, 3, 34, 2, 1}}},
    {"has its central directory elsewhere than it says", MADE_JAR, {{END, 0, 16, 4, 1}}},
    {"has its central directory elsewhere than it says", MADE_JAR, {{END, 0, 12, 4, 5000}}},
    {"has its central directory elsewhere than it says", MADE_JAR, {{END, 0, 12, 4, 4}}},
    {"has a broken central directory", MADE_JAR, {{END, 0, 8, 4, 0x00040004}}},
    {"has a broken central directory", MADE_JAR, {{END, 0, 8, 4, 0x00020002}}},
    {"has a broken central directory", MADE_JAR, {{ENTRY, 1, 0, 4, 0}}},
    {"has a broken central directory", MADE_JAR, {{ENTRY, 2, 28, 2, 0xffff}}},
    {"has a broken central directory", MADE_JAR, {{ENTRY, 2, 32, 2, 1}}},
    {"has an encrypted member", MADE_PYTHON_1, {{ENTRY, 1, 8, 2, 0x01}}},
    {"has an encrypted member", MADE_PYTHON_1, {{ENTRY, 1, 8, 2, 0x40}}},
    {"has an encrypted member", MADE_PYTHON_1, {{ENTRY, 1, 8, 2, 0x2000}}},
    {"has a member that is compressed by another method", MADE_PYTHON_1, {{ENTRY, 1, 10, 2, 9}}},
    {"has a member that is compressed by another method", MADE_PYTHON_1, {{ENTRY, 1, 8, 2, 0x20}}},
    {"has a stored member of two lengths", MADE_PYTHON_1, {{ENTRY, 0, 24, 4, 1}}},
    {"has a deflated member without bytes", MADE_PYTHON_1, {{ENTRY, 1, 20, 4, 0}}},
    {"has bytes that belong to no member", MADE_PYTHON_1, {{ENTRY, 0, 42, 4, 1}}},
    {"has bytes that belong to no member", MADE_PYTHON_1,
        {{ENTRY, 1, 20, 4, 47}, {LOCAL, 1, 18, 4, 47}}},
    {"has members that overlap", MADE_PYTHON_1, {{ENTRY, 1, 20, 4, 49}, {LOCAL, 1, 18, 4, 49}}},
    {"has members that overlap", MADE_PYTHON_1, {{ENTRY, 3, 20, 4, 46}, {LOCAL, 3, 18, 4, 46}}},
    {"has members that overlap", MADE_PYTHON_1, {{ENTRY, 1, 42, 4, 0}}},
    {"has members that overlap", MADE_PYTHON_1, {{ENTRY, 2, 42, 4, 29}}},
    {"has members that overlap", MADE_PYTHON_1, {{ENTRY, 3, 42, 4, 0x7fffffff}}},
    {"has members that overlap", MADE_PYTHON_1, {{LOCAL, 1, 28, 2, 0xffff}}},
    {"has no local header where the central directory says", MADE_JAR, {{LOCAL, 1, 0, 4, 0}}},
    {"has a local header that says something else than the central directory", MADE_PYTHON_1,
        {{LOCAL, 1, 30, 1, 'b'}}},
    {"has a local header that says something else than the central directory", MADE_PYTHON_1,
        {{ENTRY, 1, 46, 1, 'b'}}},
    {"has a local header that says something else than the central directory", MADE_PYTHON_1,
        {{LOCAL, 1, 6, 2, 8}}},
    {"has a local header that says something else than the central directory", MADE_PYTHON_1,
        {{LOCAL, 1, 8, 2, 0}}},
    {"has a local header that says something else than the central directory", MADE_PYTHON_1,
        {{LOCAL, 1, 14, 4, 0}}},
    {"has a local header that says something else than the central directory", MADE_PYTHON_1,
        {{LOCAL, 1, 18, 4, 0}}},
    {"has a local header that says something else than the central directory", MADE_PYTHON_1,
        {{ENTRY, 1, 24, 4, 7}}},
    {"has a local header that says something else than the central directory", MADE_JAR,
        {{LOCAL, 1, 22, 4, 7}}},
    {"has a data descriptor that is none", MADE_JAR, {{BEHIND, 1, 0, 4, 0}}},
    {"has a data descriptor that is none", MADE_JAR, {{ENTRY, 1, 20, 4, 55}}},
    {"has a data descriptor that is none", MADE_UNSIGNED, {{ENTRY, 1, 20, 4, 30}}},
    {"has a data descriptor that says something else than the central directory", MADE_JAR,
        {{BEHIND, 1, 4, 4, 0}}},
    {"has a data descriptor that says something else than the central directory", MADE_UNSIGNED,
        {{BEHIND, 1, 8, 4, 0}}},
    {"has a data descriptor that says something else than the central directory", MADE_STREAMED,
        {{ENTRY, 0, 16, 4, 0}}},
};

static void odd_archives_are_opaque(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct work work = copy_of(rows[i].archive);
        for (size_t j = 0; j < 2; j++) {
            const struct change *change = &rows[i].changes[j];
            size_t at = place_of(&made_archives[rows[i].archive], change) + change->offset;
            for (uint32_t k = 0; k < change->width; k++)
                work.bytes[at + k] = (uint8_t)(change->value >> 8 * k);
        }
        wh_cleanup(wh_listing_clear) struct wh_listing listing = list(&work);
        if (!listing.why || strcmp(listing.why, rows[i].why) != 0)
            fail_msg("row %zu: %s, not %s", i, listing.why, rows[i].why);
        assert_int_equal(listing.count, 0);
    }
}

static void truncated_and_longer_archives_are_opaque(void **state)
{
    (void)state;
    for (int number = 0; number < MADE_GZIP; number++) {
        struct work work = copy_of(number);
        append(&work, "x", 1);
        for (size_t length = work.length; length >= 4; length--) {
            work.length = length;
            if (length != made_archives[number].bytes.length)
                expect(&work, WH_PACKING_ZIP, "has no end record at its end");
        }
    }
}

/* A local header may know already what the descriptor says. */
static void sums_may_stand_twice(void **state)
{
    struct work work = copy_of(MADE_JAR);
    const struct made_archive *jar = &made_archives[MADE_JAR];
    size_t local = wh_load32(work.bytes + entry_at(jar, 1) + 42);

    (void)state;
    memcpy(work.bytes + local + 14, work.bytes + entry_at(jar, 1) + 16, WH_ZIP_SUMS_LENGTH);
    wh_cleanup(wh_listing_clear) struct wh_listing listing = list(&work);
    assert_null(listing.why);
    assert_int_equal(listing.count, jar->count);
}

/* Entries of one length change places. */
static void the_directory_may_have_another_order(void **state)
{
    struct work work = copy_of(MADE_PYTHON_1);
    const struct made_archive *archive = &made_archives[MADE_PYTHON_1];
    size_t first = entry_at(archive, 0);
    size_t length = entry_at(archive, 1) - first;
    uint8_t entry[LENGTH_MAX];

    (void)state;
    memcpy(entry, work.bytes + first, length);
    size_t rest = entry_at(archive, 4) - first - length;
    memmove(work.bytes + first, work.bytes + first + length, rest);
    memcpy(work.bytes + first + rest, entry, length);
    wh_cleanup(wh_listing_clear) struct wh_listing listing = list(&work);
    assert_null(listing.why);
    assert_int_equal(listing.count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(listing.streams[i].start, archive->streams[i].start);
}

static void append_end(struct work *work, uint32_t count, size_t directory)
{
    size_t size = work->length - directory;

    append32(work, WH_ZIP_END);
    append32(work, 0);
    append16(work, count);
    append16(work, count);
    append32(work, (uint32_t)size);
    append32(work, (uint32_t)directory);
    append16(work, 0);
}

static void an_empty_archive_has_no_streams(void **state)
{
    struct work work = {.length = 0};

    (void)state;
    append_end(&work, 0, 0);
    wh_cleanup(wh_listing_clear) struct wh_listing listing = list(&work);
    assert_int_equal(listing.packing, WH_PACKING_ZIP);
    assert_null(listing.why);
    assert_int_equal(listing.count, 0);
}

static void append_common(struct work *work, struct wh_bytes held)
{
    append32(work, 10);
    append32(work, 0);
    append16(work, 0);
    append32(work, lzma_crc32(held.data, held.length, 0));
    append32(work, (uint32_t)held.length);
    append32(work, (uint32_t)held.length);
    append16(work, 1);
    append16(work, 0);
}

/* An archive in an archive is a member like any other. */
static void depth_is_one(void **state)
{
    struct wh_bytes inner = made_archives[MADE_PYTHON_1].bytes;
    struct work work = {.length = 0};

    (void)state;
    append32(&work, WH_ZIP_LOCAL);
    append_common(&work, inner);
    append(&work, "a", 1);
    append(&work, inner.data, inner.length);
    size_t directory = work.length;
    append32(&work, WH_ZIP_CENTRAL);
    append16(&work, 20);
    append_common(&work, inner);
    for (int i = 0; i < 7; i++)
        append16(&work, 0);
    append(&work, "a", 1);
    append_end(&work, 1, directory);
    wh_cleanup(wh_listing_clear) struct wh_listing listing = list(&work);
    assert_int_equal(listing.packing, WH_PACKING_ZIP);
    assert_null(listing.why);
    assert_int_equal(listing.count, 0);
}

static void a_member_may_be_another_than_it_says(void **state)
{
    const struct made_archive *jar = &made_archives[MADE_JAR];
    const struct made_stream *made = &jar->streams[1];
    struct wh_inner stream = {made->start, made->packed_length, made->plain_length, made->crc, {0}};
    struct wh_inflated found = {made->packed_length - 1, made->plain_length, made->crc};

    (void)state;
    assert_string_equal(wh_container_doubt(jar->bytes, WH_PACKING_ZIP, &stream, &found),
        "has a stream that is shorter than it says");
    found.packed_length += 2;
    assert_string_equal(wh_container_doubt(jar->bytes, WH_PACKING_ZIP, &stream, &found),
        "has a stream that is longer than it says");
    found.packed_length--;
    found.plain_length += 1ull << 32;
    assert_string_equal(wh_container_doubt(jar->bytes, WH_PACKING_ZIP, &stream, &found),
        "has a stream that holds another length than it says");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_the_streams_of_usual_tools),
        cmocka_unit_test(what_is_no_container_has_no_reason),
        cmocka_unit_test(an_xz_file_is_one_stream),
        cmocka_unit_test(finds_the_section_of_an_elf_file),
        cmocka_unit_test(an_odd_section_is_opaque),
        cmocka_unit_test(a_gzip_header_has_optional_parts),
        cmocka_unit_test(a_gzip_file_has_one_member_and_nothing_behind),
        cmocka_unit_test(a_truncated_gzip_file_is_opaque),
        cmocka_unit_test(odd_archives_are_opaque),
        cmocka_unit_test(truncated_and_longer_archives_are_opaque),
        cmocka_unit_test(sums_may_stand_twice),
        cmocka_unit_test(the_directory_may_have_another_order),
        cmocka_unit_test(an_empty_archive_has_no_streams),
        cmocka_unit_test(depth_is_one),
        cmocka_unit_test(a_member_may_be_another_than_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
