/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade_test.c - what a client reports: round trip, refusals of reader and writer, limits. */
#include "unit.h"

#include <stdio.h>

#include "whittle/codec.h"
#include "whittle/limits.h"
#include "whittle/upgrade.h"

#define ID "6bb51faa0fa7d6d0b8a8e9b8a1f6ad8f5a1aa5b0f6ef4bb8a6f0d5ac6b9c52f1"
#define OTHER_ID "7bb51faa0fa7d6d0b8a8e9b8a1f6ad8f5a1aa5b0f6ef4bb8a6f0d5ac6b9c52f1"
#define HASH "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"
#define SHA " sha256=\"" HASH "\""
#define UPGRADE(inside) "<upgrade version=\"1\">" inside "</upgrade>"
#define PACKAGE(inside) "<package pkgid=\"" ID "\">" inside "</package>"
#define OTHER(inside) "<package pkgid=\"" OTHER_ID "\">" inside "</package>"
#define SHORT "<installed header=\"" HASH "\"/>"
#define DIFFERS(numbers) "<installed header=\"" HASH "\" differs=\"" numbers "\"/>"
#define LONG(files) "<installed header=\"" HASH "\">" files "</installed>"
#define FILE_OF(path) "<file path=\"" path "\" size=\"1\"" SHA "/>"
#define SIZED(size) "<file path=\"/a\" size=\"" size "\"" SHA "/>"

static void clear(struct wh_upgrade *upgrade)
{
    wh_upgrade_clear(upgrade);
}

static wh_status read_text(const char *text, struct wh_upgrade *upgrade, struct wh_error *err)
{
    return wh_upgrade_read((struct wh_bytes){(const uint8_t *)text, strlen(text)}, upgrade, err);
}

static void put(struct wh_buffer *out, const char *text)
{
    wh_buffer_append(out, text, strlen(text));
}

static void reads_both_forms_and_passes_over_what_it_does_not_know(void **state)
{
    static const uint32_t differs[] = {0, 4, 17, 18, 19, WH_FILES_MAX - 1};
    static const char text[] = UPGRADE("<hint><installed/></hint>" OTHER(
        "<file/><installed new='1' header='" HASH "'><file path='/%25 %C3%A4' size='0'" SHA
        "><file/></file>"
        "<later><file/></later>" FILE_OF("/b") "</installed>")
            PACKAGE(DIFFERS("0 4 17-19 1048575") "<later><file/></later>") "<later><installed>"
                                                                           "<file/></installed>"
                                                                           "</later>");
    wh_cleanup(clear) struct wh_upgrade upgrade = {0};

    (void)state;
    OK(read_text(text, &upgrade, &err));
    assert_false(upgrade.without_liblzma);
    assert_int_equal(upgrade.package_count, 2); /* in the order of the document */
    const struct wh_upgrade_package *package = &upgrade.packages[0];
    assert_string_equal(package->pkgid, OTHER_ID);
    assert_int_equal(package->header_id[31], 0xb9);
    assert_true(package->is_listed);
    assert_int_equal(package->differs_count, 0);
    assert_int_equal(package->file_count, 2);
    assert_string_equal(package->files[0].path, "/% \xc3\xa4");
    assert_int_equal(package->files[0].size, 0);
    assert_int_equal(package->files[1].size, 1);
    assert_int_equal(package->files[1].sha256[0], 0xfc);
    package++;
    assert_string_equal(package->pkgid, ID);
    assert_false(package->is_listed);
    assert_int_equal(package->file_count, 0);
    assert_int_equal(package->differs_count, COUNT(differs));
    assert_memory_equal(package->differs, differs, sizeof differs);
}

#define LAUGHS                                                                                     \
    "<!DOCTYPE upgrade [<!ENTITY a 'haha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"            \
    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>]>"

