/* SPDX-License-Identifier: GPL-2.0-or-later */
/* publish_test.c - publish, verify and the gate, on repositories of small made packages. */
#include "made_package.h"

#include <dirent.h>

#include "bundle_build.h"
#include "explain.h"
#include "files.h"
#include "gate.h"
#include "publish.h"
#include "verify.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static const struct made_file files_1[] = {
    {"a", "what does not change ", 900, 0, 0},
    {"b.conf", "setting = 1\n", 40, WH_FILE_CONFIG, 0},
    {"c.conf", "constant\n", 1, WH_FILE_CONFIG, 0},
    {"data", "the first version of this text ", 300, 0, 0},
    {"readme", "about\n", 50, WH_FILE_DOC, 0},
};
static const struct made_file files_2[] = {
    {"a", "what does not change ", 900, 0, 0},
    {"b.conf", "setting = 2\n", 40, WH_FILE_CONFIG, 0},
    {"c.conf", "constant\n", 1, WH_FILE_CONFIG, 0},
    {"copy", "the second version of this text ", 300, 0, 0},
    {"data", "the second version of this text ", 300, 0, 0},
    {"empty", "", 1, 0, 0},
    {"readme", "about it\n", 50, WH_FILE_DOC, 0},
};

#define VERSION(file, number, list)                                                                \
    {                                                                                              \
        .location = (file), .name = "made", .version = (number), .files = (list),                  \
        .file_count = COUNT(list)                                                                  \
    }

static const struct made_package version_1 = VERSION("1.rpm", "1", files_1);
static const struct made_package version_2 = VERSION("2.rpm", "2", files_2);

/* A repository with version 2 and a folder with version 1. */
struct place {
    struct scratch repository;
    struct scratch previous;
    const char *previous_path;
    struct wh_publish_options options;
};

static void place_make(struct place *place)
{
    place->repository = scratch_make();
    place->previous = scratch_make();
    make_package(&place->repository, &version_2);
    make_metadata(&place->repository, &version_2, 1);
    make_package(&place->previous, &version_1);
    place->previous_path = place->previous.path;
    place->options = (struct wh_publish_options){
        .repository = place->repository.path,
        .previous = &place->previous_path,
        .previous_count = 1,
        .versions = 3,
    };
}

static void place_remove(struct place *place)
{
    scratch_remove(&place->repository);
    scratch_remove(&place->previous);
}

static int count_bundles(const struct place *place)
{
    wh_autofree char *path = NULL;
    const struct dirent *entry;
    int count = 0;

    assert_true(asprintf(&path, "%s/whittle", place->repository.path) > 0);
    DIR *folder = opendir(path);
    while (folder && (entry = readdir(folder)) != NULL)
        count += strstr(entry->d_name, ".wht") != NULL;
    if (folder)
        (void)closedir(folder);
    return count;
}

static void publishes_and_verifies(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_publish_result_clear) struct wh_publish_result result = {0};
    wh_cleanup(wh_publish_result_clear) struct wh_publish_result again = {0};
    wh_cleanup(wh_verify_result_clear) struct wh_verify_result verified = {0};
    struct wh_error error = {0};

    (void)state;
    place_make(&place);
    place.options.supplement_docs = true;
    assert_int_equal(wh_publish(&place.options, &result, &error), WH_OK);
    assert_int_equal(result.failure_count, 0);
    assert_int_equal(result.with_bundles, 1);
    assert_int_equal(result.steps, 2);       /* from version 1, and from itself */
    assert_int_equal(result.supplements, 2); /* config, doc */
    assert_int_equal(result.reused, 0);
    assert_true(result.shelf.changed);
    assert_int_equal(count_bundles(&place), 4);

    assert_int_equal(wh_publish(&place.options, &again, &error), WH_OK);
    assert_int_equal(again.reused, 4);
    assert_false(again.shelf.changed);

    const struct wh_verify_options options = {
        .repository = place.repository.path, .previous = &place.previous_path, .previous_count = 1};
    assert_int_equal(wh_verify(&options, &verified, &error), WH_OK);
    assert_int_equal(verified.bundles, 4);
    assert_int_equal(verified.checked, 4);
}

