/* SPDX-License-Identifier: GPL-2.0-or-later */
/* package_test.c - one package from request to package file: a system with version 1 on it, bundles
 * as a package manager downloads them, and everything that can be wrong with either. */
#include "root.h"

#include <pthread.h>
#include <sys/xattr.h>

#include "assemble/attributes.h"
#include "assemble/budget.h"
#include "assemble/package.h"
#include "capture.h"
#include "whittle/cleanup.h"

enum { STEP, CONFIG, DOC, BUNDLES };

#define BUDGET (1u << 24) /* of all requests; the smallest of a program's life counts */
#define TEXT(literal) ((char *)(uintptr_t)(literal))

/* The system that all tests share; each finds the files of version 1 as they were packaged. */
static struct root root;

static int begin(void **state)
{
    wh_cleanup(sample_clear) struct sample old;

    if (root_begin(state) != 0)
        return -1;
    root_make(&root);
    sample_old(&old);
    root_enter(&root, &old, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    root_remove(&root);
    return 0;
}

struct place {
    struct sample old;
    struct sample new;
    struct wh_buffer bundles[BUNDLES];
    char paths[BUNDLES][128];
    char destination[128];
    char checksum[2 * WH_SHA256_LENGTH + 1];
    struct wh_run run;
    struct wh_assemble_request request;
};

static const char *const names[BUNDLES] = {"cache/step.wht", "cache/config.wht", "cache/doc.wht"};

/* Puts a bundle into the cache, and its size and digest into the request. */
static void offer(struct place *place, uint32_t at, struct wh_bytes bytes)
{
    struct wh_bundle_file *file = &place->request.bundles[at];
    struct wh_digest digest;

    scratch_put(&root.scratch, names[at], bytes.data, bytes.length);
    OK(wh_digest_of(WH_SHA256, bytes, &digest, &err));
    memcpy(file->sha256, digest.bytes, sizeof file->sha256);
    file->path = place->paths[at];
    file->size = bytes.length;
}

static void offer_all(struct place *place)
{
    for (uint32_t i = 0; i < BUNDLES; i++)
        wh_buffer_clear(&place->bundles[i]);
    sample_step(&place->old, &place->new, NULL, &place->bundles[STEP]);
    sample_supplement(&place->new, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &place->bundles[CONFIG]);
    sample_supplement(&place->new, WH_BUNDLE_DOC, WH_FILE_DOC, &place->bundles[DOC]);
    for (uint32_t i = 0; i < BUNDLES; i++)
        offer(place, i, wh_buffer_bytes(&place->bundles[i]));
}

static void place_make(struct place *place)
{
    *place = (struct place){0};
    sample_old(&place->old);
    sample_new(&place->new);
    root_write(&root, &place->old);
    for (uint32_t i = 0; i < BUNDLES; i++)
        (void)snprintf(
            place->paths[i], sizeof place->paths[i], "%s/%s", root.scratch.path, names[i]);
    (void)snprintf(
        place->destination, sizeof place->destination, "%s/cache/sample.rpm", root.scratch.path);
    memset(place->checksum, '1', sizeof place->checksum - 1); /* as the samples have it */
    place->run.system = root.system;
    place->request = (struct wh_assemble_request){
        .id = 7,
        .nevra = TEXT("sample-2-1.noarch"),
        .bundle_count = 1,
        .destination = place->destination,
        .checksum_type = TEXT("sha256"),
        .checksum_value = place->checksum,
        .budget = BUDGET,
    };
    offer_all(place);
}

static void place_remove(struct place *place)
{
    for (uint32_t i = 0; i < BUNDLES; i++)
        wh_buffer_clear(&place->bundles[i]);
    sample_clear(&place->old);
    sample_clear(&place->new);
    scratch_clear(&root.scratch, "cache");
    scratch_clear(&root.scratch, "taken");
}

/* What is printed meanwhile is progress, and no news here. */
static wh_status assemble(
    struct place *place, struct wh_assembled *out_assembled, struct wh_error *err)
{
    struct capture capture = capture_begin();
    wh_status status = wh_package_assemble(&place->run, &place->request, out_assembled, err);

    free(capture_end(&capture));
    return status;
}

/* The same length, another content. */
static void edit(const char *path)
{
    int fd = openat(root.scratch.folder, path + 1, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, "X", 1, 0), 1);
    assert_int_equal(close(fd), 0);
}

