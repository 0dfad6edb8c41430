/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_packed_test.c - which contents that are compressed themselves are made in their plain
 * forms. */
#include "version.h"

#include <stdio.h>
#include <stdlib.h>

#include "group_encode.h"
#include "made_deflate.h"
#include "made_packed.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { FILES_MAX = 16, LONG = 700000, SHORT = 30000 };

static const struct wh_means usual = {
    .effort = WH_EFFORT_FAST, .memory = UINT64_MAX, .stored_max = WH_BUNDLE_MAX};

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

/* base NULL: none. Both are cleared. */
static void add(struct work *work, struct made_packed *base, struct made_packed *content)
{
    uint32_t number = work->fresh.header.file_count;
    char *name = work->names[number];

    (void)snprintf(name, sizeof work->names[number], "f%02u", (unsigned)number);
    version_add(
        &work->old, "/", name, 0, base ? wh_buffer_bytes(&base->bytes) : (struct wh_bytes){0});
    version_add(&work->fresh, "/", name, 0, wh_buffer_bytes(&content->bytes));
    work->entries[number] = (struct wh_entry){.file = number, .base = base ? number : WH_NO_FILE};
    if (base)
        made_packed_clear(base);
    made_packed_clear(content);
}

typedef void pack_fn(struct wh_bytes plain, struct made_packed *out);

/* A text in two versions that differ in some bytes, packed. */
static void add_pair(struct work *work, pack_fn *pack, size_t length, bool has_base)
{
    wh_autofree uint8_t *base = malloc(length);
    wh_autofree uint8_t *content = malloc(length);
    uint32_t seed = work->fresh.header.file_count + 1;
    struct made_packed packed[2];

    assert_true(base && content);
    make_text(base, length, seed);
    memcpy(content, base, length);
    make_changes(content, length, 2000, seed);
    pack((struct wh_bytes){content, length}, &packed[1]);
    if (has_base)
        pack((struct wh_bytes){base, length}, &packed[0]);
    add(work, has_base ? &packed[0] : NULL, &packed[1]);
}

static void encode(struct work *work, const struct wh_means *means)
{
    version_seal(&work->old);
    version_seal(&work->fresh);
    OK(wh_groups_encode(work->entries, work->fresh.header.file_count, &work->old.package,
        &work->fresh.package, means, &work->groups, &err));
    assert_int_equal(work->groups.entry_count, work->fresh.header.file_count);
}

static const struct wh_entry *entry_of(const struct work *work, uint32_t file)
{
    for (uint32_t i = 0; i < work->groups.entry_count; i++)
        if (work->groups.entries[i].file == file)
            return &work->groups.entries[i];
    fail_msg("file %u is in no group", (unsigned)file);
    return NULL;
}

static uint64_t stored_of(const struct work *work)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < work->groups.group_count; i++)
        sum += work->groups.stored[i].length;
    return sum;
}

/* ---- what pays ------------------------------------------------------------------------------ */

static void changed_contents_are_taken_apart(void **state)
{
    static pack_fn *const packs[] = {made_packed_gzip, made_packed_xz_file};
    static const size_t lengths[] = {SHORT, LONG};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        wh_cleanup(clear_work) struct work work;
        wh_cleanup(clear_work) struct work whole;
        struct wh_means as_they_are = usual;
        begin(&work);
        begin(&whole);
        as_they_are.as_they_are = true;
        add_pair(&work, packs[i / 2], lengths[i % 2], true);
        add_pair(&whole, packs[i / 2], lengths[i % 2], true);
        encode(&work, &usual);
        encode(&whole, &as_they_are);
        const struct wh_entry *entry = entry_of(&work, 0);
        assert_non_null(entry->recipe);
        assert_int_equal(entry->base, 0);
        assert_null(entry_of(&whole, 0)->recipe);
        assert_true(stored_of(&work) * 5 < stored_of(&whole));
    }
}

/* With text that is not packed, and one that is new. */
static void sums_are_of_all_members(void **state)
{
    wh_cleanup(clear_work) struct work work;

    (void)state;
    begin(&work);
    add_pair(&work, made_packed_gzip, SHORT, true);
    add_pair(&work, made_packed_text, SHORT, true);
    add_pair(&work, made_packed_gzip, SHORT, false);
    add_pair(&work, made_packed_xz_file, SHORT, true);
    add_pair(&work, made_packed_gzip, LONG, true);
    encode(&work, &usual);
    uint64_t bases = 0;
    uint64_t contents = 0;
    for (uint32_t g = 0; g < work.groups.group_count; g++) {
        const struct wh_group *group = &work.groups.groups[g];
        bool has_recipe = false;
        uint64_t sum = 0;
        for (uint32_t i = 0; i < group->entry_count; i++) {
            const struct wh_entry *entry = &work.groups.entries[group->first_entry + i];
            const struct wh_apart *apart = work.groups.aparts[group->first_entry + i];
            has_recipe |= entry->recipe != NULL;
            assert_true(!entry->recipe || entry->recipe == &apart->recipe);
            for (uint32_t k = 0; apart && k <= apart->recipe.new_count; k++)
                sum += apart->content.lengths[k];
            if (!apart)
                sum += work.fresh.header.files[entry->file].size;
        }
        assert_int_equal(group->plain_contents, has_recipe ? sum : 0);
        bases += group->plain_bases;
        contents += group->plain_contents;
    }
    assert_true(bases > LONG && contents > LONG);
}

