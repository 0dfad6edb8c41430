/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asking_test.c - `whittle select` with a backend, and `whittle report`: who is asked, what is
 * sent, and what becomes of it. */
#include "root.h"

#include "capture.h"
#include "http_server.h"
#include "program.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/index.h"
#include "whittle/limits.h"
#include "whittle/upgrade.h"

#define NAMED "1111111111111111111111111111111111111111111111111111111111111111"
#define BOUND "2222222222222222222222222222222222222222222222222222222222222222"
#define NEVRA "sample-2-1.noarch"

static struct root root; /* with version 1 of the sample */
static struct sample old_package;
static struct http_server server;
static char home[128];
static bool is_busy; /* the backend */

static void clear_upgrade(struct wh_upgrade *upgrade)
{
    wh_upgrade_clear(upgrade);
}

/* A bundle for the first package, and none for the others. */
static bool answer(void *context, const struct http_request *request, struct wh_buffer *out)
{
    wh_cleanup(clear_upgrade) struct wh_upgrade upgrade = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INSTRUCTIONS_MAX};
    struct wh_package_instructions packages[4] = {0};

    (void)context;
    if (is_busy) {
        http_put(out, "503 Busy", "", (struct wh_bytes){0});
        return true;
    }
    OK(wh_upgrade_read(wh_buffer_bytes(&request->body), &upgrade, &err));
    assert_true(upgrade.package_count <= COUNT(packages));
    for (uint32_t i = 0; i < upgrade.package_count; i++) {
        memcpy(packages[i].pkgid, upgrade.packages[i].pkgid, sizeof packages[i].pkgid);
        packages[i].kind = i == 0 ? WH_ANSWER_BUNDLE : WH_ANSWER_WHOLE;
        packages[i].reason = i == 0 ? NULL : (char *)(uintptr_t) "not kept";
        packages[i].bundle = (struct wh_index_bundle){WH_BUNDLE_STEP, {0}, 500, {0xcc}, 0};
        memcpy(packages[i].bundle.from, upgrade.packages[i].header_id, 8);
    }
    const struct wh_instructions instructions = {packages, upgrade.package_count};
    OK(wh_instructions_write(&instructions, &xml, &err));
    http_put(out, "200 OK", "", wh_buffer_bytes(&xml));
    return true;
}

/* Two packages, one of which is bound by its prefix and has no bundle. */
static void put_index(const char *name, char *backend)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 1 << 16};
    struct wh_index_bundle bundle = {WH_BUNDLE_STEP, {0}, 900, {0xbb}, 0};
    struct wh_index_package packages[] = {
        {.pkgid = NAMED, .bundles = &bundle, .bundle_count = 1},
        {.pkgid = BOUND, .has_prefix = true, .prefix = {0xee}},
    };
    struct wh_index index = {.backend = backend, .packages = packages, .package_count = 2};

    memcpy(bundle.from, old_package.header->id, sizeof bundle.from);
    OK(wh_index_write(&index, &xml, &err));
    scratch_put(&root.scratch, name, xml.data, xml.length);
}

