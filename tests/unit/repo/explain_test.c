/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_test.c - what explain says of a step: groups, streams, methods, what goes through the
 * compression, and what other codecs would have taken. */
#include "made_package.h"

#include "bundle_build.h"
#include "explain.h"
#include "gate.h"
#include "made_archives.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { LENGTH = 6000 };

/* Two versions: letters with a change here and there, whose patch wins; text that is new; an edited
 * and an equal file. */
struct contents {
    char old_letters[LENGTH + 1];
    char new_letters[LENGTH + 1];
};

static struct contents contents;

static void fill_contents(void)
{
    uint32_t random = 1;

    for (size_t i = 0; i < LENGTH; i++) {
        random = random * 1664525u + 1013904223u;
        contents.old_letters[i] = contents.new_letters[i] = (char)('A' + (random >> 24) % 64);
        if (i % 31 == 7)
            contents.new_letters[i]++;
    }
}

static const struct made_file old_files[] = {
    {"b.conf", "setting = 1\n", 40, WH_FILE_CONFIG, 0},
    {"letters", contents.old_letters, 1, 0, 0},
    {"same", "what does not change ", 900, 0, 0},
};
static const struct made_file new_files[] = {
    {"b.conf", "setting = 2\n", 40, WH_FILE_CONFIG, 0},
    {"letters", contents.new_letters, 1, 0, 0},
    {"same", "what does not change ", 900, 0, 0},
    {"text", "what is new in this version ", 2000, 0, 0},
};
static const struct made_package old_version = {
    "1.rpm", "made", "1", old_files, COUNT(old_files), false};
static const struct made_package new_version = {
    "2.rpm", "made", "2", new_files, COUNT(new_files), false};

static const struct wh_means plenty = {
    .effort = WH_EFFORT_DEFAULT, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX};

/* A folder with two packages and the step between them. */
static struct scratch make_step(
    const struct made_package *old_package, const struct made_package *new_package)
{
    struct scratch scratch = scratch_make();
    wh_cleanup(wh_package_clear) struct wh_package_file origin = WH_PACKAGE_FILE_NONE;
    wh_cleanup(wh_subject_clear) struct wh_subject subject = WH_SUBJECT_NONE;
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {.ceiling = 1u << 20};
    struct wh_package_file file = WH_PACKAGE_FILE_NONE;
    const struct wh_digest unknown = {0};

    make_package(&scratch, old_package);
    make_package(&scratch, new_package);
    OK(wh_package_open(scratch.folder, "S", "1.rpm", &origin, &err));
    OK(wh_package_unpack(&origin, &err));
    OK(wh_package_open(scratch.folder, "S", "2.rpm", &file, &err));
    OK(wh_subject_prepare(&file, &unknown, &subject, &err));
    OK(wh_build_step(&origin, &subject, &plenty, &step, &err));
    scratch_put(&scratch, "step.wht", step.data, step.length);
    return scratch;
}

static struct scratch make_place(void)
{
    fill_contents();
    return make_step(&old_version, &new_version);
}

static wh_status explain(const char *old_package, const char *new_package,
    struct json_object **out_object, struct wh_error *err)
{
    const struct wh_explain_options options = {"step.wht", old_package, new_package, plenty};

    return wh_explain(&options, out_object, err);
}

static struct json_object *get(struct json_object *object, const char *key)
{
    struct json_object *value;

    if (!json_object_object_get_ex(object, key, &value))
        fail_msg("there is no %s", key);
    return value;
}

static uint64_t number(struct json_object *object, const char *key)
{
    return (uint64_t)json_object_get_int64(get(object, key));
}

static struct json_object *row_of(struct json_object *object, const char *path)
{
    struct json_object *rows = get(object, "files");

    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if (strcmp(json_object_get_string(get(row, "path")), path) == 0)
            return row;
    }
    fail_msg("there is no row of %s", path);
    return NULL;
}

/* ---- groups -------------------------------------------------------------------------------- */

static const char *const streams[] = {"control", "gap", "value", "extra"};

