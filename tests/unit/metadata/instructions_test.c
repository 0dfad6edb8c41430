/* SPDX-License-Identifier: GPL-2.0-or-later */
/* instructions_test.c - what a backend answers: round trip, refusals of reader and writer, limits.
 */
#include "unit.h"

#include <stdio.h>

#include "whittle/codec.h"
#include "whittle/limits.h"
#include "whittle/upgrade.h"

#define ID "6bb51faa0fa7d6d0b8a8e9b8a1f6ad8f5a1aa5b0f6ef4bb8a6f0d5ac6b9c52f1"
#define OTHER_ID "7bb51faa0fa7d6d0b8a8e9b8a1f6ad8f5a1aa5b0f6ef4bb8a6f0d5ac6b9c52f1"
#define THIRD_ID "0123456789abcdef0123456789abcdef"
#define FROM " from='2c26b46b68ffc68f'"
#define SIZE " size='5388'"
#define SHA " sha256='fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9'"
#define COUNTS " kept='181' patched='40' fetched='1'"
#define SAVED " saved='1256676'"
#define BUNDLE_OF(attributes) "<bundle" attributes "/>"
#define BUNDLE BUNDLE_OF(FROM SIZE SHA COUNTS SAVED)
#define LIST "<list/>"
#define WHOLE(reason) "<whole reason=\"" reason "\"/>"
#define OPERATIONS(attributes, inside) "<operations" attributes ">" inside "</operations>"
#define INSTRUCTIONS(inside) "<instructions version=\"1\">" inside "</instructions>"
#define PACKAGE(inside) "<package pkgid=\"" ID "\">" inside "</package>"
#define OTHER(inside) "<package pkgid=\"" OTHER_ID "\">" inside "</package>"
#define ANSWER(inside) INSTRUCTIONS(PACKAGE(inside))
#define OPERATED(inside) ANSWER(LIST OPERATIONS("", inside))
#define ADVISED(advisories) ANSWER(LIST OPERATIONS(" advisories='" advisories "'", ""))

static void clear(struct wh_instructions *instructions)
{
    wh_instructions_clear(instructions);
}

static wh_status read_text(
    const char *text, struct wh_instructions *instructions, struct wh_error *err)
{
    return wh_instructions_read(
        (struct wh_bytes){(const uint8_t *)text, strlen(text)}, instructions, err);
}

static void put(struct wh_buffer *out, const char *text)
{
    wh_buffer_append(out, text, strlen(text));
}

static void reads_every_kind_and_passes_over_what_it_does_not_know(void **state)
{
    static const char text[] = INSTRUCTIONS(
        "<hint><bundle/></hint>" OTHER("<hint><bundle/><remove/></hint>" BUNDLE OPERATIONS(
            " suggest='relogin' new='1' advisories='DSA-1 DSA-2'",
            "<create path='x'/><remove path='/%C3%A4'><keep/></remove><keep path='/%FE'/>"
            "<replace path='/%FF'/>") "<later><keep/></later>")
            PACKAGE(WHOLE("&lt;so&gt; &quot;it&quot; &amp; that")) "<package pkgid='" THIRD_ID
                                                                   "'>" LIST "</package>"
                                                                   "<later><whole/></later>");
    wh_cleanup(clear) struct wh_instructions instructions = {0};

    (void)state;
    OK(read_text(text, &instructions, &err));
    assert_int_equal(instructions.package_count, 3);
    const struct wh_package_instructions *package = instructions.packages;
    assert_string_equal(package->pkgid, OTHER_ID);
    assert_int_equal(package->kind, WH_ANSWER_BUNDLE);
    assert_int_equal(package->bundle.kind, WH_BUNDLE_STEP);
    assert_int_equal(package->bundle.from[7], 0x8f);
    assert_int_equal(package->bundle.size, 5388);
    assert_int_equal(package->bundle.sha256[31], 0xb9);
    assert_int_equal(package->bundle.cpu_ms, 0);
    assert_int_equal(package->counts.kept, 181);
    assert_int_equal(package->counts.patched, 40);
    assert_int_equal(package->counts.fetched, 1);
    assert_int_equal(package->saved, 1256676);
    assert_null(package->reason);
    assert_int_equal(package->operations.suggestion, WH_SUGGEST_RELOGIN);
    assert_int_equal(package->operations.advisory_count, 2);
    assert_string_equal(package->operations.advisories[1], "DSA-2");
    assert_int_equal(package->operations.count, 3);
    assert_int_equal(package->operations.operations[0].kind, WH_OPERATION_REMOVE);
    assert_string_equal(package->operations.operations[0].path, "/\xc3\xa4");
    assert_int_equal(package->operations.operations[1].kind, WH_OPERATION_KEEP);
    assert_int_equal(package->operations.operations[2].kind, WH_OPERATION_REPLACE);
    package++;
    assert_int_equal(package->kind, WH_ANSWER_WHOLE);
    assert_string_equal(package->reason, "<so> \"it\" & that");
    assert_int_equal(package->operations.count, 0);
    package++;
    assert_int_equal(package->kind, WH_ANSWER_LIST);
}

