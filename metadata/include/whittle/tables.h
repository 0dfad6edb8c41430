/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tables.h - finds jump tables and pointers in read-only data, which no section header names. The
 * walk and the publisher's match finder use it alike. */
#ifndef WHITTLE_TABLES_H
#define WHITTLE_TABLES_H

#include "whittle/elf.h"
#include "whittle/word.h"

/* Where in read-only data the search is. Start with {.at = offset}. */
struct wh_table_search {
    size_t at;     /* offset of the next word */
    uint64_t base; /* what the entries of the present table count from; 0 outside of one */
};

/* Sections that tables lead to, and what they may count from. */
struct wh_table_form {
    uint64_t code_low; /* all code lies in [code_low, code_low + code_span) */
    uint64_t code_span;
    uint64_t low; /* the image, for pointers; span 0 where it begins at 0 */
    uint64_t span;
    uint64_t got; /* i386: entries count from the GOT */
};

void wh_table_form_of(const struct wh_elf *elf, uint64_t got, struct wh_table_form *out_form);

struct wh_table_entry {
    size_t at;
    unsigned width; /* 4: target - base; 8: target */
    uint64_t base;
    uint64_t target; /* address */
};

/* The next entry of bytes [search->at, end), which lie at address - offset = shift; false at the
 * end. A table of displacements is at least two of them that lead from the place of the first into
 * code; where exactly it begins hardly matters, because all in it move alike. */
bool wh_table_next(const struct wh_table_form *form, const uint8_t *bytes, uint64_t shift,
    size_t end, struct wh_table_search *search, struct wh_table_entry *out_entry);

#endif