static uint64_t stored_in_streams(struct json_object *group)
{
    uint64_t stored = 0;

    for (size_t i = 0; i < COUNT(streams); i++)
        stored += number(get(get(group, "streams"), streams[i]), "bytes");
    return stored;
}

static void stored_bytes_add_up(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = make_place();
    struct json_object *object = NULL;
    uint64_t bytes = 0;
    uint64_t files = 0;
    uint32_t patches = 0;

    (void)state;
    assert_int_equal(fchdir(scratch.folder), 0);
    OK(explain(NULL, NULL, &object, &err));
    struct json_object *list = get(object, "group_list");
    assert_int_equal(json_object_array_length(list), number(object, "groups"));
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *group = json_object_array_get_idx(list, i);
        bytes += number(group, "bytes");
        files += number(group, "files");
        if (strcmp(json_object_get_string(get(group, "codec")), "patch") != 0)
            continue;
        patches++; /* two lengths a stream, of one or two bytes each */
        assert_in_range(number(group, "bytes") - stored_in_streams(group), 8, 16);
    }
    assert_true(patches > 0);
    assert_int_equal(bytes, number(object, "groups_bytes"));
    assert_int_equal(files, 3);
    assert_false(json_object_object_get_ex(object, "files", NULL));
    (void)json_object_put(object);
}

/* ---- files --------------------------------------------------------------------------------- */

static void tells_how_a_file_is_patched(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = make_place();
    struct json_object *object = NULL;

    (void)state;
    assert_int_equal(fchdir(scratch.folder), 0);
    OK(explain("1.rpm", NULL, &object, &err));
    struct json_object *row = row_of(object, "/usr/share/made/letters");
    assert_string_equal(json_object_get_string(get(row, "codec")), "patch");
    assert_string_equal(json_object_get_string(get(row, "method")), "plain");
    struct json_object *residue = get(row, "residue");
    assert_int_equal(number(residue, "value"), LENGTH / 31 + 1); /* one a change */
    assert_int_equal(number(residue, "extra"), 0);
    assert_true(number(residue, "control") >= 4);
    assert_false(json_object_object_get_ex(row, "costs", NULL));
    row = row_of(object, "/usr/share/made/same");
    assert_false(json_object_object_get_ex(row, "method", NULL));
    (void)json_object_put(object);
}

/* ---- costs --------------------------------------------------------------------------------- */

/* Of the file, or of the set that it is in. */
static struct json_object *costs_of(struct json_object *object, const char *path)
{
    struct json_object *row = row_of(object, path);
    struct json_object *set;

    if (!json_object_object_get_ex(row, "set", &set))
        return get(row, "costs");
    return get(json_object_array_get_idx(get(object, "sets"), (size_t)json_object_get_int(set) - 1),
        "costs");
}

static void tells_what_each_codec_would_take(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = make_place();
    struct json_object *object = NULL;

    (void)state;
    assert_int_equal(fchdir(scratch.folder), 0);
    OK(explain("1.rpm", "2.rpm", &object, &err));
    struct json_object *costs = costs_of(object, "/usr/share/made/letters");
    assert_in_range(number(costs, "patch"), 1, number(costs, "zstd_with_base") - 1);
    costs = costs_of(object, "/usr/share/made/b.conf");
    assert_true(number(costs, "patch") > 0);
    assert_true(number(costs, "zstd_with_base") > 0);
    assert_true(number(costs, "zstd") > 0); /* also where the publisher has not tried it */
    (void)costs_of(object, "/usr/share/made/text");
    struct json_object *row = row_of(object, "/usr/share/made/same");
    assert_false(json_object_object_get_ex(row, "costs", NULL));
    assert_false(json_object_object_get_ex(row, "set", NULL));
    (void)json_object_put(object);
}

