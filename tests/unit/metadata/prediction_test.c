/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prediction_test.c - each kind of region of an ELF file, on every machine: what moved between two
 * builds is predicted from perfect copies, so that nearly nothing is left to correct. */
#include "unit.h"

#include <stdlib.h>

#include "made_elf.h"

static const struct kind {
    uint16_t machine;
    uint16_t type;
    unsigned parts;
} kinds[] = {
    {WH_EM_X86_64, WH_ET_REL, MADE_ALL | MADE_TYPES},
    {WH_EM_X86_64, WH_ET_EXEC, MADE_ALL},
    {WH_EM_X86_64, MADE_ET_DYN, MADE_ALL},
    {WH_EM_AARCH64, WH_ET_REL, MADE_ALL | MADE_TYPES},
    {WH_EM_AARCH64, WH_ET_EXEC, MADE_ALL},
    {WH_EM_AARCH64, MADE_ET_DYN, MADE_ALL},
    {WH_EM_386, WH_ET_REL, MADE_ALL},
    {WH_EM_386, WH_ET_EXEC, MADE_ALL},
    {WH_EM_386, MADE_ET_DYN, MADE_ALL},
    {WH_EM_X86_64, WH_ET_EXEC, MADE_CALLS | MADE_GO},
    {WH_EM_X86_64, MADE_ET_DYN, MADE_CALLS | MADE_GO},
    {WH_EM_AARCH64, WH_ET_EXEC, MADE_CALLS | MADE_GO},
};

/* Two builds and what is known of the second one. */
struct pair {
    struct made_elf old;
    struct made_elf fresh;
    struct wh_elf parsed;
    uint8_t *copied;    /* the second build, as copies alone would make it */
    uint8_t *predicted; /* the same with references predicted */
    bool *inside;       /* of a copy */
};

static struct pair pairs[COUNT(kinds)];

static void make_pair(const struct kind *kind, struct pair *pair)
{
    struct made_recipe recipe = {kind->machine, kind->type, kind->parts, 0, false};
    struct wh_copy copies[MADE_COPIES_MAX];
    wh_cleanup(wh_buffer_clear) struct wh_buffer control = {.ceiling = 1 << 16};

    made_elf_make(&recipe, &pair->old);
    recipe.inserted = 4096 + 64;
    recipe.added = true;
    made_elf_make(&recipe, &pair->fresh);
    struct wh_bytes old = made_elf_file(&pair->old);
    struct wh_bytes fresh = made_elf_file(&pair->fresh);
    size_t count = made_elf_copies(&pair->old, &pair->fresh, copies);
    pair->copied = calloc(fresh.length, 1);
    pair->predicted = calloc(fresh.length, 1);
    pair->inside = calloc(fresh.length, sizeof *pair->inside);
    assert_true(pair->copied && pair->predicted && pair->inside);
    OK(wh_elf_parse(fresh, &pair->parsed, &err));
    OK(wh_patch_predict(WH_PATCH_ELF, old, fresh, copies, count, &control, pair->predicted, &err));
    for (size_t i = 0; i < count; i++) {
        memcpy(
            pair->copied + copies[i].new_offset, old.data + copies[i].old_offset, copies[i].length);
        for (size_t at = 0; at < copies[i].length; at++)
            pair->inside[copies[i].new_offset + at] = true;
    }
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++)
        make_pair(&kinds[i], &pairs[i]);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        wh_elf_clear(&pairs[i].parsed);
        made_elf_clear(&pairs[i].old);
        made_elf_clear(&pairs[i].fresh);
        free(pairs[i].copied);
        free(pairs[i].predicted);
        free(pairs[i].inside);
    }
    return 0;
}

/* Bytes that copies alone leave wrong, and that prediction leaves wrong. */
struct misses {
    unsigned copied;
    unsigned predicted;
};

static struct misses count_misses(const struct pair *pair, enum wh_region_kind kind)
{
    const uint8_t *fresh = made_elf_file(&pair->fresh).data;
    struct misses misses = {0, 0};

    for (uint32_t i = 0; i < pair->parsed.region_count; i++) {
        const struct wh_region *region = &pair->parsed.regions[i];
        if (region->kind != kind)
            continue;
        for (size_t at = region->offset; at < region->offset + region->length; at++) {
            misses.copied += pair->inside[at] && pair->copied[at] != fresh[at];
            misses.predicted += pair->inside[at] && pair->predicted[at] != fresh[at];
        }
    }
    return misses;
}