static void expect_file(const char *path, const void *bytes, size_t length)
{
    wh_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    wh_autofree uint8_t *found = malloc(length + 1);

    assert_non_null(found);
    assert_int_equal(read(fd, found, length + 1), length);
    assert_memory_equal(found, bytes, length);
}

static void expect_package(const struct place *place)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {0};

    sample_assembled(&place->new, &expected);
    expect_file(place->destination, expected.data, expected.length);
}

/* Assembled packages stay, and so does their share, until the test is over. */
static void assembles(struct place *place, struct wh_assembled *out_assembled)
{
    OK(assemble(place, out_assembled, &err));
    expect_package(place);
    assert_int_equal(scratch_names(&root.scratch, "cache"), BUNDLES + 1);
    wh_budget_return(out_assembled->bytes);
}

/* ---- what works ----------------------------------------------------------------------------- */

static void gives_the_published_package(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_assembled assembled = {0};
    char mark[2] = "";

    (void)state;
    place_make(&place);
    assembles(&place, &assembled);
    assert_int_equal(assembled.kept, 2);    /* README, and a file that moved */
    assert_int_equal(assembled.patched, 5); /* the program, a configuration, a link, two texts */
    assert_int_equal(assembled.fetched, 1); /* a new one, and its twin for nothing */
    ssize_t length = getxattr(place.destination, WH_ATTRIBUTE_ASSEMBLED, mark, sizeof mark);
    assert_int_equal(length == 1 && mark[0] == '1', assembled.attributes);
}

static void takes_supplements_for_what_people_changed(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_assembled assembled;

    (void)state;
    place_make(&place);
    place.request.bundle_count = BUNDLES;
    root_put(&root, "/etc/sample.conf", "edited\n");
    assert_int_equal(unlinkat(root.scratch.folder, "usr/share/doc/sample/README", 0), 0);
    assembles(&place, &assembled);
    assert_int_equal(assembled.kept, 1);
    assert_int_equal(assembled.fetched, 3);
}

/* The report goes by size and kind; the change shows while the file is copied. */
static void plans_around_a_change_that_shows_late(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_assembled assembled;

    (void)state;
    place_make(&place);
    place.request.bundle_count = BUNDLES;
    edit("/usr/share/doc/sample/README");
    edit("/usr/share/doc/sample/NEWS");
    assembles(&place, &assembled);
    assert_int_equal(assembled.kept, 1);
    assert_int_equal(assembled.patched, 4);
    assert_int_equal(assembled.fetched, 3);
}

static void replaces_what_has_the_name(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_assembled assembled;

    (void)state;
    place_make(&place);
    scratch_put(&root.scratch, "cache/sample.rpm", "before", 6);
    assembles(&place, &assembled);
}

/* SHA-256 and SHA-512 are in the bundle; the index joined the other ones with it. */
static void any_checksum_of_the_repository_will_do(void **state)
{
    static const char *const types[] = {"sha512", "md5", "sha1", "anything"};
    wh_cleanup(place_remove) struct place place;
    char sha512[2 * 64 + 1];
    struct wh_assembled assembled;

    (void)state;
    memset(sha512, '2', sizeof sha512 - 1); /* as the samples have it */
    sha512[sizeof sha512 - 1] = '\0';
    place_make(&place);
    place.request.checksum_value = sha512;
    for (size_t i = 0; i < COUNT(types); i++) {
        place.request.checksum_type = TEXT(types[i]);
        assembles(&place, &assembled);
        place.request.checksum_value = TEXT("no digest of this package");
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
        wh_cleanup(place_remove) struct place place;
        struct wh_assembled assembled;
        place_make(&place);
        sample_clear(&place.new);
        sample_make(&place.new, "2", files, COUNT(files), &options);
        offer_all(&place);
        place.run.canary = "there is no plugin";
        assembles(&place, &assembled);
    }
}

static void says_how_far_it_is(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_assembled assembled;
    struct capture capture = capture_begin();

    (void)state;
    place_make(&place);
    OK(wh_package_assemble(&place.run, &place.request, &assembled, &err));
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
    struct place *place;
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
                            &worker->place->run, &worker->request, &assembled, NULL) == WH_OK;
        worker->bytes = assembled.bytes;
        wh_budget_return(worker->bytes);
    }
    return NULL;
}

static void packages_are_assembled_side_by_side(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {0};
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    struct capture capture = capture_begin();

    (void)state;
    place_make(&place);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.place = &place, .request = place.request};
        (void)snprintf(
            workers[i].destination, sizeof workers[i].destination, "%s.%d", place.destination, i);
        workers[i].request.destination = workers[i].destination;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    free(capture_end(&capture));
    sample_assembled(&place.new, &expected);
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(workers[i].done, ROUNDS);
        expect_file(workers[i].destination, expected.data, expected.length);
    }
}

