/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index_test.c - whittle.xml: round trip, refusals, what is passed over, and its size. */
#include "unit.h"

#include <libxml/relaxng.h>

#include "whittle/index.h"
#include "whittle/limits.h"

#define ID "6bb51faa0fa7d6d0b8a8e9b8a1f6ad8f5a1aa5b0f6ef4bb8a6f0d5ac6b9c52f1"
#define OTHER_ID "7bb51faa0fa7d6d0b8a8e9b8a1f6ad8f5a1aa5b0f6ef4bb8a6f0d5ac6b9c52f1"
#define FROM " from=\"2c26b46b68ffc68f\""
#define SIZE " size=\"5388\""
#define SHA " sha256=\"fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9\""
#define BUNDLE "<bundle" FROM SIZE SHA "/>"
#define COSTLY(cpu_ms) "<bundle" FROM SIZE SHA " cpu-ms=\"" cpu_ms "\"/>"
#define PACKAGE "<package pkgid=\"" ID "\">" BUNDLE "</package>"
#define INDEX(inside) "<?xml version=\"1.0\"?><whittle version=\"1\">" inside "</whittle>"

static wh_status read_text(const char *text, struct wh_index *index, struct wh_error *err)
{
    return wh_index_read((struct wh_bytes){(const uint8_t *)text, strlen(text)}, index, err);
}

static void reads_packages_and_passes_over_what_it_does_not_know(void **state)
{
    static const char text[] = INDEX(
        "<backend url='https://example.org/'><package pkgid='x'/></backend>"
        "<package pkgid=\"" OTHER_ID "\" new='1'>" BUNDLE "<doc size=\"244\"" SHA "/></package>"
        "<package pkgid=\"" ID "\"><hint><bundle/></hint><bundle" FROM SIZE SHA " new='2'>"
        "<bundle/></bundle><config size=\"1073741824\"" SHA "/></package><bundle/>");
    struct wh_index index = {0};

    (void)state;
    OK(read_text(text, &index, &err));
    assert_int_equal(index.package_count, 2);
    const struct wh_index_package *package = wh_index_find(&index, ID);
    assert_ptr_equal(package, &index.packages[0]); /* sorted */
    assert_int_equal(package->bundle_count, 2);
    assert_int_equal(package->bundles[0].kind, WH_BUNDLE_STEP);
    assert_int_equal(package->bundles[0].size, 5388);
    assert_int_equal(package->bundles[0].from[7], 0x8f);
    assert_int_equal(package->bundles[0].sha256[31], 0xb9);
    assert_int_equal(package->bundles[1].kind, WH_BUNDLE_CONFIG);
    assert_true(package->bundles[1].size == WH_BUNDLE_MAX);
    assert_int_equal(package->bundles[1].from[0], 0);
    assert_int_equal(wh_index_find(&index, OTHER_ID)->bundles[1].kind, WH_BUNDLE_DOC);
    assert_null(wh_index_find(&index, ""));
    wh_index_clear(&index);
    OK(read_text(INDEX(""), &index, &err));
    assert_int_equal(index.package_count, 0);
    assert_null(wh_index_find(&index, ID));
    wh_index_clear(&index);
}

static void reads_a_version_that_two_bundles_start_from(void **state)
{
    struct wh_index index = {0};

    (void)state;
    OK(read_text(INDEX("<package pkgid=\"" ID "\">" COSTLY("4294967295") BUNDLE
                     "<doc cpu-ms='x' size=\"244\"" SHA "/></package>"),
        &index, &err));
    const struct wh_index_package *package = wh_index_find(&index, ID);
    assert_int_equal(package->bundle_count, 3);
    assert_int_equal(package->bundles[0].cpu_ms, UINT32_MAX);
    assert_int_equal(package->bundles[1].cpu_ms, 0);
    assert_int_equal(package->bundles[2].cpu_ms, 0); /* supplements have none: passed over */
    wh_index_clear(&index);
}

#define LAUGHS                                                                                     \
    "<!DOCTYPE whittle [<!ENTITY a 'haha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"            \
    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>]>"   \
    "<whittle version=\"1\">&d;</whittle>"

