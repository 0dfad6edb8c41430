/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request_test.c - request lines: what they give, and all that they must not have. */
#include "check.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/request.h"
#include "whittle/cleanup.h"

#define SHA256 "\"00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\""
#define BUNDLE "{\"path\":\"/b\",\"size\":7,\"sha256\":" SHA256 "}"
#define SELECT                                                                                     \
    "{\"id\":-3,\"index\":\"/i\",\"pkgid\":\"ab\",\"nevra\":\"n-1-1.noarch\",\"root\":\"/\","      \
    "\"size\":9000000000,\"rate\":0}"
#define ASSEMBLE_START "{\"id\":5,\"nevra\":\"n-1:2-3.noarch\",\"root\":\"/r\","
#define ASSEMBLE_END                                                                               \
    "\"destination\":\"/d/n.rpm\",\"checksum\":{\"type\":\"sha256\",\"value\":\"ff\"},"            \
    "\"budget\":9000000000}"
#define ASSEMBLE ASSEMBLE_START "\"bundles\":[" BUNDLE "]," ASSEMBLE_END

/* From exactly as much memory as the line has, so that reading past its end shows. */
static wh_status parse_select(const char *text, size_t length, struct wh_error *err)
{
    wh_cleanup(wh_select_request_clear) struct wh_select_request request = {0};
    wh_autofree uint8_t *line = malloc(length ? length : 1);

    assert_non_null(line);
    memcpy(line, text, length);
    return wh_select_request_parse((struct wh_bytes){line, length}, &request, err);
}

static wh_status parse_assemble(const char *text, size_t length, struct wh_error *err)
{
    wh_cleanup(wh_assemble_request_clear) struct wh_assemble_request request = {0};
    wh_autofree uint8_t *line = malloc(length ? length : 1);

    assert_non_null(line);
    memcpy(line, text, length);
    return wh_assemble_request_parse((struct wh_bytes){line, length}, &request, err);
}

typedef wh_status parse_fn(const char *text, size_t length, struct wh_error *err);

static struct wh_bytes line_of(const char *text)
{
    return (struct wh_bytes){(const uint8_t *)text, strlen(text)};
}

static void reads_a_select_request(void **state)
{
    wh_cleanup(wh_select_request_clear) struct wh_select_request request = {0};

    (void)state;
    OK(wh_select_request_parse(line_of(SELECT), &request, &err));
    assert_int_equal(request.id, -3);
    assert_string_equal(request.index, "/i");
    assert_string_equal(request.pkgid, "ab");
    assert_string_equal(request.nevra, "n-1-1.noarch");
    assert_string_equal(request.root, "/");
    assert_int_equal(request.size, 9000000000);
    assert_int_equal(request.rate, 0);
}

#define ASKING(index, backend)                                                                     \
    "{\"id\":1,\"index\":" index ",\"pkgid\":\"ab\",\"nevra\":\"n-1-1.noarch\",\"root\":\"/\","    \
    "\"size\":1,\"rate\":0,\"backend\":" backend "}"

static void reads_what_may_be_asked_of_a_backend(void **state)
{
    wh_cleanup(wh_select_request_clear) struct wh_select_request few = {0};
    wh_cleanup(wh_select_request_clear) struct wh_select_request all = {0};

    (void)state;
    OK(wh_select_request_parse(line_of(ASKING("null", "{\"signed\":true}")), &few, &err));
    assert_null(few.index);
    assert_true(few.may_ask && few.is_signed && !few.backend.skip_verify);
    assert_null(few.backend.url);
    assert_null(few.backend.proxy);
    assert_int_equal(few.backend.connect_timeout, 30);
    assert_int_equal(few.backend.timeout, 75);
    OK(wh_select_request_parse(
        line_of(ASKING("\"/i\"",
            "{\"signed\":false,\"url\":\"https://b.example/w/"
            "\",\"proxy\":\"\",\"proxy_user\":\"u\","
            "\"proxy_password\":\"p\",\"ca_file\":\"/ca\",\"verify\":false,\"connect_timeout\":1,"
            "\"timeout\":3600}")),
        &all, &err));
    assert_true(all.may_ask && !all.is_signed && all.backend.skip_verify);
    assert_string_equal(all.backend.url, "https://b.example/w/");
    assert_string_equal(all.backend.proxy, "");
    assert_string_equal(all.backend.proxy_user, "u");
    assert_string_equal(all.backend.proxy_password, "p");
    assert_string_equal(all.backend.ca_file, "/ca");
    assert_int_equal(all.backend.connect_timeout, 1);
    assert_int_equal(all.backend.timeout, 3600);
}