static int begin(void **state)
{
    static const char macros[] = "%_dbpath /var/lib/rpm\n";

    if (root_begin(state) != 0)
        return -1;
    root_make(&root);
    sample_old(&old_package);
    root_install(&root, &old_package);
    put_index("unnamed.xml", NULL);
    (void)snprintf(home, sizeof home, "%s/home", root.scratch.path);
    scratch_put(&root.scratch, "home/.rpmmacros", macros, sizeof macros - 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sample_clear(&old_package);
    root_remove(&root);
    return 0;
}

static int begin_test(void **state)
{
    (void)state;
    is_busy = false;
    http_start(&server, answer, NULL);
    put_index("named.xml", server.url);
    return 0;
}

static int end_test(void **state)
{
    (void)state;
    http_end(&server);
    return 0;
}

static void put(struct json_object **object)
{
    (void)json_object_put(*object);
}

static void add(
    struct wh_buffer *input, int id, const char *index, const char *pkgid, const char *backend)
{
    wh_autofree char *line = NULL;

    assert_true(asprintf(&line,
                    "{\"id\":%d,\"index\":\"%s/%s\",\"pkgid\":\"%s\",\"nevra\":\"" NEVRA
                    "\",\"root\":\"%s\",\"size\":100000,\"rate\":0%s%s}\n",
                    id, root.scratch.path, index, pkgid, root.scratch.path,
                    backend ? ",\"backend\":" : "", backend ? backend : "") > 0);
    wh_buffer_append(input, line, strlen(line));
}

/* The answers, by id from 1; the caller puts them. */
static struct json_object *ask(struct wh_buffer *input, const char *mode)
{
    const char *const arguments[] = {"select", "--reencode", mode, NULL};
    wh_cleanup(outcome_clear) struct outcome outcome = {0};

    wh_buffer_u8(input, '\0');
    program_run(
        &(struct program){.arguments = arguments, .input = (const char *)input->data, .home = home},
        &outcome);
    assert_string_equal(outcome.err, "");
    assert_int_equal(outcome.status, 0);
    http_stop(&server);
    struct json_object *answers = answers_in(outcome.out);
    return answers;
}

static struct json_object *answer_of(struct json_object *answers, int id)
{
    for (size_t i = 0; i < json_object_array_length(answers); i++)
        if (number_of(json_object_array_get_idx(answers, i), "id") == id)
            return json_object_array_get_idx(answers, i);
    fail_msg("no answer to %d", id);
    return NULL;
}

static const char *bundle_member(struct json_object *answer, const char *name)
{
    return text_of(json_object_array_get_idx(member(answer, "bundles"), 0), name);
}

static bool has(struct json_object *object, const char *name)
{
    return json_object_object_get_ex(object, name, NULL);
}

static void all_packages_are_asked_for_at_once(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};

    (void)state;
    add(&input, 1, "named.xml", BOUND, "{\"signed\":false,\"proxy\":\"\"}");
    add(&input, 2, "named.xml", NAMED, "{\"signed\":true,\"proxy\":\"\"}");
    wh_cleanup(put) struct json_object *answers = ask(&input, "auto");
    assert_int_equal(server.request_count, 1);
    struct json_object *cut = answer_of(answers, 1);
    assert_int_equal(strncmp(bundle_member(cut, "url"), server.url, strlen(server.url)), 0);
    assert_int_equal(strncmp(bundle_member(cut, "prefix"), "ee00", 4), 0);
    assert_string_equal(text_of(cut, "from"), "sample-1-1.noarch");
    /* The backend has nothing for the second, and the index has. */
    assert_non_null(strstr(bundle_member(answer_of(answers, 2), "location"), "whittle/sample-2-1"));
}

/* As for the digest that the index does not have, or because it is not allowed. */
static void nobody_is_asked_in_vain(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};

    (void)state;
    add(&input, 1, "named.xml", NAMED, "{\"signed\":false,\"proxy\":\"\"}");
    add(&input, 2, "named.xml", BOUND, NULL);
    add(&input, 3, "unnamed.xml", NAMED, "{\"signed\":true,\"proxy\":\"\"}");
    wh_cleanup(put) struct json_object *answers = ask(&input, "auto");
    assert_int_equal(server.request_count, 0);
    assert_true(has(answer_of(answers, 1), "bundles"));
    assert_string_equal(text_of(answer_of(answers, 2), "answer"), "none");
    assert_true(has(answer_of(answers, 3), "bundles"));
}

static void a_request_names_one_where_the_index_does_not(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};
    char backend[160];
    char nobody[64];

    (void)state;
    http_nobody(nobody);
    (void)snprintf(
        backend, sizeof backend, "{\"signed\":true,\"proxy\":\"\",\"url\":\"%s\"}", server.url);
    add(&input, 1, "unnamed.xml", BOUND, backend);
    (void)snprintf(
        backend, sizeof backend, "{\"signed\":true,\"proxy\":\"\",\"url\":\"%s\"}", nobody);
    add(&input, 2, "named.xml", NAMED, backend);
    wh_cleanup(put) struct json_object *answers = ask(&input, "auto");
    assert_int_equal(server.request_count, 1);
    assert_false(has(answer_of(answers, 1), "trouble"));
    assert_true(has(answer_of(answers, 2), "bundles"));
}