static void refuses_what_are_no_instructions(void **state)
{
    static const struct {
        wh_status status;
        const char *part, *text;
    } rows[] = {
        {WH_MALFORMED, "empty", ""},
        {WH_MALFORMED, "not well-formed", "<instructions version='1'>" PACKAGE(LIST)},
        {WH_MALFORMED, "zstd", "\x28\xb5\x2f\xfd rubbish"},
        {WH_MALFORMED, "document type",
            "<!DOCTYPE instructions [<!ENTITY a 'haha'>]>" ANSWER(WHOLE("&a;"))},
        {WH_MALFORMED, "instructions: it does not begin", "<upgrade version='1'/>"},
        {WH_MALFORMED, "no format version", "<instructions/>"},
        {WH_UNSUPPORTED, "format version 2", "<instructions version='2'/>"},
        {WH_MALFORMED, "listed twice", INSTRUCTIONS(PACKAGE(LIST) OTHER(LIST) PACKAGE(LIST))},
        {WH_MALFORMED, "pkgid", INSTRUCTIONS("<package>" LIST "</package>")},
        {WH_MALFORMED, "pkgid", INSTRUCTIONS("<package pkgid='0123'>" LIST "</package>")},
        {WH_MALFORMED, "no answer", ANSWER("")},
        {WH_MALFORMED, "no answer", ANSWER("<later>" LIST "</later>")},
        {WH_MALFORMED, "no answer", INSTRUCTIONS(PACKAGE(OPERATIONS("", "")) OTHER(LIST))},
        {WH_MALFORMED, "two answers", ANSWER(LIST LIST)},
        {WH_MALFORMED, "two answers", ANSWER(WHOLE("so") WHOLE("so"))},
        {WH_MALFORMED, "two answers", ANSWER(BUNDLE LIST)},
        {WH_MALFORMED, "instructions: a bundle's from", ANSWER(BUNDLE_OF(SIZE SHA COUNTS SAVED))},
        {WH_MALFORMED, "header id", ANSWER(BUNDLE_OF(" from='2c'" SIZE SHA COUNTS SAVED))},
        {WH_MALFORMED, "sha256", ANSWER(BUNDLE_OF(FROM SIZE COUNTS SAVED))},
        {WH_MALFORMED, "a size", ANSWER(BUNDLE_OF(FROM SHA COUNTS SAVED))},
        {WH_MALFORMED, "a size", ANSWER(BUNDLE_OF(FROM " size='243'" SHA COUNTS SAVED))},
        {WH_MALFORMED, "a size", ANSWER(BUNDLE_OF(FROM " size='1073741825'" SHA COUNTS SAVED))},
        {WH_MALFORMED, "cpu-ms", ANSWER(BUNDLE_OF(FROM SIZE SHA COUNTS SAVED " cpu-ms='0'"))},
        {WH_MALFORMED, "count of files",
            ANSWER(BUNDLE_OF(FROM SIZE SHA " patched='1' fetched='1'" SAVED))},
        {WH_MALFORMED, "count of files",
            ANSWER(BUNDLE_OF(FROM SIZE SHA " kept='1' fetched='1'" SAVED))},
        {WH_MALFORMED, "count of files",
            ANSWER(BUNDLE_OF(FROM SIZE SHA " kept='1' patched='1'" SAVED))},
        {WH_MALFORMED, "count of files",
            ANSWER(BUNDLE_OF(FROM SIZE SHA " kept='1' patched='1' fetched='1048577'" SAVED))},
        {WH_MALFORMED, "saved", ANSWER(BUNDLE_OF(FROM SIZE SHA COUNTS))},
        {WH_MALFORMED, "saved", ANSWER(BUNDLE_OF(FROM SIZE SHA COUNTS " saved='-1'"))},
        {WH_MALFORMED, "saved",
            ANSWER(BUNDLE_OF(FROM SIZE SHA COUNTS " saved='18446744073709551616'"))},
        {WH_MALFORMED, "reason", ANSWER("<whole/>")},
        {WH_MALFORMED, "reason", ANSWER(WHOLE(""))},
        {WH_MALFORMED, "reason", ANSWER(WHOLE("a&#9;b"))},
        {WH_MALFORMED, "reason", ANSWER(WHOLE("a&#127;"))},
        {WH_MALFORMED, "reason", ANSWER(WHOLE("\xc3\xa4"))},
        {WH_MALFORMED, "operations twice", ANSWER(LIST OPERATIONS("", "") OPERATIONS("", ""))},
        {WH_MALFORMED, "suggestion", ANSWER(LIST OPERATIONS(" suggest=''", ""))},
        {WH_MALFORMED, "suggestion", ANSWER(LIST OPERATIONS(" suggest='nothing'", ""))},
        {WH_MALFORMED, "suggestion", ANSWER(LIST OPERATIONS(" suggest='Reboot'", ""))},
        {WH_MALFORMED, "advisory", ADVISED("")},
        {WH_MALFORMED, "advisory", ADVISED(" a")},
        {WH_MALFORMED, "advisory", ADVISED("a ")},
        {WH_MALFORMED, "advisory", ADVISED("a  b")},
        {WH_MALFORMED, "advisory", ADVISED("a&#10;b")},
        {WH_MALFORMED, "advisory", ADVISED("\xc3\xa4")},
        {WH_MALFORMED, "no path", OPERATED("<keep/>")},
        {WH_MALFORMED, "not absolute", OPERATED("<keep path='a'/>")},
        {WH_MALFORMED, "not absolute", OPERATED("<keep path=''/>")},
        {WH_MALFORMED, "spelled wrongly", OPERATED("<keep path='/%00'/>")},
        {WH_MALFORMED, "spelled wrongly", OPERATED("<keep path='/%c3'/>")},
        {WH_MALFORMED, "out of order", OPERATED("<keep path='/b'/><keep path='/a'/>")},
        {WH_MALFORMED, "out of order", OPERATED("<keep path='/a'/><remove path='/a'/>")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_instructions instructions = {0};
        REFUSED(rows[i].status, rows[i].part, read_text(rows[i].text, &instructions, &err));
        assert_null(instructions.packages);
    }
}

/* ---- round trip ------------------------------------------------------------------------------ */

static struct wh_package_instructions *three_packages(void)
{
    static char reason[] = "a \"reason\" of <one> & \t\xc3\xa4";
    static char paths[3][8] = {"/%\xff", "/a b", "/b"};
    static char ids[2][8] = {"A-1&2", "<\">:3"};
    static char *advisories[] = {ids[0], ids[1]};
    static struct wh_operation operations[3];
    static struct wh_package_instructions packages[3];

    operations[0] = (struct wh_operation){WH_OPERATION_REPLACE, paths[0]};
    operations[1] = (struct wh_operation){WH_OPERATION_REMOVE, paths[1]};
    operations[2] = (struct wh_operation){WH_OPERATION_KEEP, paths[2]};
    packages[0] = (struct wh_package_instructions){
        .pkgid = OTHER_ID,
        .bundle = {WH_BUNDLE_STEP, {1}, WH_BUNDLE_MAX, {2}, UINT32_MAX},
        .counts = {WH_FILES_MAX, 0, 7},
        .saved = UINT64_MAX,
        .operations = {operations, 3, WH_SUGGEST_REBOOT, advisories, 2},
    };
    packages[1] = (struct wh_package_instructions){
        .pkgid = ID, .kind = WH_ANSWER_WHOLE, .reason = reason};
    packages[2] = (struct wh_package_instructions){.pkgid = THIRD_ID,
        .kind = WH_ANSWER_LIST,
        .operations = {.suggestion = WH_SUGGEST_RESTART}};
    return packages;
}

static void what_is_written_is_read_the_same(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INSTRUCTIONS_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = WH_INSTRUCTIONS_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_INSTRUCTIONS_MAX};
    wh_cleanup(clear) struct wh_instructions read = {0};
    const struct wh_instructions instructions = {three_packages(), 3};

    (void)state;
    OK(wh_instructions_write(&instructions, &xml, &err));
    OK(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 3, &frame, &err));
    OK(wh_instructions_read(wh_buffer_bytes(&frame), &read, &err));
    assert_int_equal(read.package_count, 3);
    const struct wh_package_instructions *package = read.packages;
    assert_int_equal(package->kind, WH_ANSWER_BUNDLE);
    assert_true(package->bundle.size == WH_BUNDLE_MAX && package->saved == UINT64_MAX);
    assert_int_equal(package->bundle.cpu_ms, UINT32_MAX);
    assert_int_equal(package->bundle.from[0], 1);
    assert_int_equal(package->bundle.sha256[0], 2);
    assert_int_equal(package->counts.kept, WH_FILES_MAX);
    assert_int_equal(package->counts.fetched, 7);
    assert_int_equal(package->operations.suggestion, WH_SUGGEST_REBOOT);
    assert_string_equal(package->operations.advisories[0], "A-1&2");
    assert_string_equal(package->operations.advisories[1], "<\">:3");
    assert_string_equal(package->operations.operations[0].path, "/%\xff");
    assert_int_equal(package->operations.operations[0].kind, WH_OPERATION_REPLACE);
    assert_string_equal(read.packages[1].reason, "a \"reason\" of <one> & ???");
    assert_int_equal(read.packages[2].operations.suggestion, WH_SUGGEST_RESTART);
    OK(wh_instructions_write(&read, &again, &err));
    assert_int_equal(again.length, xml.length);
    assert_memory_equal(again.data, xml.data, xml.length);
    wh_buffer_u8(&xml, 0);
    assert_non_null(strstr((const char *)xml.data, "&amp; ???\"/></package>"));
    assert_non_null(strstr((const char *)xml.data, "<list/><operations suggest=\"restart\"></"));
}

