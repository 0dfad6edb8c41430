/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands_test.c - the commands of whittle at work, as a package manager's plugin runs them: from
 * the index to package files, on a system below a temporary folder. */
#include "root.h"

#include <sys/xattr.h>

#include "assemble/attributes.h"
#include "capture.h"
#include "program.h"
#include "select/proof.h"
#include "whittle/cleanup.h"
#include "whittle/index.h"
#include "whittle/xz.h"

#define LISTED "1111111111111111111111111111111111111111111111111111111111111111"
#define COSTLY "4444444444444444444444444444444444444444444444444444444444444444"

static struct root root; /* with version 1 of the sample */
static struct sample old_package;
static struct sample new_package; /* labelled zstd: rpm needs our plugin for it */
static struct sample gzip_package;
static char home_without[128]; /* .rpmmacros there: no plugin */
static char home_with[128];    /* ours */

/* ---- the place ------------------------------------------------------------------------------ */

static void put_macros(const char *name, const char *plugin_folder)
{
    wh_autofree char *text = NULL;

    assert_true(
        asprintf(&text,
            "%%_dbpath /var/lib/rpm\n%%__plugindir %s\n%%__transaction_whittle %s/whittle.so\n",
            plugin_folder, plugin_folder) > 0);
    scratch_put(&root.scratch, name, text, strlen(text));
}

/* A step to the package, under its name below the repository, and its entry of the index. */
static void publish(const struct sample *package, struct wh_index_bundle *out_bundle)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};
    wh_autofree char *nvra = wh_header_nvra(package->header);
    wh_autofree char *location = NULL;
    wh_autofree char *name = NULL;
    struct wh_digest digest;

    sample_step(&old_package, package, NULL, &step);
    OK(wh_digest_of(WH_SHA256, wh_buffer_bytes(&step), &digest, &err));
    OK(wh_bundle_location(nvra, digest.bytes, &location, &err));
    assert_true(asprintf(&name, "repo/%s", location) > 0);
    scratch_put(&root.scratch, name, step.data, step.length);
    *out_bundle = (struct wh_index_bundle){.kind = WH_BUNDLE_STEP, .size = step.length};
    memcpy(out_bundle->from, old_package.header->id, sizeof out_bundle->from);
    memcpy(out_bundle->sha256, digest.bytes, sizeof out_bundle->sha256);
}

static void put_index(void)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 1 << 16};
    struct wh_index_bundle bundles[3];
    struct wh_index_package packages[] = {
        {.pkgid = LISTED, .bundles = &bundles[0], .bundle_count = 1},
        {.pkgid = "33", .bundles = &bundles[1], .bundle_count = 1},
        {.pkgid = COSTLY, .bundles = &bundles[2], .bundle_count = 1}};
    struct wh_index index = {.packages = packages, .package_count = COUNT(packages)};

    memset(packages[1].pkgid, '3', 64);
    publish(&new_package, &bundles[0]);
    publish(&gzip_package, &bundles[1]);
    bundles[2] = bundles[0];
    bundles[2].cpu_ms = UINT32_MAX;
    OK(wh_index_write(&index, &xml, &err));
    scratch_put(&root.scratch, "repo/index.xml", xml.data, xml.length);
    scratch_put(&root.scratch, "repo/bad.xml", "<whittle", 8);
}

