/* SPDX-License-Identifier: GPL-2.0-or-later */
/* single_test.c - the commands diff and patch, from the command line to the file. */
#include "../client/program.h"
#include "scratch.h"

#include <json-c/json.h>

#include "whittle/cleanup.h"

/* A folder with old and new, and the run of a command in it. */
struct place {
    struct scratch scratch;
    struct outcome outcome;
};

enum { LENGTH = 90000 };

static void make_place(struct place *place)
{
    static uint8_t content[LENGTH];
    uint32_t random = 1;

    *place = (struct place){.scratch = scratch_make()};
    for (size_t i = 0; i < LENGTH; i++) {
        random = random * 1664525u + 1013904223u;
        content[i] = (uint8_t)(random >> 24);
    }
    scratch_put(&place->scratch, "old", content, LENGTH);
    for (size_t i = 0; i < LENGTH; i += 50)
        content[i]++;
    memset(content + LENGTH / 3, 'x', 500);
    scratch_put(&place->scratch, "new", content, LENGTH - 5);
    assert_int_equal(chdir(place->scratch.path), 0);
}

static void remove_place(struct place *place)
{
    assert_int_equal(chdir("/"), 0);
    outcome_clear(&place->outcome);
    scratch_remove(&place->scratch);
}

/* Runs the command in the folder; what the run before said is gone. */
static void run(struct place *place, const char *const *arguments)
{
    outcome_clear(&place->outcome);
    program_run(&(struct program){.arguments = arguments}, &place->outcome);
}

#define RUN(place, ...) run(place, (const char *const[]){__VA_ARGS__, NULL})

static char *content_of(const char *name, size_t *out_length)
{
    struct stat info;
    wh_autoclose int fd = open(name, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &info), 0);
    char *bytes = malloc((size_t)info.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)info.st_size), info.st_size);
    *out_length = (size_t)info.st_size;
    return bytes;
}

static void same_files(const char *left, const char *right)
{
    size_t left_length;
    size_t right_length;
    wh_autofree char *a = content_of(left, &left_length);
    wh_autofree char *b = content_of(right, &right_length);

    assert_int_equal(left_length, right_length);
    assert_memory_equal(a, b, left_length);
}

static void a_patch_leads_from_old_to_new(void **state)
{
    static const char *const efforts[] = {"fast", "default", "best"};
    wh_cleanup(remove_place) struct place place;

    (void)state;
    make_place(&place);
    for (size_t i = 0; i < COUNT(efforts); i++) {
        RUN(&place, "diff", "--effort", efforts[i], "old", "new", "patch");
        assert_int_equal(place.outcome.status, 0);
        assert_string_equal(place.outcome.err, "");
        assert_non_null(strstr(place.outcome.out, "% of new [patch, plain]\nby codec: patch "));
        RUN(&place, "patch", "old", "patch", "made");
        assert_int_equal(place.outcome.status, 0);
        assert_string_equal(place.outcome.out, "");
        same_files("made", "new");
    }
    RUN(&place, "patch", "old", "patch", "old"); /* what it starts from may be replaced */
    assert_int_equal(place.outcome.status, 0);
    same_files("old", "new");
    assert_int_equal(scratch_names(&place.scratch, "."), 4); /* old new patch made */
}

static void empty_files_are_files(void **state)
{
    static const char *const pairs[][2] = {{"empty", "new"}, {"old", "empty"}, {"empty", "empty"}};
    wh_cleanup(remove_place) struct place place;

    (void)state;
    make_place(&place);
    scratch_put(&place.scratch, "empty", "", 0);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        RUN(&place, "diff", pairs[i][0], pairs[i][1], "patch");
        assert_int_equal(place.outcome.status, 0);
        RUN(&place, "patch", pairs[i][0], "patch", "made");
        assert_int_equal(place.outcome.status, 0);
        same_files("made", pairs[i][1]);
    }
}

static uint64_t number(struct json_object *object, const char *key)
{
    struct json_object *value;

    assert_true(json_object_object_get_ex(object, key, &value));
    return (uint64_t)json_object_get_int64(value);
}

static void json_has_the_decoders_time(void **state)
{
    wh_cleanup(remove_place) struct place place;
    struct json_object *seconds;

    (void)state;
    make_place(&place);
    RUN(&place, "diff", "old", "new", "patch");
    RUN(&place, "patch", "old", "patch", "made");
    assert_string_equal(place.outcome.out, "");
    RUN(&place, "patch", "--json", "old", "patch", "made");
    assert_int_equal(place.outcome.status, 0);
    struct json_object *object = json_tokener_parse(place.outcome.out);
    assert_non_null(object);
    assert_int_equal(number(object, "new_bytes"), LENGTH - 5);
    assert_true(json_object_object_get_ex(object, "decoder_cpu_s", &seconds));
    assert_true(json_object_get_double(seconds) > 0);
    same_files("made", "new");
    (void)json_object_put(object);
}