static void verify_tells_bad_from_unchecked(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_publish_result_clear) struct wh_publish_result result = {0};
    struct wh_verify_result verified = {0};
    struct wh_verify_options options = {0};

    (void)state;
    place_make(&place);
    options.repository = place.repository.path;
    assert_int_equal(wh_verify(&options, &verified, NULL), WH_MISSING); /* nothing published */
    assert_int_equal(wh_publish(&place.options, &result, NULL), WH_OK);
    assert_int_equal(wh_verify(&options, &verified, NULL), WH_OK); /* without version 1 */
    assert_int_equal(verified.not_checked, 1);
    assert_int_equal(verified.bad, 0);
    assert_int_equal(verified.checked, 2);
    wh_verify_result_clear(&verified);

    DIR *folder = fdopendir(openat(place.repository.folder, "whittle", O_RDONLY | O_CLOEXEC));
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL)
        if (strstr(entry->d_name, ".wht"))
            assert_int_equal(close(openat(dirfd(folder), entry->d_name, O_WRONLY | O_TRUNC)), 0);
    (void)closedir(folder);
    assert_int_equal(wh_verify(&options, &verified, NULL), WH_OK);
    assert_int_equal(verified.bad, 3);
    assert_int_equal(verified.checked, 0);
    wh_verify_result_clear(&verified);
}

static void refused_repositories_stay_as_they_are(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_publish_result result = {0};
    struct wh_error error = {0};

    (void)state;
    place_make(&place);
    scratch_put(&place.repository, "repodata/repomd.xml.asc", "x", 1);
    assert_int_equal(wh_publish(&place.options, &result, &error), WH_UNSUPPORTED);
    assert_non_null(strstr(error.message, "then sign"));
    assert_int_equal(unlinkat(place.repository.folder, "repodata/repomd.xml.asc", 0), 0);

    scratch_put(&place.previous, "0.rpm", "no package", 10);
    assert_int_equal(wh_publish(&place.options, &result, &error), WH_MALFORMED);
    assert_non_null(strstr(error.message, "/0.rpm: "));
    assert_int_equal(unlinkat(place.previous.folder, "0.rpm", 0), 0);

    scratch_put(&place.repository, "2.rpm", "another file", 12);
    assert_int_not_equal(wh_publish(&place.options, &result, &error), WH_OK);
    assert_non_null(strstr(error.message, "/2.rpm: "));
    assert_int_equal(count_bundles(&place), 0);
}

static void says_why_there_is_no_bundle(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct made_package packages[] = {
        VERSION("2.rpm", "2", files_2), VERSION("3.rpm", "3", files_2)};
    struct wh_publish_result result = {0};

    (void)state;
    place_make(&place);
    packages[0].no_payload_digest = true;
    packages[1].name = "alone";
    for (uint32_t i = 0; i < COUNT(packages); i++)
        make_package(&place.repository, &packages[i]);
    make_metadata(&place.repository, packages, COUNT(packages));
    assert_int_equal(wh_publish(&place.options, &result, NULL), WH_OK);
    assert_int_equal(result.with_bundles, 0);
    assert_int_equal(result.skipped[WH_SKIP_NO_DIGEST], 1);
    assert_int_equal(result.skipped[WH_SKIP_NO_OLDER], 1);
    assert_false(result.shelf.changed);
    wh_publish_result_clear(&result);
}

/* ---- the backend --------------------------------------------------------------------------- */

/* The repository has a package with bundles, one without an older version, and one that nothing can
 * lead to. */
static void put_three(struct place *place)
{
    struct made_package packages[] = {version_2, VERSION("3.rpm", "3", files_2), version_1};

    packages[1].name = "alone";
    packages[2].name = "undigested";
    packages[2].no_payload_digest = true;
    for (uint32_t i = 1; i < COUNT(packages); i++)
        make_package(&place->repository, &packages[i]);
    make_metadata(&place->repository, packages, COUNT(packages));
}

