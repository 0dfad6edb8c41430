/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields_test.c - what gzip and zip say about their streams: taken out and put in again, whatever
 * the bytes are. */
#include "packed/fields.h"

#include "made_archives.h"
#include "unit.h"
#include "whittle/word.h"
#include "whittle/zip.h"

enum { LENGTH_MAX = 4096, STREAMS_MAX = 8 };

struct work {
    uint8_t bytes[LENGTH_MAX];
    size_t length;
    struct wh_placed streams[STREAMS_MAX];
    uint32_t count;
    wh_fields_fn *walk;
};

/* chosen: a bit for each stream that is listed. */
static void take(struct work *work, int number, uint32_t chosen)
{
    const struct made_archive *archive = &made_archives[number];

    *work = (struct work){.length = archive->bytes.length};
    memcpy(work->bytes, archive->bytes.data, work->length);
    work->walk = archive->packing == WH_PACKING_GZIP ? wh_fields_gzip : wh_fields_zip;
    for (uint32_t i = 0; i < archive->count; i++) {
        const struct made_stream *stream = &archive->streams[i];
        if (chosen >> i & 1)
            work->streams[work->count++] = (struct wh_placed){
                stream->start, stream->packed_length, stream->plain_length, stream->crc};
    }
}

static void walk(struct work *work, bool restore)
{
    work->walk(work->bytes, work->length, work->streams, work->count, restore);
}

/* Both ways, in memory of exactly that size. Returns whether anything changed in between. */
static bool comes_back(const struct work *work)
{
    wh_autofree uint8_t *bytes = malloc(work->length + !work->length);

    assert_non_null(bytes);
    memcpy(bytes, work->bytes, work->length);
    work->walk(bytes, work->length, work->streams, work->count, false);
    bool changed = memcmp(bytes, work->bytes, work->length) != 0;
    for (uint32_t i = 0; i < work->count; i++) {
        const struct wh_placed *stream = &work->streams[i];
        if (stream->start <= work->length && stream->packed_length <= work->length - stream->start)
            assert_memory_equal(
                bytes + stream->start, work->bytes + stream->start, stream->packed_length);
    }
    work->walk(bytes, work->length, work->streams, work->count, true);
    assert_memory_equal(bytes, work->bytes, work->length);
    return changed;
}

/* A walk that starts by adding is as exact. */
static void goes_and_comes_back(struct work *work)
{
    struct work other = *work;

    walk(&other, true);
    walk(&other, false);
    assert_memory_equal(other.bytes, work->bytes, work->length);
    (void)comes_back(work);
}

static void what_was_taken_out_is_put_in_again(void **state)
{
    struct work work;

    (void)state;
    for (int number = 0; number < MADE_ARCHIVES; number++)
        for (uint32_t chosen = 0; chosen < 1u << made_archives[number].count; chosen++) {
            take(&work, number, chosen);
            assert_int_equal(
                comes_back(&work), made_archives[number].packing == WH_PACKING_ZIP || chosen > 0);
        }
}

static void expect_zeros(const uint8_t *at, size_t length, const char *what, const char *archive)
{
    for (size_t i = 0; i < length; i++)
        if (at[i] != 0)
            fail_msg("%s: %s", archive, what);
}

/* before: the archive as it was. */
static void expect_member_without_sums(
    const struct work *work, const uint8_t *before, size_t offset, const char *name)
{
    const uint8_t *local = work->bytes + offset;
    size_t data = offset + WH_ZIP_LOCAL_LENGTH + wh_load16(local + 26) + wh_load16(local + 28);

    if (!(wh_load16(local + 6) & WH_ZIP_FLAG_DESCRIPTOR)) {
        expect_zeros(local + 14, WH_ZIP_SUMS_LENGTH, "a local header", name);
        return;
    }
    for (uint32_t i = 0; i < work->count; i++) {
        size_t end = work->streams[i].start + work->streams[i].packed_length;
        bool with = wh_load32(before + end) == WH_ZIP_DESCRIPTOR;
        if (work->streams[i].start == data)
            expect_zeros(
                work->bytes + end + (with ? 4 : 0), WH_ZIP_SUMS_LENGTH, "a data descriptor", name);
    }
}