static void text_has_a_line_for_each(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = make_place();
    struct json_object *object = NULL;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    (void)state;
    assert_int_equal(fchdir(scratch.folder), 0);
    OK(explain("1.rpm", "2.rpm", &object, &err));
    wh_explain_print(out, object);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "  group codec   files       bytes     control"));
    assert_non_null(strstr(text, "inflated"));
    assert_non_null(strstr(text, "/usr/share/made/letters  [patch plain, group "));
    assert_non_null(strstr(text, "residue: control "));
    assert_non_null(strstr(text, "by itself: "));
    assert_non_null(strstr(text, "  set 1 of "));
    free(text);
    (void)json_object_put(object);
}

/* ---- through the compression --------------------------------------------------------------- */

/* An archive with two changed members of three, a file of two gzip members, and a plain one. */
static struct scratch make_packed_place(void)
{
    const struct wh_bytes archives[] = {
        made_archives[MADE_PYTHON_1].bytes, made_archives[MADE_PYTHON_2].bytes};
    const struct wh_bytes gzip = made_archives[MADE_GZIP].bytes;
    const struct made_file old[] = {
        {"archive.zip", (const char *)archives[0].data, 1, 0, archives[0].length},
        {"text", "what changes a bit 1\n", 20, 0, 0},
        {"twice.gz", (const char *)gzip.data, 3, 0, gzip.length},
    };
    const struct made_file fresh[] = {
        {"archive.zip", (const char *)archives[1].data, 1, 0, archives[1].length},
        {"text", "what changes a bit 2\n", 20, 0, 0},
        {"twice.gz", (const char *)gzip.data, 2, 0, gzip.length},
    };
    const struct made_package versions[] = {
        {"1.rpm", "made", "1", old, COUNT(old), false},
        {"2.rpm", "made", "2", fresh, COUNT(fresh), false},
    };

    return make_step(&versions[0], &versions[1]);
}

static void sums_up_what_goes_through_the_compression(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = make_packed_place();
    struct json_object *object = NULL;

    (void)state;
    assert_int_equal(fchdir(scratch.folder), 0);
    OK(explain(NULL, NULL, &object, &err));
    struct json_object *packed = get(object, "packed");
    assert_int_equal(json_object_object_length(packed), 1);
    struct json_object *zip = get(packed, "zip");
    assert_int_equal(number(zip, "files"), 1);
    assert_int_equal(number(zip, "streams_made"), 2);
    assert_int_equal(number(zip, "streams_taken"), 2);
    assert_in_range(number(zip, "parameters_bytes"), 1, 100);
    assert_in_range(number(zip, "group_bytes"), 1, number(object, "groups_bytes"));
    assert_false(json_object_object_get_ex(zip, "plain_bytes", NULL));
    assert_false(json_object_object_get_ex(object, "streams", NULL));
    (void)json_object_put(object);
}

static uint64_t plain_length(int archive)
{
    uint64_t length = made_archives[archive].bytes.length;

    for (uint32_t i = 0; i < made_archives[archive].count; i++) {
        const struct made_stream *stream = &made_archives[archive].streams[i];
        if (strcmp(stream->name, "a/two.txt") != 0) /* the one that has not changed */
            length += stream->plain_length - stream->packed_length;
    }
    return length;
}

static void tells_how_a_file_is_packed_again(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = make_packed_place();
    struct json_object *object = NULL;

    (void)state;
    assert_int_equal(fchdir(scratch.folder), 0);
    OK(explain("1.rpm", NULL, &object, &err));
    struct json_object *row = row_of(object, "/usr/share/made/archive.zip");
    struct json_object *recipe = get(row, "recipe");
    assert_string_equal(json_object_get_string(get(recipe, "packing")), "zip");
    assert_int_equal(number(recipe, "streams_made"), 2);
    assert_int_equal(number(get(recipe, "coders"), "deflate"), 2);
    assert_int_equal(number(row, "plain_bytes"), plain_length(MADE_PYTHON_2));
    struct json_object *zip = get(get(object, "packed"), "zip");
    assert_int_equal(number(zip, "plain_bytes"), plain_length(MADE_PYTHON_2));
    assert_int_equal(number(zip, "bytes"), made_archives[MADE_PYTHON_2].bytes.length);
    assert_int_equal(number(zip, "share"), number(row, "share"));
    assert_false(
        json_object_object_get_ex(row_of(object, "/usr/share/made/twice.gz"), "recipe", NULL));
    (void)json_object_put(object);
}