static void refuses_what_is_no_request(void **state)
{
    static const struct {
        wh_status status;
        const char *part, *text;
    } rows[] = {
        {WH_MALFORMED, "empty", ""},
        {WH_MALFORMED, "not well-formed", "no XML at all"},
        {WH_MALFORMED, "not well-formed", "<upgrade version='1'>" PACKAGE(SHORT)},
        {WH_MALFORMED, "not well-formed", UPGRADE("&nothing;")},
        {WH_MALFORMED, "zstd", "\x28\xb5\x2f\xfd rubbish"},
        {WH_MALFORMED, "document type", LAUGHS UPGRADE("&d;")},
        {WH_MALFORMED, "document type", LAUGHS UPGRADE(PACKAGE(DIFFERS("&d;")))},
        {WH_MALFORMED, "document type",
            "<!DOCTYPE upgrade SYSTEM '/etc/passwd'>" UPGRADE(PACKAGE(SHORT))},
        {WH_MALFORMED, "document type", "<!-- <!-- --><!DOCTYPE upgrade>" UPGRADE(PACKAGE(SHORT))},
        {WH_MALFORMED, "upgrade request: it does not begin", "<instructions version='1'/>"},
        {WH_MALFORMED, "no format version", "<upgrade/>"},
        {WH_MALFORMED, "no format version", "<upgrade version='01'/>"},
        {WH_UNSUPPORTED, "format version 2", "<upgrade version='2'/>"},
        {WH_MALFORMED, "reencode", "<upgrade version='1' reencode=''/>"},
        {WH_MALFORMED, "reencode", "<upgrade version='1' reencode='yes'/>"},
        {WH_MALFORMED, "listed twice", UPGRADE(PACKAGE(SHORT) OTHER(SHORT) PACKAGE(SHORT))},
        {WH_MALFORMED, "pkgid", UPGRADE("<package>" SHORT "</package>")},
        {WH_MALFORMED, "pkgid", UPGRADE("<package pkgid='0123'>" SHORT "</package>")},
        {WH_MALFORMED, "pkgid", UPGRADE("<package pkgid='" ID ID "0'>" SHORT "</package>")},
        {WH_MALFORMED, "what is installed", UPGRADE(PACKAGE(""))},
        {WH_MALFORMED, "what is installed", UPGRADE(PACKAGE("<a>" SHORT "</a>"))},
        {WH_MALFORMED, "what is installed", UPGRADE(PACKAGE("") OTHER(SHORT))},
        {WH_MALFORMED, "twice what is installed", UPGRADE(PACKAGE(SHORT SHORT))},
        {WH_MALFORMED, "header", UPGRADE(PACKAGE("<installed/>"))},
        {WH_MALFORMED, "header", UPGRADE(PACKAGE("<installed header='2c26b46b68ffc68f'/>"))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS(" 4")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4 ")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4  6")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4&#9;6")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4,6")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("04")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("+4")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("-4")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4-")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4-4")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4-3")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4-6-8")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4 3")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4 4")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4 5")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4-6 7")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("4-6 5")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("1048576")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("1-4294967296")))},
        {WH_MALFORMED, "file numbers", UPGRADE(PACKAGE(DIFFERS("99999999999999999999999")))},
        {WH_MALFORMED, "numbers of files",
            UPGRADE(
                PACKAGE("<installed header='" HASH "' differs='1'>" FILE_OF("/a") "</installed>"))},
        {WH_MALFORMED, "out of order", UPGRADE(PACKAGE(LONG(FILE_OF("/b") FILE_OF("/a"))))},
        {WH_MALFORMED, "out of order", UPGRADE(PACKAGE(LONG(FILE_OF("/a") FILE_OF("/a"))))},
        {WH_MALFORMED, "out of order", UPGRADE(PACKAGE(LONG(FILE_OF("/%C3") FILE_OF("/a"))))},
        {WH_MALFORMED, "not absolute", UPGRADE(PACKAGE(LONG(FILE_OF("a"))))},
        {WH_MALFORMED, "not absolute", UPGRADE(PACKAGE(LONG(FILE_OF(""))))},
        {WH_MALFORMED, "spelled wrongly", UPGRADE(PACKAGE(LONG(FILE_OF("/%00"))))},
        {WH_MALFORMED, "spelled wrongly", UPGRADE(PACKAGE(LONG(FILE_OF("/%c3"))))},
        {WH_MALFORMED, "spelled wrongly", UPGRADE(PACKAGE(LONG(FILE_OF("/%41"))))},
        {WH_MALFORMED, "spelled wrongly", UPGRADE(PACKAGE(LONG(FILE_OF("/%"))))},
        {WH_MALFORMED, "spelled wrongly", UPGRADE(PACKAGE(LONG(FILE_OF("/%2"))))},
        {WH_MALFORMED, "spelled wrongly", UPGRADE(PACKAGE(LONG(FILE_OF("/%G0"))))},
        {WH_MALFORMED, "spelled wrongly", UPGRADE(PACKAGE(LONG(FILE_OF("/\xc3\xa4"))))},
        {WH_MALFORMED, "spelled wrongly", UPGRADE(PACKAGE(LONG(FILE_OF("/&amp;"))))},
        {WH_MALFORMED, "spelled wrongly", UPGRADE(PACKAGE(LONG(FILE_OF("/&#10;"))))},
        {WH_MALFORMED, "no path", UPGRADE(PACKAGE(LONG("<file size='1'" SHA "/>")))},
        {WH_MALFORMED, "size", UPGRADE(PACKAGE(LONG(SIZED("01"))))},
        {WH_MALFORMED, "size", UPGRADE(PACKAGE(LONG(SIZED("-1"))))},
        {WH_MALFORMED, "size", UPGRADE(PACKAGE(LONG(SIZED("9223372036854775808"))))},
        {WH_MALFORMED, "size", UPGRADE(PACKAGE(LONG("<file path='/a'" SHA "/>")))},
        {WH_MALFORMED, "sha256", UPGRADE(PACKAGE(LONG("<file path='/a' size='1'/>")))},
        {WH_MALFORMED, "sha256",
            UPGRADE(PACKAGE(LONG("<file path='/a' size='1' sha256='fcde'/>")))},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_upgrade upgrade = {0};
        REFUSED(rows[i].status, rows[i].part, read_text(rows[i].text, &upgrade, &err));
        assert_null(upgrade.packages);
    }
}

