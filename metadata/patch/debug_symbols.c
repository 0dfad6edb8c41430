/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_symbols.c - the fields of the new inner file's symbols, column by column. Values come
 * first: they tell the sizes, which are those of the functions that start there. */
#include <stdlib.h>

#include "patch/debug.h"
#include "whittle/cleanup.h"

enum { SECTION_RESERVED = 0xff00, LOCAL_FUNCTION = 2 };

/* What a column is made from. */
struct columns {
    const struct wh_debugdata *debug;
    const struct wh_debug_list *list;
    const struct wh_debug_sections *sections;
    struct wh_sheet *sheet;
    struct wh_symbol *symbols;
    size_t *free; /* for each new function the first at or behind it that may be nobody's */
};

static uint64_t put(struct wh_sheet *sheet, unsigned width, uint64_t value)
{
    uint8_t *at = sheet->out + sheet->at;
    const uint8_t *known = sheet->truth ? sheet->truth + sheet->at : at;
    uint64_t found = 0;

    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> 8 * i);
    if (sheet->corrections)
        wh_corrections_apply(sheet->corrections, sheet->out, sheet->at + width);
    for (unsigned i = 0; i < width; i++)
        found |= (uint64_t)known[i] << 8 * i;
    sheet->at += width;
    return found;
}

static const struct wh_symbol *old_symbol(const struct columns *columns, size_t number)
{
    size_t old = columns->list->old[number];

    return old == WH_DEBUG_NEW ? NULL : &columns->debug->old.list[old];
}

/* The old symbol, if it has the same name. */
static const struct wh_symbol *named_symbol(const struct columns *columns, size_t number)
{
    return columns->list->renamed[number] ? NULL : old_symbol(columns, number);
}

static bool has_address(const struct wh_symbol *symbol)
{
    return symbol->section != 0 && symbol->section < SECTION_RESERVED;
}

/* ---- values -------------------------------------------------------------------------------- */

/* Where an old symbol is now: what is exported under its name, else where its function went. */
static uint64_t moved_value(const struct wh_debugdata *debug, const struct wh_symbol *old)
{
    const struct wh_walk *walk = &debug->moves.walk;

    if (!has_address(old))
        return old->value;
    const struct wh_symbol *before = wh_exports_find(&debug->old_exports, old->name);
    const struct wh_symbol *after = wh_exports_find(&debug->new_exports, old->name);
    if (before && after && before->value == old->value)
        return after->value;
    size_t function = wh_functions_at(&debug->old_functions, old->value);
    if (function != SIZE_MAX && debug->pairs[function] != SIZE_MAX)
        return debug->new_functions.list[debug->pairs[function]].start;
    return wh_in_image(walk, old->value) ? wh_guess(walk, old->value) : old->value;
}

/* The first function from a number on that no symbol has; the chain to it is halved on the way. */
static size_t first_free(const struct columns *columns, size_t function)
{
    size_t *next = columns->free;

    while (next[function] != function) {
        next[function] = next[next[function]];
        function = next[function];
    }
    return function;
}

static void claim(const struct columns *columns, uint64_t value)
{
    size_t function = wh_functions_at(&columns->debug->new_functions, value);

    if (function != SIZE_MAX && columns->free[function] == function)
        columns->free[function] = function + 1;
}

/* Functions that are somebody's already: an exported symbol's, or one's that the old file had. */
static void claim_all(const struct columns *columns)
{
    const struct wh_exports *exports = &columns->debug->new_exports;

    for (size_t i = 0; i < exports->count; i++)
        claim(columns, exports->order[i]->value);
    for (size_t i = 0; i < columns->list->count; i++) {
        const struct wh_symbol *old = old_symbol(columns, i);
        if (old && has_address(old))
            claim(columns, moved_value(columns->debug, old));
    }
}

/* The first function from an address on that is nobody's; the address itself where there is none.
 */
static uint64_t unclaimed(const struct columns *columns, uint64_t from)
{
    const struct wh_functions *functions = &columns->debug->new_functions;

    size_t found = first_free(columns, wh_functions_from(functions, from));

    return found < functions->count ? functions->list[found].start : from;
}

static uint64_t new_value(const struct columns *columns, size_t number)
{
    const struct wh_symbol *exported = wh_exports_find(
        &columns->debug->new_exports, columns->list->names[number]);

    if (exported)
        return exported->value;
    return unclaimed(columns, number > 0 ? columns->symbols[number - 1].value : 0);
}

static void put_values(struct columns *columns, unsigned width)
{
    claim_all(columns);
    for (size_t i = 0; i < columns->list->count; i++) {
        const struct wh_symbol *old = old_symbol(columns, i);
        uint64_t guess = old ? moved_value(columns->debug, old) : new_value(columns, i);
        columns->symbols[i].value = put(columns->sheet, width, guess);
        claim(columns, columns->symbols[i].value);
    }
}

/* ---- sizes --------------------------------------------------------------------------------- */

