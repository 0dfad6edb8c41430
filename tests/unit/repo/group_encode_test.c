/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_encode_test.c - which contents of a bundle come together. */
#include "version.h"

#include <stdio.h>
#include <stdlib.h>

#include "group_encode.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { FILES_MAX = 64 };

/* Two versions whose files have the same numbers, and what comes of them. */
struct work {
    struct version old;
    struct version fresh;
    struct wh_entry entries[FILES_MAX];
    char names[FILES_MAX][8];
    struct wh_encoded_groups groups;
};

static void begin(struct work *work)
{
    *work = (struct work){0};
    version_init(&work->old, FILES_MAX);
    version_init(&work->fresh, FILES_MAX);
}

static void clear_work(struct work *work)
{
    wh_encoded_groups_clear(&work->groups);
    version_clear(&work->old);
    version_clear(&work->fresh);
}

/* base: empty for none. */
static void add(struct work *work, uint32_t flags, struct wh_bytes base, struct wh_bytes content)
{
    uint32_t number = work->fresh.header.file_count;
    char *name = work->names[number];

    (void)snprintf(name, sizeof work->names[number], "f%02u", (unsigned)number);
    version_add(&work->old, "/", name, flags, base);
    version_add(&work->fresh, "/", name, flags, content);
    work->entries[number] = (struct wh_entry){
        .file = number, .base = base.length > 0 ? number : WH_NO_FILE};
}

/* A text that changes about every `distance` bytes. */
static void add_text(struct work *work, uint32_t flags, size_t length, size_t distance)
{
    wh_autofree uint8_t *base = malloc(length);
    wh_autofree uint8_t *content = malloc(length);
    uint32_t seed = work->fresh.header.file_count + 1;

    assert_true(base && content);
    make_text(base, length, seed);
    memcpy(content, base, length);
    make_changes(content, length, distance, seed);
    add(work, flags, (struct wh_bytes){base, length}, (struct wh_bytes){content, length});
}

static wh_status encode_by(
    struct work *work, enum wh_effort effort, uint32_t threads, struct wh_error *err)
{
    const struct wh_means means = {
        .effort = effort, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX, .threads = threads};

    version_seal(&work->old);
    version_seal(&work->fresh);
    return wh_groups_encode(work->entries, work->fresh.header.file_count, &work->old.package,
        &work->fresh.package, &means, &work->groups, err);
}

static wh_status encode(struct work *work, enum wh_effort effort, struct wh_error *err)
{
    return encode_by(work, effort, 1, err);
}

static const struct wh_group *group_of(const struct work *work, uint32_t file)
{
    for (uint32_t g = 0; g < work->groups.group_count; g++) {
        const struct wh_group *group = &work->groups.groups[g];
        for (uint32_t i = 0; i < group->entry_count; i++)
            if (work->groups.entries[group->first_entry + i].file == file)
                return group;
    }
    fail_msg("file %u is in no group", (unsigned)file);
    return NULL;
}

/* What holds of all groups: each file once, ascending in each, and the content comes out. */
static void check_groups(const struct work *work)
{
    const struct wh_encoded_groups *groups = &work->groups;
    uint8_t seen[FILES_MAX] = {0};
    uint32_t entries = 0;

    for (uint32_t g = 0; g < groups->group_count; g++) {
        const struct wh_group *group = &groups->groups[g];
        assert_int_equal(group->first_entry, entries);
        assert_true(group->entry_count > 0);
        for (uint32_t i = 0; i < group->entry_count; i++) {
            uint32_t file = groups->entries[entries + i].file;
            assert_int_equal(seen[file]++, 0);
            assert_true(i == 0 || file > groups->entries[entries + i - 1].file);
        }
        entries += group->entry_count;
    }
    assert_int_equal(entries, work->fresh.header.file_count);
    assert_int_equal(groups->entry_count, entries);
}