static void any_beginning_of_instructions_is_refused(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INSTRUCTIONS_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_INSTRUCTIONS_MAX};
    const struct wh_instructions instructions = {three_packages(), 3};

    (void)state;
    OK(wh_instructions_write(&instructions, &xml, &err));
    OK(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 3, &frame, &err));
    for (size_t length = 0; length < xml.length - 1; length++) { /* the last one is a newline */
        struct wh_instructions read = {0};
        REFUSED(WH_MALFORMED, "",
            wh_instructions_read((struct wh_bytes){xml.data, length}, &read, &err));
        assert_null(read.packages);
    }
    for (size_t length = 0; length < frame.length; length++) {
        struct wh_instructions read = {0};
        REFUSED(WH_MALFORMED, "",
            wh_instructions_read((struct wh_bytes){frame.data, length}, &read, &err));
        assert_null(read.packages);
    }
}

static struct wh_package_instructions sample_bundle(enum wh_bundle_kind kind, uint64_t size)
{
    return (struct wh_package_instructions){.pkgid = ID, .bundle = {.kind = kind, .size = size}};
}

static wh_status write_one(struct wh_package_instructions package, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INSTRUCTIONS_MAX};
    wh_status status = wh_instructions_write(&(struct wh_instructions){&package, 1}, &xml, err);

    assert_true(status == WH_OK || xml.length == 0);
    return status;
}