static void json_has_sizes_and_costs(void **state)
{
    wh_cleanup(remove_place) struct place place;
    struct json_object *costs;
    struct json_object *streams;
    struct json_object *stream;
    size_t length;

    (void)state;
    make_place(&place);
    RUN(&place, "diff", "--json", "--effort=best", "old", "new", "patch");
    assert_int_equal(place.outcome.status, 0);
    struct json_object *object = json_tokener_parse(place.outcome.out);
    assert_non_null(object);
    wh_autofree char *bytes = content_of("patch", &length);
    assert_memory_equal(bytes, "\x89WHP", 4);
    assert_int_equal(number(object, "patch_bytes"), length);
    assert_int_equal(number(object, "old_bytes"), LENGTH);
    assert_int_equal(number(object, "new_bytes"), LENGTH - 5);
    assert_true(json_object_object_get_ex(object, "costs", &costs));
    assert_int_equal(number(costs, "patch"), number(object, "bytes"));
    assert_true(number(costs, "zstd_with_base") > number(costs, "patch"));
    assert_true(json_object_object_get_ex(object, "streams", &streams));
    assert_true(json_object_object_get_ex(streams, "extra", &stream));
    assert_true(number(stream, "inflated") > 0);
    (void)json_object_put(object);
}

/* The command fails, names the file, and leaves everything as it was. */
static void fails(struct place *place, const char *part)
{
    char start[64];

    (void)snprintf(start, sizeof start, "whittle-repo: %s", part);
    assert_int_equal(place->outcome.status, 1);
    assert_string_equal(place->outcome.out, "");
    assert_int_equal(strncmp(place->outcome.err, start, strlen(start)), 0);
    const char *end = strchr(place->outcome.err, '\n'); /* one line */
    assert_true(end && end[1] == '\0');
}

static void what_is_wrong_is_said_and_nothing_is_left(void **state)
{
    wh_cleanup(remove_place) struct place place;
    size_t length;

    (void)state;
    make_place(&place);
    RUN(&place, "diff", "old", "new", "patch");
    assert_int_equal(place.outcome.status, 0);
    wh_autofree char *patch = content_of("patch", &length);
    scratch_put(&place.scratch, "short", patch, length - 1);
    patch[length - 1] ^= 1;
    scratch_put(&place.scratch, "damaged", patch, length);
    patch[length - 1] ^= 1;
    patch[8] = 9;
    scratch_put(&place.scratch, "newer", patch, length);

    RUN(&place, "patch", "new", "patch", "made");
    fails(&place, "new: it is not the file that the patch is for");
    RUN(&place, "patch", "old", "short", "made");
    fails(&place, "short: it is cut short");
    RUN(&place, "patch", "old", "damaged", "made");
    fails(&place, "damaged: ");
    RUN(&place, "patch", "old", "newer", "made");
    fails(&place, "newer: format version 9 is not known");
    RUN(&place, "patch", "old", "old", "made");
    fails(&place, "old: it does not begin as a patch file");
    RUN(&place, "patch", "absent", "patch", "made");
    fails(&place, "absent: No such file");
    RUN(&place, "diff", "absent", "new", "made");
    fails(&place, "absent: No such file");
    RUN(&place, "diff", "old", ".", "made");
    fails(&place, ".: not a regular file");
    RUN(&place, "patch", "old", "patch", "absent/made");
    fails(&place, "absent: No such file");
    assert_int_equal(scratch_names(&place.scratch, "."), 6);
}

/* A file that is there stays until the new one is complete, and nothing else is ever replaced. */
static void the_destination_is_safe(void **state)
{
    wh_cleanup(remove_place) struct place place;

    (void)state;
    make_place(&place);
    RUN(&place, "diff", "old", "new", "patch");
    scratch_put(&place.scratch, "made", "as before", 9);
    RUN(&place, "patch", "new", "patch", "made");
    assert_int_equal(place.outcome.status, 1);
    size_t length;
    wh_autofree char *before = content_of("made", &length);
    assert_int_equal(length, 9);
    assert_memory_equal(before, "as before", 9);

    assert_int_equal(symlinkat("made", place.scratch.folder, "link"), 0);
    assert_int_equal(mkdirat(place.scratch.folder, "folder", 0755), 0);
    static const char *const names[] = {"link", "folder", "folder/", "/dev/null"};
    for (size_t i = 0; i < COUNT(names); i++) {
        RUN(&place, "patch", "old", "patch", names[i]);
        assert_int_equal(place.outcome.status, 1);
        RUN(&place, "diff", "old", "new", names[i]);
        assert_int_equal(place.outcome.status, 1);
    }
    assert_int_equal(scratch_names(&place.scratch, "folder"), 0);
    assert_int_equal(scratch_names(&place.scratch, "."), 6); /* old new patch made link folder */
}

static void misuse_is_told_from_failure(void **state)
{
    static const char *const cases[][6] = {
        {"diff", "old", "new", NULL},
        {"patch", "old", "patch", "made", "more", NULL},
        {"diff", "old", "new", "patch", "--effort=least", NULL},
        {"diff", "old", "new", "patch", "--memory=1", NULL},
        {"patch", "old", "patch", "made", "--effort=best", NULL},
    };
    wh_cleanup(remove_place) struct place place;

    (void)state;
    make_place(&place);
    for (size_t i = 0; i < COUNT(cases); i++) {
        run(&place, cases[i]);
        assert_int_equal(place.outcome.status, 2);
        assert_string_equal(place.outcome.out, "");
    }
    assert_int_equal(scratch_names(&place.scratch, "."), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_patch_leads_from_old_to_new),
        cmocka_unit_test(empty_files_are_files),
        cmocka_unit_test(json_has_the_decoders_time),
        cmocka_unit_test(json_has_sizes_and_costs),
        cmocka_unit_test(what_is_wrong_is_said_and_nothing_is_left),
        cmocka_unit_test(the_destination_is_safe),
        cmocka_unit_test(misuse_is_told_from_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