static int begin(void **state)
{
    static const struct sample_options gzip = {.reserved = 400, .compressor = "gzip"};
    static const struct sample_file files[] = {
        {"/usr/bin/sample", "version 3 of a thing", 0, 0, 0, NULL, 0},
    };

    if (root_begin(state) != 0)
        return -1;
    root_make(&root);
    sample_old(&old_package);
    sample_new(&new_package);
    sample_make(&gzip_package, "3", files, COUNT(files), &gzip);
    root_install(&root, &old_package);
    put_index();
    (void)snprintf(home_without, sizeof home_without, "%s/without", root.scratch.path);
    (void)snprintf(home_with, sizeof home_with, "%s/with", root.scratch.path);
    put_macros("without/.rpmmacros", "/nonexistent");
    put_macros("with/.rpmmacros", PLUGIN_FOLDER);
    scratch_put(&root.scratch, "cache/keep", "", 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sample_clear(&old_package);
    sample_clear(&new_package);
    sample_clear(&gzip_package);
    root_remove(&root);
    return 0;
}

static void put(struct json_object **object)
{
    (void)json_object_put(*object);
}

/* Runs a command over the input; the caller puts the answers. */
static struct json_object *ask_with(
    const char *const *arguments, const char *home, const char *input, int status)
{
    wh_cleanup(outcome_clear) struct outcome outcome = {0};

    program_run(&(struct program){.arguments = arguments, .input = input, .home = home}, &outcome);
    if (outcome.status != status)
        fail_msg("whittle %s: exit status %d, %s", arguments[0], outcome.status, outcome.err);
    if (status == 0)
        assert_string_equal(outcome.err, "");
    return answers_in(outcome.out);
}

static struct json_object *ask(const char *command, const char *home, const char *input, int status)
{
    return ask_with((const char *const[]){command, NULL}, home, input, status);
}

/* The last answer of that id, and that there is but one when progress is left out. */
static struct json_object *answer_of(struct json_object *answers, int64_t id)
{
    struct json_object *found = NULL;

    for (size_t i = 0; i < json_object_array_length(answers); i++) {
        struct json_object *answer = json_object_array_get_idx(answers, i);
        if (number_of(answer, "id") != id || strcmp(text_of(answer, "answer"), "progress") == 0)
            continue;
        assert_null(found);
        found = answer;
    }
    assert_non_null(found);
    return found;
}

/* ---- select --------------------------------------------------------------------------------- */

static void add_select(struct wh_buffer *input, int id, const char *index, const char *pkgid,
    const char *nevra, const char *below)
{
    wh_autofree char *line = NULL;

    assert_true(asprintf(&line,
                    "{\"id\":%d,\"index\":\"%s/repo/%s\",\"pkgid\":\"%s\",\"nevra\":\"%s\","
                    "\"root\":\"%s%s\",\"size\":1000000,\"rate\":0}\n",
                    id, root.scratch.path, index, pkgid, nevra, root.scratch.path, below) > 0);
    wh_buffer_append(input, line, strlen(line));
}

static void expect_reason(
    struct json_object *answers, int64_t id, const char *answer, const char *part)
{
    struct json_object *object = answer_of(answers, id);

    if (strcmp(text_of(object, "answer"), answer) != 0 || !strstr(text_of(object, "reason"), part))
        fail_msg("%s instead of %s", json_object_to_json_string(object), part);
}

static void select_answers_every_request(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};
    static const char nevra[] = "sample-0:2-1.noarch";

    (void)state;
    add_select(&input, 1, "index.xml", LISTED, nevra, "");
    add_select(&input, 2, "index.xml", "22", nevra, "");
    add_select(&input, 3, "index.xml", LISTED, "another-2-1.noarch", "");
    add_select(&input, 4, "index.xml", LISTED, nevra, "/nonexistent");
    add_select(&input, 5, "index.xml", LISTED, nevra, "/repo"); /* no system */
    add_select(&input, 6, "none.xml", LISTED, nevra, "");
    add_select(&input, 7, "bad.xml", LISTED, nevra, "");
    add_select(&input, 8, "bad.xml", LISTED, nevra, "");
    add_select(&input, 9, "index.xml", LISTED, "sample", "");
    add_select(&input, 10, "index.xml", LISTED, nevra, "");
    wh_buffer_u8(&input, '\0');
    wh_cleanup(put) struct json_object *answers = ask(
        "select", home_without, (const char *)input.data, 0);
    assert_int_equal(json_object_array_length(answers), 10);
    assert_string_equal(text_of(answer_of(answers, 1), "from"), "sample-1-1.noarch");
    expect_reason(answers, 2, "none", "the index does not list the package");
    expect_reason(answers, 3, "none", "no bundle starts from what is installed");
    expect_reason(answers, 4, "refusal", "/nonexistent: No such file");
    expect_reason(answers, 5, "refusal", "/repo: the rpm database cannot be opened");
    expect_reason(answers, 6, "refusal", "none.xml: No such file");
    expect_reason(answers, 7, "refusal", "bad.xml: ");
    expect_reason(answers, 8, "refusal", "bad.xml: ");
    expect_reason(answers, 9, "refusal", "not NAME-VERSION-RELEASE.ARCH");
    assert_string_equal(text_of(answer_of(answers, 10), "answer"), "select");
}

/* What it says of the package whose bundle takes years of CPU time, with some options. */
static void expect_of_costly(
    const char *const *arguments, const char *answer, const char *member_name, const char *part)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};

    add_select(&input, 1, "index.xml", COSTLY, "sample-2-1.noarch", "");
    wh_buffer_u8(&input, '\0');
    wh_cleanup(put) struct json_object *answers = ask_with(
        arguments, home_without, (const char *)input.data, 0);
    struct json_object *object = answer_of(answers, 1);
    if (strcmp(text_of(object, "answer"), answer) != 0 ||
        !strstr(text_of(object, member_name), part))
        fail_msg("%s instead of %s", json_object_to_json_string(object), part);
}