static void answers_that_the_reader_refuses_are_not_written(void **state)
{
    static char text[WH_REASON_MAX + 2];
    struct wh_package_instructions package = sample_bundle(WH_BUNDLE_STEP, WH_BUNDLE_HEAD_LENGTH);

    (void)state;
    OK(write_one(package, &err));
    package.counts.fetched = WH_FILES_MAX + 1;
    REFUSED(WH_MALFORMED, "count", write_one(package, &err));
    package.counts = (struct wh_instruction_counts){.patched = WH_FILES_MAX + 1};
    REFUSED(WH_MALFORMED, "count", write_one(package, &err));
    package.counts = (struct wh_instruction_counts){.kept = WH_FILES_MAX + 1};
    REFUSED(WH_MALFORMED, "count", write_one(package, &err));
    package.counts.kept = 0;
    package.reason = text;
    REFUSED(WH_MALFORMED, "reason", write_one(package, &err));
    package.kind = WH_ANSWER_WHOLE;
    REFUSED(WH_MALFORMED, "reason is empty", write_one(package, &err));
    memset(text, 'a', WH_REASON_MAX);
    OK(write_one(package, &err));
    text[WH_REASON_MAX] = 'a';
    REFUSED(WH_MALFORMED, "too long", write_one(package, &err));
    package.reason = NULL;
    REFUSED(WH_MALFORMED, "reason", write_one(package, &err));
    package.kind = (enum wh_answer_kind)3;
    REFUSED(WH_MALFORMED, "no kind", write_one(package, &err));
    REFUSED(WH_MALFORMED, "kind or size",
        write_one(sample_bundle(WH_BUNDLE_STEP, WH_BUNDLE_HEAD_LENGTH - 1), &err));
    REFUSED(WH_MALFORMED, "kind or size",
        write_one(sample_bundle(WH_BUNDLE_STEP, WH_BUNDLE_MAX + 1), &err));
    REFUSED(WH_MALFORMED, "kind or size", write_one(sample_bundle(WH_BUNDLE_LIST, 500), &err));
}

