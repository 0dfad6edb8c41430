/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mask_test.c - ELF files as the match finder sees them: two builds look alike where only
 * references changed, and hostile tables do no harm. */
#include "unit.h"

#include <stdlib.h>

#include "diff/mask.h"
#include "diff/names.h"
#include "made_elf.h"
#include "whittle/cleanup.h"
#include "whittle/word.h"

static uint8_t *view_of(struct wh_bytes file, bool with_names)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    uint8_t *view = NULL;

    OK(wh_elf_parse(file, &elf, &err));
    OK(wh_mask(&elf, with_names, &view, &err));
    return view;
}

static size_t count_differences(
    const uint8_t *old, const uint8_t *fresh, const struct wh_copy *copies, size_t count)
{
    size_t differences = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < copies[i].length; at++)
            differences += old[copies[i].old_offset + at] != fresh[copies[i].new_offset + at];
    return differences;
}

static void compare_builds(uint16_t machine, uint16_t type, bool with_names)
{
    struct made_recipe recipe = {machine, type, MADE_ALL, 0, false};
    struct wh_copy copies[MADE_COPIES_MAX];
    wh_cleanup(made_elf_clear) struct made_elf old;
    wh_cleanup(made_elf_clear) struct made_elf fresh;

    made_elf_make(&recipe, &old);
    recipe.inserted = 4096 + 64;
    recipe.added = true;
    made_elf_make(&recipe, &fresh);
    size_t count = made_elf_copies(&old, &fresh, copies);
    wh_autofree uint8_t *old_view = view_of(made_elf_file(&old), with_names);
    wh_autofree uint8_t *fresh_view = view_of(made_elf_file(&fresh), with_names);
    size_t before = count_differences(old.file.data, fresh.file.data, copies, count);
    size_t after = count_differences(old_view, fresh_view, copies, count);
    /* Without names the tables of the dynamic linker look all alike, wherever they are. */
    if (after > (with_names ? before / 2 : before))
        fail_msg("machine %u, type %u: %zu bytes differ, %zu behind the mask", machine, type,
            before, after);
    /* A mask that hides all would be of no use. */
    struct wh_copy whole = {0, 0, old.file.length};
    assert_in_range(count_differences(old.file.data, old_view, &whole, 1), 1, whole.length / 3);
}

static void builds_look_alike(void **state)
{
    static const uint16_t machines[] = {WH_EM_X86_64, WH_EM_AARCH64, WH_EM_386};
    static const uint16_t types[] = {WH_ET_REL, WH_ET_EXEC, MADE_ET_DYN};

    (void)state;
    for (size_t i = 0; i < COUNT(machines); i++)
        for (size_t j = 0; j < COUNT(types); j++) {
            compare_builds(machines[i], types[j], true);
            compare_builds(machines[i], types[j], false);
        }
}

/* ---- hostile files ------------------------------------------------------------------------- */

static size_t header_of(const struct made_elf *elf, enum made_number section)
{
    return elf->sections_at + 64 * (size_t)elf->sections[section].number;
}

static void put32(uint8_t *at, uint32_t value)
{
    wh_store32(at, value);
}

/* Types of four bytes, as many as fit. */
static void write_btf(uint8_t *at, uint32_t length)
{
    enum { HEADER = 24, TYPE = 16 };

    memset(at, 0, length);
    put32(at, 0x0001eb9f);
    put32(at + 4, HEADER);
    put32(at + 12, (length - HEADER) / TYPE * TYPE);
    for (uint32_t type = HEADER; type + TYPE <= length; type += TYPE) {
        put32(at + type, type);
        put32(at + type + 4, 1u << 24);
    }
}

/* The second of two sections named .BTF is shorter than the first one, and the file ends there. */
static void two_sections_of_types(void **state)
{
    const struct made_recipe recipe = {WH_EM_X86_64, WH_ET_REL, MADE_ALL, 0, false};
    wh_cleanup(made_elf_clear) struct made_elf made;

    (void)state;
    made_elf_make(&recipe, &made);
    const size_t length = made.file.length + 32;
    wh_autofree uint8_t *bytes = calloc(length, 1);
    assert_non_null(bytes);
    memcpy(bytes, made.file.data, made.file.length);
    const struct made_section *names = &made.sections[MADE_NAMES];
    memcpy(bytes + names->offset + made.sections[MADE_TEXT].name, ".BTF", 5);
    put32(bytes + header_of(&made, MADE_STRTAB), made.sections[MADE_TEXT].name);
    wh_store64(bytes + header_of(&made, MADE_STRTAB) + 24, length - 32);
    wh_store64(bytes + header_of(&made, MADE_STRTAB) + 32, 32);
    write_btf(
        bytes + made.sections[MADE_TEXT].offset, (uint32_t)made.sections[MADE_TEXT].bytes.length);
    wh_autofree uint8_t *view = view_of((struct wh_bytes){bytes, length}, true);
    assert_memory_equal(view + length - 32, bytes + length - 32, 32);
    const size_t first_name = made.sections[MADE_TEXT].offset + 24;
    assert_memory_not_equal(view + first_name, bytes + first_name, 4);
}

