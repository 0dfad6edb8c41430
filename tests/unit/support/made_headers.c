/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_headers.c - what sections of made_elf.h are, and the headers that say so. */
#include "made_parts.h"

enum { WRITE = 1, ALLOC = 2, EXECUTE = 4, PROGBITS = 1, STRTAB = 3, LOAD = 1, DYNAMIC = 2 };
enum { UNWIND = 0x6474e550 };

/* All have the names of the wide class. */
static const struct made_section_form forms[MADE_SECTIONS] = {
    [MADE_HASH] = {".gnu.hash", WH_SHT_GNU_HASH, ALLOC, MADE_DYNSYM, 0, 0, 0},
    [MADE_DYNSYM] = {".dynsym", WH_SHT_DYNSYM, ALLOC, MADE_DYNSTR, 0, 3, 0},
    [MADE_DYNSTR] = {".dynstr", STRTAB, ALLOC, 0, 0, 0, 0},
    [MADE_DEFINITIONS] = {".gnu.version_d", WH_SHT_GNU_VERDEF, ALLOC, MADE_DYNSTR, 0, 0, 0},
    [MADE_NEEDS] = {".gnu.version_r", WH_SHT_GNU_VERNEED, ALLOC, MADE_DYNSTR, 0, 0, 0},
    [MADE_RELA] = {".rela.dyn", WH_SHT_RELA, ALLOC, MADE_DYNSYM, 0, 3, 0},
    [MADE_RELA_PLT] = {".rela.plt", WH_SHT_RELA, ALLOC, MADE_DYNSYM, MADE_GOT_PLT, 3, 0},
    [MADE_RELR] = {".relr.dyn", WH_SHT_RELR, ALLOC, 0, 0, 1, 0},
    [MADE_PLT] = {".plt", PROGBITS, ALLOC | EXECUTE, 0, 0, 0, 1},
    [MADE_TEXT] = {".text", PROGBITS, ALLOC | EXECUTE, 0, 0, 0, 1},
    [MADE_RODATA] = {".rodata", PROGBITS, ALLOC, 0, 0, 0, 2},
    [MADE_TYPELINK] = {".typelink", PROGBITS, ALLOC, 0, 0, 0, 2},
    [MADE_GO_TABLE] = {".gopclntab", PROGBITS, ALLOC, 0, 0, 0, 2},
    [MADE_FRAME_INDEX] = {".eh_frame_hdr", PROGBITS, ALLOC, 0, 0, 0, 2},
    [MADE_EH_FRAME] = {".eh_frame", PROGBITS, ALLOC, 0, 0, 0, 2},
    [MADE_LSDA] = {".gcc_except_table", PROGBITS, ALLOC, 0, 0, 0, 2},
    [MADE_INIT_ARRAY] = {".init_array", WH_SHT_INIT_ARRAY, ALLOC | WRITE, 0, 0, 1, 3},
    [MADE_DYNAMIC_TABLE] = {".dynamic", WH_SHT_DYNAMIC, ALLOC | WRITE, MADE_DYNSTR, 0, 2, 3},
    [MADE_GOT] = {".got", PROGBITS, ALLOC | WRITE, 0, 0, 1, 3},
    [MADE_GOT_PLT] = {".got.plt", PROGBITS, ALLOC | WRITE, 0, 0, 1, 3},
    [MADE_DATA] = {".data", PROGBITS, ALLOC | WRITE, 0, 0, 0, 3},
    [MADE_BSS] = {".bss", WH_SHT_NOBITS, ALLOC | WRITE, 0, 0, 0, 3},
    [MADE_SYMTAB] = {".symtab", WH_SHT_SYMTAB, 0, MADE_STRTAB, 0, 3, 4},
    [MADE_STRTAB] = {".strtab", STRTAB, 0, 0, 0, 0, 4},
    [MADE_RELA_TEXT] = {".rela.text", WH_SHT_RELA, 0, MADE_SYMTAB, MADE_TEXT, 3, 4},
    [MADE_RELA_FRAMES] = {".rela.eh_frame", WH_SHT_RELA, 0, MADE_SYMTAB, MADE_EH_FRAME, 3, 4},
    [MADE_RELA_DATA] = {".rela.data", WH_SHT_RELA, 0, MADE_SYMTAB, MADE_DATA, 3, 4},
    [MADE_BTF] = {".BTF", PROGBITS, 0, 0, 0, 0, 4},
    [MADE_NAMES] = {".shstrtab", STRTAB, 0, 0, 0, 0, 4},
};

const struct made_section_form *made_section_form(enum made_number section)
{
    return &forms[section];
}

bool made_is_loaded(enum made_number section)
{
    return forms[section].flags & ALLOC;
}

/* ---- headers ------------------------------------------------------------------------------- */

static void half(struct wh_buffer *out, unsigned value)
{
    wh_buffer_u8(out, (uint8_t)value);
    wh_buffer_u8(out, (uint8_t)(value >> 8));
}

static void word(const struct made_elf *elf, struct wh_buffer *out, uint64_t value)
{
    if (elf->wide)
        wh_buffer_le64(out, value);
    else
        wh_buffer_le32(out, (uint32_t)value);
}

static uint32_t section_count(const struct made_elf *elf)
{
    return elf->sections[MADE_NAMES].number + 1;
}

