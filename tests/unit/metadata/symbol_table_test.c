/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbol_table_test.c - string tables as linkers make them, and symbols read and written. */
#include "whittle/symbol_table.h"

#include "made_debug.h"
#include "unit.h"
#include "whittle/word.h"

enum { NAMES_MAX = 8 };

static void builds_string_tables(void **state)
{
    static const struct {
        const char *names[NAMES_MAX];
        const char *table; /* zeros as points */
        uint32_t offsets[NAMES_MAX];
    } rows[] = {
        {{NULL}, ".", {0}},
        {{""}, ".", {0}},
        {{"a"}, ".a.", {1}},
        {{"a", "b", "a"}, ".a.b.", {1, 3, 1}},
        {{"", "one", "two", ""}, ".one.two.", {0, 1, 5, 0}},
        {{"main", "remain", "in"}, ".remain.", {3, 1, 5}},
        {{"remain", "main", "remain", "main"}, ".remain.", {1, 3, 1, 3}},
        /* of two that end so, the one whose bytes are lower from behind */
        {{"end", "bend", "aend"}, ".bend.aend.", {7, 1, 6}},
        {{"x", "yx", "zyx", "y"}, ".zyx.y.", {3, 2, 1, 5}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        wh_cleanup(wh_strings_clear) struct wh_strings strings = {0};
        struct wh_bytes names[NAMES_MAX];
        size_t count = 0;
        for (; count < NAMES_MAX && rows[i].names[count]; count++)
            names[count] = (struct wh_bytes){
                (const uint8_t *)rows[i].names[count], strlen(rows[i].names[count])};
        OK(wh_strings_build(names, count, 100, &strings, &err));
        assert_int_equal(strings.table.length, strlen(rows[i].table));
        for (size_t k = 0; k < strings.table.length; k++)
            assert_int_equal(strings.table.data[k] ? strings.table.data[k] : '.', rows[i].table[k]);
        for (size_t k = 0; k < count; k++)
            assert_int_equal(strings.offsets[k], rows[i].offsets[k]);
    }
}

static void bounds_string_tables(void **state)
{
    const struct wh_bytes name = {(const uint8_t *)"name", 4};
    struct wh_strings strings;

    (void)state;
    OK(wh_strings_build(&name, 1, 6, &strings, &err));
    wh_strings_clear(&strings);
    REFUSED(WH_OVER_LIMIT, "", wh_strings_build(&name, 1, 5, &strings, &err));
}

static void make(struct made_debug *debug, uint16_t machine)
{
    struct made_debug_recipe recipe = {
        .outer = {machine, MADE_ET_DYN, MADE_ALL & ~MADE_SYMBOLS, 0, false},
        .package = "",
    };

    made_debug_make(&recipe, debug);
}

static void reads_what_it_writes(void **state)
{
    static const uint16_t machines[] = {WH_EM_X86_64, WH_EM_386};

    (void)state;
    for (size_t i = 0; i < COUNT(machines); i++) {
        wh_cleanup(made_debug_clear) struct made_debug debug;
        wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
        wh_cleanup(wh_symbols_clear) struct wh_symbols symbols = {0};
        uint8_t record[24];
        make(&debug, machines[i]);
        OK(wh_elf_tables(wh_buffer_bytes(&debug.inner), &elf, &err));
        OK(wh_symbols_read(&elf, WH_SHT_SYMTAB, &symbols, &err));
        assert_int_equal(symbols.count, MADE_FUNCTIONS + 1);
        assert_int_equal(symbols.list[0].name.length, 0);
        assert_int_equal(symbols.list[6].name.length, 7);
        assert_memory_equal(symbols.list[6].name.data, "cleanup", 7);
        assert_int_equal(symbols.list[6].info, 2);
        struct wh_bytes table = wh_elf_content(&elf, symbols.table);
        for (size_t k = 0; k < symbols.count; k++) {
            size_t length = wh_symbol_length(elf.wide);
            wh_symbol_store(&symbols.list[k], elf.wide, record);
            assert_memory_equal(record, table.data + k * length, length);
        }
    }
}

static void reads_no_symbols(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug debug;
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    wh_cleanup(wh_symbols_clear) struct wh_symbols symbols = {0};

    (void)state;
    make(&debug, WH_EM_X86_64);
    OK(wh_elf_parse(wh_buffer_bytes(&debug.outer), &elf, &err));
    OK(wh_symbols_read(&elf, WH_SHT_SYMTAB, &symbols, &err));
    assert_int_equal(symbols.count, 0);
    assert_int_equal(symbols.table, 0);
}

/* A name may begin anywhere in its table or nowhere; thousands may be one long one. */
static void hostile_names(void **state)
{
    wh_cleanup(made_debug_clear) struct made_debug debug;
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    struct wh_symbols symbols = {0};

    (void)state;
    make(&debug, WH_EM_X86_64);
    OK(wh_elf_tables(wh_buffer_bytes(&debug.inner), &elf, &err));
    uint32_t table = wh_elf_section(&elf, ".symtab");
    const struct wh_section *strings = &elf.sections[wh_elf_section(&elf, ".strtab")];
    uint8_t *at = debug.inner.data + elf.sections[table].offset;
    wh_store32(at + 24, (uint32_t)strings->length);
    wh_store32(at + 48, UINT32_MAX);
    wh_store32(at + 72, (uint32_t)strings->length - 1);
    OK(wh_symbols_read(&elf, WH_SHT_SYMTAB, &symbols, &err));
    for (size_t i = 1; i <= 3; i++)
        assert_int_equal(symbols.list[i].name.length, 0);
    wh_symbols_clear(&symbols);
    memset(debug.inner.data + strings->offset + 1, 'a', strings->length - 2);
    for (size_t i = 1; i <= MADE_FUNCTIONS; i++)
        wh_store32(at + i * 24, 1);
    REFUSED(WH_UNSUPPORTED, "share too much", wh_symbols_read(&elf, WH_SHT_SYMTAB, &symbols, &err));
    debug.inner.data[strings->offset + strings->length - 1] = 'a'; /* nothing ends */
    OK(wh_symbols_read(&elf, WH_SHT_SYMTAB, &symbols, &err));
    assert_int_equal(symbols.list[1].name.length, 0);
    wh_symbols_clear(&symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_string_tables),
        cmocka_unit_test(bounds_string_tables),
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(reads_no_symbols),
        cmocka_unit_test(hostile_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
