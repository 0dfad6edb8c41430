/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_tables.c - symbols, versions and relocations of made_elf.h. */
#include "made_parts.h"

enum { GLOBAL_FUNCTION = 0x12, LOCAL_FUNCTION = 2, SECTION_SYMBOL = 3, BUCKETS = 32 };
enum { LIBRARIES = 3, VERSIONS = 8 };

static void symbol(struct made_elf *elf, enum made_number table, uint32_t name,
    struct made_place value, uint64_t size, uint8_t info)
{
    struct wh_buffer *bytes = made_bytes(elf, table);
    uint8_t section = (uint8_t)value.section;

    wh_buffer_le32(bytes, name);
    if (elf->wide) {
        wh_buffer_u8(bytes, info);
        wh_buffer_u8(bytes, 0);
        wh_buffer_u8(bytes, section);
        wh_buffer_u8(bytes, 0);
    }
    made_word(elf, table, elf->recipe.type == WH_ET_REL ? value.offset : 0);
    if (value.section != MADE_NULL && elf->recipe.type != WH_ET_REL)
        made_refer(elf, table, MADE_WORD, value);
    made_word(elf, table, size);
    if (!elf->wide) {
        wh_buffer_u8(bytes, info);
        wh_buffer_u8(bytes, 0);
        wh_buffer_u8(bytes, section);
        wh_buffer_u8(bytes, 0);
    }
}

static void function_symbol(
    struct made_elf *elf, enum made_number table, unsigned number, uint32_t name, uint8_t info)
{
    uint64_t size = elf->functions[number + 1] - elf->functions[number];

    if (number + 1 == MADE_FUNCTIONS / 2)
        size -= elf->recipe.inserted;
    symbol(elf, table, name, made_function(elf, number), size, info);
}

/* Without names two symbols of functions of one length would look the same. */
static uint32_t numbered(
    struct made_elf *elf, enum made_number table, const char *what, unsigned number)
{
    char name[48];

    (void)snprintf(name, sizeof name, "%s_%u_of_the_program", what, number);
    return made_string(elf, table, name);
}

/* What the other build does not have. */
static void one_more(
    struct made_elf *elf, enum made_number table, enum made_number strings, struct made_place value)
{
    const size_t symbols = made_bytes(elf, table)->length;
    const size_t names = made_bytes(elf, strings)->length;

    if (!elf->recipe.added)
        return;
    symbol(elf, table, made_string(elf, strings, "one_more_symbol"), value, 32, GLOBAL_FUNCTION);
    made_cut(elf, table, symbols);
    made_cut(elf, strings, names);
}

/* ---- .symtab ------------------------------------------------------------------------------- */

void made_symbols(struct made_elf *elf)
{
    const struct made_place nowhere = {MADE_NULL, 0};
    struct wh_buffer *table = made_bytes(elf, MADE_SYMTAB);

    wh_buffer_u8(made_bytes(elf, MADE_STRTAB), 0);
    symbol(elf, MADE_SYMTAB, 0, nowhere, 0, 0);
    if (elf->recipe.type == WH_ET_REL) {
        symbol(elf, MADE_SYMTAB, 0, (struct made_place){MADE_TEXT, 0}, 0, SECTION_SYMBOL);
        symbol(elf, MADE_SYMTAB, 0, (struct made_place){MADE_DATA, 0}, 0, SECTION_SYMBOL);
    }
    for (unsigned i = 0; i < MADE_FUNCTIONS; i++) {
        if (i == 1)
            one_more(elf, MADE_SYMTAB, MADE_STRTAB, made_function(elf, 5));
        function_symbol(
            elf, MADE_SYMTAB, i, numbered(elf, MADE_STRTAB, "local", i), LOCAL_FUNCTION);
    }
    elf->sections[MADE_SYMTAB].info = (uint32_t)(table->length / (elf->wide ? 24 : 16));
    for (unsigned i = 0; made_has(elf, MADE_POINTERS) && i < MADE_OBJECTS; i += 4)
        symbol(elf, MADE_SYMTAB, numbered(elf, MADE_STRTAB, "object", i), made_object(elf, i),
            elf->width, 0x11);
}

/* ---- the dynamic linker's symbols ---------------------------------------------------------- */

/* Function exported at a position: by buckets, as the hash table wants them. */
static unsigned bucket_of(unsigned function)
{
    return function * 7 % BUCKETS;
}

static unsigned function_at(unsigned position)
{
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++)
        for (unsigned i = 0; i < MADE_FUNCTIONS; i++)
            if (bucket_of(i) == bucket && position-- == 0)
                return i;
    abort();
}