static void publish_for(struct place *place, const char *backend, uint32_t expected_prefixes)
{
    wh_cleanup(wh_publish_result_clear) struct wh_publish_result result = {0};

    place->options.backend = backend;
    OK(wh_publish(&place->options, &result, &err));
    assert_int_equal(result.with_bundles, 1);
    assert_int_equal(result.with_prefix, expected_prefixes);
    assert_int_equal(result.skipped[WH_SKIP_NO_OLDER], 2);
}

static void read_published(const struct place *place, struct wh_index *out_index)
{
    wh_cleanup(wh_repository_close) struct wh_repository repository = {.folder = -1};

    OK(wh_repository_open(place->repository.path, WH_REPOSITORY_WITH_METADATA, &repository, &err));
    OK(wh_shelf_read_index(&repository, out_index, NULL, &err));
}

/* What the index has of the package in that file. */
static const struct wh_index_package *listed(
    const struct place *place, const struct wh_index *index, const char *location)
{
    wh_autoclose int fd = openat(place->repository.folder, location, O_RDONLY | O_CLOEXEC);
    struct wh_digest digest;
    char pkgid[WH_PKGID_MAX + 1];

    OK(wh_file_digest(fd, location, WH_SHA256, &digest, &err));
    wh_hex(digest.bytes, digest.length, pkgid);
    return wh_index_find(index, pkgid);
}

static void expect_prefix(
    const struct place *place, const struct wh_index *index, const char *location)
{
    wh_cleanup(wh_package_clear) struct wh_package_file file = WH_PACKAGE_FILE_NONE;
    const struct wh_index_package *package = listed(place, index, location);
    struct wh_digest digest;

    OK(wh_package_open(place->repository.folder, "R", location, &file, &err));
    OK(wh_digest_of(WH_SHA256, file.prefix.bytes, &digest, &err));
    assert_non_null(package);
    assert_true(package->has_prefix);
    assert_memory_equal(package->prefix, digest.bytes, sizeof package->prefix);
}

static void lists_for_the_backend_what_it_can_lead_to(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_index_clear) struct wh_index index = {0};

    (void)state;
    place_make(&place);
    put_three(&place);
    publish_for(&place, "https://backend.example/w/", 2);
    read_published(&place, &index);
    assert_string_equal(index.backend, "https://backend.example/w/");
    assert_int_equal(index.package_count, 2);
    expect_prefix(&place, &index, "2.rpm");
    expect_prefix(&place, &index, "3.rpm");
    assert_true(listed(&place, &index, "2.rpm")->bundle_count > 0);
    assert_int_equal(listed(&place, &index, "3.rpm")->bundle_count, 0);
    assert_null(listed(&place, &index, "1.rpm"));
}

static char *location_of_index(const struct place *place)
{
    wh_cleanup(wh_repository_close) struct wh_repository repository = {.folder = -1};
    wh_cleanup(wh_index_clear) struct wh_index index = {0};
    char *location = NULL;

    OK(wh_repository_open(place->repository.path, WH_REPOSITORY_WITH_METADATA, &repository, &err));
    OK(wh_shelf_read_index(&repository, &index, &location, &err));
    return location;
}

/* The index's file is named after its content. */
static void a_run_names_the_backend_of_its_own_option(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_index_clear) struct wh_index index = {0};

    (void)state;
    place_make(&place);
    put_three(&place);
    publish_for(&place, NULL, 0);
    wh_autofree char *plain = location_of_index(&place);
    publish_for(&place, "http://a/", 2);
    wh_autofree char *named = location_of_index(&place);
    assert_string_not_equal(named, plain);
    publish_for(&place, "http://b/", 2);
    read_published(&place, &index);
    assert_string_equal(index.backend, "http://b/");
    publish_for(&place, "http://a/", 2);
    wh_autofree char *named_again = location_of_index(&place);
    assert_string_equal(named_again, named);
    publish_for(&place, NULL, 0);
    wh_autofree char *plain_again = location_of_index(&place);
    assert_string_equal(plain_again, plain);
}