static void select_weighs_cpu_time_as_it_is_told(void **state)
{
    char path[160];
    char line[160];
    const char *const plain[] = {"select", NULL};
    const char *const many[] = {"select", "--jobs=256", "--reencode", "auto", NULL};
    const char *const never[] = {"select", "--reencode", "never", NULL};
    const char *const always[] = {"select", "--state", path, "--reencode=always", NULL};

    (void)state;
    expect_of_costly(plain, "none", "reason", "takes longer than the download");
    expect_of_costly(many, "none", "reason", "takes longer than the download");
    expect_of_costly(never, "none", "reason", "switched off");
    (void)snprintf(path, sizeof path, "%s/state", root.scratch.path);
    (void)snprintf(line, sizeof line, "%s same\n", wh_xz_version());
    scratch_put(&root.scratch, "state/" WH_PROOF_FILE, line, strlen(line));
    expect_of_costly(always, "select", "from", "sample-1-1.noarch");
    (void)snprintf(line, sizeof line, "%s differs\n", wh_xz_version());
    scratch_put(&root.scratch, "state/" WH_PROOF_FILE, line, strlen(line));
    expect_of_costly(always, "none", "reason", "does not encode as the publisher's did");
}

static void what_is_asked_before_a_bad_line_is_answered(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};

    (void)state;
    add_select(&input, 1, "index.xml", LISTED, "sample-2-1.noarch", "");
    wh_buffer_append(&input, "bad\n", 4);
    add_select(&input, 2, "index.xml", LISTED, "sample-2-1.noarch", "");
    wh_buffer_u8(&input, '\0');
    wh_cleanup(put) struct json_object *answers = ask(
        "select", home_without, (const char *)input.data, 2);
    assert_int_equal(json_object_array_length(answers), 1);
    assert_string_equal(text_of(answer_of(answers, 1), "answer"), "select");
}

static void a_lost_answer_is_trouble(void **state)
{
    static const char *const arguments[] = {"select", NULL};
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};
    wh_cleanup(outcome_clear) struct outcome outcome = {0};

    (void)state;
    add_select(&input, 1, "index.xml", LISTED, "sample-2-1.noarch", "");
    wh_buffer_u8(&input, '\0');
    program_run(&(struct program){.arguments = arguments,
                    .input = (const char *)input.data,
                    .output = "/dev/full",
                    .home = home_without},
        &outcome);
    assert_int_equal(outcome.status, 1);
}

/* ---- assemble ------------------------------------------------------------------------------- */

/* What select says of a listed package, as assemble wants it: a bundle with its path. */
static struct json_object *bundles_for(const char *pkgid, const char *nevra)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};
    struct json_object *bundles = json_object_new_array();

    add_select(&input, 1, "index.xml", pkgid, nevra, "");
    wh_buffer_u8(&input, '\0');
    wh_cleanup(put) struct json_object *answers = ask(
        "select", home_without, (const char *)input.data, 0);
    struct json_object *selected = member(answer_of(answers, 1), "bundles");
    for (size_t i = 0; i < json_object_array_length(selected); i++) {
        struct json_object *from = json_object_array_get_idx(selected, i);
        struct json_object *bundle = json_object_new_object();
        char path[256];
        (void)snprintf(
            path, sizeof path, "%s/repo/%s", root.scratch.path, text_of(from, "location"));
        (void)json_object_object_add(bundle, "path", json_object_new_string(path));
        (void)json_object_object_add(bundle, "size", json_object_get(member(from, "size")));
        (void)json_object_object_add(bundle, "sha256", json_object_get(member(from, "sha256")));
        (void)json_object_array_add(bundles, bundle);
    }
    return bundles;
}

static void add_assemble(struct wh_buffer *input, int id, struct json_object *bundles,
    const char *nevra, const char *below)
{
    wh_autofree char *line = NULL;
    const char *list = json_object_to_json_string_ext(bundles, JSON_C_TO_STRING_PLAIN);

    assert_true(asprintf(&line,
                    "{\"id\":%d,\"nevra\":\"%s\",\"root\":\"%s%s\",\"bundles\":%s,"
                    "\"destination\":\"%s/cache/%d.rpm\",\"checksum\":{\"type\":\"sha256\","
                    "\"value\":\"" LISTED "\"},\"budget\":1000000}\n",
                    id, nevra, root.scratch.path, below, list, root.scratch.path, id) > 0);
    wh_buffer_append(input, line, strlen(line));
}