static void refuses_what_is_no_index(void **state)
{
    static const struct {
        wh_status status;
        const char *part, *text;
    } rows[] = {
        {WH_MALFORMED, "empty", ""},
        {WH_MALFORMED, "not well-formed", "no XML at all"},
        {WH_MALFORMED, "not well-formed", "<whittle version=\"1\">" PACKAGE},
        {WH_MALFORMED, "not well-formed", INDEX(PACKAGE) "<more/>"},
        {WH_MALFORMED, "not well-formed", INDEX("&nothing;")},
        {WH_MALFORMED, "zstd", "\x28\xb5\x2f\xfd rubbish"},
        {WH_MALFORMED, "document type", "<!DOCTYPE whittle><whittle version=\"1\"></whittle>"},
        {WH_MALFORMED, "document type",
            "<!DOCTYPE whittle SYSTEM \"/etc/passwd\"><whittle version=\"1\"></whittle>"},
        {WH_MALFORMED, "index: it", LAUGHS},
        {WH_MALFORMED, "does not begin as one", "<metadata version=\"1\"/>"},
        {WH_MALFORMED, "no format version", "<whittle/>"},
        {WH_MALFORMED, "no format version", "<whittle version=\"\"/>"},
        {WH_MALFORMED, "no format version", "<whittle version=\"01\"/>"},
        {WH_MALFORMED, "no format version", "<whittle version=\"one\"/>"},
        {WH_MALFORMED, "no format version", "<whittle version=\"99999999999999999999\"/>"},
        {WH_UNSUPPORTED, "format version 2", "<whittle version=\"2\">" PACKAGE "</whittle>"},
        {WH_UNSUPPORTED, "format version 0", "<whittle version=\"0\"/>"},
        {WH_MALFORMED, "listed twice", INDEX(PACKAGE PACKAGE)},
        {WH_MALFORMED, "neither bundle nor prefix", INDEX("<package pkgid=\"" ID "\"/>")},
        {WH_MALFORMED, "pkgid", INDEX("<package/>")},
        {WH_MALFORMED, "base URL", "<whittle version='1' backend='http://'/>"},
        {WH_MALFORMED, "base URL", "<whittle version='1' backend='http://a'/>"},
        {WH_MALFORMED, "base URL", "<whittle version='1' backend='file:///a/'/>"},
        {WH_MALFORMED, "base URL", "<whittle version='1' backend='http://u@a/'/>"},
        {WH_MALFORMED, "a prefix", INDEX("<package pkgid=\"" ID "\" prefix=\"6bb5\"/>")},
        {WH_MALFORMED, "pkgid", INDEX("<package pkgid=\"\"/>")},
        {WH_MALFORMED, "pkgid", INDEX("<package pkgid=\"0123456789abcdef0123456789abcde\"/>")},
        {WH_MALFORMED, "pkgid", INDEX("<package pkgid=\"" ID ID "0\"/>")},
        {WH_MALFORMED, "pkgid", INDEX("<package pkgid=\"0123456789ABCDEF0123456789ABCDEF\"/>")},
        {WH_MALFORMED, "pkgid", INDEX("<package pkgid=\"0123456789abcdef/../0123456789ab\"/>")},
        {WH_MALFORMED, "header id",
            INDEX("<package pkgid=\"" ID "\"><bundle" SIZE SHA "/></package>")},
        {WH_MALFORMED, "header id",
            INDEX(
                "<package pkgid=\"" ID "\"><bundle from='2c26b46b68ffc6'" SIZE SHA "/></package>")},
        {WH_MALFORMED, "header id",
            INDEX("<package pkgid=\"" ID "\"><bundle from='2c26b46b68ffc68g'" SIZE SHA
                  "/></package>")},
        {WH_MALFORMED, "sha256",
            INDEX("<package pkgid=\"" ID "\"><bundle" FROM SIZE "/></package>")},
        {WH_MALFORMED, "sha256",
            INDEX("<package pkgid=\"" ID "\"><bundle" FROM SIZE " sha256='fcde'/></package>")},
        {WH_MALFORMED, "size", INDEX("<package pkgid=\"" ID "\"><doc" SHA "/></package>")},
        {WH_MALFORMED, "size",
            INDEX("<package pkgid=\"" ID "\"><doc size='-1'" SHA "/></package>")},
        {WH_MALFORMED, "size",
            INDEX("<package pkgid=\"" ID "\"><doc size='0x500'" SHA "/></package>")},
        {WH_MALFORMED, "size",
            INDEX("<package pkgid=\"" ID "\"><doc size='0500'" SHA "/></package>")},
        {WH_MALFORMED, "size",
            INDEX("<package pkgid=\"" ID "\"><doc size='500 '" SHA "/></package>")},
        {WH_MALFORMED, "size",
            INDEX("<package pkgid=\"" ID "\"><doc size='243'" SHA "/></package>")},
        {WH_MALFORMED, "size",
            INDEX("<package pkgid=\"" ID "\"><doc size='1073741825'" SHA "/></package>")},
        {WH_MALFORMED, "size",
            INDEX("<package pkgid=\"" ID "\"><doc size='18446744073709551860'" SHA "/></package>")},
        {WH_MALFORMED, "cpu-ms", INDEX("<package pkgid=\"" ID "\">" COSTLY("0") "</package>")},
        {WH_MALFORMED, "cpu-ms", INDEX("<package pkgid=\"" ID "\">" COSTLY("") "</package>")},
        {WH_MALFORMED, "cpu-ms", INDEX("<package pkgid=\"" ID "\">" COSTLY("07") "</package>")},
        {WH_MALFORMED, "cpu-ms", INDEX("<package pkgid=\"" ID "\">" COSTLY("1.5") "</package>")},
        {WH_MALFORMED, "cpu-ms",
            INDEX("<package pkgid=\"" ID "\">" COSTLY("4294967296") "</package>")},
        {WH_MALFORMED, "two bundles from one version",
            INDEX("<package pkgid=\"" ID "\">" BUNDLE COSTLY("7") BUNDLE "</package>")},
        {WH_MALFORMED, "two bundles from one version",
            INDEX("<package pkgid=\"" ID "\">" COSTLY("8") BUNDLE COSTLY("7") "</package>")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_index index = {0};
        REFUSED(rows[i].status, rows[i].part, read_text(rows[i].text, &index, &err));
        assert_null(index.packages);
    }
}

static void refuses_too_many_bundles_of_a_package(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer text = {.ceiling = 1 << 20};
    struct wh_index index;
    static const char start[] = "<whittle version=\"1\"><package pkgid=\"" ID "\">";

    (void)state;
    wh_buffer_append(&text, start, sizeof start - 1);
    for (unsigned i = 0; i < WH_INDEX_BUNDLES_MAX + 1; i++)
        wh_buffer_append(&text, BUNDLE, sizeof BUNDLE - 1);
    wh_buffer_append(&text, "</package></whittle>", 20);
    REFUSED(WH_OVER_LIMIT, "too many bundles", wh_index_read(wh_buffer_bytes(&text), &index, &err));
}

/* libxml2 compares each attribute with all before it. */
static void refuses_too_many_attributes_of_an_element(void **state)
{
    static const char *const values[] = {"=''", "\n = \n\">\""};

    (void)state;
    for (size_t way = 0; way < COUNT(values); way++)
        for (unsigned count = 63; count < 65; count++) {
            wh_cleanup(wh_buffer_clear) struct wh_buffer text = {.ceiling = 1 << 20};
            struct wh_index index = {0};
            wh_buffer_append(&text, "<whittle version='1'>", 21);
            wh_buffer_append(&text, "<later", 6);
            for (unsigned i = 0; i <= count; i++) {
                char attribute[32];
                int length = snprintf(attribute, sizeof attribute, " a%u%s", i, values[way]);
                wh_buffer_append(&text, attribute, (size_t)length);
            }
            wh_buffer_append(&text, "/></whittle>", 12);
            if (count == 63)
                OK(wh_index_read(wh_buffer_bytes(&text), &index, &err));
            else
                REFUSED(WH_OVER_LIMIT, "too many attributes",
                    wh_index_read(wh_buffer_bytes(&text), &index, &err));
        }
}

/* It keeps names in a table that hardly grows, and looks through all namespaces in scope. */
static void refuses_too_many_names_and_namespaces(void **state)
{
    static const struct {
        unsigned most; /* beside whittle, version, and what the text has itself */
        const char *before, *after;
    } rows[] = {{254, "<a", "/>"}, {253, "<a b", "=''/>"}, {254, "<?a", " b?>"},
        {64, "<a xmlns='u", "'/>"}};

    (void)state;
    for (size_t row = 0; row < COUNT(rows); row++)
        for (unsigned count = rows[row].most; count < rows[row].most + 2; count++) {
            wh_cleanup(wh_buffer_clear) struct wh_buffer text = {.ceiling = 1 << 20};
            struct wh_index index = {0};
            wh_buffer_append(&text, "<whittle version='1'>", 21);
            for (unsigned i = 0; i < count; i++) {
                char element[64];
                int length = snprintf(
                    element, sizeof element, "%s%u%s", rows[row].before, i, rows[row].after);
                wh_buffer_append(&text, element, (size_t)length);
            }
            wh_buffer_append(&text, "</whittle>", 10);
            if (count == rows[row].most)
                OK(wh_index_read(wh_buffer_bytes(&text), &index, &err));
            else
                REFUSED(
                    WH_OVER_LIMIT, "names", wh_index_read(wh_buffer_bytes(&text), &index, &err));
        }
}

/* What is looked for before libxml2 reads must not hide in another encoding. */
static void takes_nothing_but_utf_8(void **state)
{
    static const char wide[] = "\xff\xfe<\0w\0/\0>";
    static const char *const declared[] = {"UTF-16", "UTF-7", "IBM037", "ISO-8859-1", "nothing"};
    struct wh_index index = {0};

    (void)state;
    REFUSED(WH_MALFORMED, "UTF-8",
        wh_index_read((struct wh_bytes){(const uint8_t *)wide, sizeof wide}, &index, &err));
    REFUSED(WH_MALFORMED, "UTF-8", read_text("\x4c\x6f\xa7\x94", &index, &err));
    REFUSED(WH_MALFORMED, "UTF-8",
        wh_index_read((struct wh_bytes){(const uint8_t *)INDEX(PACKAGE), sizeof INDEX(PACKAGE)},
            &index, &err)); /* with its NUL */
    for (size_t i = 0; i < COUNT(declared); i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
            "<?xml version='1.0' encoding='%s'?><whittle version='1'><a "
            "b='+AD0-\xc3\xa9'/></whittle>",
            declared[i]);
        OK(read_text(text, &index, &err)); /* as UTF-8, whatever it says */
        wh_index_clear(&index);
    }
    REFUSED(WH_MALFORMED, "not well-formed",
        read_text("<whittle version='1'><a b='\xe9'/></whittle>", &index, &err));
    OK(read_text("\xef\xbb\xbf" INDEX(PACKAGE), &index, &err));
    wh_index_clear(&index);
    OK(read_text("<whittle version='1'><!-- no --><![CDATA[ type ]]></whittle>", &index, &err));
    wh_index_clear(&index);
}