static void operations_that_the_reader_refuses_are_not_written(void **state)
{
    static char relative[] = "a";
    static char same[] = "/a";
    static char long_id[WH_ADVISORY_MAX + 2];
    static char blank[] = "a b";
    char *ids[] = {long_id};
    struct wh_operation operations[] = {{WH_OPERATION_KEEP, same}, {WH_OPERATION_REMOVE, same}};
    struct wh_package_instructions package = {.pkgid = ID, .kind = WH_ANSWER_LIST};

    (void)state;
    package.operations = (struct wh_operations){.operations = operations, .count = 2};
    REFUSED(WH_MALFORMED, "out of order", write_one(package, &err));
    package.operations.count = 1;
    OK(write_one(package, &err));
    operations[0].path = relative;
    REFUSED(WH_MALFORMED, "not absolute", write_one(package, &err));
    operations[0] = (struct wh_operation){(enum wh_operation_kind)3, same};
    REFUSED(WH_MALFORMED, "no kind", write_one(package, &err));
    package.operations = (struct wh_operations){.suggestion = (enum wh_suggestion)4};
    REFUSED(WH_MALFORMED, "suggestion", write_one(package, &err));
    package.operations = (struct wh_operations){.advisories = ids, .advisory_count = 1};
    REFUSED(WH_MALFORMED, "advisory", write_one(package, &err));
    memset(long_id, 'a', WH_ADVISORY_MAX);
    OK(write_one(package, &err));
    long_id[WH_ADVISORY_MAX] = 'a';
    REFUSED(WH_MALFORMED, "advisory", write_one(package, &err));
    ids[0] = blank;
    REFUSED(WH_MALFORMED, "advisory", write_one(package, &err));
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void takes_so_many_packages_and_no_more(void **state)
{
    (void)state;
    for (unsigned count = WH_UPGRADE_PACKAGES_MAX; count < WH_UPGRADE_PACKAGES_MAX + 2; count++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INSTRUCTIONS_MAX};
        wh_cleanup(clear) struct wh_instructions instructions = {0};
        put(&xml, "<instructions version='1'>");
        for (unsigned i = 0; i < count; i++) {
            char text[128];
            (void)snprintf(text, sizeof text, "<package pkgid='%032x'><list/></package>", i);
            put(&xml, text);
        }
        put(&xml, "</instructions>");
        if (count > WH_UPGRADE_PACKAGES_MAX)
            REFUSED(WH_OVER_LIMIT, "too many packages",
                wh_instructions_read(wh_buffer_bytes(&xml), &instructions, &err));
        else
            OK(wh_instructions_read(wh_buffer_bytes(&xml), &instructions, &err));
    }
}

static void takes_so_many_advisories_and_no_more(void **state)
{
    (void)state;
    for (unsigned count = WH_ADVISORIES_MAX; count < WH_ADVISORIES_MAX + 2; count++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INSTRUCTIONS_MAX};
        wh_cleanup(clear) struct wh_instructions instructions = {0};
        put(&xml,
            "<instructions version='1'><package pkgid='" ID "'><list/><operations advisories='");
        for (unsigned i = 0; i < count; i++)
            put(&xml, i ? " a" : "a");
        put(&xml, "'/></package></instructions>");
        if (count > WH_ADVISORIES_MAX) {
            REFUSED(WH_OVER_LIMIT, "too many advisories",
                wh_instructions_read(wh_buffer_bytes(&xml), &instructions, &err));
            continue;
        }
        OK(wh_instructions_read(wh_buffer_bytes(&xml), &instructions, &err));
        struct wh_package_instructions package = instructions.packages[0];
        assert_int_equal(package.operations.advisory_count, count);
        package.operations.advisory_count++; /* never looked at */
        REFUSED(WH_OVER_LIMIT, "too many advisories", write_one(package, &err));
    }
}

