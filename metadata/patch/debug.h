/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug.h - how the inner file of a MiniDebugInfo pair is told from the outer one: its symbols
 * first, column by column, then the file around them. Encoder and decoder run the same functions.
 */
#ifndef WHITTLE_DEBUG_H
#define WHITTLE_DEBUG_H

#include "patch/moves.h"
#include "whittle/debugdata.h"

/* A function, as the unwind table of a file tells it. */
struct wh_function {
    uint64_t start;
    uint64_t length;
};

struct wh_functions {
    struct wh_function *list; /* ascending, each start once */
    size_t count;
};

/* Symbols of the dynamic linker that are defined. */
struct wh_exports {
    struct wh_symbols symbols;
    const struct wh_symbol **order; /* by name, then as they stand in the table */
    size_t count;
};

struct wh_debugdata {
    struct wh_bytes old_id;
    struct wh_bytes new_id;
    struct wh_moves moves; /* of the outer file; moves.old is the old one */
    struct wh_elf outer;   /* the new one */
    struct wh_elf inner;   /* the old one */
    struct wh_symbols old; /* of the old inner file */
    struct wh_exports old_exports;
    struct wh_exports new_exports;
    struct wh_functions old_functions;
    struct wh_functions new_functions;
    size_t *pairs; /* for each old function its new one, or SIZE_MAX */

    uint8_t *outer_bytes; /* publisher only: owned, like the next two */
    struct wh_elf truth;
    struct wh_symbols fresh;
};

void wh_debug_clear(struct wh_debugdata *debug);

WH_MUST_CHECK wh_status wh_functions_find(
    const struct wh_elf *elf, struct wh_functions *out_functions, struct wh_error *err);
/* The number of the function that starts there, or SIZE_MAX. */
size_t wh_functions_at(const struct wh_functions *functions, uint64_t start);
/* The number of the first function that starts there or behind. */
size_t wh_functions_from(const struct wh_functions *functions, uint64_t address);
/* Pairs old functions with new ones, in debug->pairs. */
WH_MUST_CHECK wh_status wh_functions_pair(struct wh_debugdata *debug, struct wh_error *err);

/* out_exports: zeroed; free with wh_exports_clear(), whatever the status. */
WH_MUST_CHECK wh_status wh_exports_read(
    const struct wh_elf *elf, struct wh_exports *out_exports, struct wh_error *err);
void wh_exports_clear(struct wh_exports *exports);
/* The first symbol of that name, or NULL. */
const struct wh_symbol *wh_exports_find(const struct wh_exports *exports, struct wh_bytes name);

/* ---- the new symbols ----------------------------------------------------------------------- */

#define WH_DEBUG_NEW WH_SYMBOL_NEW

/* The names of the new inner file's symbols, in order, and which of the old ones they are. */
struct wh_debug_list {
    struct wh_bytes *names;
    size_t *old;   /* number of the old symbol, or WH_DEBUG_NEW */
    bool *renamed; /* an old symbol with another end of its name */
    size_t count;
    struct wh_buffer text; /* of names that were put together */
};

/* list: zeroed; free with wh_debug_list_clear(), whatever the status. */
WH_MUST_CHECK wh_status wh_debug_list_read(const struct wh_debugdata *debug,
    struct wh_reader *control, struct wh_reader *extra, size_t inner_length,
    struct wh_debug_list *list, struct wh_error *err);
WH_MUST_CHECK wh_status wh_debug_list_write(const struct wh_debugdata *debug,
    const struct wh_symbol_choice *choice, struct wh_buffer *control, struct wh_buffer *extra,
    struct wh_debug_list *list, struct wh_error *err);
/* Are all names together not much longer than so many bytes? */
bool wh_debug_list_is_bounded(const struct wh_debug_list *list, uint64_t bytes);
void wh_debug_list_clear(struct wh_debug_list *list);

/* Sections of the new inner file, as they are predicted. */
struct wh_debug_sections;

/* Where a column's predicted bytes go, and what is true there. */
struct wh_sheet {
    uint8_t *out;
    size_t at;
    const uint8_t *truth;               /* when encoding */
    struct wh_corrections *corrections; /* when decoding */
};

/* Fills the sheet with predicted columns (value, size, section, info, other, name) and symbols with
 * the true ones. symbols: list->count of them. */
WH_MUST_CHECK wh_status wh_debug_symbols(const struct wh_debugdata *debug,
    const struct wh_debug_list *list, const struct wh_debug_sections *sections,
    const uint32_t *strings, struct wh_sheet *sheet, struct wh_symbol *symbols,
    struct wh_error *err);

/* Writes true columns, for an encoder. */
void wh_debug_columns(
    const struct wh_symbol *symbols, size_t count, bool wide, struct wh_buffer *out);

/* ---- the file around them ------------------------------------------------------------------ */

WH_MUST_CHECK wh_status wh_debug_sections_new(const struct wh_debugdata *debug,
    struct wh_debug_sections **out_sections, struct wh_error *err);
void wh_debug_sections_free(struct wh_debug_sections *sections);
/* The new number of an old inner section, 0 for none. */
uint32_t wh_debug_section_moved(const struct wh_debug_sections *sections, uint32_t old);
/* The section of the new inner file that an address lies in, 0 for none. */
uint32_t wh_debug_section_at(const struct wh_debug_sections *sections, uint64_t address);

/* The whole inner file around its symbols. out: its ceiling bounds it. WH_UNSUPPORTED: the old one
 * is of a form that cannot be imitated. */
WH_MUST_CHECK wh_status wh_debug_compose(const struct wh_debugdata *debug,
    struct wh_debug_sections *sections, const struct wh_symbol *symbols, size_t count,
    struct wh_bytes strings, struct wh_buffer *out, struct wh_error *err);

#endif