static void random_bytes(uint8_t *out, size_t length)
{
    static uint64_t value = 88172645463325252ull; /* xorshift64: the test is the same each time */

    for (size_t i = 0; i < length; i++) {
        value ^= value << 13;
        value ^= value >> 7;
        value ^= value << 17;
        out[i] = (uint8_t)(value >> 32);
    }
}

static void fill(struct wh_index *index, uint32_t packages, uint32_t bundles)
{
    index->packages = calloc(packages, sizeof *index->packages);
    index->package_count = packages;
    for (uint32_t i = 0; i < packages; i++) {
        struct wh_index_package *package = &index->packages[i];
        uint8_t id[32];
        random_bytes(id, sizeof id);
        wh_hex(id, sizeof id, package->pkgid);
        package->bundles = calloc(bundles, sizeof *package->bundles);
        package->bundle_count = bundles;
        for (uint32_t b = 0; b < bundles; b++) {
            struct wh_index_bundle *bundle = &package->bundles[b];
            bundle->kind = b == bundles - 1 && bundles > 1 ? WH_BUNDLE_DOC : WH_BUNDLE_STEP;
            if (bundle->kind == WH_BUNDLE_STEP)
                random_bytes(bundle->from, sizeof bundle->from);
            random_bytes((uint8_t *)&bundle->size, 2);
            bundle->size += WH_BUNDLE_HEAD_LENGTH;
            random_bytes(bundle->sha256, sizeof bundle->sha256);
        }
        if (bundles > 2) { /* one with cost and one without */
            memcpy(package->bundles[1].from, package->bundles[0].from, 8);
            package->bundles[1].cpu_ms = UINT32_MAX - i;
        }
    }
}