static void reads_an_assemble_request(void **state)
{
    wh_cleanup(wh_assemble_request_clear) struct wh_assemble_request request = {0};

    (void)state;
    OK(wh_assemble_request_parse(line_of(ASSEMBLE), &request, &err));
    assert_int_equal(request.id, 5);
    assert_string_equal(request.nevra, "n-1:2-3.noarch");
    assert_string_equal(request.root, "/r");
    assert_int_equal(request.bundle_count, 1);
    assert_string_equal(request.bundles[0].path, "/b");
    assert_int_equal(request.bundles[0].size, 7);
    assert_int_equal(request.bundles[0].sha256[1], 0x11);
    assert_int_equal(request.bundles[0].sha256[31], 0xff);
    assert_string_equal(request.destination, "/d/n.rpm");
    assert_string_equal(request.checksum_type, "sha256");
    assert_string_equal(request.checksum_value, "ff");
    assert_int_equal(request.budget, 9000000000);
}

static void reads_what_a_bundle_must_lead_to_and_start_from(void **state)
{
    wh_cleanup(wh_assemble_request_clear) struct wh_assemble_request request = {0};

    (void)state;
    OK(wh_assemble_request_parse(
        line_of(ASSEMBLE_START "\"bundles\":[{\"path\":\"/b\",\"size\":7,\"sha256\":" SHA256
                               ",\"prefix\":" SHA256 ",\"installed\":" SHA256 "}," BUNDLE
                               "]," ASSEMBLE_END),
        &request, &err));
    assert_true(request.bundles[0].has_prefix && request.bundles[0].has_installed);
    assert_int_equal(request.bundles[0].prefix[31], 0xff);
    assert_int_equal(request.bundles[0].installed[1], 0x11);
    assert_false(request.bundles[1].has_prefix || request.bundles[1].has_installed);
}

static void reads_as_many_bundles_as_a_plan_takes(void **state)
{
    wh_cleanup(wh_assemble_request_clear) struct wh_assemble_request request = {0};

    (void)state;
    OK(wh_assemble_request_parse(
        line_of(ASSEMBLE_START "\"bundles\":[" BUNDLE "," BUNDLE "," BUNDLE "]," ASSEMBLE_END),
        &request, &err));
    assert_int_equal(request.bundle_count, WH_PLAN_BUNDLES_MAX);
}

struct refused_line {
    const char *part; /* of the message */
    const char *line;
};

static void refuses_lines(parse_fn *parse, const struct refused_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        REFUSED(WH_MALFORMED, lines[i].part, parse(lines[i].line, strlen(lines[i].line), &err));
}

static void refuses_what_is_no_request(void **state)
{
    static const struct refused_line lines[] = {
        {"not a JSON object", ""},
        {"not a JSON object", " "},
        {"not a JSON object", "7"},
        {"not a JSON object", "null"},
        {"not a JSON object", "\"text\""},
        {"not a JSON object", "[" SELECT "]"},
        {"not a JSON object", SELECT " x"},
        {"not a JSON object", SELECT SELECT},
        {"not a JSON object", "{\"id\":1//\n}"},
        {"not a JSON object", "{\"id\":1,}"},
        {"not a JSON object", "{\"id\":[[[[[1]]]]]}"},
        {"id is missing", "{}"},
    };

    (void)state;
    refuses_lines(parse_select, lines, COUNT(lines));
    refuses_lines(parse_assemble, lines, COUNT(lines));
}

/* json-c stops at a zero byte, as if the line did. */
static void refuses_what_follows_a_zero_byte(void **state)
{
    static const char select[] = SELECT "\0x";
    static const char assemble[] = ASSEMBLE "\0";

    (void)state;
    REFUSED(WH_MALFORMED, "not a JSON object", parse_select(select, sizeof select - 1, &err));
    REFUSED(WH_MALFORMED, "not a JSON object", parse_assemble(assemble, sizeof assemble - 1, &err));
}

#define PLACE "{\"id\":1,\"index\":\"\",\"pkgid\":\"\",\"nevra\":\"\",\"root\":\"\""

