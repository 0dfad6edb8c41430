/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_test.c - packages that are kept: what comes back, what is shared, what goes, and damage.
 */
#include "made_package.h"

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>

#include "history_add.h"
#include "history_verify.h"
#include "kept_content.h"
#include "whittle/cleanup.h"

#define COMMON                                                                                     \
    {                                                                                              \
        "common", "what all versions have ", 900, 0, 0                                             \
    }
#define DRIFTING "a line that stays as it is in every version\n"

static const struct made_file files_1[] = {COMMON, {"data", DRIFTING "first\n", 300, 0, 0}};
static const struct made_file files_2[] = {COMMON, {"data", DRIFTING "second\n", 300, 0, 0}};
static const struct made_file files_3[] = {
    COMMON, {"other", "third: nothing of the others ", 300, 0, 0}};

#define VERSION(number, list)                                                                      \
    {                                                                                              \
        .location = number ".rpm", .name = "made", .version = (number), .files = (list),           \
        .file_count = COUNT(list)                                                                  \
    }

static const struct made_package versions[] = {
    VERSION("1", files_1), VERSION("2", files_2), VERSION("10", files_3)};

/* A folder of packages, and the path of a history beside it. */
struct place {
    struct scratch packages;
    struct scratch beside;
    char *history;
    struct wh_history_options options;
};

static void place_make(struct place *place)
{
    place->packages = scratch_make();
    place->beside = scratch_make();
    assert_true(asprintf(&place->history, "%s/history", place->beside.path) > 0);
    place->options = (struct wh_history_options){
        .repository = place->packages.path, .history = place->history, .threads = 2};
}

static void place_remove(struct place *place)
{
    scratch_remove(&place->packages);
    scratch_remove(&place->beside);
    free(place->history);
}

static struct wh_history_result add(const struct place *place)
{
    struct wh_history_result result = {0};

    OK(wh_history_add(&place->options, &result, &err));
    return result;
}

static void put(struct place *place, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++)
        make_package(&place->packages, &versions[i]);
}

static int count_in(const struct place *place, const char *folder)
{
    wh_autofree char *path = NULL;
    const struct dirent *entry;
    int count = 0;

    assert_true(asprintf(&path, "%s/%s", place->history, folder) > 0);
    DIR *list = opendir(path);
    assert_non_null(list);
    while ((entry = readdir(list)) != NULL) {
        wh_autofree char *inner = NULL;
        if (entry->d_name[0] == '.')
            continue;
        assert_true(asprintf(&inner, "%s/%s", folder, entry->d_name) > 0);
        count += strcmp(folder, "contents") == 0 ? count_in(place, inner) : 1;
    }
    (void)closedir(list);
    return count;
}

/* The package of that version as it was and as it comes back. */
static void expect_back(
    const struct place *place, const struct wh_kept_package *kept, const char *location)
{
    wh_cleanup(wh_history_close) struct wh_history history = {.folder = -1};
    wh_cleanup(wh_subject_clear) struct wh_subject was = WH_SUBJECT_NONE;
    wh_cleanup(wh_subject_clear) struct wh_subject is = WH_SUBJECT_NONE;
    struct wh_package_file file = WH_PACKAGE_FILE_NONE;
    const struct wh_digest unknown = {0};

    OK(wh_package_open(place->packages.folder, "P", location, &file, &err));
    OK(wh_subject_prepare(&file, &unknown, &was, &err));
    OK(wh_history_open(place->history, WH_HISTORY_READ, &history, &err));
    OK(wh_history_load(&history, kept->location, &is, &err));
    assert_int_equal(is.file.size, was.file.size);
    assert_int_equal(kept->size, was.file.size);
    assert_int_equal(is.file.payload.length, was.file.payload.length);
    assert_memory_equal(is.file.payload.data, was.file.payload.data, was.file.payload.length);
    assert_int_equal(is.file.prefix.bytes.length, was.file.prefix.bytes.length);
    assert_memory_equal(
        is.file.prefix.bytes.data, was.file.prefix.bytes.data, was.file.prefix.bytes.length);
    assert_memory_equal(&is.digests, &was.digests, sizeof is.digests);
    assert_memory_equal(is.prefix_sha256, was.prefix_sha256, sizeof is.prefix_sha256);
    assert_memory_equal(kept->header_id, was.file.header->id, sizeof kept->header_id);
    for (uint32_t i = 0; i < was.file.header->file_count; i++) {
        struct wh_bytes a = wh_package_content(&was.file, i);
        struct wh_bytes b = wh_package_content(&is.file, i);
        assert_int_equal(a.length, b.length);
        assert_memory_equal(a.data, b.data, a.length);
    }
}