static void costs_less_than_a_hundred_bytes_a_bundle(void **state)
{
    enum { PACKAGES = 1000 };
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INDEX_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = WH_INDEX_MAX};
    struct wh_index index = {0};

    (void)state;
    fill(&index, PACKAGES, 1);
    OK(wh_index_write(&index, &xml, &err));
    OK(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 19, &stored, &err));
    print_message("index: %zu bytes for %d bundles\n", stored.length, PACKAGES);
    assert_true(stored.length <= 100 * PACKAGES);
    wh_index_clear(&index);
}

static bool same_bundle(const struct wh_index_bundle *a, const struct wh_index_bundle *b)
{
    return a->kind == b->kind && a->size == b->size && a->cpu_ms == b->cpu_ms &&
           memcmp(a->from, b->from, sizeof a->from) == 0 &&
           memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}

static void what_is_written_is_read_the_same(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INDEX_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = WH_INDEX_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = WH_INDEX_MAX};
    struct wh_index index = {0};
    struct wh_index read = {0};

    (void)state;
    fill(&index, 50, 4);
    OK(wh_index_write(&index, &xml, &err));
    OK(wh_index_read(wh_buffer_bytes(&xml), &read, &err));
    assert_int_equal(read.package_count, 50);
    for (uint32_t i = 0; i < 50; i++) {
        assert_string_equal(read.packages[i].pkgid, index.packages[i].pkgid);
        for (uint32_t b = 0; b < 4; b++)
            assert_true(same_bundle(&read.packages[i].bundles[b], &index.packages[i].bundles[b]));
    }
    OK(wh_index_write(&read, &again, &err));
    assert_int_equal(again.length, xml.length);
    assert_memory_equal(again.data, xml.data, xml.length);
    wh_index_clear(&read);
    OK(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 3, &stored, &err));
    OK(wh_index_read(wh_buffer_bytes(&stored), &read, &err));
    assert_int_equal(read.package_count, 50);
    wh_index_clear(&read);
    wh_index_clear(&index);
}