/* ---- what does not -------------------------------------------------------------------------- */

static void remove_step(struct place *place)
{
    assert_int_equal(unlink(place->paths[STEP]), 0);
}

static void no_step(struct place *place)
{
    remove_step(place);
    scratch_put(&root.scratch, "cache/another", "", 0);
}

static void step_is_a_link(struct place *place)
{
    remove_step(place);
    assert_int_equal(symlink(place->paths[DOC], place->paths[STEP]), 0);
}

static void step_is_a_fifo(struct place *place)
{
    remove_step(place);
    assert_int_equal(mkfifo(place->paths[STEP], 0600), 0);
}

static void step_is_a_folder(struct place *place)
{
    remove_step(place);
    assert_int_equal(mkdir(place->paths[STEP], 0700), 0);
}

static void step_has_grown(struct place *place)
{
    place->request.bundles[STEP].size--;
}

static void step_has_shrunk(struct place *place)
{
    assert_int_equal(truncate(place->paths[STEP], 100), 0);
}

static void step_has_another_byte(struct place *place)
{
    place->bundles[STEP].data[300] ^= 1;
    scratch_put(&root.scratch, names[STEP], place->bundles[STEP].data, place->bundles[STEP].length);
}

static void step_is_larger_than_any(struct place *place)
{
    place->request.bundles[STEP].size = (1ull << 30) + 1;
    assert_int_equal(truncate(place->paths[STEP], (1ll << 30) + 1), 0);
}

static void step_is_no_bundle(struct place *place)
{
    offer(place, STEP, (struct wh_bytes){(const uint8_t *)"no bundle", 9});
}

static void step_is_empty(struct place *place)
{
    offer(place, STEP, (struct wh_bytes){(const uint8_t *)"", 0});
}

static void supplement_comes_first(struct place *place)
{
    offer(place, STEP, wh_buffer_bytes(&place->bundles[CONFIG]));
}

static void supplement_is_foreign(struct place *place)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer other = {0};

    sample_supplement(&place->old, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &other);
    offer(place, CONFIG, wh_buffer_bytes(&other));
    place->request.bundle_count = 2;
}

static void name_is_another(struct place *place)
{
    place->request.nevra = TEXT("another-2-1.noarch");
}

static void name_has_not_the_form(struct place *place)
{
    place->request.nevra = TEXT("sample");
}

static void version_is_another(struct place *place)
{
    place->request.nevra = TEXT("sample-3-1.noarch");
}

static void epoch_is_another(struct place *place)
{
    place->request.nevra = TEXT("sample-1:2-1.noarch");
}

static void step_starts_elsewhere(struct place *place)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};

    sample_step(&place->new, &place->new, NULL, &step);
    offer(place, STEP, wh_buffer_bytes(&step));
}

static void sha256_is_another(struct place *place)
{
    place->checksum[63] = '0';
}

static void sha256_is_short(struct place *place)
{
    place->checksum[63] = '\0';
}

static void sha512_is_another(struct place *place)
{
    place->request.checksum_type = TEXT("sha512");
}

static void there_is_no_plugin(struct place *place)
{
    place->run.canary = "there is no plugin";
}

static void config_is_edited(struct place *place)
{
    (void)place;
    edit("/etc/sample.conf");
}

static void program_is_gone(struct place *place)
{
    (void)place;
    assert_int_equal(unlinkat(root.scratch.folder, "usr/bin/sample", 0), 0);
}

static void program_has_another_byte(struct place *place)
{
    (void)place;
    edit("/usr/bin/sample");
}

static void kept_file_has_another_byte(struct place *place)
{
    (void)place;
    edit("/usr/lib/sample/same");
}

/* A header that no rpm takes, published all the same. */
static void rpm_refuses_the_header(struct place *place)
{
    place->new.prefix.data[79] = 0; /* of the lead: the signature's kind */
    offer_all(place);
}

static void folder_is_not_there(struct place *place)
{
    (void)snprintf(
        place->destination, sizeof place->destination, "%s/none/sample.rpm", root.scratch.path);
}

static void destination_is_a_folder(struct place *place)
{
    scratch_put(&root.scratch, "taken/sample.rpm/inside", "", 0);
    (void)snprintf(
        place->destination, sizeof place->destination, "%s/taken/sample.rpm", root.scratch.path);
}