/* ---- round trip ------------------------------------------------------------------------------ */

static uint32_t differs_of_one[] = {0, 2, 3, 5, 6, 7, WH_FILES_MAX - 2, WH_FILES_MAX - 1};
static char every_byte[257] = "/";

static struct wh_upgrade_package *two_packages(void)
{
    static char first[] = "/ first";
    static struct wh_listed_file files[2];
    static struct wh_upgrade_package packages[2];

    for (int i = 1; i < 256; i++)
        every_byte[i] = (char)i;
    files[0] = (struct wh_listed_file){every_byte, INT64_MAX, {1}};
    files[1] = (struct wh_listed_file){first, 0, {[31] = 2}};
    packages[0] = (struct wh_upgrade_package){.pkgid = OTHER_ID,
        .header_id = {7},
        .differs = differs_of_one,
        .differs_count = COUNT(differs_of_one)};
    packages[1] = (struct wh_upgrade_package){
        .pkgid = ID, .header_id = {8}, .is_listed = true, .files = files, .file_count = 2};
    return packages;
}

static void what_is_written_is_read_the_same(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_UPGRADE_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = WH_UPGRADE_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_UPGRADE_MAX};
    wh_cleanup(clear) struct wh_upgrade read = {0};
    const struct wh_upgrade upgrade = {true, two_packages(), 2};

    (void)state;
    OK(wh_upgrade_write(&upgrade, &xml, &err));
    OK(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 3, &frame, &err));
    OK(wh_upgrade_read(wh_buffer_bytes(&frame), &read, &err));
    assert_int_equal(read.package_count, 2);
    assert_int_equal(read.packages[0].differs_count, COUNT(differs_of_one));
    assert_memory_equal(read.packages[0].differs, differs_of_one, sizeof differs_of_one);
    assert_int_equal(read.packages[0].header_id[0], 7);
    assert_string_equal(read.packages[1].files[0].path, every_byte);
    assert_true(read.packages[1].files[0].size == INT64_MAX);
    assert_int_equal(read.packages[1].files[1].sha256[31], 2);
    assert_true(read.without_liblzma);
    OK(wh_upgrade_write(&read, &again, &err));
    assert_int_equal(again.length, xml.length);
    assert_memory_equal(again.data, xml.data, xml.length);
    wh_buffer_u8(&xml, 0);
    assert_non_null(strstr((const char *)xml.data, " differs=\"0 2-3 5-7 1048574-1048575\"/>"));
    assert_non_null(strstr((const char *)xml.data, "/%01%02"));
    assert_non_null(strstr((const char *)xml.data, "%1F !%22#$%25%26'()"));
    assert_non_null(strstr((const char *)xml.data, ":;%3C=%3E?@A"));
    assert_non_null(strstr((const char *)xml.data, "}~%7F%80"));
}

