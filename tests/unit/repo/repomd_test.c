/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repomd_test.c - reading and editing repomd.xml. */
#include "unit.h"

#include "repomd.h"
#include "whittle/cleanup.h"

#define NS "xmlns=\"http://linux.duke.edu/metadata/repo\""
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD                                                                                       \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<repomd " NS                                      \
    " xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">\n"                                         \
    "  <revision>7</revision>\n  <!-- kept -->\n"                                                  \
    "  <data type=\"primary\">\n    <checksum type=\"sha256\">" ZEROS "</checksum>\n"              \
    "    <location href=\"repodata/p.xml.gz\"/>\n    <timestamp>1234</timestamp>\n"                \
    "    <size>1</size>\n  </data>\n"
#define OLD_RECORD "  <data type=\"whittle\">\n    <size>1</size>\n  </data>\n"
#define OTHER_RECORD "  <data type=\"updateinfo\"><location href=\"u\"/></data>\n"
#define NEW_RECORD                                                                                 \
    "  <data type=\"whittle\">\n"                                                                  \
    "    <checksum type=\"sha256\">"                                                               \
    "0101010101010101010101010101010101010101010101010101010101010101</checksum>\n"                \
    "    <open-checksum type=\"sha256\">"                                                          \
    "0202020202020202020202020202020202020202020202020202020202020202</open-checksum>\n"           \
    "    <location href=\"repodata/w.xml.zst\"/>\n"                                                \
    "    <timestamp>1234</timestamp>\n    <size>99</size>\n    <open-size>1000</open-size>\n"      \
    "  </data>\n"
#define TAIL "</repomd>\n"

static struct wh_bytes text(const char *string)
{
    return (struct wh_bytes){(const uint8_t *)string, strlen(string)};
}

static void edit(const char *before, bool add, const char *after)
{
    wh_cleanup(wh_repomd_cleanup) struct wh_repomd *repomd = NULL;
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_REPOMD_MAX};
    struct wh_repomd_entry entry = {
        .location = "repodata/w.xml.zst", .size = 99, .open_size = 1000};

    memset(entry.checksum, 1, sizeof entry.checksum);
    memset(entry.open_checksum, 2, sizeof entry.open_checksum);
    assert_int_equal(wh_repomd_parse(text(before), "r", &repomd, NULL), WH_OK);
    assert_int_equal(wh_repomd_replace(repomd, "whittle", add ? &entry : NULL, &xml, NULL), WH_OK);
    wh_buffer_u8(&xml, 0);
    assert_string_equal((const char *)xml.data, after);
}

static void replaces_our_record_and_keeps_the_rest(void **state)
{
    (void)state;
    edit(HEAD TAIL, true, HEAD NEW_RECORD TAIL);
    edit(HEAD OLD_RECORD OTHER_RECORD TAIL, true, HEAD OTHER_RECORD NEW_RECORD TAIL);
    edit(HEAD OLD_RECORD OLD_RECORD TAIL, true, HEAD NEW_RECORD TAIL);
    edit(HEAD NEW_RECORD TAIL, true, HEAD NEW_RECORD TAIL);
    edit(HEAD NEW_RECORD OTHER_RECORD TAIL, false, HEAD OTHER_RECORD TAIL);
    edit(HEAD TAIL, false, HEAD TAIL);
}

static void writes_utf_8_whatever_it_read(void **state)
{
    static const char *const written =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<repomd>\xc3\xa9</repomd>\n";

    (void)state;
    edit(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<repomd>\xe9</repomd>\n", false, written);
    edit("<?xml version=\"1.0\" encoding=\"UTF-7\"?>\n<repomd>+AOk-</repomd>\n", false, written);
    edit("<repomd>\xc3\xa9</repomd>\n", false, written);
}

static void refuses_what_is_no_repomd(void **state)
{
    static const struct {
        const char *bytes, *reason;
    } cases[] = {
        {"", "r: it is empty or too large"},
        {"<repomd", "r: it is not well-formed XML"},
        {HEAD, "r: it is not well-formed XML"},
        {"<other/>", "r: it is not a repomd.xml"},
        {"<!DOCTYPE repomd [<!ENTITY a \"b\">]><repomd/>", "r: it has a document type"},
        {"\x1f\x8b\x08", "r: it is not well-formed XML"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wh_repomd *repomd = NULL;
        struct wh_error error;
        assert_int_equal(wh_repomd_parse(text(cases[i].bytes), "r", &repomd, &error), WH_MALFORMED);
        assert_string_equal(error.message, cases[i].reason);
        assert_null(repomd);
    }
}

/* Every truncation of a good one is refused, and none is read past its end. */
static void refuses_every_truncation(void **state)
{
    const char *good = HEAD NEW_RECORD "</repomd>";

    (void)state;
    for (size_t length = 0; length < strlen(good); length++) {
        struct wh_repomd *repomd = NULL;
        wh_autofree uint8_t *copy = malloc(length ? length : 1);
        memcpy(copy, good, length);
        assert_int_equal(
            wh_repomd_parse((struct wh_bytes){copy, length}, "r", &repomd, NULL), WH_MALFORMED);
    }
}

static void finds_records(void **state)
{
    static const struct {
        const char *bytes;
        wh_status status;
    } cases[] = {
        {HEAD TAIL, WH_OK},
        {"<repomd " NS "/>", WH_MISSING},
        {"<repomd><data type=\"primary\"/></repomd>", WH_MALFORMED},
        {"<repomd><data type=\"primary\"><location href=\"x\"/></data></repomd>", WH_MALFORMED},
        {"<repomd><data type=\"primary\"><location href=\"x\"/>"
         "<checksum type=\"sha256\">00</checksum></data></repomd>",
            WH_MALFORMED},
        {"<repomd><data type=\"primary\"><location href=\"x\"/>"
         "<checksum type=\"crc\">" ZEROS "</checksum></data></repomd>",
            WH_MALFORMED},
        {"<repomd><data type=\"primary\"><location/>"
         "<checksum type=\"sha256\">" ZEROS "</checksum></data></repomd>",
            WH_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        wh_cleanup(wh_repomd_cleanup) struct wh_repomd *repomd = NULL;
        wh_cleanup(wh_repomd_record_clear) struct wh_repomd_record record = {0};
        assert_int_equal(wh_repomd_parse(text(cases[i].bytes), "r", &repomd, NULL), WH_OK);
        assert_int_equal(wh_repomd_find(repomd, "primary", &record, NULL), cases[i].status);
        if (cases[i].status == WH_OK)
            assert_string_equal(record.location, "repodata/p.xml.gz");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_our_record_and_keeps_the_rest),
        cmocka_unit_test(writes_utf_8_whatever_it_read),
        cmocka_unit_test(refuses_what_is_no_repomd),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(finds_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
