/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_parts.h - what the parts of made_elf.c share: sections are filled first, with notes of the
 * references in them, which are written once all places are known. */
#ifndef WHITTLE_TESTS_MADE_PARTS_H
#define WHITTLE_TESTS_MADE_PARTS_H

#include <string.h>

#include "made_elf.h"
#include "need.h"
#include "whittle/word.h"

/* A place that is known once the file is laid out. */
struct made_place {
    enum made_number section;
    uint64_t offset;
};

enum made_form {
    MADE_WORD,     /* address, as wide as the class */
    MADE_WORD64,   /* address */
    MADE_BEHIND,   /* four bytes: distance from behind the field */
    MADE_HERE,     /* four bytes: distance from the field */
    MADE_DISTANCE, /* four bytes: distance from another place */
    MADE_ARM_BRANCH,
    MADE_ARM_PAGE,
    MADE_ARM_LOW,
    MADE_ARM_LOW8, /* scaled by eight */
};

struct made_fix {
    enum made_form form;
    enum made_number section;
    size_t at;
    struct made_place target;
    struct made_place base;
};

/* Numbers that look random and are the same each time. */
static inline uint32_t made_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static inline struct wh_buffer *made_bytes(struct made_elf *elf, enum made_number section)
{
    return &elf->sections[section].bytes;
}

/* Where an entry of a table is: another one may have come behind the first. */
static inline unsigned made_position(const struct made_elf *elf, unsigned number)
{
    return number + (elf->recipe.added && number > 0 ? 1 : 0);
}

static inline bool made_has(const struct made_elf *elf, unsigned parts)
{
    return (elf->recipe.parts & parts) != 0;
}

/* What was appended to a section since it had that length was not there in the other build. */
void made_cut(struct made_elf *elf, enum made_number section, size_t since);
/* A number as wide as the class. */
void made_word(struct made_elf *elf, enum made_number section, uint64_t value);
/* The field that was appended last refers to a place; one of the form MADE_BEHIND is appended. */
void made_refer(
    struct made_elf *elf, enum made_number section, enum made_form form, struct made_place target);
void made_refer_from(struct made_elf *elf, enum made_number section, struct made_place target,
    struct made_place base);
/* Bytes that look like no reference. */
void made_text(struct made_elf *elf, enum made_number section, size_t length, uint32_t seed);
/* Appends a name to a table of strings and gives its offset. */
uint32_t made_string(struct made_elf *elf, enum made_number table, const char *name);
/* A row of a table of relocations; addend may be NULL. */
void made_relocation(struct made_elf *elf, enum made_number table, struct made_place where,
    uint32_t symbol, uint32_t type, const struct made_place *addend);

enum made_object { MADE_OBJECTS = 128 };

/* The functions of the program, its objects of data, imports and strings. */
struct made_place made_function(const struct made_elf *elf, unsigned number);
struct made_place made_object(const struct made_elf *elf, unsigned number);

enum { MADE_IMPORTS = 24, MADE_SLOTS = 32 };

struct made_place made_stub(const struct made_elf *elf, unsigned import);
struct made_place made_slot(const struct made_elf *elf, unsigned number);

/* One of the relocation types that tests need. */
enum made_type { MADE_RELATIVE, MADE_GLOBAL, MADE_JUMP_SLOT, MADE_ABSOLUTE, MADE_CALL };
uint32_t made_relocation_type(uint16_t machine, enum made_type type);

/* made_headers.c */
enum { MADE_SEGMENTS = 6, MADE_PAGE = 0x1000 };

struct made_section_form {
    const char *name;
    uint32_t type;
    uint32_t flags;
    enum made_number link;
    enum made_number info; /* the section that is relocated */
    unsigned entry;        /* words of the class, or 0 */
    unsigned segment;      /* index; 4 for those that are not loaded */
};

const struct made_section_form *made_section_form(enum made_number section);
bool made_is_loaded(enum made_number section);
/* Writes the file, once everything has its place. */
void made_headers(struct made_elf *elf);

static inline bool made_is_there(const struct made_elf *elf, enum made_number section)
{
    return elf->sections[section].bytes.length > 0 || elf->sections[section].memory > 0;
}

/* Address of the file's first byte. */
static inline uint64_t made_base(const struct made_elf *elf)
{
    if (elf->recipe.type != WH_ET_EXEC)
        return 0;
    return elf->recipe.machine == WH_EM_386 ? 0x8048000 : 0x400000;
}

static inline uint64_t made_address(const struct made_elf *elf, struct made_place place)
{
    return elf->sections[place.section].address + place.offset;
}

/* made_code.c */
void made_code(struct made_elf *elf);
void made_stubs(struct made_elf *elf);
void made_constants(struct made_elf *elf);
/* made_tables.c */
void made_symbols(struct made_elf *elf);
void made_dynamic(struct made_elf *elf);
void made_pointers(struct made_elf *elf);
/* made_frames.c */
void made_frames(struct made_elf *elf);
/* made_go.c */
void made_go(struct made_elf *elf);
/* made_types.c */
void made_types(struct made_elf *elf);

#endif