static void dynamic_symbols(struct made_elf *elf)
{
    const struct made_place nowhere = {MADE_NULL, 0};

    symbol(elf, MADE_DYNSYM, 0, nowhere, 0, 0);
    wh_buffer_u8(made_bytes(elf, MADE_DYNSTR), 0);
    elf->sections[MADE_DYNSYM].info = 1;
    for (unsigned i = 0; i < MADE_IMPORTS; i++) {
        if (i == 1)
            one_more(elf, MADE_DYNSYM, MADE_DYNSTR, nowhere);
        symbol(
            elf, MADE_DYNSYM, numbered(elf, MADE_DYNSTR, "import", i), nowhere, 0, GLOBAL_FUNCTION);
    }
    for (unsigned i = 0; i < MADE_FUNCTIONS; i++) {
        unsigned function = function_at(i);
        function_symbol(elf, MADE_DYNSYM, function, numbered(elf, MADE_DYNSTR, "export", function),
            GLOBAL_FUNCTION);
    }
}

static uint32_t first_export(const struct made_elf *elf)
{
    return 1u + MADE_IMPORTS + elf->recipe.added;
}

static void hash_table(struct made_elf *elf)
{
    enum { FILTER_WORDS = 4 };
    struct wh_buffer *bytes = made_bytes(elf, MADE_HASH);
    uint32_t position = 0;

    wh_buffer_le32(bytes, BUCKETS);
    wh_buffer_le32(bytes, first_export(elf));
    wh_buffer_le32(bytes, FILTER_WORDS);
    wh_buffer_le32(bytes, 6);
    made_text(elf, MADE_HASH, (size_t)FILTER_WORDS * elf->width, 77);
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
        wh_buffer_le32(bytes, first_export(elf) + position);
        while (position < MADE_FUNCTIONS && bucket_of(function_at(position)) == bucket)
            position++;
    }
    for (unsigned i = 0; i < MADE_FUNCTIONS; i++)
        wh_buffer_le32(bytes, function_at(i) * 0x10204081u | (i & 1));
}

/* ---- versions ------------------------------------------------------------------------------
 */

static void half(struct wh_buffer *bytes, unsigned value)
{
    wh_buffer_u8(bytes, (uint8_t)value);
    wh_buffer_u8(bytes, (uint8_t)(value >> 8));
}

static void needs(struct made_elf *elf)
{
    struct wh_buffer *bytes = made_bytes(elf, MADE_NEEDS);

    for (unsigned library = 0; library < LIBRARIES; library++) {
        half(bytes, 1);
        half(bytes, VERSIONS);
        wh_buffer_le32(bytes, numbered(elf, MADE_DYNSTR, "library", library));
        wh_buffer_le32(bytes, 16);
        wh_buffer_le32(bytes, library + 1 < LIBRARIES ? 16 + 16 * VERSIONS : 0);
        for (unsigned i = 0; i < VERSIONS; i++) {
            wh_buffer_le32(bytes, 0x0d696914 + i);
            half(bytes, 0);
            half(bytes, 2 + i);
            wh_buffer_le32(bytes, numbered(elf, MADE_DYNSTR, "needed_version", i));
            wh_buffer_le32(bytes, i + 1 < VERSIONS ? 16 : 0);
        }
    }
    elf->sections[MADE_NEEDS].info = LIBRARIES;
}

static void definitions(struct made_elf *elf)
{
    struct wh_buffer *bytes = made_bytes(elf, MADE_DEFINITIONS);

    for (unsigned i = 0; i < VERSIONS; i++) {
        half(bytes, 1);
        half(bytes, i == 0);
        half(bytes, i + 1);
        half(bytes, 2);
        wh_buffer_le32(bytes, 0x0d696914 + i);
        wh_buffer_le32(bytes, 20);
        wh_buffer_le32(bytes, i + 1 < VERSIONS ? 36 : 0);
        for (unsigned part = 0; part < 2; part++) {
            wh_buffer_le32(bytes, numbered(elf, MADE_DYNSTR, "version", 2 * i + part));
            wh_buffer_le32(bytes, part == 0 ? 8 : 0);
        }
    }
    elf->sections[MADE_DEFINITIONS].info = VERSIONS;
}

/* ---- .dynamic ------------------------------------------------------------------------------
 */

static void tag(struct made_elf *elf, uint64_t number, uint64_t value)
{
    made_word(elf, MADE_DYNAMIC_TABLE, number);
    made_word(elf, MADE_DYNAMIC_TABLE, value);
}

static void tag_of(struct made_elf *elf, uint64_t number, enum made_number section)
{
    if (made_bytes(elf, section)->length == 0)
        return;
    tag(elf, number, 0);
    made_refer(elf, MADE_DYNAMIC_TABLE, MADE_WORD, (struct made_place){section, 0});
}