static void expect_package(int id, const struct sample *package)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {0};
    char path[160];

    sample_assembled(package, &expected);
    (void)snprintf(path, sizeof path, "%s/cache/%d.rpm", root.scratch.path, id);
    wh_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    wh_autofree uint8_t *found = malloc(expected.length + 1);
    assert_non_null(found);
    assert_int_equal(read(fd, found, expected.length + 1), expected.length);
    assert_memory_equal(found, expected.data, expected.length);
    assert_int_equal(unlink(path), 0);
}

static void refuses_what_needs_the_plugin_without_it(void **state)
{
    wh_cleanup(put) struct json_object *zstd = bundles_for(LISTED, "sample-2-1.noarch");
    wh_cleanup(put) struct json_object *gzip = bundles_for(
        "3333333333333333333333333333333333333333333333333333333333333333", "sample-3-1.noarch");
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};

    (void)state;
    add_assemble(&input, 1, zstd, "sample-2-1.noarch", "");
    add_assemble(&input, 2, gzip, "sample-3-1.noarch", "");
    wh_buffer_u8(&input, '\0');
    wh_cleanup(put) struct json_object *answers = ask(
        "assemble", home_without, (const char *)input.data, 0);
    expect_reason(
        answers, 1, "refusal", geteuid() == 0 ? "is whittle's rpm plugin installed?" : "only root");
    assert_string_equal(text_of(answer_of(answers, 2), "answer"), "assembled");
    expect_package(2, &gzip_package);
    assert_int_equal(scratch_names(&root.scratch, "cache"), 1);
}

enum { PACKAGES = 12 };

static void assembles_many_packages_at_a_time(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};

    (void)state;
    if (geteuid() != 0 || !PLUGIN_FOLDER[0])
        skip();
    wh_cleanup(put) struct json_object *bundles = bundles_for(LISTED, "sample-2-1.noarch");
    for (int id = 1; id <= PACKAGES; id++)
        add_assemble(&input, id, bundles, "sample-0:2-1.noarch", "");
    wh_buffer_u8(&input, '\0');
    wh_cleanup(put) struct json_object *answers = ask(
        "assemble", home_with, (const char *)input.data, 0);
    for (int id = 1; id <= PACKAGES; id++) {
        struct json_object *answer = answer_of(answers, id);
        assert_string_equal(text_of(answer, "answer"), "assembled");
        assert_int_equal(number_of(answer, "kept"), 2);
        assert_int_equal(number_of(answer, "patched"), 5);
        assert_int_equal(number_of(answer, "fetched"), 1);
        expect_package(id, &new_package);
    }
    assert_int_equal(scratch_names(&root.scratch, "cache"), 1);
}

/* One after the other, so that it is known which root comes first. */
static void one_run_is_for_one_root(void **state)
{
    static const char *const arguments[] = {"assemble", "--jobs", "1", NULL};
    wh_cleanup(put) struct json_object *bundles = bundles_for(
        "3333333333333333333333333333333333333333333333333333333333333333", "sample-3-1.noarch");
    wh_cleanup(wh_buffer_clear) struct wh_buffer input = {.ceiling = 1 << 16};
    wh_cleanup(outcome_clear) struct outcome outcome = {0};

    (void)state;
    add_assemble(&input, 1, bundles, "sample-3-1.noarch", "/repo"); /* no system */
    add_assemble(&input, 2, bundles, "sample-3-1.noarch", "");
    add_assemble(&input, 3, bundles, "sample-3-1.noarch", "/repo");
    wh_buffer_u8(&input, '\0');
    program_run(
        &(struct program){
            .arguments = arguments, .input = (const char *)input.data, .home = home_without},
        &outcome);
    assert_int_equal(outcome.status, 0);
    wh_cleanup(put) struct json_object *answers = answers_in(outcome.out);
    expect_reason(answers, 1, "refusal", "the rpm database cannot be opened");
    assert_string_equal(text_of(answer_of(answers, 2), "answer"), "assembled");
    expect_reason(answers, 3, "refusal", "another root than before in one run");
    expect_package(2, &gzip_package);
}

/* ---- canary --------------------------------------------------------------------------------- */

static void run_canary(const char *home, bool json, struct outcome *out_outcome)
{
    const char *const arguments[] = {"canary", json ? "--json" : NULL, NULL};

    program_run(&(struct program){.arguments = arguments, .home = home}, out_outcome);
}