static void list(const struct place *place, struct wh_kept_packages *out_packages)
{
    wh_cleanup(wh_history_close) struct wh_history history = {.folder = -1};

    OK(wh_history_open(place->history, WH_HISTORY_READ, &history, &err));
    OK(wh_history_list(&history, out_packages, &err));
}

static void what_is_kept_comes_back(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages kept = {0};

    (void)state;
    place_make(&place);
    put(&place, 0, 3);
    struct wh_history_result result = add(&place);
    assert_int_equal(result.added, 3);
    assert_int_equal(result.packages, 3);
    assert_true(result.stored_bytes > 0);
    assert_int_equal(count_in(&place, "packages"), 3);
    assert_int_equal(count_in(&place, "contents"), 4); /* `common` once */
    list(&place, &kept);
    assert_int_equal(kept.count, 3);
    assert_string_equal(kept.packages[0].evr, "10-1"); /* the newest first */
    expect_back(&place, &kept.packages[0], "10.rpm");
    expect_back(&place, &kept.packages[1], "2.rpm");
    expect_back(&place, &kept.packages[2], "1.rpm");
}

static void content_of(
    const struct wh_history *history, const char *location, struct wh_content_base *out_base)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {0};
    struct wh_kept_record record;

    OK(wh_history_record(history, location, &plain, &record, &err));
    assert_int_equal(record.content_count, 2);
    OK(wh_kept_content_base(history, record.contents + WH_SHA256_LENGTH, out_base, &err));
}

/* `data` of version 2 is close to that of version 1, and version 10's to neither. */
static void what_is_close_is_kept_as_a_difference(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_history_close) struct wh_history history = {.folder = -1};
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages kept = {0};
    struct wh_content_base base;

    (void)state;
    place_make(&place);
    for (uint32_t i = 0; i < 3; i++) { /* one run a version */
        put(&place, i, 1);
        assert_int_equal(add(&place).added, 1);
    }
    list(&place, &kept);
    OK(wh_history_open(place.history, WH_HISTORY_READ, &history, &err));
    content_of(&history, kept.packages[2].location, &base);
    assert_int_equal(base.length, 0);
    content_of(&history, kept.packages[1].location, &base);
    assert_int_equal(base.length, 300 * strlen(DRIFTING "first\n"));
}

static void nothing_is_kept_twice(void **state)
{
    wh_cleanup(place_remove) struct place place;

    (void)state;
    place_make(&place);
    put(&place, 0, 2);
    struct wh_history_result first = add(&place);
    struct wh_history_result again = add(&place);
    assert_int_equal(again.added, 0);
    assert_int_equal(again.present, 2);
    assert_int_equal(again.stored_bytes, first.stored_bytes);
}

/* 10 is newer than 2, which strings are not. What the removed versions were bases of stays. */
static void the_newest_versions_stay(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages kept = {0};
    wh_cleanup(wh_history_verdicts_clear) struct wh_history_verdicts verdicts = {0};

    (void)state;
    place_make(&place);
    put(&place, 0, 3);
    assert_int_equal(add(&place).added, 3);
    place.options.keep_count = 2;
    struct wh_history_result result = add(&place);
    assert_int_equal(result.removed, 1);
    assert_int_equal(result.packages, 2);
    result = add(&place); /* the repository still has it, and it is not added again */
    assert_int_equal(result.beyond, 1);
    assert_int_equal(result.added + result.removed, 0);
    list(&place, &kept);
    assert_int_equal(kept.count, 2);
    assert_string_equal(kept.packages[1].evr, "2-1");
    expect_back(&place, &kept.packages[1], "2.rpm");
    place.options.keep_count = 1;
    result = add(&place);
    assert_int_equal(result.removed, 1);
    assert_int_equal(result.contents_removed, 2); /* `data` of 1 and of 2 */
    assert_int_equal(count_in(&place, "contents"), 2);
    OK(wh_history_verify(place.history, 1, NULL, &verdicts, &err));
    assert_int_equal(verdicts.good, 1);
    assert_int_equal(verdicts.bad_count, 0);
}