static void dynamic_table(struct made_elf *elf)
{
    enum { NEEDED = 1, SONAME = 14, RUNPATH = 29 };

    for (unsigned i = 0; i < LIBRARIES; i++)
        tag(elf, NEEDED, numbered(elf, MADE_DYNSTR, "needed", i));
    tag(elf, SONAME, made_string(elf, MADE_DYNSTR, "libmade.so.1"));
    tag(elf, RUNPATH, made_string(elf, MADE_DYNSTR, "/opt/made"));
    tag_of(elf, 25, MADE_INIT_ARRAY);
    tag(elf, 27, made_bytes(elf, MADE_INIT_ARRAY)->length);
    tag_of(elf, 0x6ffffef5, MADE_HASH);
    tag_of(elf, 5, MADE_DYNSTR);
    tag_of(elf, 6, MADE_DYNSYM);
    tag_of(elf, 3, MADE_GOT_PLT);
    tag_of(elf, 23, MADE_RELA_PLT);
    tag_of(elf, elf->wide ? 7 : 17, MADE_RELA);
    tag_of(elf, 36, MADE_RELR);
    tag_of(elf, 0x6ffffffc, MADE_DEFINITIONS);
    tag_of(elf, 0x6ffffffe, MADE_NEEDS);
    tag(elf, 0x6ffffffd, VERSIONS);
    tag(elf, 0, 0);
}

static void slots(struct made_elf *elf)
{
    const uint32_t type = made_relocation_type(elf->recipe.machine, MADE_GLOBAL);

    for (unsigned i = 0; i < MADE_SLOTS; i++) {
        if (i == 1 && elf->recipe.added) {
            made_word(elf, MADE_GOT, 0);
            made_cut(elf, MADE_GOT, elf->width);
        }
        made_word(elf, MADE_GOT, 0);
        made_relocation(elf, MADE_RELA, made_slot(elf, i), first_export(elf) + i, type, NULL);
    }
}

void made_dynamic(struct made_elf *elf)
{
    dynamic_symbols(elf);
    hash_table(elf);
    definitions(elf);
    needs(elf);
    slots(elf);
    dynamic_table(elf);
}

/* ---- data ----------------------------------------------------------------------------------
 */

/* Where the word of an object points. */
static struct made_place target_of(const struct made_elf *elf, unsigned number)
{
    if (number % 3 == 0)
        return made_object(elf, (number * 11 + 5) % MADE_OBJECTS);
    return made_function(elf, number * 5 % MADE_FUNCTIONS);
}

static void object(struct made_elf *elf, unsigned number)
{
    struct made_place where = {MADE_DATA, made_bytes(elf, MADE_DATA)->length};
    struct made_place target = target_of(elf, number);
    uint16_t machine = elf->recipe.machine;

    made_word(elf, MADE_DATA, 0);
    if (elf->recipe.type == WH_ET_REL)
        made_relocation(elf, MADE_RELA_DATA, where, target.section == MADE_TEXT ? 1 : 2,
            made_relocation_type(machine, MADE_ABSOLUTE), &target);
    else if (elf->recipe.type == MADE_ET_DYN)
        made_relocation(
            elf, MADE_RELA, where, 0, made_relocation_type(machine, MADE_RELATIVE), &target);
    if (elf->recipe.type == WH_ET_EXEC || (elf->recipe.type == MADE_ET_DYN && !elf->wide))
        made_refer(elf, MADE_DATA, MADE_WORD, target);
    made_text(elf, MADE_DATA, elf->width, number);
}

static void one_more_object(struct made_elf *elf)
{
    const size_t data = made_bytes(elf, MADE_DATA)->length;
    const size_t rows = made_bytes(elf, MADE_RELA)->length;
    const size_t related = made_bytes(elf, MADE_RELA_DATA)->length;

    object(elf, 1);
    made_cut(elf, MADE_DATA, data);
    made_cut(elf, MADE_RELA, rows);
    made_cut(elf, MADE_RELA_DATA, related);
}

void made_pointers(struct made_elf *elf)
{
    for (unsigned i = 0; i < MADE_OBJECTS; i++) {
        if (i == 1 && elf->recipe.added)
            one_more_object(elf);
        object(elf, i);
    }
    elf->sections[MADE_BSS].memory = 512;
    if (elf->recipe.type == WH_ET_REL)
        return;
    for (unsigned i = 0; i < 4; i++) {
        made_word(elf, MADE_INIT_ARRAY, 0);
        made_refer(elf, MADE_INIT_ARRAY, MADE_WORD, made_function(elf, 20 * i + 15));
    }
    for (unsigned i = 0; elf->recipe.type == MADE_ET_DYN && i < MADE_OBJECTS; i += 3) {
        made_word(elf, MADE_RELR, 0);
        made_refer(elf, MADE_RELR, MADE_WORD, made_object(elf, i));
    }
}
