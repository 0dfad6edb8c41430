/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbol_table.c - see whittle/symbol_table.h. */
#include "whittle/symbol_table.h"

#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/word.h"

enum { SHARED_MAX = 4 }; /* how often all names together may use each byte of their table */

static uint32_t find_table(const struct wh_elf *elf, uint32_t type)
{
    for (uint32_t i = 1; i < elf->section_count; i++)
        if (elf->sections[i].type == type)
            return i;
    return 0;
}

/* Up to its last zero, so that every name in it ends. */
static struct wh_bytes terminated(struct wh_bytes strings)
{
    while (strings.length > 0 && strings.data[strings.length - 1] != '\0')
        strings.length--;
    return strings;
}

static struct wh_symbol read_symbol(const uint8_t *at, bool wide, struct wh_bytes strings)
{
    struct wh_symbol symbol = {.string = wh_load32(at)};

    if (wide) {
        symbol.info = at[4];
        symbol.other = at[5];
        symbol.section = wh_load16(at + 6);
        symbol.value = wh_load64(at + 8);
        symbol.size = wh_load64(at + 16);
    } else {
        symbol.value = wh_load32(at + 4);
        symbol.size = wh_load32(at + 8);
        symbol.info = at[12];
        symbol.other = at[13];
        symbol.section = wh_load16(at + 14);
    }
    if (symbol.string > 0 && symbol.string < strings.length) {
        const uint8_t *name = strings.data + symbol.string;
        symbol.name = (struct wh_bytes){name, strlen((const char *)name)};
    }
    return symbol;
}

void wh_symbol_store(const struct wh_symbol *symbol, bool wide, uint8_t *out)
{
    size_t rest = wide ? 4 : 12;

    wh_store32(out, symbol->string);
    wh_store(out + (wide ? 8 : 4), wide ? 8 : 4, symbol->value);
    wh_store(out + (wide ? 16 : 8), wide ? 8 : 4, symbol->size);
    out[rest] = symbol->info;
    out[rest + 1] = symbol->other;
    out[rest + 2] = (uint8_t)symbol->section;
    out[rest + 3] = (uint8_t)(symbol->section >> 8);
}

wh_status wh_symbols_read(
    const struct wh_elf *elf, uint32_t type, struct wh_symbols *out_symbols, struct wh_error *err)
{
    wh_cleanup(wh_symbols_clear) struct wh_symbols symbols = {.table = find_table(elf, type)};
    struct wh_bytes table = wh_elf_content(elf, symbols.table);
    size_t record = wh_symbol_length(elf->wide);
    size_t count = symbols.table ? table.length / record : 0;

    symbols.list = wh_array(count, sizeof *symbols.list, SIZE_MAX, err);
    if (!symbols.list)
        return wh_no_memory(err);
    if (symbols.table)
        symbols.strings = elf->sections[symbols.table].link;
    struct wh_bytes strings = terminated(wh_elf_content(elf, symbols.strings));
    uint64_t room = (uint64_t)SHARED_MAX * strings.length;
    for (; symbols.count < count; symbols.count++) {
        struct wh_symbol *symbol = &symbols.list[symbols.count];
        *symbol = read_symbol(table.data + symbols.count * record, elf->wide, strings);
        if (symbol->name.length > room)
            return wh_fail(err, WH_UNSUPPORTED, "symbols whose names share too much");
        room -= symbol->name.length;
    }
    *out_symbols = symbols;
    symbols = (struct wh_symbols){0};
    return WH_OK;
}

void wh_symbols_clear(struct wh_symbols *symbols)
{
    free(symbols->list);
    *symbols = (struct wh_symbols){0};
}