static void refuses_select_members_that_are_not_as_written(void **state)
{
    static const struct refused_line lines[] = {
        {"id is missing or bad", "{\"id\":\"1\"}"},
        {"id is missing or bad", "{\"id\":1.5}"},
        {"id is missing or bad", "{\"id\":null}"},
        {"index is missing or bad", "{\"id\":1,\"index\":1}"},
        {"index is missing or bad", "{\"id\":1,\"index\":\"a\\u0000b\"}"},
        {"pkgid is missing or bad", "{\"id\":1,\"index\":\"\",\"pkgid\":[]}"},
        {"size is missing or bad", PLACE ",\"size\":-1,\"rate\":1}"},
        {"rate is missing or bad", PLACE ",\"size\":1,\"rate\":-1}"},
        {"rate is missing or bad", PLACE ",\"size\":1,\"rate\":1.5}"},
        {"rate is missing or bad", PLACE ",\"size\":1,\"rate\":null}"},
        {"not known", PLACE ",\"size\":1,\"rate\":1,\"new\":1}"},
        {"backend is missing or bad", ASKING("null", "7")},
        {"backend is missing or bad", ASKING("null", "null")},
        {"signed is missing or bad", ASKING("null", "{}")},
        {"signed is missing or bad", ASKING("null", "{\"signed\":1}")},
        {"url is missing or bad", ASKING("null", "{\"signed\":true,\"url\":\"file:///x/\"}")},
        {"url is missing or bad", ASKING("null", "{\"signed\":true,\"url\":\"http://x\"}")},
        {"url is missing or bad", ASKING("null", "{\"signed\":true,\"url\":null}")},
        {"proxy is missing or bad", ASKING("null", "{\"signed\":true,\"proxy\":7}")},
        {"verify is missing or bad", ASKING("null", "{\"signed\":true,\"verify\":\"no\"}")},
        {"timeout is missing or bad", ASKING("null", "{\"signed\":true,\"timeout\":0}")},
        {"timeout is missing or bad", ASKING("null", "{\"signed\":true,\"timeout\":3601}")},
        {"connect_timeout is missing or bad",
            ASKING("null", "{\"signed\":true,\"connect_timeout\":-1}")},
        {"not known", ASKING("null", "{\"signed\":true,\"cookie\":\"\"}")},
    };

    (void)state;
    refuses_lines(parse_select, lines, COUNT(lines));
}

#define BUNDLES(list) ASSEMBLE_START "\"bundles\":" list "," ASSEMBLE_END
#define END(destination, checksum, budget)                                                         \
    ASSEMBLE_START "\"bundles\":[" BUNDLE "],\"destination\":" destination                         \
                   ",\"checksum\":" checksum ",\"budget\":" budget "}"
#define CHECKSUM "{\"type\":\"sha256\",\"value\":\"\"}"

static void refuses_assemble_members_that_are_not_as_written(void **state)
{
    static const struct refused_line lines[] = {
        {"0 bundles", BUNDLES("[]")},
        {"4 bundles", BUNDLES("[" BUNDLE "," BUNDLE "," BUNDLE "," BUNDLE "]")},
        {"bundles is missing or bad", BUNDLES("{}")},
        {"a bundle is no object", BUNDLES("[7]")},
        {"a bundle is no object", BUNDLES("[" BUNDLE ",null]")},
        {"path is missing or bad", BUNDLES("[{}]")},
        {"size is missing or bad",
            BUNDLES("[{\"path\":\"/b\",\"size\":-1,\"sha256\":" SHA256 "}]")},
        {"size is missing or bad",
            BUNDLES("[{\"path\":\"/b\",\"size\":\"7\",\"sha256\":" SHA256 "}]")},
        {"sha256 is missing or bad", BUNDLES("[{\"path\":\"/b\",\"size\":7,\"sha256\":\"00\"}]")},
        {"sha256 is missing or bad",
            BUNDLES("[{\"path\":\"/b\",\"size\":7,\"sha256\":\"0g112233445566778899aabbccddeeff"
                    "00112233445566778899aabbccddeeff\"}]")},
        {"prefix is missing or bad",
            BUNDLES("[{\"path\":\"/b\",\"size\":7,\"prefix\":\"00\",\"sha256\":" SHA256 "}]")},
        {"installed is missing or bad",
            BUNDLES("[{\"path\":\"/b\",\"size\":7,\"installed\":7,\"sha256\":" SHA256 "}]")},
        {"not known",
            BUNDLES("[{\"path\":\"/b\",\"size\":7,\"kind\":\"step\",\"sha256\":" SHA256 "}]")},
        {"no absolute path", END("\"n.rpm\"", CHECKSUM, "1")},
        {"no absolute path", END("\"\"", CHECKSUM, "1")},
        {"checksum is missing or bad", END("\"/n.rpm\"", "\"ff\"", "1")},
        {"type is missing or bad", END("\"/n.rpm\"", "{}", "1")},
        {"value is missing or bad", END("\"/n.rpm\"", "{\"type\":\"sha256\"}", "1")},
        {"not known", END("\"/n.rpm\"", "{\"type\":\"\",\"value\":\"\",\"x\":1}", "1")},
        {"budget is missing or bad", END("\"/n.rpm\"", CHECKSUM, "-1")},
        {"budget is missing or bad", END("\"/n.rpm\"", CHECKSUM, "1e3")},
        {"not known", ASSEMBLE_START "\"new\":1,\"bundles\":[" BUNDLE "]," ASSEMBLE_END},
    };

    (void)state;
    refuses_lines(parse_assemble, lines, COUNT(lines));
}