/* Of at_least wrong bytes at most one in `share`, and a few, are left, where such a region is.
 * machine: 0 for all. */
static void predicts_on(uint16_t machine, enum wh_region_kind kind, unsigned pair_count,
    unsigned at_least, unsigned share)
{
    enum { FEW = 2 };
    unsigned found = 0;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct misses misses = count_misses(&pairs[i], kind);
        if (misses.copied < at_least || (machine && kinds[i].machine != machine))
            continue;
        found++;
        if (misses.predicted > misses.copied / share + FEW)
            fail_msg("machine %u, type %u: %u bytes of region %d differ, %u after prediction",
                kinds[i].machine, kinds[i].type, misses.copied, (int)kind, misses.predicted);
    }
    assert_int_equal(found, pair_count);
}

static void predicts(
    enum wh_region_kind kind, unsigned pair_count, unsigned at_least, unsigned share)
{
    predicts_on(0, kind, pair_count, at_least, share);
}

static void header(void **state)
{
    (void)state;
    predicts(WH_REGION_HEADER, 12, 2, 8);
}

static void segments(void **state)
{
    (void)state;
    predicts(WH_REGION_SEGMENTS, 9, 20, 8);
}

static void code(void **state)
{
    (void)state;
    predicts(WH_REGION_CODE, 9, 500, 12);
}

static void stubs(void **state)
{
    (void)state;
    predicts_on(WH_EM_X86_64, WH_REGION_STUBS, 2, 60, 20);
    /* Slots that are near the start of the GOT are taken for something else. */
    predicts_on(WH_EM_386, WH_REGION_STUBS, 2, 60, 2);
}

static void pointers(void **state)
{
    (void)state;
    predicts(WH_REGION_POINTERS, 6, 100, 20);
}

static void frames(void **state)
{
    (void)state;
    predicts(WH_REGION_FRAMES, 6, 100, 20);
}

static void frame_index(void **state)
{
    (void)state;
    predicts(WH_REGION_FRAME_INDEX, 6, 100, 20);
}

static void relocations(void **state)
{
    (void)state;
    predicts(WH_REGION_RELOCATIONS, 9, 100, 20);
}

static void symbols(void **state)
{
    (void)state;
    predicts(WH_REGION_SYMBOLS, 9, 200, 20);
}

static void dynamic_table(void **state)
{
    (void)state;
    predicts(WH_REGION_DYNAMIC, 6, 10, 8);
}

static void hash_table(void **state)
{
    (void)state;
    predicts(WH_REGION_HASH, 6, 30, 8);
}

static void needed_versions(void **state)
{
    (void)state;
    predicts(WH_REGION_NEEDS, 6, 20, 8);
}

static void defined_versions(void **state)
{
    (void)state;
    predicts(WH_REGION_DEFINITIONS, 6, 10, 8);
}

static void jump_tables_and_go_data(void **state)
{
    (void)state;
    predicts(WH_REGION_CONSTANTS, 9, 200, 20);
}

static void go_links(void **state)
{
    (void)state;
    predicts(WH_REGION_GO_LINKS, 3, 90, 20);
}

static void go_tables(void **state)
{
    (void)state;
    predicts(WH_REGION_GO_TABLE, 3, 500, 20);
}

static void types_of_modules(void **state)
{
    (void)state;
    predicts(WH_REGION_BTF, 2, 500, 20);
}

static void section_headers(void **state)
{
    (void)state;
    predicts(WH_REGION_SECTIONS, 12, 20, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header),
        cmocka_unit_test(segments),
        cmocka_unit_test(code),
        cmocka_unit_test(stubs),
        cmocka_unit_test(pointers),
        cmocka_unit_test(frames),
        cmocka_unit_test(frame_index),
        cmocka_unit_test(relocations),
        cmocka_unit_test(symbols),
        cmocka_unit_test(dynamic_table),
        cmocka_unit_test(hash_table),
        cmocka_unit_test(needed_versions),
        cmocka_unit_test(defined_versions),
        cmocka_unit_test(jump_tables_and_go_data),
        cmocka_unit_test(go_links),
        cmocka_unit_test(go_tables),
        cmocka_unit_test(types_of_modules),
        cmocka_unit_test(section_headers),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