static void verify_knows_a_package_by_its_prefix(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_verify_result_clear) struct wh_verify_result good = {0};
    wh_cleanup(wh_verify_result_clear) struct wh_verify_result bad = {0};
    struct made_package other = VERSION("3.rpm", "3.1", files_2);

    (void)state;
    place_make(&place);
    put_three(&place);
    publish_for(&place, "http://a/", 2);
    const struct wh_verify_options options = {
        .repository = place.repository.path, .previous = &place.previous_path, .previous_count = 1};
    OK(wh_verify(&options, &good, &err));
    assert_int_equal(good.packages, 2);
    assert_int_equal(good.bad, 0);
    other.name = "alone";
    make_package(&place.repository, &other);
    OK(wh_verify(&options, &bad, &err));
    assert_int_equal(bad.bad, 1);
    assert_non_null(strstr(bad.verdicts[0].text, "prefix of another package"));
}

/* ---- the gate ------------------------------------------------------------------------------ */

struct pair {
    struct wh_package_file origin;
    struct wh_subject subject;
    struct wh_buffer step;
    struct wh_buffer config;
};

static void pair_clear(struct pair *pair)
{
    wh_package_clear(&pair->origin);
    wh_subject_clear(&pair->subject);
    wh_buffer_clear(&pair->step);
    wh_buffer_clear(&pair->config);
}

static void pair_make(const struct place *place, struct pair *pair)
{
    struct wh_package_file file = WH_PACKAGE_FILE_NONE;
    const struct wh_digest unknown = {0};
    const struct wh_means means = {
        .effort = WH_EFFORT_DEFAULT, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX};

    *pair = (struct pair){.origin = WH_PACKAGE_FILE_NONE,
        .subject = WH_SUBJECT_NONE,
        .step.ceiling = 1u << 20,
        .config.ceiling = 1u << 20};
    assert_int_equal(
        wh_package_open(place->previous.folder, "P", "1.rpm", &pair->origin, NULL), WH_OK);
    assert_int_equal(wh_package_unpack(&pair->origin, NULL), WH_OK);
    assert_int_equal(wh_package_open(place->repository.folder, "R", "2.rpm", &file, NULL), WH_OK);
    assert_int_equal(wh_subject_prepare(&file, &unknown, &pair->subject, NULL), WH_OK);
    assert_int_equal(
        wh_build_step(&pair->origin, &pair->subject, &means, &pair->step, NULL), WH_OK);
    assert_int_equal(
        wh_build_supplement(WH_BUNDLE_CONFIG, &pair->subject, &means, &pair->config, NULL), WH_OK);
}

static void the_gate_refuses_every_flipped_byte(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(pair_clear) struct pair pair;
    enum { HEAD_FOR_PEOPLE_AND_CARRIER = 96 + 8 }; /* package digests, package size: not checked */

    (void)state;
    place_make(&place);
    pair_make(&place, &pair);
    struct wh_bytes bundle = wh_buffer_bytes(&pair.step);
    struct wh_gate_input input = {.origin = &pair.origin, .bundles = &bundle, .bundle_count = 1};
    for (int comparing = 0; comparing < 2; comparing++) { /* shown to rpm, and compared */
        input.target = comparing ? &pair.subject.file : NULL;
        assert_int_equal(wh_gate_check(&input, NULL), WH_OK);
        uint32_t accepted = 0;
        for (size_t i = 0; i < pair.step.length; i++) {
            pair.step.data[i] ^= 0x41;
            accepted += wh_gate_check(&input, NULL) == WH_OK;
            pair.step.data[i] ^= 0x41;
        }
        assert_int_equal(accepted, HEAD_FOR_PEOPLE_AND_CARRIER);
    }
}