/* What a group stores belongs to its files. */
static void shares_add_up(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = make_packed_place();
    struct json_object *object = NULL;
    uint64_t sum = 0;

    (void)state;
    assert_int_equal(fchdir(scratch.folder), 0);
    OK(explain("1.rpm", NULL, &object, &err));
    struct json_object *rows = get(object, "files");
    for (size_t i = 0; i < json_object_array_length(rows); i++)
        sum += number(json_object_array_get_idx(rows, i), "share");
    /* less two lengths for each of four streams, and what is rounded */
    uint64_t stored = number(object, "groups_bytes");
    assert_in_range(sum, stored - 16 * number(object, "groups") - 3, stored + 3);
    (void)json_object_put(object);
}

static void counts_streams_and_gives_reasons(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = make_packed_place();
    struct json_object *object = NULL;

    (void)state;
    assert_int_equal(fchdir(scratch.folder), 0);
    OK(explain("1.rpm", "2.rpm", &object, &err));
    struct json_object *found = get(object, "streams");
    assert_int_equal(number(found, "predicted") + number(found, "departing"), 2);
    assert_int_equal(number(found, "kept"), 1);
    assert_int_equal(number(found, "left"), 0);
    struct json_object *opaque = get(object, "opaque");
    assert_int_equal(json_object_array_length(opaque), 1);
    struct json_object *row = json_object_array_get_idx(opaque, 0);
    assert_string_equal(json_object_get_string(get(row, "path")), "/usr/share/made/twice.gz");
    assert_string_equal(json_object_get_string(get(row, "packing")), "gzip");
    assert_true(strlen(json_object_get_string(get(row, "reason"))) > 10);
    assert_true(number(object, "as_they_are_bytes") > number(object, "groups_bytes"));
    (void)json_object_put(object);
}

static void text_has_a_line_for_each_packing(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = make_packed_place();
    struct json_object *object = NULL;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    (void)state;
    assert_int_equal(fchdir(scratch.folder), 0);
    OK(explain("1.rpm", "2.rpm", &object, &err));
    wh_explain_print(out, object);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "\n  zip "));
    assert_non_null(strstr(text, "zip: 2 streams made (2 by deflate), 2 taken from the base, "));
    assert_non_null(strstr(text, "1 streams kept, as the older content had them"));
    assert_non_null(strstr(text, "/usr/share/made/twice.gz (gzip): it "));
    assert_non_null(strstr(text, "without going through the compression: "));
    free(text);
    (void)json_object_put(object);
}

static void packages_have_to_fit(void **state)
{
    wh_cleanup(scratch_remove) struct scratch scratch = make_place();
    struct json_object *object = NULL;

    (void)state;
    assert_int_equal(fchdir(scratch.folder), 0);
    REFUSED(WH_MISMATCH, "step.wht: ", explain("2.rpm", NULL, &object, &err));
    REFUSED(WH_MISMATCH, "1.rpm: it is not the package", explain("1.rpm", "1.rpm", &object, &err));
    REFUSED(WH_MISSING, "absent.rpm", explain("absent.rpm", NULL, &object, &err));
    REFUSED(WH_MALFORMED, "step.wht: not an rpm", explain("step.wht", NULL, &object, &err));
    assert_null(object);
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
        cmocka_unit_test(stored_bytes_add_up),
        cmocka_unit_test(tells_how_a_file_is_patched),
        cmocka_unit_test(tells_what_each_codec_would_take),
        cmocka_unit_test(text_has_a_line_for_each),
        cmocka_unit_test(sums_up_what_goes_through_the_compression),
        cmocka_unit_test(tells_how_a_file_is_packed_again),
        cmocka_unit_test(shares_add_up),
        cmocka_unit_test(counts_streams_and_gives_reasons),
        cmocka_unit_test(text_has_a_line_for_each_packing),
        cmocka_unit_test(packages_have_to_fit),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
