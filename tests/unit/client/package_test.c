/* SPDX-License-Identifier: GPL-2.0-or-later */
/* package_test.c - one package from request to package file. */
#include "upgrade.h"

#include <pthread.h>
#include <sys/xattr.h>

#include "assemble/attributes.h"
#include "assemble/budget.h"
#include "capture.h"
#include "whittle/cleanup.h"

static void gives_the_published_package(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled = {0};
    char mark[2] = "";

    (void)state;
    upgrade_make(&upgrade);
    upgrade_succeeds(&upgrade, &assembled);
    assert_int_equal(assembled.kept, 2);    /* README, and a file that moved */
    assert_int_equal(assembled.patched, 5); /* the program, a configuration, a link, two texts */
    assert_int_equal(assembled.fetched, 1); /* a new one, and its twin for nothing */
    ssize_t length = getxattr(upgrade.destination, WH_ATTRIBUTE_ASSEMBLED, mark, sizeof mark);
    assert_int_equal(length == 1 && mark[0] == '1', assembled.attributes);
}

static void takes_supplements_for_what_people_changed(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled;

    (void)state;
    upgrade_make(&upgrade);
    upgrade.request.bundle_count = UPGRADE_BUNDLES;
    root_put(&upgrade_root, "/etc/sample.conf", "edited\n");
    assert_int_equal(unlinkat(upgrade_root.scratch.folder, "usr/share/doc/sample/README", 0), 0);
    upgrade_succeeds(&upgrade, &assembled);
    assert_int_equal(assembled.kept, 1);
    assert_int_equal(assembled.fetched, 3);
}

/* The report goes by size and kind; the change shows while the file is copied. */
static void plans_around_a_change_that_shows_late(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled;

    (void)state;
    upgrade_make(&upgrade);
    upgrade.request.bundle_count = UPGRADE_BUNDLES;
    upgrade_edit("/usr/share/doc/sample/README");
    upgrade_edit("/usr/share/doc/sample/NEWS");
    upgrade_succeeds(&upgrade, &assembled);
    assert_int_equal(assembled.kept, 1);
    assert_int_equal(assembled.patched, 4);
    assert_int_equal(assembled.fetched, 3);
}

static void replaces_what_has_the_name(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled;

    (void)state;
    upgrade_make(&upgrade);
    scratch_put(&upgrade_root.scratch, "cache/sample.rpm", "before", 6);
    upgrade_succeeds(&upgrade, &assembled);
}

/* SHA-256 and SHA-512 are in the bundle; the index joined the other ones with it. */
static void any_checksum_of_the_repository_will_do(void **state)
{
    static const char *const types[] = {"sha512", "md5", "sha1", "anything"};
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    char sha512[2 * 64 + 1];
    struct wh_assembled assembled;

    (void)state;
    memset(sha512, '2', sizeof sha512 - 1); /* as the samples have it */
    sha512[sizeof sha512 - 1] = '\0';
    upgrade_make(&upgrade);
    upgrade.request.checksum_value = sha512;
    for (size_t i = 0; i < COUNT(types); i++) {
        upgrade.request.checksum_type = TEXT(types[i]);
        upgrade_succeeds(&upgrade, &assembled);
        upgrade.request.checksum_value = TEXT("no digest of this package");
    }
}

/* rpm reads these as they are, with its plugin or without. */
static void some_packages_need_no_plugin(void **state)
{
    static const struct sample_file files[] = {
        {"/usr/bin/sample", "version 2 of a thing", 0, 0, 0, NULL, 0},
    };
    static const char *const compressors[] = {"gzip", ""};

    (void)state;
    for (size_t i = 0; i < COUNT(compressors); i++) {
        const struct sample_options options = {.reserved = 400, .compressor = compressors[i]};
        wh_cleanup(upgrade_remove) struct upgrade upgrade;
        struct wh_assembled assembled;
        upgrade_make(&upgrade);
        sample_clear(&upgrade.new);
        sample_make(&upgrade.new, "2", files, COUNT(files), &options);
        upgrade_offer_all(&upgrade);
        upgrade.run.canary = "there is no plugin";
        upgrade_succeeds(&upgrade, &assembled);
    }
}