/* Streams of noise: as long as the content, and nothing of the base in it. */
static void what_does_not_pay_is_put_back(void **state)
{
    wh_autofree uint8_t *noise = malloc(2 * (size_t)LONG);
    wh_cleanup(clear_work) struct work work;

    (void)state;
    assert_non_null(noise);
    begin(&work);
    make_noise(noise, 2 * (size_t)LONG, 1);
    for (int i = 0; i < 2; i++) {
        pack_fn *pack = i ? made_packed_xz_file : made_packed_gzip;
        struct made_packed base;
        struct made_packed content;
        pack((struct wh_bytes){noise, LONG}, &base);
        pack((struct wh_bytes){noise + LONG, LONG}, &content);
        add(&work, &base, &content);
    }
    encode(&work, &usual);
    for (uint32_t i = 0; i < 2; i++) {
        assert_null(entry_of(&work, i)->recipe);
        assert_null(work.groups.aparts[i]);
    }
    for (uint32_t g = 0; g < work.groups.group_count; g++)
        assert_int_equal(work.groups.groups[g].plain_contents, 0);
}

static void liblzma_is_for_patches_only(void **state)
{
    wh_cleanup(clear_work) struct work work;
    wh_cleanup(clear_work) struct work without;
    struct wh_means means = usual;
    static uint8_t prose[LONG];
    struct made_packed gzip;

    (void)state;
    means.without_liblzma = true;
    begin(&work);
    add_pair(&work, made_packed_xz_file, SHORT, false);
    add_pair(&work, made_packed_xz_file, LONG, false);
    made_prose(prose, sizeof prose);
    made_packed_gzip((struct wh_bytes){prose, sizeof prose}, &gzip);
    add(&work, NULL, &gzip);
    encode(&work, &usual);
    assert_null(entry_of(&work, 0)->recipe);
    assert_null(entry_of(&work, 1)->recipe);
    assert_non_null(entry_of(&work, 2)->recipe);
    assert_int_equal(entry_of(&work, 2)->recipe->old_count, 0);
    begin(&without);
    add_pair(&without, made_packed_xz_file, SHORT, true);
    add_pair(&without, made_packed_gzip, SHORT, true);
    encode(&without, &means);
    assert_null(entry_of(&without, 0)->recipe);
    assert_non_null(entry_of(&without, 1)->recipe);
}

/* A recipe takes a base apart only where its entry has one. */
static void little_memory_gives_up_bases(void **state)
{
    uint32_t kept = 0;
    uint32_t given_up = 0;

    (void)state;
    for (uint64_t memory = 1 << 20; memory <= 256 << 20; memory *= 4) {
        struct wh_means means = usual;
        wh_cleanup(clear_work) struct work work;
        means.memory = memory;
        begin(&work);
        add_pair(&work, made_packed_gzip, LONG, true);
        encode(&work, &means);
        const struct wh_entry *entry = entry_of(&work, 0);
        const struct wh_group *group = &work.groups.groups[0];
        kept += entry->base != WH_NO_FILE;
        given_up += entry->base == WH_NO_FILE;
        if (!entry->recipe)
            continue;
        assert_int_equal(entry->recipe->old_count, entry->base != WH_NO_FILE);
        assert_int_equal(group->plain_bases > LONG, entry->base != WH_NO_FILE);
        assert_true(group->plain_contents > LONG);
        if (entry->base == WH_NO_FILE)
            assert_int_equal(entry->recipe->new_streams[0].growth, LONG);
    }
    assert_true(kept > 0 && given_up > 0);
}

static void the_same_contents_give_the_same_groups(void **state)
{
    struct work works[2];

    (void)state;
    for (int k = 0; k < 2; k++) {
        begin(&works[k]);
        add_pair(&works[k], made_packed_xz_file, LONG, true);
        for (int i = 0; i < 6; i++)
            add_pair(&works[k], i % 2 ? made_packed_gzip : made_packed_xz_file, SHORT, i != 3);
        encode(&works[k], &usual);
    }
    assert_int_equal(works[0].groups.group_count, works[1].groups.group_count);
    for (uint32_t i = 0; i < works[0].groups.entry_count; i++) {
        struct wh_buffer recipes[2] = {{.ceiling = LONG}, {.ceiling = LONG}};
        for (int k = 0; k < 2; k++)
            if (works[k].groups.entries[i].recipe)
                wh_recipe_write(works[k].groups.entries[i].recipe, &recipes[k]);
        assert_int_equal(recipes[0].length, recipes[1].length);
        if (recipes[0].length > 0)
            assert_memory_equal(recipes[0].data, recipes[1].data, recipes[0].length);
        wh_buffer_clear(&recipes[0]);
        wh_buffer_clear(&recipes[1]);
    }
    for (uint32_t g = 0; g < works[0].groups.group_count; g++) {
        const struct wh_group *a = &works[0].groups.groups[g];
        const struct wh_group *b = &works[1].groups.groups[g];
        assert_int_equal(a->stored.length, b->stored.length);
        assert_memory_equal(a->stored.data, b->stored.data, a->stored.length);
    }
    for (int k = 0; k < 2; k++)
        clear_work(&works[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_contents_are_taken_apart),
        cmocka_unit_test(sums_are_of_all_members),
        cmocka_unit_test(what_does_not_pay_is_put_back),
        cmocka_unit_test(liblzma_is_for_patches_only),
        cmocka_unit_test(little_memory_gives_up_bases),
        cmocka_unit_test(the_same_contents_give_the_same_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