static void any_beginning_of_a_request_is_refused(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_UPGRADE_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_UPGRADE_MAX};
    const struct wh_upgrade upgrade = {.packages = two_packages(), .package_count = 2};

    (void)state;
    OK(wh_upgrade_write(&upgrade, &xml, &err));
    OK(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 3, &frame, &err));
    for (size_t length = 0; length < xml.length - 1; length++) { /* the last one is a newline */
        struct wh_upgrade read = {0};
        REFUSED(
            WH_MALFORMED, "", wh_upgrade_read((struct wh_bytes){xml.data, length}, &read, &err));
        assert_null(read.packages);
    }
    for (size_t length = 0; length < frame.length; length++) {
        struct wh_upgrade read = {0};
        REFUSED(
            WH_MALFORMED, "", wh_upgrade_read((struct wh_bytes){frame.data, length}, &read, &err));
        assert_null(read.packages);
    }
}

static void what_the_reader_refuses_is_not_written(void **state)
{
    static uint32_t descending[] = {4, 3};
    static uint32_t twice[] = {4, 4};
    static uint32_t beyond[] = {WH_FILES_MAX};
    static char relative[] = "a";
    static char same[] = "/a";
    static char large[WH_PATH_MAX + 2];
    struct wh_listed_file relative_file = {relative, 0, {0}};
    struct wh_listed_file large_file = {large, 0, {0}};
    struct wh_listed_file vast = {same, (uint64_t)INT64_MAX + 1, {0}};
    struct wh_listed_file both[] = {{same, 0, {0}}, {same, 0, {0}}};
    const struct {
        const char *part;
        struct wh_upgrade_package package;
    } rows[] = {
        {"pkgid", {.pkgid = "0123"}},
        {"range or order", {.pkgid = ID, .differs = descending, .differs_count = 2}},
        {"range or order", {.pkgid = ID, .differs = twice, .differs_count = 2}},
        {"range or order", {.pkgid = ID, .differs = beyond, .differs_count = 1}},
        {"has none", {.pkgid = ID, .is_listed = true}},
        {"has none", {.pkgid = ID, .files = both, .file_count = 1}},
        {"numbers of files", {.pkgid = ID,
                                 .differs = descending,
                                 .differs_count = 1,
                                 .is_listed = true,
                                 .files = both,
                                 .file_count = 1}},
        {"out of order", {.pkgid = ID, .is_listed = true, .files = both, .file_count = 2}},
        {"not absolute",
            {.pkgid = ID, .is_listed = true, .files = &relative_file, .file_count = 1}},
        {"not absolute", {.pkgid = ID, .is_listed = true, .files = &large_file, .file_count = 1}},
        {"size", {.pkgid = ID, .is_listed = true, .files = &vast, .file_count = 1}},
    };

    (void)state;
    memset(large, '/', WH_PATH_MAX + 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_UPGRADE_MAX};
        struct wh_upgrade_package package = rows[i].package;
        const struct wh_upgrade upgrade = {.packages = &package, .package_count = 1};
        REFUSED(WH_MALFORMED, rows[i].part, wh_upgrade_write(&upgrade, &xml, &err));
        assert_int_equal(xml.length, 0);
    }
    wh_cleanup(wh_buffer_clear) struct wh_buffer small = {.ceiling = 100};
    struct wh_upgrade_package *packages = two_packages();
    REFUSED(WH_OVER_LIMIT, "100 bytes",
        wh_upgrade_write(
            &(struct wh_upgrade){.packages = packages, .package_count = 2}, &small, &err));
    memcpy(packages[1].pkgid, packages[0].pkgid, sizeof packages[1].pkgid);
    REFUSED(WH_MALFORMED, "listed twice",
        wh_upgrade_write(
            &(struct wh_upgrade){.packages = packages, .package_count = 2}, &small, &err));
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void takes_so_many_packages_and_no_more(void **state)
{
    (void)state;
    for (unsigned count = WH_UPGRADE_PACKAGES_MAX; count < WH_UPGRADE_PACKAGES_MAX + 2; count++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_UPGRADE_MAX};
        wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = WH_UPGRADE_MAX};
        wh_cleanup(clear) struct wh_upgrade upgrade = {0};
        put(&xml, "<upgrade version='1'>");
        for (unsigned i = 0; i < count; i++) {
            char text[256];
            (void)snprintf(text, sizeof text,
                "<package pkgid='%032x'><installed header='" HASH "'/></package>", i);
            put(&xml, text);
        }
        put(&xml, "</upgrade>");
        if (count > WH_UPGRADE_PACKAGES_MAX) {
            REFUSED(WH_OVER_LIMIT, "too many packages",
                wh_upgrade_read(wh_buffer_bytes(&xml), &upgrade, &err));
            continue;
        }
        OK(wh_upgrade_read(wh_buffer_bytes(&xml), &upgrade, &err));
        assert_int_equal(upgrade.package_count, count);
        upgrade.package_count++; /* never looked at */
        REFUSED(WH_OVER_LIMIT, "too many packages", wh_upgrade_write(&upgrade, &again, &err));
        upgrade.package_count--;
    }
}

