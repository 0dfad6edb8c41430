/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h - what linkers will put where: symbols' names and relative addresses by slot.
 */
#ifndef WHITTLE_REPO_NAMES_H
#define WHITTLE_REPO_NAMES_H

#include "whittle/elf.h"

/* A word that a relocation fills: of the dynamic linker, or in relocatable files any that fills a
 * word of its own and not a part of an instruction. */
struct wh_slot {
    uint64_t address;
    uint64_t target; /* of a relative relocation; 0 for a symbol */
    uint32_t name;   /* hash of the symbol's name; 0 for a relative one */
    uint8_t width;   /* bytes that are filled */
};

struct wh_names {
    struct wh_slot *slots; /* ascending by address */
    size_t count;
};

/* From the file's relocations; hostile ones are left out. Free with wh_names_clear(). */
WH_MUST_CHECK wh_status wh_names_find(
    const struct wh_elf *elf, struct wh_names *out_names, struct wh_error *err);
void wh_names_clear(struct wh_names *names);

/* Relocatable files: what a row of a relocation table refers to through a section's symbol. */
bool wh_section_target(const struct wh_elf *elf, const struct wh_section *table, const uint8_t *row,
    uint64_t *out_target);

/* The slot at that address, or NULL. */
const struct wh_slot *wh_names_slot(const struct wh_names *names, uint64_t address);

/* Hash of a string that begins there, or of as much of it as matters; 0 for an empty one. */
uint32_t wh_name_hash(struct wh_bytes strings, size_t at);
/* Of the name of a symbol in a symbol table; 0 when there is none. */
uint32_t wh_symbol_hash(const struct wh_elf *elf, uint32_t table, uint64_t symbol);

/* The sections with stubs, .plt and those whose names begin so; more than these there are not. */
#define WH_STUBS_MAX 8u

struct wh_stubs {
    uint32_t sections[WH_STUBS_MAX];
    uint32_t count;
    uint64_t low; /* addresses of all, [low, high) */
    uint64_t high;
};

void wh_stubs_find(const struct wh_elf *elf, struct wh_stubs *out_stubs);

/* The slot through which the stub at this address jumps, 0 where there is no stub. */
uint64_t wh_stub_slot(
    const struct wh_elf *elf, const struct wh_stubs *stubs, uint64_t got, uint64_t address);

#endif