static void decode_group(const struct work *work, const struct wh_group *group)
{
    const struct wh_codec *codec = wh_codec_find(group->codec);
    wh_cleanup(wh_buffer_clear) struct wh_buffer bases = {.ceiling = 1u << 30};
    uint64_t base_sizes[FILES_MAX] = {0};
    uint64_t sizes[FILES_MAX];
    uint64_t length = 0;

    assert_non_null(codec);
    for (uint32_t i = 0; i < group->entry_count; i++) {
        const struct wh_entry *entry = &work->groups.entries[group->first_entry + i];
        sizes[i] = work->fresh.header.files[entry->file].size;
        length += sizes[i];
        if (entry->base == WH_NO_FILE)
            continue;
        struct wh_bytes base = wh_package_content(&work->old.package, entry->base);
        base_sizes[i] = base.length;
        wh_buffer_append(&bases, base.data, base.length);
    }
    wh_autofree uint8_t *output = malloc(length);
    assert_non_null(output);
    const struct wh_codec_job job = {
        group->stored, wh_buffer_bytes(&bases), base_sizes, output, sizes, group->entry_count};
    OK(codec->decode(&job, &err));
    const uint8_t *at = output;
    for (uint32_t i = 0; i < group->entry_count; i++) {
        uint32_t file = work->groups.entries[group->first_entry + i].file;
        struct wh_bytes content = wh_package_content(&work->fresh.package, file);
        assert_memory_equal(at, content.data, content.length);
        at += content.length;
    }
}

static void encodes(struct work *work, enum wh_effort effort)
{
    OK(encode(work, effort, &err));
    check_groups(work);
    for (uint32_t g = 0; g < work->groups.group_count; g++)
        decode_group(work, &work->groups.groups[g]);
}

/* ---- classes ------------------------------------------------------------------------------- */

static enum wh_file_class class_of(const struct work *work, const struct wh_group *group)
{
    uint32_t file = work->groups.entries[group->first_entry].file;
    enum wh_file_class class = wh_file_class(&work->fresh.header.files[file]);

    for (uint32_t i = 1; i < group->entry_count; i++) {
        file = work->groups.entries[group->first_entry + i].file;
        assert_int_equal(wh_file_class(&work->fresh.header.files[file]), class);
    }
    return class;
}

/* Plain, %doc and %config files in turn, small ones and larger ones. */
static void classes_stay_apart(void **state)
{
    static const uint32_t flags[] = {0, WH_FILE_DOC, WH_FILE_CONFIG, WH_FILE_CONFIG | WH_FILE_DOC};
    wh_cleanup(clear_work) struct work work;
    uint32_t groups[WH_CLASSES] = {0};
    uint32_t configs = 0;

    (void)state;
    begin(&work);
    for (uint32_t i = 0; i < 48; i++)
        add_text(&work, flags[i % COUNT(flags)], i % 7 == 3 ? 600000 : 3000 + 100 * i, 700);
    encodes(&work, WH_EFFORT_DEFAULT);
    for (uint32_t g = 0; g < work.groups.group_count; g++) {
        enum wh_file_class class = class_of(&work, &work.groups.groups[g]);
        groups[class]++;
        if (class != WH_CLASS_CONFIG)
            continue;
        assert_int_equal(work.groups.groups[g].entry_count, 1); /* an edited one costs no other */
        configs++;
    }
    assert_int_equal(configs, 24);
    assert_true(groups[WH_CLASS_PLAIN] < 12); /* the others have company */
    assert_true(groups[WH_CLASS_DOC] < 12);
}

/* ---- small files --------------------------------------------------------------------------- */

/* Contents that are new and like each other: one frame over all. */
static void small_files_are_together(void **state)
{
    enum { LENGTH = 5000, FILES = 20 };
    wh_cleanup(clear_work) struct work work;
    static uint8_t content[LENGTH];

    (void)state;
    begin(&work);
    make_noise(content, LENGTH, 1);
    for (uint32_t i = 0; i < FILES; i++) {
        make_changes(content, LENGTH, 2000, i);
        add(&work, 0, (struct wh_bytes){0}, (struct wh_bytes){content, LENGTH});
    }
    encodes(&work, WH_EFFORT_DEFAULT);
    assert_int_equal(work.groups.group_count, 1);
    assert_int_equal(work.groups.groups[0].codec, WH_CODEC_ZSTD);
    assert_true(work.groups.groups[0].stored.length < 2 * LENGTH);
    assert_true(work.groups.costs[0].set > 0);
    assert_int_equal(work.groups.costs[0].set_frame, work.groups.groups[0].stored.length);
}

