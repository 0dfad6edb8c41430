/* SPDX-License-Identifier: GPL-2.0-or-later */
/* publish_packed_test.c - publishing packages whose files are compressed themselves. */
#include "made_package.h"

#include <dirent.h>

#include "bundle_build.h"
#include "gate.h"
#include "made_deflate.h"
#include "made_packed.h"
#include "publish.h"
#include "verify.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { FILES = 8, LENGTH = 30000, NAMES_MAX = 64, NAME_LENGTH = 128 };

/* Contents of one version, by the numbers of its files. */
struct contents {
    uint8_t prose[LENGTH];
    struct made_packed packed[FILES];
    struct made_file files[FILES];
};

static struct contents versions[2];

static void add_file(struct contents *contents, uint32_t number, const char *name)
{
    const struct wh_buffer *bytes = &contents->packed[number].bytes;

    contents->files[number] = (struct made_file){
        .name = name, .content = (const char *)bytes->data, .length = bytes->length};
}

/* The same text in both versions, but for some words. */
static void make_contents(struct contents *contents, bool is_new)
{
    static const uint8_t id[20] = {1};

    made_prose(contents->prose, LENGTH);
    for (size_t at = 1000; is_new && at + 20 < LENGTH; at += 3000)
        memcpy(contents->prose + at, "in version 2 only", 17);
    struct wh_bytes plain = {contents->prose, LENGTH};
    struct wh_bytes half = {contents->prose, LENGTH / 2};
    struct wh_bytes other = {contents->prose + 77, LENGTH - 77};
    made_packed_archive(is_new ? MADE_PYTHON_2 : MADE_PYTHON_1, &contents->packed[0]);
    made_packed_gzip(other, &contents->packed[1]);
    made_packed_xz_file(plain, &contents->packed[2]);
    (is_new ? made_packed_gzip : made_packed_text)(half, &contents->packed[3]);
    made_packed_gzip(plain, &contents->packed[4]);
    made_packed_elf(half, (struct wh_bytes){id, sizeof id}, &contents->packed[5]);
    (is_new ? made_packed_xz_file : made_packed_gzip)(other, &contents->packed[6]);
    made_packed_text(half, &contents->packed[7]);
    add_file(contents, 0, "archive.zip");
    add_file(contents, 1, is_new ? "manual.2.gz" : "manual.1.gz");
    add_file(contents, 2, "module.ko.xz");
    add_file(contents, 3, "once-text");
    add_file(contents, 4, "page.gz");
    add_file(contents, 5, "program");
    add_file(contents, 6, "repacked");
    add_file(contents, 7, "text");
}

static const char *const names[] = {"made", "more", "most", "much"};

/* A repository with the second version of each package, and a folder with the first. */
struct place {
    struct scratch repository;
    struct scratch previous;
    const char *previous_path;
    struct wh_publish_options options;
};

static void place_make(struct place *place, uint32_t packages)
{
    struct made_package news[COUNT(names)];
    char locations[2][COUNT(names)][16];

    place->repository = scratch_make();
    place->previous = scratch_make();
    for (uint32_t i = 0; i < packages; i++)
        for (int v = 0; v < 2; v++) {
            (void)snprintf(locations[v][i], sizeof locations[v][i], "%s-%d.rpm", names[i], v + 1);
            struct made_package package = {.location = locations[v][i],
                .name = names[i],
                .version = v ? "2" : "1",
                .files = versions[v].files,
                .file_count = FILES - i};
            make_package(v ? &place->repository : &place->previous, &package);
            news[i] = package;
        }
    make_metadata(&place->repository, news, packages);
    place->previous_path = place->previous.path;
    place->options = (struct wh_publish_options){
        .repository = place->repository.path,
        .previous = &place->previous_path,
        .previous_count = 1,
        .versions = 3,
        .no_reinstall = true,
        .effort = WH_EFFORT_FAST,
    };
}

static void place_remove(struct place *place)
{
    scratch_remove(&place->repository);
    scratch_remove(&place->previous);
}

static void verify(const struct place *place, uint32_t bundles)
{
    wh_cleanup(wh_verify_result_clear) struct wh_verify_result verified = {0};
    const struct wh_verify_options options = {.repository = place->repository.path,
        .previous = &place->previous_path,
        .previous_count = 1};

    OK(wh_verify(&options, &verified, &err));
    assert_int_equal(verified.bundles, bundles);
    assert_int_equal(verified.checked, bundles);
}

static void clear_index(struct wh_index *index)
{
    wh_index_clear(index);
}

/* What the index says of the one package's steps: one that encodes anew, one that does not. */
struct two_ways {
    uint64_t anew;
    uint64_t as_it_is;
};

static struct two_ways listed(const struct place *place)
{
    wh_cleanup(wh_repository_close) struct wh_repository repository = {0};
    wh_cleanup(clear_index) struct wh_index index = {0};
    struct two_ways ways = {0};