/* The order of one package's bundles does not depend on how they were found. */
static void bundles_without_cost_are_written_first(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INDEX_MAX};
    struct wh_index_bundle bundles[] = {
        {.kind = WH_BUNDLE_CONFIG, .size = 500, .cpu_ms = 9},
        {.kind = WH_BUNDLE_STEP, .size = 300, .cpu_ms = 7, .sha256 = {1}},
        {.kind = WH_BUNDLE_STEP, .size = 400, .sha256 = {2}},
    };
    struct wh_index_package package = {
        .pkgid = ID, .bundles = bundles, .bundle_count = COUNT(bundles)};
    struct wh_index index = {.packages = &package, .package_count = 1};

    (void)state;
    OK(wh_index_write(&index, &xml, &err));
    wh_buffer_u8(&xml, 0);
    assert_int_equal(bundles[0].size, 400);
    assert_int_equal(bundles[1].size, 300);
    assert_non_null(strstr((const char *)xml.data, "00\" cpu-ms=\"7\"/><config"));
    assert_null(strstr((const char *)xml.data, "cpu-ms=\"9\"")); /* of supplements: never */
}

static void the_backend_and_prefixes_come_back(void **state)
{
    static char backend[] = "https://backend.example/w/";
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INDEX_MAX};
    struct wh_index_bundle bundle = {.kind = WH_BUNDLE_STEP, .size = 300};
    struct wh_index_package packages[] = {
        {.pkgid = OTHER_ID, .has_prefix = true, .prefix = {1, [31] = 0xf0}},
        {.pkgid = ID, .bundles = &bundle, .bundle_count = 1},
    };
    struct wh_index index = {
        .backend = backend, .packages = packages, .package_count = COUNT(packages)};
    struct wh_index read = {0};

    (void)state;
    OK(wh_index_write(&index, &xml, &err));
    OK(wh_index_read(wh_buffer_bytes(&xml), &read, &err));
    assert_string_equal(read.backend, backend);
    assert_false(wh_index_find(&read, ID)->has_prefix);
    const struct wh_index_package *other = wh_index_find(&read, OTHER_ID);
    assert_true(other->has_prefix);
    assert_int_equal(other->bundle_count, 0);
    assert_int_equal(other->prefix[31], 0xf0);
    wh_index_clear(&read);
}