/* Where changes are many and everywhere, residues are smaller than a frame that names each of the
 * places between them. */
static void residues_are_compared_with_frames(void **state)
{
    enum { LENGTH = 5000, FILES = 20 };
    wh_cleanup(clear_work) struct work work;
    static uint8_t base[LENGTH];
    static uint8_t content[LENGTH];

    (void)state;
    begin(&work);
    for (uint32_t i = 0; i < FILES; i++) {
        make_noise(base, LENGTH, i);
        memcpy(content, base, LENGTH);
        for (size_t at = 5; at < LENGTH; at += 23)
            content[at]++;
        add(&work, 0, (struct wh_bytes){base, LENGTH}, (struct wh_bytes){content, LENGTH});
    }
    encodes(&work, WH_EFFORT_DEFAULT);
    assert_int_equal(work.groups.group_count, 1);
    assert_int_equal(work.groups.groups[0].codec, WH_CODEC_PATCH);
    assert_true(work.groups.costs[0].set_patch < work.groups.costs[0].set_frame);
}

/* ---- residues ------------------------------------------------------------------------------ */

/* Members up to the room of a group, in the order of the files. */
static void large_groups_are_split(void **state)
{
    enum { LENGTH = 22 << 20, FILES = 3 };
    wh_cleanup(clear_work) struct work work;
    wh_autofree uint8_t *base = malloc(LENGTH);
    wh_autofree uint8_t *content = malloc(LENGTH);

    (void)state;
    assert_true(base && content);
    begin(&work);
    make_noise(base, LENGTH, 1);
    memcpy(content, base, LENGTH);
    for (uint32_t i = 0; i < FILES; i++) {
        base[i] ^= 1; /* no two are the same */
        make_changes(content, LENGTH, 1 << 20, i);
        add(&work, 0, (struct wh_bytes){base, LENGTH}, (struct wh_bytes){content, LENGTH});
    }
    add_text(&work, 0, 600000, 700);
    encodes(&work, WH_EFFORT_FAST);
    assert_int_equal(work.groups.group_count, 2);
    for (uint32_t g = 0; g < work.groups.group_count; g++)
        assert_int_equal(work.groups.groups[g].codec, WH_CODEC_PATCH);
    assert_ptr_equal(group_of(&work, 0), group_of(&work, 1));
    assert_ptr_equal(group_of(&work, 2), group_of(&work, 3));
    assert_ptr_not_equal(group_of(&work, 0), group_of(&work, 2));
}

enum { OLD_PART = 100000, NEW_PART = 500000, PROGRAM = OLD_PART + NEW_PART, BLOCK = 16 };

/* Short pieces of the old content in another order, which a frame finds and a patch does not, and a
 * new part that all such programs share. */
static void add_program(struct work *work)
{
    static uint8_t base[OLD_PART];
    static uint8_t content[PROGRAM];
    uint32_t seed = work->fresh.header.file_count + 1;

    make_noise(base, OLD_PART, seed);
    for (size_t i = 0; i < OLD_PART / BLOCK; i++)
        memcpy(content + i * BLOCK, base + i * 4099 % (OLD_PART / BLOCK) * BLOCK, BLOCK);
    make_noise(content + OLD_PART, NEW_PART, 1000);
    add(work, 0, (struct wh_bytes){base, OLD_PART}, (struct wh_bytes){content, PROGRAM});
}

static void a_contested_member_goes_by_its_company(void **state)
{
    wh_cleanup(clear_work) struct work alone;
    wh_cleanup(clear_work) struct work two;

    (void)state;
    begin(&alone);
    add_program(&alone);
    encodes(&alone, WH_EFFORT_DEFAULT);
    assert_int_equal(alone.groups.group_count, 1);
    assert_int_equal(
        alone.groups.groups[0].codec, WH_CODEC_ZSTD); /* its frame is the smaller one */
    assert_int_equal(alone.groups.entries[0].base, 0);

    begin(&two);
    add_program(&two);
    add_program(&two);
    encodes(&two, WH_EFFORT_DEFAULT);
    assert_int_equal(two.groups.group_count, 1); /* their residues share the new part */
    assert_int_equal(two.groups.groups[0].codec, WH_CODEC_PATCH);
    assert_true(two.groups.groups[0].stored.length < alone.groups.groups[0].stored.length / 2 * 3);
}