static const struct refusal {
    void (*damage)(struct place *place);
    wh_status status;
    const char *part; /* of the message */
} refusals[] = {
    {no_step, WH_SYSTEM, "step.wht: No such file"},
    {step_is_a_link, WH_SYSTEM, "step.wht: Too many levels of symbolic links"},
    {step_is_a_fifo, WH_MISMATCH, "step.wht: not of the size that the index says"},
    {step_is_a_folder, WH_MISMATCH, "step.wht: not of the size that the index says"},
    {step_has_grown, WH_MISMATCH, "step.wht: not of the size that the index says"},
    {step_has_shrunk, WH_MISMATCH, "step.wht: not of the size that the index says"},
    {step_has_another_byte, WH_MISMATCH, "step.wht: its SHA-256 is not the index's"},
    {step_is_larger_than_any, WH_OVER_LIMIT, "over the limit"},
    {step_is_no_bundle, WH_MALFORMED, "bundle"},
    {step_is_empty, WH_MALFORMED, "bundle"},
    {supplement_comes_first, WH_MISSING, "version that the bundle starts from is not installed"},
    {supplement_is_foreign, WH_MISMATCH, "a supplement belongs to another package"},
    {name_is_another, WH_MISSING, "another-2-1.noarch: the version that"},
    {name_has_not_the_form, WH_MALFORMED, "sample: not NAME-VERSION-RELEASE.ARCH"},
    {version_is_another, WH_MISMATCH, "sample-3-1.noarch: the bundle is of sample-2-1.noarch"},
    {epoch_is_another, WH_MISMATCH, "sample-1:2-1.noarch: the bundle is of sample-2-1.noarch"},
    {step_starts_elsewhere, WH_MISSING, "version that the bundle starts from is not installed"},
    {sha256_is_another, WH_MISMATCH, "the bundle is of another package file"},
    {sha256_is_short, WH_MISMATCH, "the bundle is of another package file"},
    {sha512_is_another, WH_MISMATCH, "the bundle is of another package file"},
    {there_is_no_plugin, WH_UNSUPPORTED, "sample-2-1.noarch: there is no plugin"},
    {config_is_edited, WH_MISSING, "/etc/sample.conf (a config supplement would)"},
    {program_is_gone, WH_MISSING, "has the content of /usr/bin/sample"},
    {program_has_another_byte, WH_MISSING, "has the content of /usr/bin/sample"},
    {kept_file_has_another_byte, WH_MISSING, "has the content of /usr/lib/sample/moved"},
    {rpm_refuses_the_header, WH_MISMATCH, "sample-2-1.noarch: rpm does not accept its header"},
    {folder_is_not_there, WH_SYSTEM, "/none/: No such file"},
    {destination_is_a_folder, WH_SYSTEM, "sample.rpm: cannot link into place"},
};

static void every_refusal_leaves_all_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        wh_cleanup(place_remove) struct place place;
        struct wh_assembled assembled = {.bytes = 99};
        char before[128];
        place_make(&place);
        memcpy(before, place.destination, sizeof before);
        scratch_put(&root.scratch, "cache/sample.rpm", "before", 6);
        refusals[i].damage(&place);
        REFUSED(refusals[i].status, refusals[i].part, assemble(&place, &assembled, &err));
        assert_int_equal(assembled.bytes, 99);
        expect_file(before, "before", 6);
        assert_int_equal(scratch_names(&root.scratch, "cache"), BUNDLES + 1);
        OK(wh_budget_take(BUDGET, BUDGET, "all that there is", &err));
        wh_budget_return(BUDGET);
    }
}

/* The last test: the budget stays as small as it gets here. */
static void stays_within_its_budget(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {0};
    struct wh_assembled assembled;

    (void)state;
    place_make(&place);
    sample_assembled(&place.new, &expected);
    place.request.budget = expected.length;
    OK(assemble(&place, &assembled, &err));
    assert_int_equal(assembled.bytes, expected.length);
    REFUSED(WH_MISSING, "sample-2-1.noarch: not enough free space",
        assemble(&place, &assembled, &err)); /* the first one's share is not given back */
    wh_budget_return(expected.length);
    place.request.budget = expected.length - 1;
    REFUSED(WH_MISSING, "not enough free space", assemble(&place, &assembled, &err));
    expect_package(&place);
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
        cmocka_unit_test(every_refusal_leaves_all_as_it_was),
        cmocka_unit_test(stays_within_its_budget),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