static const struct wh_function *function_at(const struct wh_functions *functions, uint64_t value)
{
    size_t found = wh_functions_at(functions, value);

    return found == SIZE_MAX ? NULL : &functions->list[found];
}

static uint64_t moved_size(
    const struct wh_debugdata *debug, const struct wh_symbol *old, uint64_t value)
{
    const struct wh_walk *walk = &debug->moves.walk;
    const struct wh_function *before = function_at(&debug->old_functions, old->value);
    const struct wh_function *after = function_at(&debug->new_functions, value);
    uint64_t last = old->value + old->size - 1;

    if (!has_address(old) || old->size == 0)
        return old->size;
    if (before && after && before->length == old->size)
        return after->length;
    const struct wh_symbol *exported = wh_exports_find(&debug->new_exports, old->name);
    if (exported && exported->value == value)
        return exported->size;
    if (wh_in_image(walk, old->value) && wh_in_image(walk, last))
        return wh_map_find(&walk->addresses, last) + 1 - value;
    return old->size;
}

static uint64_t new_size(const struct columns *columns, size_t number)
{
    const struct wh_debugdata *debug = columns->debug;
    uint64_t value = columns->symbols[number].value;
    const struct wh_function *function = function_at(&debug->new_functions, value);
    const struct wh_symbol *exported = wh_exports_find(
        &debug->new_exports, columns->list->names[number]);

    if (exported && exported->value == value)
        return exported->size;
    return function ? function->length : 0;
}

static void put_sizes(struct columns *columns, unsigned width)
{
    for (size_t i = 0; i < columns->list->count; i++) {
        const struct wh_symbol *old = old_symbol(columns, i);
        uint64_t guess = old ? moved_size(columns->debug, old, columns->symbols[i].value)
                             : new_size(columns, i);
        columns->symbols[i].size = put(columns->sheet, width, guess);
    }
}

/* ---- the rest ------------------------------------------------------------------------------ */

static void put_sections(struct columns *columns)
{
    for (size_t i = 0; i < columns->list->count; i++) {
        const struct wh_symbol *old = old_symbol(columns, i);
        uint32_t guess = old ? old->section : 0;
        if (old && has_address(old))
            guess = wh_debug_section_moved(columns->sections, old->section);
        if (!old || (has_address(old) && guess == 0))
            guess = wh_debug_section_at(columns->sections, columns->symbols[i].value);
        columns->symbols[i].section = (uint16_t)put(columns->sheet, 2, guess);
    }
}

/* A symbol with a new name is of the kind of the one before it. */
static void put_kinds(struct columns *columns)
{
    uint8_t info = LOCAL_FUNCTION;
    uint8_t other = 0;

    for (size_t i = 0; i < columns->list->count; i++) {
        const struct wh_symbol *old = named_symbol(columns, i);
        info = (uint8_t)put(columns->sheet, 1, old ? old->info : info);
        columns->symbols[i].info = info;
    }
    for (size_t i = 0; i < columns->list->count; i++) {
        const struct wh_symbol *old = named_symbol(columns, i);
        other = (uint8_t)put(columns->sheet, 1, old ? old->other : other);
        columns->symbols[i].other = other;
    }
}

wh_status wh_debug_symbols(const struct wh_debugdata *debug, const struct wh_debug_list *list,
    const struct wh_debug_sections *sections, const uint32_t *strings, struct wh_sheet *sheet,
    struct wh_symbol *symbols, struct wh_error *err)
{
    struct columns columns = {debug, list, sections, sheet, symbols, NULL};
    size_t functions = debug->new_functions.count;
    wh_autofree size_t *next = wh_array((uint64_t)functions + 1, sizeof *next, SIZE_MAX, err);
    unsigned width = debug->inner.wide ? 8 : 4;

    if (!next)
        return wh_no_memory(err);
    for (size_t i = 0; i <= functions; i++) /* the last is the end */
        next[i] = i;
    columns.free = next;
    put_values(&columns, width);
    put_sizes(&columns, width);
    put_sections(&columns);
    put_kinds(&columns);
    for (size_t i = 0; i < list->count; i++)
        symbols[i].string = (uint32_t)put(sheet, 4, strings[i]);
    return WH_OK;
}

static void append(struct wh_buffer *out, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++)
        wh_buffer_u8(out, (uint8_t)(value >> 8 * i));
}

void wh_debug_columns(
    const struct wh_symbol *symbols, size_t count, bool wide, struct wh_buffer *out)
{
    unsigned width = wide ? 8 : 4;

    for (size_t i = 0; i < count; i++)
        append(out, width, symbols[i].value);
    for (size_t i = 0; i < count; i++)
        append(out, width, symbols[i].size);
    for (size_t i = 0; i < count; i++)
        append(out, 2, symbols[i].section);
    for (size_t i = 0; i < count; i++)
        append(out, 1, symbols[i].info);
    for (size_t i = 0; i < count; i++)
        append(out, 1, symbols[i].other);
    for (size_t i = 0; i < count; i++)
        append(out, 4, symbols[i].string);
}