static void the_gate_compares_with_the_payload_that_is_given(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(pair_clear) struct pair pair;

    (void)state;
    place_make(&place);
    pair_make(&place, &pair);
    struct wh_bytes bundle = wh_buffer_bytes(&pair.step);
    struct wh_package_file target = pair.subject.file;
    const struct wh_gate_input input = {
        .origin = &pair.origin, .bundles = &bundle, .bundle_count = 1, .target = &target};
    wh_autofree uint8_t *payload = malloc(target.payload.length);
    assert_non_null(payload);
    memcpy(payload, target.payload.data, target.payload.length);
    target.payload.data = payload;
    assert_int_equal(wh_gate_check(&input, NULL), WH_OK);
    payload[target.payload.length / 2] ^= 1;
    assert_int_equal(wh_gate_check(&input, NULL), WH_MISMATCH);
    payload[target.payload.length / 2] ^= 1;
    target.payload.length--;
    assert_int_equal(wh_gate_check(&input, NULL), WH_MISMATCH);
    target = pair.subject.file;
}

static void the_gate_needs_a_supplement_for_edited_config(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(pair_clear) struct pair pair;

    (void)state;
    place_make(&place);
    pair_make(&place, &pair);
    struct wh_bytes bundles[] = {wh_buffer_bytes(&pair.step), wh_buffer_bytes(&pair.config)};
    struct wh_gate_input input = {
        .origin = &pair.origin, .bundles = bundles, .bundle_count = 1, .without_config = true};
    assert_int_equal(wh_gate_check(&input, NULL), WH_MISSING);
    input.bundle_count = 2;
    assert_int_equal(wh_gate_check(&input, NULL), WH_OK);
    input.without_doc = true;
    assert_int_equal(wh_gate_check(&input, NULL), WH_MISSING);
}

static void explains_a_step_file_by_file(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(pair_clear) struct pair pair;
    wh_autofree char *bundle = NULL;
    wh_autofree char *package = NULL;
    struct json_object *object = NULL;

    (void)state;
    place_make(&place);
    pair_make(&place, &pair);
    scratch_put(&place.previous, "step.wht", pair.step.data, pair.step.length);
    assert_true(asprintf(&bundle, "%s/step.wht", place.previous.path) > 0);
    assert_true(asprintf(&package, "%s/1.rpm", place.previous.path) > 0);
    struct wh_explain_options options = {.bundle = bundle, .old_package = package};
    assert_int_equal(wh_explain(&options, &object, NULL), WH_OK);
    struct json_object *files = json_object_object_get(object, "files");
    assert_int_equal(json_object_array_length(files), 6); /* all but the empty one */
    static const char *const instructions[] = {"keep", "patch", "keep", "patch", "twin", "patch"};
    for (size_t i = 0; i < COUNT(instructions); i++) {
        struct json_object *row = json_object_array_get_idx(files, i);
        assert_string_equal(
            json_object_get_string(json_object_object_get(row, "instruction")), instructions[i]);
    }
    (void)json_object_put(object);

    options.bundle = package; /* no bundle */
    assert_int_equal(wh_explain(&options, &object, NULL), WH_MALFORMED);
}

static int begin(void **state)
{
    (void)state;
    return wh_gate_begin(NULL) == WH_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    wh_gate_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publishes_and_verifies),
        cmocka_unit_test(verify_tells_bad_from_unchecked),
        cmocka_unit_test(refused_repositories_stay_as_they_are),
        cmocka_unit_test(says_why_there_is_no_bundle),
        cmocka_unit_test(lists_for_the_backend_what_it_can_lead_to),
        cmocka_unit_test(a_run_names_the_backend_of_its_own_option),
        cmocka_unit_test(verify_knows_a_package_by_its_prefix),
        cmocka_unit_test(the_gate_refuses_every_flipped_byte),
        cmocka_unit_test(the_gate_compares_with_the_payload_that_is_given),
        cmocka_unit_test(the_gate_needs_a_supplement_for_edited_config),
        cmocka_unit_test(explains_a_step_file_by_file),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
