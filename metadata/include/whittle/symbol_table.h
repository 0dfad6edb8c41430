/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbol_table.h - symbol tables of ELF files, read and written; string tables as linkers make
 * them. */
#ifndef WHITTLE_SYMBOL_TABLE_H
#define WHITTLE_SYMBOL_TABLE_H

#include "whittle/elf.h"

struct wh_symbol {
    struct wh_bytes name; /* without its end; empty where there is none */
    uint64_t value;
    uint64_t size;
    uint32_t string; /* the name's offset in the string table */
    uint16_t section;
    uint8_t info; /* binding in the upper four bits, type in the lower ones */
    uint8_t other;
};

struct wh_symbols {
    struct wh_symbol *list;
    size_t count;
    uint32_t table;   /* number of the section, 0 for none */
    uint32_t strings; /* of the section with the names */
};

/* The first symbol table of that type; none is an empty one. Names are slices of the file.
 * WH_UNSUPPORTED: names that share so much that they would be far longer than the file. Free with
 * wh_symbols_clear(). */
WH_MUST_CHECK wh_status wh_symbols_read(
    const struct wh_elf *elf, uint32_t type, struct wh_symbols *out_symbols, struct wh_error *err);
void wh_symbols_clear(struct wh_symbols *symbols);

static inline size_t wh_symbol_length(bool wide)
{
    return wide ? 24 : 16;
}

/* Writes one in the form of its class. */
void wh_symbol_store(const struct wh_symbol *symbol, bool wide, uint8_t *out);

struct wh_strings {
    struct wh_buffer table;
    uint32_t *offsets; /* of each name */
};

/* The string table of some names in order: each stands where it comes first, none twice, and one
 * that is the end of another lies in it. names have no zeros. WH_OVER_LIMIT: longer than ceiling.
 * Free with wh_strings_clear(). */
WH_MUST_CHECK wh_status wh_strings_build(const struct wh_bytes *names, size_t count, size_t ceiling,
    struct wh_strings *out_strings, struct wh_error *err);
void wh_strings_clear(struct wh_strings *strings);

#endif