    OK(wh_repository_open(place->repository.path, WH_REPOSITORY_WITH_METADATA, &repository, &err));
    OK(wh_shelf_read_index(&repository, &index, NULL, &err));
    assert_int_equal(index.package_count, 1);
    for (uint32_t i = 0; i < index.packages[0].bundle_count; i++) {
        const struct wh_index_bundle *bundle = &index.packages[0].bundles[i];
        uint64_t *way = bundle->cpu_ms > 0 ? &ways.anew : &ways.as_it_is;
        assert_int_equal(bundle->kind, WH_BUNDLE_STEP);
        assert_int_equal(*way, 0);
        *way = bundle->size;
    }
    return ways;
}

static void publish(struct place *place, uint32_t made, uint32_t reused, struct two_ways *out_ways)
{
    wh_cleanup(wh_publish_result_clear) struct wh_publish_result result = {0};

    OK(wh_publish(&place->options, &result, &err));
    assert_int_equal(result.failure_count, 0);
    assert_int_equal(result.steps, made + reused);
    assert_int_equal(result.reused, reused);
    *out_ways = listed(place);
    verify(place, made + reused);
}

/* ---- how many bundles ------------------------------------------------------------------------
 */

static void two_bundles_where_encoding_anew_is_dear(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct two_ways ways;
    struct two_ways again;

    (void)state;
    place_make(&place, 1);
    place.options.reencode_limit = 0;
    publish(&place, 2, 0, &ways);
    assert_true(ways.anew > 0 && ways.anew < ways.as_it_is);
    publish(&place, 0, 2, &again);
    assert_memory_equal(&again, &ways, sizeof ways);
}

static void one_bundle_where_it_is_not(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct two_ways ways;

    (void)state;
    place_make(&place, 1);
    place.options.reencode_limit = WH_REENCODE_LIMIT_DEFAULT;
    publish(&place, 1, 0, &ways);
    assert_true(ways.anew > 0);
    assert_int_equal(ways.as_it_is, 0);
    publish(&place, 0, 1, &ways);
    assert_true(ways.anew > 0);
}

static void none_that_encodes_anew(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct two_ways ways;

    (void)state;
    place_make(&place, 1);
    place.options.no_reencode = true;
    publish(&place, 1, 0, &ways);
    assert_int_equal(ways.anew, 0);
    assert_true(ways.as_it_is > 0);
    publish(&place, 0, 1, &ways);
    assert_int_equal(ways.anew, 0);
}

/* What an earlier run made in the other way is not taken. */
static void both_ways_in_turn(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct two_ways ways;

    (void)state;
    place_make(&place, 1);
    place.options.reencode_limit = WH_REENCODE_LIMIT_DEFAULT;
    publish(&place, 1, 0, &ways);
    place.options.no_reencode = true;
    publish(&place, 1, 0, &ways);
    assert_int_equal(ways.anew, 0);
}

/* ---- what is in them ------------------------------------------------------------------------ */

static int compare_names(const void *left, const void *right)
{
    return strcmp(left, right);
}

static uint32_t bundle_names(const struct place *place, char list[NAMES_MAX][NAME_LENGTH])
{
    DIR *folder = fdopendir(openat(place->repository.folder, "whittle", O_RDONLY | O_CLOEXEC));
    const struct dirent *entry;
    uint32_t count = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL)
        if (strstr(entry->d_name, ".wht")) {
            assert_true(count < NAMES_MAX);
            (void)snprintf(list[count++], NAME_LENGTH, "%.*s", NAME_LENGTH - 1, entry->d_name);
        }
    (void)closedir(folder);
    qsort(list, count, NAME_LENGTH, compare_names);
    return count;
}

/* Names say what is in the files. */
static void the_same_bytes_each_time(void **state)
{
    static const uint32_t threads[] = {1, 4, 1};
    static char lists[COUNT(threads)][NAMES_MAX][NAME_LENGTH];
    uint32_t counts[COUNT(threads)];

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++) {
        wh_cleanup(place_remove) struct place place;
        wh_cleanup(wh_publish_result_clear) struct wh_publish_result result = {0};
        place_make(&place, COUNT(names));
        place.options.reencode_limit = 0;
        place.options.threads = threads[i];
        OK(wh_publish(&place.options, &result, &err));
        counts[i] = bundle_names(&place, lists[i]);
        assert_int_equal(counts[i], 2 * COUNT(names));
        assert_int_equal(counts[i], counts[0]);
        assert_memory_equal(lists[i], lists[0], sizeof lists[0]);
    }
}

struct pair {
    struct wh_package_file origin;
    struct wh_subject subject;
    struct wh_buffer step;
};

static void pair_clear(struct pair *pair)
{
    wh_package_clear(&pair->origin);
    wh_subject_clear(&pair->subject);
    wh_buffer_clear(&pair->step);
}