static void takes_so_many_numbers_and_no_more(void **state)
{
    static const struct {
        bool fits;
        const char *text;
    } rows[] = {
        {true, UPGRADE(PACKAGE(DIFFERS("0-65535")))},
        {false, UPGRADE(PACKAGE(DIFFERS("0-65536")))},
        {false, UPGRADE(PACKAGE(DIFFERS("0-65535 65537")))},
        {false, UPGRADE(PACKAGE(DIFFERS("0-1048575")))},
        {true, UPGRADE(PACKAGE(DIFFERS("1-65535")) OTHER(DIFFERS("0")))},
        {false, UPGRADE(PACKAGE(DIFFERS("1-65535")) OTHER(DIFFERS("0 2")))},
        {true, UPGRADE(PACKAGE(DIFFERS("1-65535")) OTHER(LONG(FILE_OF("/a"))))},
        {false, UPGRADE(PACKAGE(DIFFERS("1-65535")) OTHER(LONG(FILE_OF("/a") FILE_OF("/b"))))},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        wh_cleanup(clear) struct wh_upgrade upgrade = {0};
        if (rows[i].fits)
            OK(read_text(rows[i].text, &upgrade, &err));
        else
            REFUSED(WH_OVER_LIMIT, "too many files", read_text(rows[i].text, &upgrade, &err));
    }
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_UPGRADE_MAX};
    wh_autofree uint32_t *numbers = calloc(WH_UPGRADE_FILES_MAX + 1, sizeof *numbers);
    struct wh_upgrade_package package = {.pkgid = ID, .differs = numbers};
    for (uint32_t i = 0; i <= WH_UPGRADE_FILES_MAX; i++)
        numbers[i] = i;
    package.differs_count = WH_UPGRADE_FILES_MAX + 1;
    REFUSED(WH_OVER_LIMIT, "too many files",
        wh_upgrade_write(
            &(struct wh_upgrade){.packages = &package, .package_count = 1}, &xml, &err));
    package.differs_count--;
    OK(wh_upgrade_write(
        &(struct wh_upgrade){.packages = &package, .package_count = 1}, &xml, &err));
}