static void trouble_is_said_once(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};
    int said = 0;

    (void)state;
    is_busy = true;
    add(&input, 1, "named.xml", BOUND, "{\"signed\":true,\"proxy\":\"\"}");
    add(&input, 2, "named.xml", NAMED, "{\"signed\":true,\"proxy\":\"\"}");
    wh_cleanup(put) struct json_object *answers = ask(&input, "auto");
    assert_int_equal(server.request_count, 1);
    for (int id = 1; id <= 2; id++)
        if (has(answer_of(answers, id), "trouble")) {
            assert_non_null(strstr(text_of(answer_of(answers, id), "trouble"), "status 503"));
            said++;
        }
    assert_int_equal(said, 1);
    assert_string_equal(text_of(answer_of(answers, 1), "answer"), "none");
    assert_true(has(answer_of(answers, 2), "bundles"));
}

static void refusals_are_handed_on(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};

    (void)state;
    add(&input, 1, "named.xml", NAMED, "{\"signed\":true,\"proxy\":\"\"}");
    add(&input, 2, "named.xml", BOUND, "{\"signed\":true,\"proxy\":\"\"}");
    wh_cleanup(put) struct json_object *answers = ask(&input, "never");
    assert_string_equal(text_of(answer_of(answers, 2), "reason"), "the backend: not kept");
    wh_cleanup(clear_upgrade) struct wh_upgrade upgrade = {0};
    OK(wh_upgrade_read(wh_buffer_bytes(&server.requests[0].body), &upgrade, &err));
    assert_true(upgrade.without_liblzma);
}

/* Byte for byte. */
static void report_prints_what_is_sent(void **state)
{
    const char *const arguments[] = {"report", "--root", root.scratch.path, "--without-liblzma",
        NAMED "=" NEVRA, BOUND "=" NEVRA, NULL};
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};
    wh_cleanup(outcome_clear) struct outcome outcome = {0};

    (void)state;
    root_put(&root, "/etc/sample.conf", "edited");
    add(&input, 1, "named.xml", NAMED, "{\"signed\":true,\"proxy\":\"\"}");
    add(&input, 2, "named.xml", BOUND, "{\"signed\":true,\"proxy\":\"\"}");
    wh_cleanup(put) struct json_object *answers = ask(&input, "never");
    assert_int_equal(json_object_array_length(answers), 2);
    program_run(&(struct program){.arguments = arguments, .home = home}, &outcome);
    assert_int_equal(outcome.status, 0);
    assert_string_equal(outcome.err, "");
    const struct wh_buffer *sent = &server.requests[0].body;
    assert_int_equal(strlen(outcome.out), sent->length);
    assert_memory_equal(outcome.out, sent->data, sent->length);
    assert_non_null(strstr(outcome.out, " reencode=\"no\""));
    assert_non_null(strstr(outcome.out, " differs=\"0\""));
    assert_null(strstr(outcome.out, "edited"));
}

static void report_takes_names_of_packages(void **state)
{
    const char *const short_form[] = {"report", "--root", root.scratch.path, "sample", NULL};
    const char *const long_form[] = {
        "report", "--root", root.scratch.path, "--long", "sample", NULL};
    const char *const unknown[] = {"report", "--root", root.scratch.path, "another", NULL};
    const char *const *const all[] = {short_form, long_form, unknown};
    static const char *const parts[] = {
        "<package pkgid=\"00000000", "<file path=\"/usr/bin/sample\" size=", ""};

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        wh_cleanup(outcome_clear) struct outcome outcome = {0};
        program_run(&(struct program){.arguments = all[i], .home = home}, &outcome);
        assert_int_equal(outcome.status, i == 2);
        assert_non_null(strstr(outcome.out, parts[i]));
        if (i == 2)
            assert_non_null(strstr(outcome.err, "another: no version of it is installed"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_packages_are_asked_for_at_once),
        TEST(nobody_is_asked_in_vain),
        TEST(a_request_names_one_where_the_index_does_not),
        TEST(trouble_is_said_once),
        TEST(refusals_are_handed_on),
        TEST(report_prints_what_is_sent),
        TEST(report_takes_names_of_packages),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