/* Takes each member of a good request away in turn. */
static void misses_each_member(parse_fn *parse, const char *good)
{
    struct json_object *whole = json_tokener_parse(good);

    json_object_object_foreach(whole, name, ignored)
    {
        struct json_object *request = json_tokener_parse(good);
        char missing[64];
        (void)ignored;
        (void)snprintf(missing, sizeof missing, "%s is missing or bad", name);
        json_object_object_del(request, name);
        const char *text = json_object_to_json_string(request);
        REFUSED(WH_MALFORMED, missing, parse(text, strlen(text), &err));
        (void)json_object_put(request);
    }
    (void)json_object_put(whole);
}

static void misses_each_member_that_is_not_there(void **state)
{
    (void)state;
    misses_each_member(parse_select, SELECT);
    misses_each_member(parse_assemble, ASSEMBLE);
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    for (size_t length = 0; length < strlen(SELECT); length++)
        REFUSED(WH_MALFORMED, "not a JSON object", parse_select(SELECT, length, &err));
    for (size_t length = 0; length < strlen(ASSEMBLE); length++)
        REFUSED(WH_MALFORMED, "not a JSON object", parse_assemble(ASSEMBLE, length, &err));
}

static void a_line_has_a_greatest_length(void **state)
{
    static const char start[] = "{\"id\":1,\"index\":\"";
    wh_autofree char *line = malloc(WH_LINE_MAX + 1);

    (void)state;
    assert_non_null(line);
    memset(line, 'x', WH_LINE_MAX + 1);
    memcpy(line, start, sizeof start - 1);
    memcpy(line + WH_LINE_MAX - 2, "\"} ", 3);
    REFUSED(WH_MALFORMED, "pkgid is missing", parse_select(line, WH_LINE_MAX, &err));
    REFUSED(WH_OVER_LIMIT, "longer than", parse_select(line, WH_LINE_MAX + 1, &err));
}

static void a_refused_line_leaves_the_request_alone(void **state)
{
    struct wh_select_request select = {.id = 99};
    struct wh_assemble_request assemble = {.id = 99};

    (void)state;
    REFUSED(WH_MALFORMED, "index", wh_select_request_parse(line_of("{\"id\":1}"), &select, &err));
    REFUSED(
        WH_MALFORMED, "nevra", wh_assemble_request_parse(line_of("{\"id\":1}"), &assemble, &err));
    assert_int_equal(select.id, 99);
    assert_null(select.index);
    assert_int_equal(assemble.id, 99);
    assert_null(assemble.nevra);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_select_request),
        cmocka_unit_test(reads_what_may_be_asked_of_a_backend),
        cmocka_unit_test(reads_an_assemble_request),
        cmocka_unit_test(reads_what_a_bundle_must_lead_to_and_start_from),
        cmocka_unit_test(reads_as_many_bundles_as_a_plan_takes),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(refuses_what_follows_a_zero_byte),
        cmocka_unit_test(refuses_select_members_that_are_not_as_written),
        cmocka_unit_test(refuses_assemble_members_that_are_not_as_written),
        cmocka_unit_test(misses_each_member_that_is_not_there),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(a_line_has_a_greatest_length),
        cmocka_unit_test(a_refused_line_leaves_the_request_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