/* A reason, an advisory's id and a path at their longest, and one byte longer. */
static void takes_texts_so_long_and_no_longer(void **state)
{
    static const struct {
        size_t most;
        const char *before, *after;
    } rows[] = {
        {WH_REASON_MAX, "<whole reason='", "'/>"},
        {WH_ADVISORY_MAX, "<list/><operations advisories='b ", "'/>"},
        {WH_PATH_MAX - 1, "<list/><operations><keep path='/", "'/></operations>"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t length = rows[i].most; length < rows[i].most + 2; length++) {
            wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INSTRUCTIONS_MAX};
            wh_cleanup(clear) struct wh_instructions instructions = {0};
            put(&xml, "<instructions version='1'><package pkgid='" ID "'>");
            put(&xml, rows[i].before);
            wh_buffer_fill(&xml, 'a', length);
            put(&xml, rows[i].after);
            put(&xml, "</package></instructions>");
            if (length > rows[i].most)
                REFUSED(WH_MALFORMED, "too long",
                    wh_instructions_read(wh_buffer_bytes(&xml), &instructions, &err));
            else
                OK(wh_instructions_read(wh_buffer_bytes(&xml), &instructions, &err));
        }
}

static void takes_so_many_bytes_and_no_more(void **state)
{
    (void)state;
    for (size_t excess = 0; excess < 2; excess++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INSTRUCTIONS_MAX + 1};
        wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_INSTRUCTIONS_MAX};
        wh_cleanup(clear) struct wh_instructions instructions = {0};
        put(&xml, ANSWER(LIST));
        wh_buffer_fill(&xml, ' ', WH_INSTRUCTIONS_MAX / 2);
        put(&xml, "<!---->"); /* libxml2 takes 10 MB of one kind */
        wh_buffer_fill(&xml, ' ', WH_INSTRUCTIONS_MAX - xml.length + excess);
        OK(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 1, &frame, &err));
        if (excess) {
            REFUSED(WH_OVER_LIMIT, "larger than 16777216 bytes",
                wh_instructions_read(wh_buffer_bytes(&xml), &instructions, &err));
            REFUSED(WH_OVER_LIMIT, "more than 16777216 bytes",
                wh_instructions_read(wh_buffer_bytes(&frame), &instructions, &err));
            continue;
        }
        OK(wh_instructions_read(wh_buffer_bytes(&xml), &instructions, &err));
        wh_instructions_clear(&instructions);
        OK(wh_instructions_read(wh_buffer_bytes(&frame), &instructions, &err));
    }
}

static void a_cut_bundle_is_named_after_its_content(void **state)
{
    uint8_t sha256[WH_SHA256_LENGTH];
    char location[WH_CUT_LOCATION_LENGTH];

    (void)state;
    for (uint8_t i = 0; i < sizeof sha256; i++)
        sha256[i] = (uint8_t)(0xe0 + i);
    wh_cut_location(sha256, location);
    assert_string_equal(
        location, "v1/bundle/e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff.wht");
    assert_int_equal(strlen(location) + 1, sizeof location);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_and_passes_over_what_it_does_not_know),
        cmocka_unit_test(refuses_what_are_no_instructions),
        cmocka_unit_test(what_is_written_is_read_the_same),
        cmocka_unit_test(any_beginning_of_instructions_is_refused),
        cmocka_unit_test(answers_that_the_reader_refuses_are_not_written),
        cmocka_unit_test(operations_that_the_reader_refuses_are_not_written),
        cmocka_unit_test(takes_so_many_packages_and_no_more),
        cmocka_unit_test(takes_so_many_advisories_and_no_more),
        cmocka_unit_test(takes_texts_so_long_and_no_longer),
        cmocka_unit_test(takes_so_many_bytes_and_no_more),
        cmocka_unit_test(a_cut_bundle_is_named_after_its_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