static void put_header(struct made_elf *elf)
{
    const bool linked = elf->recipe.type != WH_ET_REL;
    struct wh_buffer *out = &elf->file;

    wh_buffer_append(out, "\177ELF", 4);
    wh_buffer_u8(out, elf->wide ? 2 : 1);
    wh_buffer_u8(out, 1);
    wh_buffer_u8(out, 1);
    wh_buffer_fill(out, 0, 9);
    half(out, elf->recipe.type);
    half(out, elf->recipe.machine);
    wh_buffer_le32(out, 1);
    word(elf, out, linked ? made_address(elf, made_function(elf, MADE_FUNCTIONS - 2)) : 0);
    word(elf, out, linked ? (elf->wide ? 64 : 52) : 0);
    word(elf, out, elf->sections_at);
    wh_buffer_le32(out, 0);
    half(out, elf->wide ? 64 : 52);
    half(out, elf->wide ? 56 : 32);
    half(out, linked ? MADE_SEGMENTS : 0);
    half(out, elf->wide ? 64 : 40);
    half(out, section_count(elf));
    half(out, elf->sections[MADE_NAMES].number);
}

struct range {
    uint64_t offset;
    uint64_t address;
    uint64_t length;
    uint64_t memory;
};

static void put_segment(
    struct made_elf *elf, uint32_t type, uint32_t flags, const struct range *range)
{
    struct wh_buffer *out = &elf->file;

    wh_buffer_le32(out, type);
    if (elf->wide)
        wh_buffer_le32(out, flags);
    word(elf, out, range->offset);
    word(elf, out, range->address);
    word(elf, out, range->address);
    word(elf, out, range->length);
    word(elf, out, range->memory);
    if (!elf->wide)
        wh_buffer_le32(out, flags);
    word(elf, out, MADE_PAGE);
}

static struct range range_of_section(const struct made_elf *elf, enum made_number number)
{
    const struct made_section *section = &elf->sections[number];
    size_t length = section->bytes.length;

    return (struct range){section->offset, section->address, length, length};
}

static struct range range_of_segment(const struct made_elf *elf, unsigned segment)
{
    struct range range = {0};

    if (segment == 0)
        range = (struct range){0, made_base(elf), elf->headers_end, elf->headers_end};
    for (enum made_number i = MADE_HASH; i < MADE_SECTIONS; i++) {
        const struct made_section *section = &elf->sections[i];
        if (!made_is_there(elf, i) || made_section_form(i)->segment != segment)
            continue;
        if (range.memory == 0)
            range = (struct range){section->offset, section->address, 0, 0};
        range.length = section->offset + section->bytes.length - range.offset;
        range.memory = range.length + section->memory;
    }
    return range;
}

static void put_segments(struct made_elf *elf)
{
    static const uint32_t flags[] = {4, 5, 4, 6};

    for (unsigned i = 0; i < 4; i++) {
        const struct range range = range_of_segment(elf, i);
        put_segment(elf, LOAD, flags[i], &range);
    }
    const struct range dynamic = range_of_section(elf, MADE_DYNAMIC_TABLE);
    const struct range unwind = range_of_section(elf, MADE_FRAME_INDEX);
    put_segment(elf, DYNAMIC, 6, &dynamic);
    put_segment(elf, UNWIND, 4, &unwind);
}

static void put_section(struct made_elf *elf, enum made_number number)
{
    const struct made_section *section = &elf->sections[number];
    const struct made_section_form *form = made_section_form(number);
    struct wh_buffer *out = &elf->file;
    uint32_t type = form->type;
    unsigned entry = form->entry * elf->width;

    if (!elf->wide && type == WH_SHT_RELA) {
        type = WH_SHT_REL;
        entry = 8;
    } else if (!elf->wide && form->entry == 3) {
        entry = 16;
    }
    wh_buffer_le32(out, section->name);
    wh_buffer_le32(out, type);
    word(elf, out, form->flags);
    word(elf, out, section->address);
    word(elf, out, section->offset);
    word(elf, out, section->bytes.length + section->memory);
    wh_buffer_le32(out, elf->sections[form->link].number);
    wh_buffer_le32(out, form->info ? elf->sections[form->info].number : section->info);
    word(elf, out, 16);
    word(elf, out, entry);
}

void made_headers(struct made_elf *elf)
{
    struct wh_buffer *out = &elf->file;

    put_header(elf);
    if (elf->recipe.type != WH_ET_REL)
        put_segments(elf);
    for (enum made_number i = MADE_HASH; i < MADE_SECTIONS; i++) {
        const struct made_section *section = &elf->sections[i];
        if (section->bytes.length == 0)
            continue;
        wh_buffer_fill(out, 0, (size_t)section->offset - out->length);
        wh_buffer_append(out, section->bytes.data, section->bytes.length);
    }
    wh_buffer_fill(out, 0, elf->sections_at - out->length);
    wh_buffer_fill(out, 0, elf->wide ? 64 : 40);
    for (enum made_number i = MADE_HASH; i < MADE_SECTIONS; i++)
        if (made_is_there(elf, i))
            put_section(elf, i);
    must(wh_buffer_check(out, NULL), &(struct wh_error){0});
}