/* A frame that is much smaller has no need of company. */
static void what_is_clear_is_not_contested(void **state)
{
    enum { LENGTH = 700000, MOVED = 12 };
    wh_cleanup(clear_work) struct work work;
    wh_autofree uint8_t *base = malloc(LENGTH);
    wh_autofree uint8_t *content = malloc(LENGTH);

    (void)state;
    assert_true(base && content);
    begin(&work);
    for (uint32_t k = 0; k < 2; k++) {
        make_noise(base, LENGTH, k);
        for (size_t i = 0; i < LENGTH / MOVED; i++)
            memcpy(content + i * MOVED, base + i * 4099 % (LENGTH / MOVED) * MOVED, MOVED);
        memset(content + LENGTH / MOVED * MOVED, 0, LENGTH % MOVED);
        add(&work, 0, (struct wh_bytes){base, LENGTH}, (struct wh_bytes){content, LENGTH});
    }
    encodes(&work, WH_EFFORT_DEFAULT);
    assert_int_equal(work.groups.group_count, 2);
    for (uint32_t g = 0; g < work.groups.group_count; g++)
        assert_int_equal(work.groups.groups[g].codec, WH_CODEC_ZSTD);
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Nothing of it is compressed itself, so that one thread gives the same as several. */
static void the_same_contents_give_the_same_groups(void **state)
{
    static const uint32_t threads[] = {1, 1, 2, 5};
    enum { RUNS = sizeof threads / sizeof *threads };
    struct work works[RUNS];

    (void)state;
    for (int k = 0; k < RUNS; k++) {
        begin(&works[k]);
        for (uint32_t i = 0; i < 30; i++)
            add_text(&works[k], i % 3 == 1 ? WH_FILE_DOC : 0, i % 9 == 4 ? 600000 : 20000, 300);
        add_program(&works[k]);
        OK(encode_by(&works[k], WH_EFFORT_DEFAULT, threads[k], &err));
    }
    for (int k = 1; k < RUNS; k++) {
        assert_int_equal(works[0].groups.group_count, works[k].groups.group_count);
        for (uint32_t g = 0; g < works[0].groups.group_count; g++) {
            const struct wh_group *a = &works[0].groups.groups[g];
            const struct wh_group *b = &works[k].groups.groups[g];
            assert_int_equal(a->stored.length, b->stored.length);
            assert_memory_equal(a->stored.data, b->stored.data, a->stored.length);
        }
    }
    for (int k = 0; k < RUNS; k++)
        clear_work(&works[k]);
}

static void a_bundle_that_is_too_long_is_given_up(void **state)
{
    const struct wh_means means = {
        .effort = WH_EFFORT_DEFAULT, .memory = UINT64_MAX, .stored_max = 100000};
    wh_cleanup(clear_work) struct work work;
    static uint8_t content[30000];

    (void)state;
    begin(&work);
    for (uint32_t i = 0; i < 10; i++) {
        make_noise(content, sizeof content, i);
        add(&work, i % 2 ? WH_FILE_DOC : 0, (struct wh_bytes){0},
            (struct wh_bytes){content, sizeof content});
    }
    version_seal(&work.old);
    version_seal(&work.fresh);
    REFUSED(WH_OVER_LIMIT, "more than 100000 bytes",
        wh_groups_encode(work.entries, work.fresh.header.file_count, &work.old.package,
            &work.fresh.package, &means, &work.groups, &err));
    REFUSED(WH_OVER_LIMIT, "more than 100000 bytes",
        wh_groups_encode_alone(work.entries, work.fresh.header.file_count, &work.fresh.package,
            &means, &work.groups, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_stay_apart),
        cmocka_unit_test(small_files_are_together),
        cmocka_unit_test(residues_are_compared_with_frames),
        cmocka_unit_test(large_groups_are_split),
        cmocka_unit_test(a_contested_member_goes_by_its_company),
        cmocka_unit_test(what_is_clear_is_not_contested),
        cmocka_unit_test(the_same_contents_give_the_same_groups),
        cmocka_unit_test(a_bundle_that_is_too_long_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