static void says_how_far_it_is(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    struct wh_assembled assembled;
    struct capture capture = capture_begin();

    (void)state;
    upgrade_make(&upgrade);
    OK(wh_package_assemble(&upgrade.run, &upgrade.request, &assembled, &err));
    wh_autofree char *text = capture_end(&capture);
    struct json_object *answers = answers_in(text);
    assert_true(json_object_array_length(answers) > 0);
    for (size_t i = 0; i < json_object_array_length(answers); i++) {
        struct json_object *answer = json_object_array_get_idx(answers, i);
        assert_string_equal(text_of(answer, "answer"), "progress");
        assert_int_equal(number_of(answer, "id"), 7);
        assert_int_equal(number_of(answer, "total"), assembled.bytes);
        assert_true(number_of(answer, "done") <= number_of(answer, "total"));
    }
    (void)json_object_put(answers);
    wh_budget_return(assembled.bytes);
}

enum { WORKERS = 4, ROUNDS = 8 };

struct worker {
    struct upgrade *upgrade;
    struct wh_assemble_request request;
    char destination[160];
    int done;
    uint64_t bytes;
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct wh_assembled assembled;

    for (int i = 0; i < ROUNDS; i++) {
        worker->done += wh_package_assemble(
                            &worker->upgrade->run, &worker->request, &assembled, NULL) == WH_OK;
        worker->bytes = assembled.bytes;
        wh_budget_return(worker->bytes);
    }
    return NULL;
}

static void packages_are_assembled_side_by_side(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {0};
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    struct capture capture = capture_begin();

    (void)state;
    upgrade_make(&upgrade);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.upgrade = &upgrade, .request = upgrade.request};
        (void)snprintf(
            workers[i].destination, sizeof workers[i].destination, "%s.%d", upgrade.destination, i);
        workers[i].request.destination = workers[i].destination;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    free(capture_end(&capture));
    sample_assembled(&upgrade.new, &expected);
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(workers[i].done, ROUNDS);
        upgrade_expect_file(workers[i].destination, expected.data, expected.length);
    }
}

/* The last test: the budget stays as small as it gets here. */
static void stays_within_its_budget(void **state)
{
    wh_cleanup(upgrade_remove) struct upgrade upgrade;
    wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {0};
    struct wh_assembled assembled;

    (void)state;
    upgrade_make(&upgrade);
    sample_assembled(&upgrade.new, &expected);
    upgrade.request.budget = expected.length;
    OK(upgrade_assemble(&upgrade, &assembled, &err));
    assert_int_equal(assembled.bytes, expected.length);
    REFUSED(WH_MISSING, "sample-2-1.noarch: not enough free space",
        upgrade_assemble(&upgrade, &assembled, &err)); /* the first one's share is not given back */
    wh_budget_return(expected.length);
    upgrade.request.budget = expected.length - 1;
    REFUSED(WH_MISSING, "not enough free space", upgrade_assemble(&upgrade, &assembled, &err));
    upgrade_expect_package(&upgrade);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_package),
        cmocka_unit_test(takes_supplements_for_what_people_changed),
        cmocka_unit_test(plans_around_a_change_that_shows_late),
        cmocka_unit_test(replaces_what_has_the_name),
        cmocka_unit_test(any_checksum_of_the_repository_will_do),
        cmocka_unit_test(some_packages_need_no_plugin),
        cmocka_unit_test(says_how_far_it_is),
        cmocka_unit_test(packages_are_assembled_side_by_side),
        cmocka_unit_test(stays_within_its_budget),
    };

    return cmocka_run_group_tests(tests, upgrade_begin, upgrade_end);
}
