/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf.h - what prediction has to know of an ELF file: where it is mapped, and which ranges of it
 * hold which kind of references. Little-endian files of both classes (System V ABI, chapter 4;
 * x86-64, aarch64 and i386 supplements). Bytes are hostile: whatever does not fit is left out. */
#ifndef WHITTLE_ELF_H
#define WHITTLE_ELF_H

#include "whittle/bytes.h"

enum { WH_EM_386 = 3, WH_EM_X86_64 = 62, WH_EM_AARCH64 = 183 };
enum { WH_ET_REL = 1, WH_ET_EXEC = 2 };
enum {
    WH_SHT_PROGBITS = 1,
    WH_SHT_SYMTAB = 2,
    WH_SHT_RELA = 4,
    WH_SHT_DYNAMIC = 6,
    WH_SHT_NOBITS = 8,
    WH_SHT_REL = 9,
    WH_SHT_DYNSYM = 11,
    WH_SHT_INIT_ARRAY = 14,
    WH_SHT_FINI_ARRAY = 15,
    WH_SHT_PREINIT_ARRAY = 16,
    WH_SHT_RELR = 19,
    WH_SHT_GNU_HASH = 0x6ffffff6,
    WH_SHT_GNU_VERDEF = 0x6ffffffd,
    WH_SHT_GNU_VERNEED = 0x6ffffffe,
};

enum wh_region_kind {
    WH_REGION_HEADER, /* the ELF header */
    WH_REGION_SEGMENTS,
    WH_REGION_CODE,
    WH_REGION_STUBS,       /* x86: .plt, whose entries also have the number of a relocation */
    WH_REGION_POINTERS,    /* aligned words, some of which point into the image */
    WH_REGION_FRAMES,      /* .eh_frame */
    WH_REGION_FRAME_INDEX, /* .eh_frame_hdr */
    WH_REGION_RELOCATIONS,
    WH_REGION_SYMBOLS,
    WH_REGION_DYNAMIC,
    WH_REGION_HASH,        /* .gnu.hash */
    WH_REGION_NEEDS,       /* .gnu.version_r */
    WH_REGION_DEFINITIONS, /* .gnu.version_d */
    WH_REGION_CONSTANTS,   /* .rodata */
    WH_REGION_GO_LINKS,    /* .typelink */
    WH_REGION_GO_TABLE,    /* .gopclntab */
    WH_REGION_BTF,
    WH_REGION_SECTIONS,
};

struct wh_section {
    uint32_t name; /* offset in the table of section names */
    uint32_t type;
    uint64_t flags;
    uint64_t address;
    uint64_t offset;
    uint64_t length;
    uint32_t link;
    uint32_t info;
    uint64_t entry;
};

/* A range of the file, all inside of it. */
struct wh_region {
    enum wh_region_kind kind;
    uint32_t section; /* number, 0 for the headers */
    size_t offset;
    size_t length;
    uint64_t address; /* of its first byte; in relocatable files the offset */
};

/* A loaded range. In relocatable files the whole file, at address 0. */
struct wh_segment {
    uint64_t offset;
    uint64_t length; /* in the file */
    uint64_t address;
    uint64_t memory; /* bytes in memory, not less than length */
};

#define WH_SEGMENTS_MAX 16u

struct wh_segments {
    struct wh_segment list[WH_SEGMENTS_MAX];
    uint32_t count;
};

struct wh_elf {
    struct wh_bytes bytes; /* borrowed */
    bool wide;             /* class 64 */
    uint16_t machine;
    uint16_t type;
    size_t headers_end; /* of the ELF header and the program headers, which follow it */
    struct wh_segments segments;
    uint64_t low; /* the image: [low, high) has less than 4 GiB */
    uint64_t high;
    struct wh_section *sections;
    uint32_t section_count;
    struct wh_bytes section_names; /* empty, or terminated */
    struct wh_region *regions;     /* ascending, disjoint */
    uint32_t region_count;
};

/* WH_UNSUPPORTED: nothing that prediction knows. Free with wh_elf_clear(). */
WH_MUST_CHECK wh_status wh_elf_parse(
    struct wh_bytes bytes, struct wh_elf *out_elf, struct wh_error *err);
/* The same without image and regions, which a file need not have then. */
WH_MUST_CHECK wh_status wh_elf_tables(
    struct wh_bytes bytes, struct wh_elf *out_elf, struct wh_error *err);
void wh_elf_clear(struct wh_elf *elf);

/* The loaded segments of the file that begins so; start has at least the program headers, or the
 * result is empty. length: of the whole file. */
void wh_elf_segments(struct wh_bytes start, size_t length, struct wh_segments *out_segments);

/* The number of the first section of that name, 0 for none. */
uint32_t wh_elf_section(const struct wh_elf *elf, const char *name);
/* A section's name, terminated, or "". */
const char *wh_elf_section_name(const struct wh_elf *elf, const struct wh_section *section);
/* A section's bytes as far as they lie in the file; empty for NOBITS. */
struct wh_bytes wh_elf_content(const struct wh_elf *elf, uint32_t section);

/* Where the build-id is in a section that begins with its note and gives it so many bytes; 0 for
 * any other. */
size_t wh_elf_build_id(struct wh_bytes notes, size_t length);

/* Where a byte of the file is in memory; beyond the segments as if the one before went on. */
uint64_t wh_segments_address(const struct wh_segments *segments, uint64_t offset);
/* The reverse, false for an address that has no byte in the file. */
bool wh_segments_offset(const struct wh_segments *segments, uint64_t address, uint64_t *out_offset);

#endif
