/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header_test.c - main headers as librpm reads them, and those that are refused. */
#include "unit.h"

#include <rpm/header.h>
#include <rpm/rpmtag.h>

static struct sample package;

static int set_up(void **state)
{
    (void)state;
    sample_new(&package);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sample_clear(&package);
    return 0;
}

static const struct wh_file *file(const char *path)
{
    return &package.header->files[sample_file(&package, path)];
}

static void reads_identity_and_digests(void **state)
{
    const struct wh_header *header = package.header;
    struct wh_digest digest;
    wh_autofree char *nvra = wh_header_nvra(header);
    wh_autofree char *nevra = wh_header_nevra(header);

    (void)state;
    assert_string_equal(nvra, "sample-2-1.noarch");
    assert_string_equal(nevra, "sample-2-1.noarch");
    assert_string_equal(header->payload_compressor, "zstd");
    assert_string_equal(header->payload_format, "cpio");
    assert_true(header->has_rpmversion && !header->stripped && !header->is_source);
    assert_int_equal(header->digest_algorithm, WH_SHA256);
    assert_int_equal(header->payload_alt_count, 1);
    OK(wh_digest_of(WH_SHA256, wh_buffer_bytes(&package.payload), &digest, &err));
    assert_true(wh_digest_equal(&digest, &header->payload_alt[0]));
    OK(wh_digest_of(WH_SHA256, package.parsed.header.bytes, &digest, &err));
    assert_memory_equal(header->id, digest.bytes, WH_SHA256_LENGTH);

    package.header->has_epoch = true;
    package.header->epoch = 3;
    wh_autofree char *with_epoch = wh_header_nevra(header);
    wh_autofree char *without = wh_header_nvra(header);
    assert_string_equal(with_epoch, "sample-3:2-1.noarch");
    assert_string_equal(without, "sample-2-1.noarch");
}

static void reads_the_file_list(void **state)
{
    (void)state;
    assert_int_equal(package.header->file_count, 15);
    assert_string_equal(file("/etc/sample.conf")->dirname, "/etc/");
    assert_int_equal(file("/etc/sample.conf")->flags, WH_FILE_CONFIG);
    assert_true(file("/etc/sample.conf")->has_content);
    assert_int_equal(strlen(file("/etc/sample.conf")->digest), 64);
    assert_string_equal(file("/usr/lib/sample/pointer")->linkto, "moved");
    assert_string_equal(file("/usr/lib/sample/pointer")->digest, "");
    assert_int_equal(file("/dev/sample")->rdev, 0x0103);
    assert_false(file("/dev/sample")->has_content);
    assert_false(file("/usr/lib/sample/empty")->has_content);
    assert_false(file("/var/log/sample")->has_content);
    assert_false(file("/usr/lib/sample")->has_content);
}

static void joins_hardlinks_in_a_ring(void **state)
{
    static const struct sample_file files[] = {
        {"/a", "same", 0, 0, 5, NULL, 0}, {"/b", "other", 0, 0, 6, NULL, 0},
        {"/c", "same", 0, 0, 5, NULL, 0},
        {"/d", "same", WH_FILE_GHOST, 0, 5, NULL, 0}, /* ghosts are in no set */
        {"/e", "same", 0, 0, 5, NULL, 0},
        {"/f", NULL, 0, S_IFLNK | 0777, 5, "a", 0}, /* nor are links */
    };
    struct sample linked;

    (void)state;
    sample_make(&linked, "1", files, COUNT(files), NULL);
    const struct wh_file *rows = linked.header->files;
    assert_int_equal(rows[0].link_next, 2);
    assert_int_equal(rows[2].link_next, 4);
    assert_int_equal(rows[4].link_next, 0);
    assert_int_equal(rows[4].link_count, 3);
    assert_true(!rows[0].has_content && !rows[2].has_content && rows[4].has_content);
    assert_int_equal(rows[1].link_count, 1);
    assert_int_equal(rows[1].link_next, WH_NO_FILE);
    assert_int_equal(rows[3].link_count, 1);
    assert_int_equal(rows[5].link_count, 1);
    sample_clear(&linked);
}

static void knows_where_digests_stand(void **state)
{
    wh_autofree size_t *offsets = NULL;

    (void)state;
    OK(wh_header_digest_offsets(package.parsed.header.bytes, package.header, &offsets, &err));
    for (uint32_t i = 0; i < package.header->file_count; i++)
        assert_string_equal((const char *)package.parsed.header.bytes.data + offsets[i],
            package.header->files[i].digest);
}