static void what_no_reader_would_take_is_not_written(void **state)
{
    static char backend[] = "https://backend.example";
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INDEX_MAX};
    struct wh_index_package package = {.pkgid = ID};
    struct wh_index index = {.packages = &package, .package_count = 1};

    (void)state;
    REFUSED(WH_MALFORMED, "neither bundle nor prefix", wh_index_write(&index, &xml, &err));
    package.has_prefix = true;
    index.backend = backend;
    REFUSED(WH_MALFORMED, "no base URL", wh_index_write(&index, &xml, &err));
}

static void rivals_are_not_written(void **state)
{
    static const uint32_t costs[][2] = {{0, 0}, {1, 2}};

    (void)state;
    for (size_t i = 0; i < COUNT(costs); i++) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INDEX_MAX};
        struct wh_index_bundle bundles[] = {
            {.kind = WH_BUNDLE_STEP, .size = 300, .cpu_ms = costs[i][0], .sha256 = {1}},
            {.kind = WH_BUNDLE_STEP, .size = 400, .cpu_ms = costs[i][1], .sha256 = {2}},
        };
        struct wh_index_package package = {
            .pkgid = ID, .bundles = bundles, .bundle_count = COUNT(bundles)};
        struct wh_index index = {.packages = &package, .package_count = 1};
        REFUSED(WH_MALFORMED, "two bundles from one version", wh_index_write(&index, &xml, &err));
        bundles[0].from[7] = 1;
        OK(wh_index_write(&index, &xml, &err));
    }
}

static void what_is_written_keeps_the_schema(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INDEX_MAX};
    struct wh_index index = {0};

    (void)state;
    fill(&index, 3, 4);
    index.backend = strdup("https://backend.example:8443/w/");
    index.packages[0].has_prefix = true;
    index.packages[1].has_prefix = true;
    free(index.packages[1].bundles);
    index.packages[1].bundles = NULL;
    index.packages[1].bundle_count = 0;
    OK(wh_index_write(&index, &xml, &err));
    wh_index_clear(&index);
    xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(INDEX_SCHEMA);
    xmlRelaxNGPtr schema = xmlRelaxNGParse(parser);
    assert_non_null(schema);
    xmlRelaxNGValidCtxtPtr checker = xmlRelaxNGNewValidCtxt(schema);
    xmlDocPtr document = xmlReadMemory((const char *)xml.data, (int)xml.length, NULL, NULL, 0);
    assert_non_null(document);
    assert_int_equal(xmlRelaxNGValidateDoc(checker, document), 0);
    xmlFreeDoc(document);
    xmlRelaxNGFreeValidCtxt(checker);
    xmlRelaxNGFree(schema);
    xmlRelaxNGFreeParserCtxt(parser);
    xmlRelaxNGCleanupTypes();
    xmlCleanupParser();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_packages_and_passes_over_what_it_does_not_know),
        cmocka_unit_test(reads_a_version_that_two_bundles_start_from),
        cmocka_unit_test(refuses_what_is_no_index),
        cmocka_unit_test(refuses_too_many_bundles_of_a_package),
        cmocka_unit_test(refuses_too_many_attributes_of_an_element),
        cmocka_unit_test(refuses_too_many_names_and_namespaces),
        cmocka_unit_test(takes_nothing_but_utf_8),
        cmocka_unit_test(costs_less_than_a_hundred_bytes_a_bundle),
        cmocka_unit_test(what_is_written_is_read_the_same),
        cmocka_unit_test(bundles_without_cost_are_written_first),
        cmocka_unit_test(the_backend_and_prefixes_come_back),
        cmocka_unit_test(what_no_reader_would_take_is_not_written),
        cmocka_unit_test(rivals_are_not_written),
        cmocka_unit_test(what_is_written_keeps_the_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