static void the_canary_tells_why_not(void **state)
{
    wh_cleanup(outcome_clear) struct outcome plain = {0};
    wh_cleanup(outcome_clear) struct outcome json = {0};

    (void)state;
    run_canary(home_without, false, &plain);
    assert_int_equal(plain.status, 1);
    assert_string_equal(plain.out, "");
    assert_int_equal(strncmp(plain.err, "whittle canary: ", 16), 0);
    run_canary(home_without, true, &json);
    assert_int_equal(json.status, 1);
    assert_string_equal(json.err, "");
    wh_cleanup(put) struct json_object *answers = answers_in(json.out);
    struct json_object *verdict = json_object_array_get_idx(answers, 0);
    assert_false(json_object_get_boolean(member(verdict, "works")));
    assert_non_null(strstr(plain.err, text_of(verdict, "reason")));
}

static void the_canary_tells_that_it_works(void **state)
{
    wh_cleanup(outcome_clear) struct outcome plain = {0};
    wh_cleanup(outcome_clear) struct outcome json = {0};

    (void)state;
    if (geteuid() != 0 || !PLUGIN_FOLDER[0])
        skip();
    run_canary(home_with, false, &plain);
    assert_int_equal(plain.status, 0);
    assert_string_equal(plain.out, "assembled packages install here\n");
    run_canary(home_with, true, &json);
    assert_int_equal(json.status, 0);
    assert_string_equal(json.out, "{\"works\":true}\n");
}

/* ---- purge ---------------------------------------------------------------------------------- */

/* Writes a file with our mark; where there are no such attributes, nothing can be purged. */
static bool put_assembled(const char *name)
{
    char path[160];

    scratch_put(&root.scratch, name, "", 0);
    (void)snprintf(path, sizeof path, "%s/%s", root.scratch.path, name);
    return setxattr(path, WH_ATTRIBUTE_ASSEMBLED, "1", 1, 0) == 0;
}

static bool is_there(const char *name)
{
    return faccessat(root.scratch.folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int purge(const char *folder)
{
    char path[160];
    const char *const arguments[] = {"purge", path, NULL};
    wh_cleanup(outcome_clear) struct outcome outcome = {0};

    (void)snprintf(path, sizeof path, "%s/%s", root.scratch.path, folder);
    program_run(&(struct program){.arguments = arguments, .home = home_without}, &outcome);
    assert_string_equal(outcome.out, "");
    if (outcome.status != 0)
        assert_non_null(strstr(outcome.err, path));
    else
        assert_string_equal(outcome.err, "");
    return outcome.status;
}

static void purge_removes_assembled_packages_only(void **state)
{
    bool marked = put_assembled("disk/repo/a/assembled.rpm");

    (void)state;
    (void)put_assembled("outside/assembled.rpm");
    scratch_put(&root.scratch, "disk/repo/a/downloaded.rpm", "", 0);
    assert_int_equal(symlinkat("disk", root.scratch.folder, "linked"), 0);
    assert_int_equal(symlinkat("../outside", root.scratch.folder, "disk/away"), 0);
    assert_int_equal(purge("linked"), 0);
    assert_int_equal(is_there("disk/repo/a/assembled.rpm"), !marked);
    assert_true(is_there("disk/repo/a/downloaded.rpm"));
    assert_true(is_there("outside/assembled.rpm"));
    assert_int_equal(purge("outside/assembled.rpm"), 0); /* a file will do */
    assert_int_equal(is_there("outside/assembled.rpm"), !marked);
}

static void purge_says_what_it_cannot_read(void **state)
{
    (void)state;
    assert_int_equal(purge("nonexistent"), 1);
    assert_int_equal(symlinkat("nowhere", root.scratch.folder, "dangling"), 0);
    assert_int_equal(purge("dangling"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_answers_every_request),
        cmocka_unit_test(select_weighs_cpu_time_as_it_is_told),
        cmocka_unit_test(what_is_asked_before_a_bad_line_is_answered),
        cmocka_unit_test(a_lost_answer_is_trouble),
        cmocka_unit_test(refuses_what_needs_the_plugin_without_it),
        cmocka_unit_test(assembles_many_packages_at_a_time),
        cmocka_unit_test(one_run_is_for_one_root),
        cmocka_unit_test(the_canary_tells_why_not),
        cmocka_unit_test(the_canary_tells_that_it_works),
        cmocka_unit_test(purge_removes_assembled_packages_only),
        cmocka_unit_test(purge_says_what_it_cannot_read),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