static void pair_make(const struct place *place, const struct wh_means *means, struct pair *pair)
{
    struct wh_package_file file = WH_PACKAGE_FILE_NONE;
    const struct wh_digest unknown = {0};

    *pair = (struct pair){
        .origin = WH_PACKAGE_FILE_NONE, .subject = WH_SUBJECT_NONE, .step.ceiling = 1u << 20};
    OK(wh_package_open(place->previous.folder, "P", "made-1.rpm", &pair->origin, &err));
    OK(wh_package_unpack(&pair->origin, &err));
    OK(wh_package_open(place->repository.folder, "R", "made-2.rpm", &file, &err));
    OK(wh_subject_prepare(&file, &unknown, &pair->subject, &err));
    OK(wh_build_step(&pair->origin, &pair->subject, means, &pair->step, &err));
}

static void clear_bundle(struct wh_bundle *bundle)
{
    wh_bundle_clear(bundle);
}

/* Whether a file is made from a recipe, and what that takes from the older version. */
struct found {
    bool has_recipe;
    bool has_base;
    uint32_t packing;
    uint32_t old_count;
};

static struct found find(const struct pair *pair, const char *name)
{
    const struct wh_header *header = pair->subject.file.header;
    wh_cleanup(clear_bundle) struct wh_bundle bundle = {0};

    OK(wh_bundle_parse(wh_buffer_bytes(&pair->step), &bundle, &err));
    for (uint32_t i = 0; i < bundle.entry_count; i++) {
        const struct wh_entry *entry = &bundle.entries[i];
        if (strcmp(header->files[entry->file].basename, name) != 0)
            continue;
        return (struct found){
            .has_recipe = entry->recipe != NULL,
            .has_base = entry->base != WH_NO_FILE,
            .packing = entry->recipe ? entry->recipe->packing : WH_PACKING_NONE,
            .old_count = entry->recipe ? entry->recipe->old_count : 0,
        };
    }
    fail_msg("%s is not made", name);
    return (struct found){0};
}

static const struct wh_means usual = {
    .effort = WH_EFFORT_DEFAULT, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX};

static void bases_of_all_kinds(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(pair_clear) struct pair pair;

    (void)state;
    place_make(&place, 1);
    pair_make(&place, &usual, &pair);
    struct found page = find(&pair, "page.gz");
    assert_int_equal(page.packing, WH_PACKING_GZIP);
    assert_int_equal(page.old_count, 1);
    struct found renamed = find(&pair, "manual.2.gz");
    assert_true(renamed.has_base);
    assert_int_equal(renamed.old_count, 1);
    struct found once_text = find(&pair, "once-text");
    assert_int_equal(once_text.packing, WH_PACKING_GZIP);
    assert_true(once_text.has_base);
    assert_int_equal(once_text.old_count, 0);
    struct found repacked = find(&pair, "repacked"); /* from gzip to xz: a base all the same */
    assert_int_equal(repacked.old_count, 0);
    assert_int_equal(find(&pair, "archive.zip").packing, WH_PACKING_ZIP);
    assert_int_equal(find(&pair, "program").packing, WH_PACKING_DEBUGDATA);
    assert_int_equal(find(&pair, "module.ko.xz").packing, WH_PACKING_XZ);
    assert_false(find(&pair, "text").has_recipe);
}

static void without_liblzma_the_others_stay(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(pair_clear) struct pair pair;
    struct wh_means means = usual;

    (void)state;
    means.without_liblzma = true;
    place_make(&place, 1);
    pair_make(&place, &means, &pair);
    assert_true(find(&pair, "page.gz").has_recipe);
    assert_true(find(&pair, "archive.zip").has_recipe);
    assert_false(find(&pair, "module.ko.xz").has_recipe);
    assert_false(find(&pair, "program").has_recipe);
    assert_false(find(&pair, "repacked").has_recipe);
}

static void the_gate_refuses_flipped_bytes(void **state)
{
    enum { OFTEN = 5 };
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(pair_clear) struct pair pair;

    (void)state;
    place_make(&place, 1);
    pair_make(&place, &usual, &pair);
    struct wh_bytes bundle = wh_buffer_bytes(&pair.step);
    struct wh_gate_input input = {.origin = &pair.origin, .bundles = &bundle, .bundle_count = 1};
    OK(wh_gate_check(&input, &err));
    for (size_t i = WH_BUNDLE_HEAD_LENGTH; i < pair.step.length; i += OFTEN) {
        pair.step.data[i] ^= 0x41;
        assert_int_not_equal(wh_gate_check(&input, NULL), WH_OK);
        pair.step.data[i] ^= 0x41;
    }
}

static int begin(void **state)
{
    (void)state;
    make_contents(&versions[0], false);
    make_contents(&versions[1], true);
    return wh_gate_begin(NULL) == WH_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    wh_gate_end();
    for (int v = 0; v < 2; v++)
        for (int i = 0; i < FILES; i++)
            made_packed_clear(&versions[v].packed[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_bundles_where_encoding_anew_is_dear),
        cmocka_unit_test(one_bundle_where_it_is_not),
        cmocka_unit_test(none_that_encodes_anew),
        cmocka_unit_test(both_ways_in_turn),
        cmocka_unit_test(the_same_bytes_each_time),
        cmocka_unit_test(bases_of_all_kinds),
        cmocka_unit_test(without_liblzma_the_others_stay),
        cmocka_unit_test(the_gate_refuses_flipped_bytes),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
