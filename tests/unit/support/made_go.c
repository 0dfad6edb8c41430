/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_go.c - what a program of Go 1.20 has beside its code: types, .typelink, .gopclntab and the
 * runtime's moduledata. */
#include "made_parts.h"

enum { TYPES = 200, TYPE_LENGTH = 32, HEADER_LENGTH = 72, NAME_LENGTH = 24, COUNTERS = 64 };
enum { MODULE_WORDS = 41, MODULE_TEXT = 22, MODULE_TYPES = 37, MODULE_FUNCTIONS = 40 };
enum { RECORD_COUNTERS = 2, RECORD_DATA = 3 };

/* A type whose record is at that place among those of the build without additions. */
static struct made_place type_place(const struct made_elf *elf, unsigned number)
{
    return (struct made_place){
        MADE_RODATA, made_position(elf, number % TYPES) * (uint64_t)TYPE_LENGTH};
}

static void offset_of(
    struct made_elf *elf, enum made_number section, struct made_place place, enum made_number from)
{
    wh_buffer_le32(made_bytes(elf, section), 0);
    made_refer_from(elf, section, place, (struct made_place){from, 0});
}

/* A pointer, an offset of a type and a number, two offsets of code, two numbers. */
static void put_type(struct made_elf *elf, unsigned number)
{
    struct wh_buffer *bytes = made_bytes(elf, MADE_RODATA);

    wh_buffer_le64(bytes, 0);
    made_refer(elf, MADE_RODATA, MADE_WORD64, type_place(elf, number * 7 + 3));
    offset_of(elf, MADE_RODATA, type_place(elf, number * 5 + 1), MADE_RODATA);
    made_text(elf, MADE_RODATA, 4, number);
    offset_of(elf, MADE_RODATA, made_function(elf, number % MADE_FUNCTIONS), MADE_TEXT);
    offset_of(elf, MADE_RODATA, made_function(elf, number * 3 % MADE_FUNCTIONS), MADE_TEXT);
    made_text(elf, MADE_RODATA, 8, number);
}

static void put_types(struct made_elf *elf)
{
    for (unsigned i = 0; i < TYPES; i++) {
        const size_t before = made_bytes(elf, MADE_RODATA)->length;
        if (i == 1 && elf->recipe.added)
            put_type(elf, 1);
        made_cut(elf, MADE_RODATA, before);
        put_type(elf, i);
    }
    for (unsigned i = 0; i < TYPES; i += 2)
        offset_of(elf, MADE_TYPELINK, type_place(elf, i), MADE_RODATA);
}

static void put_module(struct made_elf *elf)
{
    static const struct {
        unsigned word;
        enum made_number section;
        bool end;
    } words[] = {
        {0, MADE_GO_TABLE, false},
        {MODULE_TEXT, MADE_TEXT, false},
        {MODULE_TEXT + 1, MADE_TEXT, true},
        {MODULE_TYPES, MADE_RODATA, false},
        {MODULE_TYPES + 1, MADE_RODATA, true},
        {MODULE_FUNCTIONS, MADE_RODATA, false},
    };
    unsigned next = 0;

    for (unsigned i = 0; i < MODULE_WORDS; i++) {
        made_word(elf, MADE_DATA, 0);
        if (next == sizeof words / sizeof *words || words[next].word != i)
            continue;
        enum made_number section = words[next].section;
        made_refer(elf, MADE_DATA, MADE_WORD,
            (struct made_place){section, words[next].end ? made_bytes(elf, section)->length : 0});
        next++;
    }
}

/* ---- .gopclntab ---------------------------------------------------------------------------- */

static void number(struct made_elf *elf, uint64_t value)
{
    wh_buffer_le32(made_bytes(elf, MADE_GO_TABLE), (uint32_t)value);
}

/* Offsets in the names and in the counters: more of both come behind the first. */
static void put_record(struct made_elf *elf, unsigned function)
{
    static const uint8_t last[] = {0, 0, 0, RECORD_DATA};
    const size_t counters = (size_t)made_position(elf, function) * COUNTERS;

    offset_of(elf, MADE_GO_TABLE, made_function(elf, function), MADE_TEXT);
    number(elf, (size_t)made_position(elf, function) * NAME_LENGTH);
    number(elf, 16);
    number(elf, 0);
    for (unsigned i = 0; i < 3; i++)
        number(elf, counters + 1 + (size_t)i * 7);
    number(elf, RECORD_COUNTERS);
    number(elf, 0);
    number(elf, 10 * function);
    wh_buffer_append(made_bytes(elf, MADE_GO_TABLE), last, sizeof last);
    for (unsigned i = 0; i < RECORD_COUNTERS; i++)
        number(elf, counters + 33 + (size_t)i * 4);
    for (unsigned i = 0; i < RECORD_DATA; i++)
        offset_of(elf, MADE_GO_TABLE, type_place(elf, function + i), MADE_RODATA);
}

static void put_header(struct made_elf *elf, const size_t tables[5])
{
    static const uint8_t head[] = {0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8};
    struct wh_buffer *bytes = made_bytes(elf, MADE_GO_TABLE);

    wh_buffer_append(bytes, head, sizeof head);
    wh_buffer_le64(bytes, MADE_FUNCTIONS);
    wh_buffer_le64(bytes, 1);
    wh_buffer_le64(bytes, 0);
    made_refer(elf, MADE_GO_TABLE, MADE_WORD64, (struct made_place){MADE_TEXT, 0});
    for (unsigned i = 0; i < 5; i++)
        wh_buffer_le64(bytes, tables[i]);
}

static void put_rows(struct made_elf *elf)
{
    enum { ROW = 8, RECORD = 44 + 4 * (RECORD_COUNTERS + RECORD_DATA) };

    for (unsigned i = 0; i < MADE_FUNCTIONS; i++) {
        offset_of(elf, MADE_GO_TABLE, made_function(elf, i), MADE_TEXT);
        number(elf, ROW * MADE_FUNCTIONS + 4 + (size_t)i * RECORD);
    }
    offset_of(elf, MADE_GO_TABLE, made_function(elf, MADE_FUNCTIONS), MADE_TEXT);
}

/* Texts of one length, and one more behind the first. */
static void put_texts(struct made_elf *elf, size_t length, uint32_t seed)
{
    for (unsigned i = 0; i < MADE_FUNCTIONS; i++) {
        const size_t before = made_bytes(elf, MADE_GO_TABLE)->length;
        if (i == 1 && elf->recipe.added)
            made_text(elf, MADE_GO_TABLE, length, seed);
        made_cut(elf, MADE_GO_TABLE, before);
        made_text(elf, MADE_GO_TABLE, length, seed + 1 + i);
    }
}

static void put_function_table(struct made_elf *elf)
{
    const size_t texts = made_position(elf, MADE_FUNCTIONS);
    const size_t units = HEADER_LENGTH + texts * NAME_LENGTH;
    const size_t counters = units + 16;
    const size_t table = counters + texts * COUNTERS;
    const size_t tables[5] = {HEADER_LENGTH, units, units + 8, counters, table};

    put_header(elf, tables);
    put_texts(elf, NAME_LENGTH, 100);
    made_text(elf, MADE_GO_TABLE, 16, 42);
    put_texts(elf, COUNTERS, 300);
    put_rows(elf);
    for (unsigned i = 0; i < MADE_FUNCTIONS; i++)
        put_record(elf, i);
}

void made_go(struct made_elf *elf)
{
    put_types(elf);
    put_function_table(elf);
    put_module(elf);
}