/* Sections of relocations that are one and the same: their rows count once. */
static void tables_over_each_other(void **state)
{
    const struct made_recipe recipe = {WH_EM_X86_64, MADE_ET_DYN, MADE_ALL, 0, false};
    wh_cleanup(made_elf_clear) struct made_elf made;
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    wh_cleanup(wh_names_clear) struct wh_names names = {0};
    wh_cleanup(wh_names_clear) struct wh_names again = {0};

    (void)state;
    made_elf_make(&recipe, &made);
    wh_autofree uint8_t *bytes = malloc(made.file.length);
    assert_non_null(bytes);
    memcpy(bytes, made.file.data, made.file.length);
    OK(wh_elf_parse((struct wh_bytes){bytes, made.file.length}, &elf, &err));
    OK(wh_names_find(&elf, &names, &err));
    assert_true(names.count > 100);
    wh_elf_clear(&elf);
    for (enum made_number i = MADE_RODATA; i <= MADE_BSS; i++)
        if (made.sections[i].number)
            memcpy(bytes + header_of(&made, i), bytes + header_of(&made, MADE_RELA), 64);
    OK(wh_elf_parse((struct wh_bytes){bytes, made.file.length}, &elf, &err));
    OK(wh_names_find(&elf, &again, &err));
    assert_int_equal(again.count, names.count);
}

/* Nothing is written behind the last row of a file. */
static void rows_at_the_end(void **state)
{
    const struct made_recipe recipe = {WH_EM_386, WH_ET_EXEC, MADE_ALL, 0, false};
    wh_cleanup(made_elf_clear) struct made_elf made;

    (void)state;
    made_elf_make(&recipe, &made);
    const size_t length = made.file.length + 16;
    const struct made_section *table = &made.sections[MADE_RELA_PLT];
    const size_t header = made.sections_at + 40 * (size_t)table->number;
    wh_autofree uint8_t *bytes = malloc(length);
    assert_non_null(bytes);
    memcpy(bytes, made.file.data, length - 16);
    memcpy(bytes + length - 16, bytes + table->offset, 16);
    put32(bytes + header + 16, (uint32_t)(length - 16));
    put32(bytes + header + 20, 16);
    wh_autofree uint8_t *view = view_of((struct wh_bytes){bytes, length}, true);
    assert_memory_not_equal(view + length - 4, bytes + length - 4, 4);
    assert_int_equal(view[length - 4], bytes[length - 4]); /* the type stays */
}

static void names_without_an_end(void **state)
{
    static uint8_t strings[5000];
    const struct wh_bytes bytes = {strings, sizeof strings};

    (void)state;
    memset(strings, 'x', sizeof strings);
    assert_int_equal(wh_name_hash(bytes, 0), wh_name_hash(bytes, 1));
    assert_int_not_equal(wh_name_hash(bytes, 4999), wh_name_hash(bytes, 4998));
    assert_int_equal(wh_name_hash(bytes, 5000), 0);
    assert_int_equal(wh_name_hash(bytes, SIZE_MAX), 0);
    strings[10] = '\0';
    assert_int_equal(wh_name_hash(bytes, 10), 0);
    assert_int_equal(wh_name_hash(bytes, 9), wh_name_hash(bytes, 4999));
}

static void stubs_are_found_by_name(void **state)
{
    const struct made_recipe recipe = {WH_EM_X86_64, MADE_ET_DYN, MADE_ALL, 0, false};
    wh_cleanup(made_elf_clear) struct made_elf made;
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    struct wh_stubs stubs;

    (void)state;
    made_elf_make(&recipe, &made);
    OK(wh_elf_parse(made_elf_file(&made), &elf, &err));
    wh_stubs_find(&elf, &stubs);
    const struct made_section *plt = &made.sections[MADE_PLT];
    const uint64_t slots = made.sections[MADE_GOT_PLT].address + 3 * 8;
    assert_int_equal(stubs.count, 1);
    assert_int_equal(stubs.low, plt->address);
    assert_int_equal(stubs.high, plt->address + plt->bytes.length);
    assert_int_equal(wh_stub_slot(&elf, &stubs, 0, plt->address + 16), slots);
    assert_int_equal(wh_stub_slot(&elf, &stubs, 0, plt->address + 32), slots + 8);
    assert_int_equal(wh_stub_slot(&elf, &stubs, 0, made.sections[MADE_TEXT].address), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_look_alike),
        cmocka_unit_test(two_sections_of_types),
        cmocka_unit_test(tables_over_each_other),
        cmocka_unit_test(rows_at_the_end),
        cmocka_unit_test(names_without_an_end),
        cmocka_unit_test(stubs_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
