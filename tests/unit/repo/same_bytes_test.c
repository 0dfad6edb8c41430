/* SPDX-License-Identifier: GPL-2.0-or-later */
/* same_bytes_test.c - the same packages give the same files, whatever the number of threads. */
#include "made_package.h"

#include <dirent.h>

#include "files.h"
#include "gate.h"
#include "publish.h"
#include "whittle/cleanup.h"

enum { PACKAGES = 12, FILES = 6 };

/* A package in two versions, and room for the texts that they are made of. */
struct pair {
    char name[8];
    char old_location[16];
    char new_location[16];
    char lines[2][FILES][64];
    struct made_file files[2][FILES];
};

/* Of different sizes and kinds, so that threads take turns. */
static void fill_pair(struct pair *pair, uint32_t number)
{
    static const char *const names[FILES] = {"a", "b.conf", "c", "d", "e", "readme"};

    (void)snprintf(pair->name, sizeof pair->name, "p%02u", (unsigned)number);
    (void)snprintf(pair->old_location, sizeof pair->old_location, "p%02u-1.rpm", (unsigned)number);
    (void)snprintf(pair->new_location, sizeof pair->new_location, "p%02u-2.rpm", (unsigned)number);
    for (uint32_t version = 0; version < 2; version++)
        for (uint32_t i = 0; i < FILES; i++) {
            char *line = pair->lines[version][i];
            (void)snprintf(line, sizeof pair->lines[version][i], "package %u file %u version %u\n",
                (unsigned)number, (unsigned)i, (unsigned)(i % 5 ? version : 0));
            pair->files[version][i] = (struct made_file){
                .name = names[i],
                .content = line,
                .repeat = (number % 5 + 1) * (i + 1) * 100,
                .flags = i == 1   ? WH_FILE_CONFIG
                         : i == 5 ? WH_FILE_DOC
                                  : 0,
            };
        }
}

/* A repository with the new versions and a folder with the old ones. */
struct place {
    struct scratch repository;
    struct scratch previous;
};

static void make_place(struct place *place)
{
    static struct pair pairs[PACKAGES];
    struct made_package packages[PACKAGES];

    *place = (struct place){scratch_make(), scratch_make()};
    for (uint32_t i = 0; i < PACKAGES; i++) {
        struct pair *pair = &pairs[i];
        fill_pair(pair, i);
        struct made_package old = {
            pair->old_location, pair->name, "1", pair->files[0], FILES, false};
        packages[i] = (struct made_package){
            pair->new_location, pair->name, "2", pair->files[1], FILES, false};
        make_package(&place->previous, &old);
        make_package(&place->repository, &packages[i]);
    }
    make_metadata(&place->repository, packages, PACKAGES);
}

static void remove_place(struct place *place)
{
    scratch_remove(&place->repository);
    scratch_remove(&place->previous);
}

static void publish(const struct place *place, uint32_t threads)
{
    const char *previous = place->previous.path;
    const struct wh_publish_options options = {
        .repository = place->repository.path,
        .previous = &previous,
        .previous_count = 1,
        .versions = 3,
        .threads = threads,
        .effort = WH_EFFORT_DEFAULT,
        .supplement_docs = true,
    };
    wh_cleanup(wh_publish_result_clear) struct wh_publish_result result = {0};

    OK(wh_publish(&options, &result, &err));
    assert_int_equal(result.with_bundles, PACKAGES);
    assert_int_equal(result.failure_count, 0);
}

static void read_file(const struct scratch *scratch, const char *name, struct wh_buffer *out)
{
    wh_autoclose int fd = openat(scratch->folder, name, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    OK(wh_read_whole(fd, name, out, &err));
}

static void same_file(const struct scratch *left, const struct scratch *right, const char *name)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer a = {.ceiling = 1u << 24};
    wh_cleanup(wh_buffer_clear) struct wh_buffer b = {.ceiling = 1u << 24};

    read_file(left, name, &a);
    read_file(right, name, &b);
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.data, b.data, a.length);
}

/* Every file of the folder is in the other one too, with the same bytes. */
static void same_folder(const struct scratch *left, const struct scratch *right, const char *name)
{
    DIR *folder = fdopendir(openat(left->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const struct dirent *entry;

    assert_non_null(folder);
    assert_int_equal(scratch_names(left, name), scratch_names(right, name));
    while ((entry = readdir(folder)) != NULL) {
        char path[512];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", name, entry->d_name);
        same_file(left, right, path);
    }
    assert_int_equal(closedir(folder), 0);
}

static void threads_change_nothing(void **state)
{
    static const uint32_t threads[] = {4, 16};
    wh_cleanup(remove_place) struct place alone;

    (void)state;
    make_place(&alone);
    publish(&alone, 1);
    assert_true(scratch_names(&alone.repository, "whittle") > 3 * PACKAGES);
    for (size_t i = 0; i < COUNT(threads); i++) {
        wh_cleanup(remove_place) struct place together;
        make_place(&together);
        publish(&together, threads[i]);
        same_folder(&alone.repository, &together.repository, "whittle");
        same_folder(&alone.repository, &together.repository, "repodata");
    }
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
        cmocka_unit_test(threads_change_nothing),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
