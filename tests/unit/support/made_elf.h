/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_elf.h - small ELF files of any machine, class and type, made in memory, and what a second
 * build of the same program looks like: code inserted, one entry more in each table, everything
 * behind moved. Nothing in them runs. Trouble aborts. */
#ifndef WHITTLE_TESTS_MADE_ELF_H
#define WHITTLE_TESTS_MADE_ELF_H

#include "whittle/elf.h"
#include "whittle/patch.h"

enum { MADE_ET_DYN = 3 };

enum made_part {
    MADE_CALLS = 1 << 0,     /* functions that call each other */
    MADE_STUBS = 1 << 1,     /* imported functions and what calls them: .plt, .got.plt, .rela.plt */
    MADE_POINTERS = 1 << 2,  /* .data, .init_array and relocations */
    MADE_DYNAMIC = 1 << 3,   /* .dynsym, .gnu.hash, versions, .dynamic, .got */
    MADE_FRAMES = 1 << 4,    /* .eh_frame, .eh_frame_hdr */
    MADE_CONSTANTS = 1 << 5, /* .rodata with jump tables */
    MADE_SYMBOLS = 1 << 6,   /* .symtab */
    MADE_GO = 1 << 7,        /* .gopclntab, .typelink, moduledata; .rodata becomes Go's */
    MADE_TYPES = 1 << 8,     /* .BTF, of kernel modules */
    MADE_ALL = MADE_GO - 1,
};

struct made_recipe {
    uint16_t machine;
    uint16_t type;
    unsigned parts;
    size_t inserted; /* bytes of code in the middle that the file without them lacks */
    bool added;      /* an entry more in each table, behind the first */
};

/* In the order in which they lie in the file. */
enum made_number {
    MADE_NULL,
    MADE_HASH,
    MADE_DYNSYM,
    MADE_DYNSTR,
    MADE_DEFINITIONS,
    MADE_NEEDS,
    MADE_RELA,
    MADE_RELA_PLT,
    MADE_RELR,
    MADE_PLT,
    MADE_TEXT,
    MADE_RODATA,
    MADE_TYPELINK,
    MADE_GO_TABLE,
    MADE_FRAME_INDEX,
    MADE_EH_FRAME,
    MADE_LSDA,
    MADE_INIT_ARRAY,
    MADE_DYNAMIC_TABLE,
    MADE_GOT,
    MADE_GOT_PLT,
    MADE_DATA,
    MADE_BSS,
    MADE_SYMTAB,
    MADE_STRTAB,
    MADE_RELA_TEXT,
    MADE_RELA_FRAMES,
    MADE_RELA_DATA,
    MADE_BTF,
    MADE_NAMES,
    MADE_SECTIONS,
};

/* Bytes of a section that the other build lacks. */
struct made_cut {
    size_t at;
    size_t length;
};

enum { MADE_CUTS = 4 };

struct made_section {
    struct wh_buffer bytes;
    struct made_cut cuts[MADE_CUTS];
    unsigned cut_count;
    uint64_t memory;
    uint64_t offset;
    uint64_t address;
    uint32_t info;
    uint32_t number; /* in the file, 0 for one that is not there */
    uint32_t name;
};

enum { MADE_FUNCTIONS = 96 };

struct made_elf {
    struct made_recipe recipe;
    bool wide;
    unsigned width;
    struct made_section sections[MADE_SECTIONS];
    size_t functions[MADE_FUNCTIONS + 1]; /* offsets in .text; the last is the end */
    struct made_fix *fixes;
    size_t fix_count;
    size_t fix_capacity;
    size_t headers_end;
    size_t sections_at; /* offset of the section headers */
    struct wh_buffer file;
};

/* Free with made_elf_clear(). */
void made_elf_make(const struct made_recipe *recipe, struct made_elf *out_elf);
void made_elf_clear(struct made_elf *elf);
struct wh_bytes made_elf_file(const struct made_elf *elf);

enum { MADE_COPIES_MAX = (MADE_CUTS + 1) * MADE_SECTIONS + 2 };

/* What a perfect match finder would find between a build in which nothing was inserted or added
 * and another one; the number of copies. */
size_t made_elf_copies(
    const struct made_elf *old, const struct made_elf *fresh, struct wh_copy *out_copies);

#endif