static void nothing_is_left_of_what_follows(void **state)
{
    (void)state;
    for (int number = 0; number < MADE_GZIP; number++) {
        const struct made_archive *archive = &made_archives[number];
        const uint8_t *before = archive->bytes.data;
        struct work work;
        uint32_t found = 0;
        size_t end;
        take(&work, number, UINT32_MAX);
        assert_true(wh_zip_find_end(archive->bytes, &end));
        walk(&work, false);
        expect_zeros(work.bytes + end + 16, 4, "the end record", archive->name);
        for (size_t at = wh_load32(before + end + 16); at < end;) {
            const uint8_t *entry = work.bytes + at;
            expect_zeros(entry + 42, 4, "an offset", archive->name);
            if (wh_load16(entry + 10) == 8) {
                expect_zeros(entry + 16, WH_ZIP_SUMS_LENGTH, "an entry", archive->name);
                expect_member_without_sums(
                    &work, before, wh_load32(before + at + 42), archive->name);
                found++;
            } else {
                assert_memory_equal(entry + 16, before + at + 16, WH_ZIP_SUMS_LENGTH);
            }
            at += WH_ZIP_CENTRAL_LENGTH + (size_t)wh_load16(entry + 28) + wh_load16(entry + 30) +
                  wh_load16(entry + 32);
        }
        assert_int_equal(found, archive->count);
    }
}

static void nothing_is_left_of_a_trailer(void **state)
{
    struct work work;

    (void)state;
    take(&work, MADE_GZIP, 1);
    walk(&work, false);
    expect_zeros(work.bytes + work.length - 8, 8, "the trailer", "gzip");
}

static size_t outer_of(const struct work *work, uint8_t *out)
{
    size_t at = 0;
    size_t length = 0;

    for (uint32_t i = 0; i <= work->count; i++) {
        bool last = i == work->count;
        size_t end = last ? work->length : work->streams[i].start;
        memcpy(out + length, work->bytes + at, end - at);
        length += end - at;
        at = last ? end : end + work->streams[i].packed_length;
    }
    return length;
}

static size_t difference(bool with_walk)
{
    struct work old;
    struct work fresh;
    uint8_t outer[2][LENGTH_MAX];
    size_t different = 0;

    take(&old, MADE_PYTHON_1, UINT32_MAX);
    take(&fresh, MADE_PYTHON_2, UINT32_MAX);
    if (with_walk) {
        walk(&old, false);
        walk(&fresh, false);
    }
    size_t length = outer_of(&old, outer[0]);
    assert_int_equal(outer_of(&fresh, outer[1]), length);
    for (size_t i = 0; i < length; i++)
        different += outer[0][i] != outer[1][i];
    return different;
}

/* Two members have changed, and all behind the first one has moved. */
static void outer_bytes_of_two_versions_are_the_same(void **state)
{
    (void)state;
    assert_int_equal(difference(true), 0);
    assert_true(difference(false) > 20);
}

static void any_damage_is_kept(void **state)
{
    static const uint8_t changes[] = {0x01, 0x08, 0x80, 0xff};
    struct work work;

    (void)state;
    for (int number = 0; number < MADE_ARCHIVES; number++) {
        for (uint32_t chosen = 0; chosen < 2; chosen++) {
            take(&work, number, chosen ? UINT32_MAX : 0);
            for (size_t i = 0; i < work.length * COUNT(changes); i++) {
                work.bytes[i / COUNT(changes)] ^= changes[i % COUNT(changes)];
                goes_and_comes_back(&work);
                work.bytes[i / COUNT(changes)] ^= changes[i % COUNT(changes)];
            }
        }
    }
}