/* What the rpm database gives back is what the package had. */
static void exports_what_was_imported(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer exported = {.ceiling = 1 << 20};
    struct wh_bytes bytes = package.parsed.header.bytes;

    (void)state;
    OK(wh_header_export(package.header->private, &exported, &err));
    assert_int_equal(exported.length, bytes.length);
    assert_memory_equal(exported.data, bytes.data, bytes.length);
    Header empty = headerNew();
    REFUSED(WH_UNSUPPORTED, "no immutable header", wh_header_export(empty, &exported, &err));
    (void)headerFree(empty);
}

static void accepts_headers_without_files(void **state)
{
    struct sample empty;

    (void)state;
    sample_make(&empty, "1", NULL, 0, NULL);
    assert_int_equal(empty.header->file_count, 0);
    assert_false(empty.header->has_basenames);
    wh_autofree size_t *offsets = NULL;
    OK(wh_header_digest_offsets(empty.parsed.header.bytes, empty.header, &offsets, &err));
    sample_clear(&empty);
    wh_header_free(NULL);
}

/* The index entry of a tag, in the package's own bytes. */
static uint8_t *entry_of(uint32_t tag)
{
    uint8_t *header = package.prefix.data +
                      (package.parsed.header.bytes.data - package.prefix.data);

    for (uint32_t i = 0; i < package.parsed.header.entry_count; i++) {
        uint8_t *entry = header + 16 + 16 * i;
        if (((uint32_t)entry[2] << 8 | entry[3]) == tag)
            return entry;
    }
    fail_msg("no tag %u", tag);
    return NULL;
}

/* Columns of the file list that are shorter than it, or absent, or of another type. */
static void refuses_bad_columns(void **state)
{
    static const uint32_t columns[] = {RPMTAG_DIRINDEXES, RPMTAG_FILESIZES, RPMTAG_FILEFLAGS,
        RPMTAG_FILEMTIMES, RPMTAG_FILEMODES, RPMTAG_FILEDIGESTS, RPMTAG_FILELINKTOS,
        RPMTAG_FILEINODES, RPMTAG_FILERDEVS};
    struct wh_header *header;

    (void)state;
    for (size_t i = 0; i < COUNT(columns); i++) {
        uint8_t *entry = entry_of(columns[i]);
        entry[15]--;
        REFUSED(WH_MALFORMED, "m", wh_header_parse(package.parsed.header.bytes, &header, &err));
        entry[15]++;
    }
    OK(wh_header_parse(package.parsed.header.bytes, &header, &err));
    wh_header_free(header);
}

static void refuses_folders_out_of_range(void **state)
{
    uint8_t *entry = entry_of(RPMTAG_DIRINDEXES);
    uint8_t *data = package.prefix.data + (package.parsed.header.data.data - package.prefix.data);
    struct wh_header *header;

    (void)state;
    uint32_t offset = (uint32_t)entry[10] << 8 | entry[11];
    data[offset + 3] = 200;
    REFUSED(WH_MALFORMED, "tag 1116 is bad",
        wh_header_parse(package.parsed.header.bytes, &header, &err));
    data[offset] = 0xff;
    REFUSED(WH_MALFORMED, "tag 1116 is bad",
        wh_header_parse(package.parsed.header.bytes, &header, &err));
}

static void refuses_headers_without_a_name(void **state)
{
    struct wh_header *header;

    (void)state;
    entry_of(RPMTAG_ARCH)[3] ^= 0x40; /* some other tag */
    struct wh_error err = {0};
    assert_int_equal(wh_header_parse(package.parsed.header.bytes, &header, &err), WH_MALFORMED);
}

/* Whatever bytes come: an answer, never a crash. */
static void survives_any_changed_byte(void **state)
{
    size_t start = (size_t)(package.parsed.header.bytes.data - package.prefix.data);

    (void)state;
    for (size_t i = start; i < package.prefix.length; i++) {
        struct wh_header *header = NULL;
        package.prefix.data[i] ^= 0x41;
        if (wh_header_parse(package.parsed.header.bytes, &header, NULL) == WH_OK) {
            struct wh_skeleton skeleton = {0};
            if (wh_skeleton_generate(header, &skeleton, NULL) == WH_OK)
                wh_skeleton_clear(&skeleton);
        }
        wh_header_free(header);
        package.prefix.data[i] ^= 0x41;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_identity_and_digests),
        TEST(reads_the_file_list),
        TEST(joins_hardlinks_in_a_ring),
        TEST(knows_where_digests_stand),
        TEST(exports_what_was_imported),
        TEST(accepts_headers_without_files),
        TEST(refuses_bad_columns),
        TEST(refuses_folders_out_of_range),
        TEST(refuses_headers_without_a_name),
        TEST(survives_any_changed_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