static void age(const struct place *place, const char *location, time_t days)
{
    wh_autofree char *path = NULL;
    const time_t then = time(NULL) - days * 86400 - 60;
    const struct timespec times[] = {{.tv_sec = then}, {.tv_sec = then}};

    assert_true(asprintf(&path, "%s/%s", place->history, location) > 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void what_was_not_seen_for_long_goes(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages before = {0};
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages after = {0};

    (void)state;
    place_make(&place);
    put(&place, 0, 3);
    assert_int_equal(add(&place).added, 3);
    list(&place, &before);
    age(&place, before.packages[0].location, 30); /* 10: the repository still has it */
    age(&place, before.packages[1].location, 29);
    age(&place, before.packages[2].location, 30);
    assert_int_equal(unlinkat(place.packages.folder, "1.rpm", 0), 0);
    assert_int_equal(unlinkat(place.packages.folder, "2.rpm", 0), 0);
    place.options.keep_days = 30;
    assert_int_equal(add(&place).removed, 1);
    list(&place, &after);
    assert_int_equal(after.count, 2);
    assert_string_equal(after.packages[0].evr, "10-1");
    assert_string_equal(after.packages[1].evr, "2-1");
    assert_true(after.packages[0].seen > before.packages[0].seen - 60);
}

static void what_cannot_be_a_start_is_left_out(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_history_result_clear) struct wh_history_result result = {0};

    (void)state;
    place_make(&place);
    put(&place, 0, 2);
    make_metadata(&place.packages, versions, 2);
    scratch_put(&place.packages, "1.rpm", "no package", 10);
    result = add(&place);
    assert_int_equal(result.added, 1);
    assert_int_equal(result.left_out_count, 1);
    assert_string_equal(result.left_out[0].package, "1.rpm");
    assert_non_null(strstr(result.left_out[0].reason, "1.rpm"));
}

/* A package whose header has no digest of the plain payload can be a start. */
static void a_start_needs_no_payload_digest(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages kept = {0};
    struct made_package package = VERSION("1", files_1);

    (void)state;
    place_make(&place);
    package.no_payload_digest = true;
    make_package(&place.packages, &package);
    assert_int_equal(add(&place).added, 1);
    list(&place, &kept);
    expect_back(&place, &kept.packages[0], "1.rpm");
}

static void first_content(const struct place *place, char **out_path)
{
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages kept = {0};
    wh_cleanup(wh_history_close) struct wh_history history = {.folder = -1};
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {0};
    struct wh_kept_record record;
    char name[WH_CONTENT_NAME_MAX];

    list(place, &kept);
    OK(wh_history_open(place->history, WH_HISTORY_READ, &history, &err));
    OK(wh_history_record(&history, kept.packages[0].location, &plain, &record, &err));
    wh_kept_content_name(record.contents, name);
    assert_true(asprintf(out_path, "%s/%s", place->history, name) > 0);
}

static void flip(const char *path, off_t offset)
{
    wh_autoclose int fd = open(path, O_RDWR | O_CLOEXEC);
    uint8_t byte;

    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 0xff;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
}

static void verify_finds_damage(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages kept = {0};
    wh_autofree char *content = NULL;
    struct stat info;

    (void)state;
    place_make(&place);
    put(&place, 0, 1);
    assert_int_equal(add(&place).added, 1);
    first_content(&place, &content);
    assert_int_equal(stat(content, &info), 0);
    for (off_t at = 0; at < info.st_size; at++) {
        wh_cleanup(wh_history_verdicts_clear) struct wh_history_verdicts verdicts = {0};
        flip(content, at);
        OK(wh_history_verify(place.history, 1, NULL, &verdicts, &err));
        assert_int_equal(verdicts.bad_count, 1);
        flip(content, at);
    }
    list(&place, &kept);
    wh_autofree char *record = NULL;
    assert_true(asprintf(&record, "%s/%s", place.history, kept.packages[0].location) > 0);
    assert_int_equal(stat(record, &info), 0);
    for (off_t at = 0; at < info.st_size; at++) {
        wh_cleanup(wh_history_verdicts_clear) struct wh_history_verdicts verdicts = {0};
        flip(record, at);
        OK(wh_history_verify(place.history, 1, NULL, &verdicts, &err));
        assert_int_equal(verdicts.bad_count, 1);
        flip(record, at);
    }
}

/* What a run that was killed leaves: contents without a record, and unfinished files. */
static void the_next_run_cleans_up(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_autofree char *stray = NULL;
    wh_autofree char *unfinished = NULL;
    wh_autofree char *content = NULL;

    (void)state;
    place_make(&place);
    put(&place, 0, 1);
    uint64_t stored = add(&place).stored_bytes;
    first_content(&place, &content);
    assert_true(asprintf(&stray, "%.*s0", (int)strlen(content) - 1, content) > 0);
    if (content[strlen(content) - 1] == '0')
        stray[strlen(stray) - 1] = '1';
    assert_int_equal(link(content, stray), 0);
    assert_true(
        asprintf(&unfinished, "%s/packages/.whittle-unfinished.0000000007", place.history) > 0);
    assert_int_equal(link(content, unfinished), 0);
    struct wh_history_result result = add(&place);
    assert_int_equal(result.contents_removed, 1);
    assert_int_equal(result.stored_bytes, stored);
    assert_int_equal(access(stray, F_OK), -1);
    assert_int_equal(access(unfinished, F_OK), -1);
}

/* A damaged record may be of contents that others do not know: nothing is removed. It is mended. */
static void a_damaged_record_is_written_again(void **state)
{
    wh_cleanup(place_remove) struct place place;
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages kept = {0};
    wh_autofree char *record = NULL;

    (void)state;
    place_make(&place);
    put(&place, 0, 1);
    assert_int_equal(add(&place).added, 1);
    list(&place, &kept);
    assert_true(asprintf(&record, "%s/%s", place.history, kept.packages[0].location) > 0);
    flip(record, 30);
    struct wh_history_result result = add(&place);
    assert_int_equal(result.damaged, 1);
    assert_int_equal(result.added, 1);
    assert_int_equal(result.contents_removed, 0);
    result = add(&place);
    assert_int_equal(result.damaged, 0);
    assert_int_equal(result.present, 1);
}

static void other_folders_are_refused(void **state)
{
    wh_cleanup(place_remove) struct place place;
    struct wh_history history;
    struct wh_history_result result;

    (void)state;
    place_make(&place);
    put(&place, 0, 1);
    assert_false(wh_history_is(place.packages.path));
    REFUSED(WH_MISSING, "not a history",
        wh_history_open(place.packages.path, WH_HISTORY_READ, &history, &err));
    place.options.history = place.packages.path;
    REFUSED(WH_MISSING, "neither empty nor", wh_history_add(&place.options, &result, &err));
    scratch_put(&place.beside, "whittle-history", "2\n", 2);
    place.options.history = place.beside.path;
    REFUSED(WH_UNSUPPORTED, "later", wh_history_add(&place.options, &result, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_comes_back),
        cmocka_unit_test(what_is_close_is_kept_as_a_difference),
        cmocka_unit_test(nothing_is_kept_twice),
        cmocka_unit_test(the_newest_versions_stay),
        cmocka_unit_test(what_was_not_seen_for_long_goes),
        cmocka_unit_test(what_cannot_be_a_start_is_left_out),
        cmocka_unit_test(a_start_needs_no_payload_digest),
        cmocka_unit_test(verify_finds_damage),
        cmocka_unit_test(the_next_run_cleans_up),
        cmocka_unit_test(a_damaged_record_is_written_again),
        cmocka_unit_test(other_folders_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