static void takes_paths_so_long_and_no_longer(void **state)
{
    (void)state;
    for (size_t length = WH_PATH_MAX; length < WH_PATH_MAX + 2; length++)
        for (int way = 0; way < 2; way++) {
            wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_UPGRADE_MAX};
            wh_cleanup(clear) struct wh_upgrade upgrade = {0};
            put(&xml, "<upgrade version='1'><package pkgid='" ID "'><installed header='" HASH
                      "'><file path='/");
            for (size_t i = 1; i < length; i++)
                put(&xml, way ? "%FF" : "a");
            put(&xml, "' size='1'" SHA "/></installed></package></upgrade>");
            if (length > WH_PATH_MAX) {
                REFUSED(WH_MALFORMED, "too long",
                    wh_upgrade_read(wh_buffer_bytes(&xml), &upgrade, &err));
                continue;
            }
            OK(wh_upgrade_read(wh_buffer_bytes(&xml), &upgrade, &err));
            assert_int_equal(strlen(upgrade.packages[0].files[0].path), length);
        }
}

static void takes_so_many_bytes_and_no_more(void **state)
{
    static const char text[] = UPGRADE(PACKAGE(SHORT));

    (void)state;
    for (size_t excess = 0; excess < 2; excess++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = WH_UPGRADE_MAX};
        wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_UPGRADE_MAX + 1};
        wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_UPGRADE_MAX};
        wh_cleanup(clear) struct wh_upgrade upgrade = {0};
        put(&plain, text);
        wh_buffer_fill(&plain, ' ', WH_UPGRADE_STORED_MAX - plain.length + excess);
        put(&xml, text);
        wh_buffer_fill(&xml, ' ', WH_UPGRADE_MAX - xml.length + excess);
        OK(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 1, &frame, &err));
        if (excess) {
            REFUSED(WH_OVER_LIMIT, "larger than 1048576 bytes",
                wh_upgrade_read(wh_buffer_bytes(&plain), &upgrade, &err));
            REFUSED(WH_OVER_LIMIT, "more than 8388608 bytes",
                wh_upgrade_read(wh_buffer_bytes(&frame), &upgrade, &err));
            continue;
        }
        OK(wh_upgrade_read(wh_buffer_bytes(&plain), &upgrade, &err));
        wh_upgrade_clear(&upgrade);
        OK(wh_upgrade_read(wh_buffer_bytes(&frame), &upgrade, &err));
    }
}

static void a_bomb_of_a_frame_is_refused(void **state)
{
    enum { LARGE = 64 << 20 };
    wh_cleanup(wh_buffer_clear) struct wh_buffer blanks = {.ceiling = LARGE};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = LARGE};
    struct wh_upgrade upgrade = {0};

    (void)state;
    wh_buffer_fill(&blanks, ' ', LARGE);
    OK(wh_frame_write(wh_buffer_bytes(&blanks), (struct wh_bytes){0}, 1, &frame, &err));
    assert_true(frame.length < WH_UPGRADE_STORED_MAX);
    REFUSED(WH_OVER_LIMIT, "more than 8388608 bytes",
        wh_upgrade_read(wh_buffer_bytes(&frame), &upgrade, &err));
}

/* More depth than any document has, which costs neither stack nor time. */
static void deep_nesting_is_refused(void **state)
{
    enum { DEEP = 100000 };
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_UPGRADE_MAX};
    struct wh_upgrade upgrade = {0};

    (void)state;
    put(&xml, "<upgrade version='1'>");
    for (int i = 0; i < DEEP; i++)
        put(&xml, "<a>");
    REFUSED(
        WH_MALFORMED, "not well-formed", wh_upgrade_read(wh_buffer_bytes(&xml), &upgrade, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_forms_and_passes_over_what_it_does_not_know),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(what_is_written_is_read_the_same),
        cmocka_unit_test(any_beginning_of_a_request_is_refused),
        cmocka_unit_test(what_the_reader_refuses_is_not_written),
        cmocka_unit_test(takes_so_many_packages_and_no_more),
        cmocka_unit_test(takes_so_many_numbers_and_no_more),
        cmocka_unit_test(takes_paths_so_long_and_no_longer),
        cmocka_unit_test(takes_so_many_bytes_and_no_more),
        cmocka_unit_test(a_bomb_of_a_frame_is_refused),
        cmocka_unit_test(deep_nesting_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