static void any_part_is_kept(void **state)
{
    struct work work;

    (void)state;
    for (int number = 0; number < MADE_ARCHIVES; number++) {
        for (size_t cut = 0; cut <= made_archives[number].bytes.length; cut++) {
            take(&work, number, UINT32_MAX);
            work.length = cut;
            goes_and_comes_back(&work);
            take(&work, number, UINT32_MAX);
            work.length -= cut;
            memmove(work.bytes, work.bytes + cut, work.length);
            goes_and_comes_back(&work);
        }
    }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Streams anywhere, but ascending and disjoint. */
static void list_any_streams(struct work *work, uint32_t *seed)
{
    size_t at = 0;

    work->count = 0;
    for (uint32_t i = 0; i < next_random(seed) % STREAMS_MAX; i++) {
        at += next_random(seed) % 80;
        size_t length = next_random(seed) % 60;
        work->streams[work->count++] = (struct wh_placed){
            at, length, next_random(seed) % 500, next_random(seed) * 0x01010101u};
        at += length;
    }
}

/* Records and numbers where they do not belong. */
static void change_anything(struct work *work, uint32_t *seed)
{
    static const uint32_t words[] = {WH_ZIP_LOCAL, WH_ZIP_CENTRAL, WH_ZIP_END, WH_ZIP_DESCRIPTOR};

    for (uint32_t i = next_random(seed) % 6; i > 0; i--) {
        size_t at = next_random(seed) % (work->length - 4);
        uint32_t kind = next_random(seed) % 8;
        if (kind < COUNT(words))
            wh_store32(work->bytes + at, words[kind]);
        else if (kind < 6)
            wh_store32(work->bytes + at, next_random(seed) % (uint32_t)work->length);
        else
            work->bytes[at] = (uint8_t)next_random(seed);
    }
}

static void any_bytes_and_streams_are_kept(void **state)
{
    uint32_t seed = 1;
    uint32_t changed = 0;
    struct work work;

    (void)state;
    for (uint32_t round = 0; round < 100000; round++) {
        take(&work, (int)(next_random(&seed) % MADE_ARCHIVES), next_random(&seed));
        change_anything(&work, &seed);
        if (round % 4 == 0)
            list_any_streams(&work, &seed);
        changed += comes_back(&work);
    }
    assert_true(changed > 50000);
    for (uint32_t round = 0; round < 10000; round++) {
        work.length = next_random(&seed) % 200;
        for (size_t i = 0; i < work.length; i++)
            work.bytes[i] = (uint8_t)next_random(&seed);
        list_any_streams(&work, &seed);
        work.walk = round % 2 ? wh_fields_gzip : wh_fields_zip;
        (void)comes_back(&work);
    }
}

/* Local headers one over the other, with small numbers in them. */
static size_t put_headers(struct work *work, uint32_t *seed)
{
    size_t length = WH_ZIP_LOCAL_LENGTH + next_random(seed) % 120;

    for (uint32_t i = next_random(seed) % 40; i > 0; i--)
        work->bytes[next_random(seed) % length] = (uint8_t)(next_random(seed) % 24);
    for (uint32_t i = 1 + next_random(seed) % 5; i > 0; i--) {
        size_t at = next_random(seed) % (length - WH_ZIP_LOCAL_LENGTH + 1);
        wh_store32(work->bytes + at, WH_ZIP_LOCAL);
        wh_store32(work->bytes + at + 26, next_random(seed) % (next_random(seed) % 4 ? 4 : 200));
        if (next_random(seed) % 2)
            wh_store32(work->bytes + at + 6, WH_ZIP_FLAG_DESCRIPTOR);
        if (work->count < STREAMS_MAX && at + WH_ZIP_LOCAL_LENGTH < length)
            work->streams[work->count++].start = at + WH_ZIP_LOCAL_LENGTH +
                                                 wh_load16(work->bytes + at + 26);
    }
    return length;
}

static int compare_starts(const void *left, const void *right)
{
    const struct wh_placed *a = left;
    const struct wh_placed *b = right;

    return (a->start > b->start) - (a->start < b->start);
}

/* The streams that the headers might be of, each up to the next one at most. */
static void settle_streams(struct work *work, size_t length, uint32_t *seed)
{
    uint32_t kept = 0;

    qsort(work->streams, work->count, sizeof *work->streams, compare_starts);
    for (uint32_t i = 0; i < work->count; i++) {
        size_t start = work->streams[i].start;
        size_t next = i + 1 < work->count ? work->streams[i + 1].start : length;
        if (start >= next || next > length || next_random(seed) % 4 == 0)
            continue;
        size_t room = next - start < 24 ? next - start : 24;
        work->streams[kept++] = (struct wh_placed){start, next_random(seed) % (room + 1),
            next_random(seed) % 500, next_random(seed) * 0x01010101u};
    }
    work->count = kept;
}

/* An archive whose entries lead anywhere. */
static void make_tangle(struct work *work, uint32_t *seed)
{
    *work = (struct work){.walk = wh_fields_zip};
    size_t directory = put_headers(work, seed);
    settle_streams(work, directory, seed);
    size_t at = directory;
    size_t offset = 0;
    for (uint32_t i = 1 + next_random(seed) % 6; i > 0; i--) {
        wh_store32(work->bytes + at, WH_ZIP_CENTRAL);
        wh_store32(work->bytes + at + 20, next_random(seed) % (next_random(seed) % 4 ? 24 : 200));
        for (uint32_t tries = 0; tries < 200; tries++) {
            offset = next_random(seed) % directory;
            if (wh_load32(work->bytes + offset) == WH_ZIP_LOCAL)
                break;
        }
        wh_store32(work->bytes + at + 42, (uint32_t)offset);
        at += WH_ZIP_CENTRAL_LENGTH;
    }
    wh_store32(work->bytes + at, WH_ZIP_END);
    wh_store32(work->bytes + at + 12, (uint32_t)(at - directory));
    work->length = at + WH_ZIP_END_LENGTH;
}

static void tangles_are_kept(void **state)
{
    uint32_t seed = 1;
    struct work work;

    (void)state;
    for (uint32_t round = 0; round < 200000; round++) {
        make_tangle(&work, &seed);
        (void)comes_back(&work);
    }
}

/* Its offset, less where the directory is, is the signature of another record that fits as well. */
static void an_end_record_does_not_become_another(void **state)
{
    enum { AT = 8, COMMENT = 16 };
    struct work work = {.length = AT + WH_ZIP_END_LENGTH + COMMENT, .walk = wh_fields_zip};

    (void)state;
    wh_store32(work.bytes + AT, WH_ZIP_END);
    wh_store32(work.bytes + AT + 16, WH_ZIP_END + AT);
    work.bytes[AT + 20] = COMMENT;
    assert_false(comes_back(&work));
    work.bytes[AT + WH_ZIP_END_LENGTH + 14] = 1; /* the other one's comment would be too long */
    assert_true(comes_back(&work));
}

/* What is left of a checksum looks like the signature that was left out. */
static void a_checksum_does_not_become_a_signature(void **state)
{
    struct work work;

    (void)state;
    take(&work, MADE_UNSIGNED, UINT32_MAX);
    size_t end = work.streams[0].start + work.streams[0].packed_length;
    wh_store32(work.bytes + end, work.streams[0].crc + WH_ZIP_DESCRIPTOR);
    assert_true(comes_back(&work));
    take(&work, MADE_STREAMED, UINT32_MAX);
    work.bytes[end] ^= 1; /* no signature, but the room for one */
    assert_true(comes_back(&work));
    walk(&work, false);
    assert_memory_equal(work.bytes + end + 4, made_archives[MADE_STREAMED].bytes.data + end + 4,
        WH_ZIP_SUMS_LENGTH);
}

/* A descriptor is missing, and what is left of the next checksum looks as if there were one. */
static void a_checksum_does_not_become_a_header(void **state)
{
    enum { SECOND = 32, DIRECTORY = 64, END = DIRECTORY + 2 * WH_ZIP_CENTRAL_LENGTH };
    struct work work = {
        .length = END + WH_ZIP_END_LENGTH,
        .walk = wh_fields_zip,
        .streams = {{30, 2, 0, 0}, {62, 2, 0, 0x12341111}},
        .count = 2,
    };

    (void)state;
    wh_store32(work.bytes, WH_ZIP_LOCAL);
    work.bytes[6] = WH_ZIP_FLAG_DESCRIPTOR;
    wh_store32(work.bytes + SECOND, WH_ZIP_LOCAL);
    memcpy(work.bytes + SECOND + 12, "PK", 2);
    wh_store32(work.bytes + SECOND + 14, 0x12341111 + (WH_ZIP_LOCAL >> 16));
    for (uint32_t i = 0; i < 2; i++) {
        uint8_t *entry = work.bytes + DIRECTORY + i * WH_ZIP_CENTRAL_LENGTH;
        wh_store32(entry, WH_ZIP_CENTRAL);
        wh_store32(entry + 42, i * SECOND);
    }
    wh_store32(work.bytes + END, WH_ZIP_END);
    wh_store32(work.bytes + END + 12, END - DIRECTORY);
    assert_true(comes_back(&work));
}

/* The second entry leads to the first one's member: only one of them has it. */
static void a_member_belongs_to_one_entry(void **state)
{
    struct work work;
    size_t end;

    (void)state;
    take(&work, MADE_JAR, UINT32_MAX);
    assert_true(wh_zip_find_end((struct wh_bytes){work.bytes, work.length}, &end));
    size_t entry = wh_load32(work.bytes + end + 16);
    size_t second = entry + WH_ZIP_CENTRAL_LENGTH + 9 + 4;
    assert_int_equal(wh_load32(work.bytes + second), WH_ZIP_CENTRAL);
    wh_store32(work.bytes + second + 42, 0);
    assert_true(comes_back(&work));
    walk(&work, false);
    expect_zeros(work.bytes + entry + 16, WH_ZIP_SUMS_LENGTH, "the first entry", "jar");
    assert_int_not_equal(wh_load32(work.bytes + second + 16), 0);
}

static void streams_in_the_directory_leave_all_as_it_is(void **state)
{
    struct work work;

    (void)state;
    take(&work, MADE_PYTHON_1, UINT32_MAX);
    work.streams[2].packed_length = work.length - work.streams[2].start;
    assert_false(comes_back(&work));
    take(&work, MADE_GZIP, 1);
    work.streams[0].packed_length++; /* only seven bytes are left */
    assert_false(comes_back(&work));
    work.count = 2;
    assert_false(comes_back(&work));
}

/* As many members as there can be, each an empty stream. */
static void many_members_take_little_time(void **state)
{
    enum { MEMBERS = 65535, MEMBER = WH_ZIP_LOCAL_LENGTH + 2 };
    size_t directory = (size_t)MEMBERS * MEMBER;
    size_t end = directory + (size_t)MEMBERS * WH_ZIP_CENTRAL_LENGTH;
    wh_autofree uint8_t *bytes = calloc(1, end + WH_ZIP_END_LENGTH);
    wh_autofree struct wh_placed *streams = calloc(MEMBERS, sizeof *streams);

    (void)state;
    assert_non_null(bytes);
    assert_non_null(streams);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        uint8_t *local = bytes + (size_t)i * MEMBER;
        uint8_t *entry = bytes + directory + (size_t)i * WH_ZIP_CENTRAL_LENGTH;
        wh_store32(local, WH_ZIP_LOCAL);
        local[18] = 2;
        local[30] = 3;
        wh_store32(entry, WH_ZIP_CENTRAL);
        entry[20] = 2;
        wh_store32(entry + 42, i * MEMBER);
        streams[i] = (struct wh_placed){(size_t)i * MEMBER + WH_ZIP_LOCAL_LENGTH, 2, 0, 0};
    }
    wh_store32(bytes + end, WH_ZIP_END);
    wh_store32(bytes + end + 12, (uint32_t)(end - directory));
    wh_store32(bytes + end + 16, (uint32_t)directory);
    wh_fields_zip(bytes, end + WH_ZIP_END_LENGTH, streams, MEMBERS, false);
    for (uint32_t i = 0; i < MEMBERS; i++)
        expect_zeros(bytes + directory + (size_t)i * WH_ZIP_CENTRAL_LENGTH + 4,
            WH_ZIP_CENTRAL_LENGTH - 4, "an entry", "many");
    wh_fields_zip(bytes, end + WH_ZIP_END_LENGTH, streams, MEMBERS, true);
    assert_int_equal(wh_load32(bytes + end - 4), (MEMBERS - 1) * MEMBER);
    assert_int_equal(bytes[directory - MEMBER + 18], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_taken_out_is_put_in_again),
        cmocka_unit_test(nothing_is_left_of_what_follows),
        cmocka_unit_test(nothing_is_left_of_a_trailer),
        cmocka_unit_test(outer_bytes_of_two_versions_are_the_same),
        cmocka_unit_test(any_damage_is_kept),
        cmocka_unit_test(any_part_is_kept),
        cmocka_unit_test(any_bytes_and_streams_are_kept),
        cmocka_unit_test(tangles_are_kept),
        cmocka_unit_test(an_end_record_does_not_become_another),
        cmocka_unit_test(a_checksum_does_not_become_a_signature),
        cmocka_unit_test(a_checksum_does_not_become_a_header),
        cmocka_unit_test(a_member_belongs_to_one_entry),
        cmocka_unit_test(streams_in_the_directory_leave_all_as_it_is),
        cmocka_unit_test(many_members_take_little_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
