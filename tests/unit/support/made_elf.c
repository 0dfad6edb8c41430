/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_elf.c - see made_elf.h: lays the sections out, writes what refers to what, and the headers.
 */
#include "made_elf.h"

#include "made_parts.h"
#include "whittle/code.h"
#include "whittle/word.h"

/* ---- filling sections ---------------------------------------------------------------------- */

void made_cut(struct made_elf *elf, enum made_number section, size_t since)
{
    struct made_section *cut = &elf->sections[section];

    if (cut->bytes.length == since)
        return;
    if (cut->cut_count == MADE_CUTS)
        abort();
    cut->cuts[cut->cut_count++] = (struct made_cut){since, cut->bytes.length - since};
}

void made_word(struct made_elf *elf, enum made_number section, uint64_t value)
{
    if (elf->wide)
        wh_buffer_le64(made_bytes(elf, section), value);
    else
        wh_buffer_le32(made_bytes(elf, section), (uint32_t)value);
}

static size_t width_of(const struct made_elf *elf, enum made_form form)
{
    return form == MADE_WORD ? elf->width : form == MADE_WORD64 ? 8 : 4;
}

/* Of the field that was appended last. */
static void note(struct made_elf *elf, struct made_fix fix)
{
    if (elf->fix_count == elf->fix_capacity) {
        elf->fix_capacity = elf->fix_capacity ? 2 * elf->fix_capacity : 256;
        elf->fixes = need(reallocarray(elf->fixes, elf->fix_capacity, sizeof *elf->fixes));
    }
    fix.at = made_bytes(elf, fix.section)->length - width_of(elf, fix.form);
    elf->fixes[elf->fix_count++] = fix;
}

/* The operands of x86's instructions are not there yet. */
void made_refer(
    struct made_elf *elf, enum made_number section, enum made_form form, struct made_place target)
{
    if (form == MADE_BEHIND)
        wh_buffer_le32(made_bytes(elf, section), 0);
    note(elf, (struct made_fix){form, section, 0, target, {0}});
}

void made_refer_from(struct made_elf *elf, enum made_number section, struct made_place target,
    struct made_place base)
{
    note(elf, (struct made_fix){MADE_DISTANCE, section, 0, target, base});
}

void made_text(struct made_elf *elf, enum made_number section, size_t length, uint32_t seed)
{
    for (size_t i = 0; i < length; i++)
        wh_buffer_u8(made_bytes(elf, section), (uint8_t)(0x40 | (made_random(&seed) & 0x3f)));
}

uint32_t made_string(struct made_elf *elf, enum made_number table, const char *name)
{
    uint32_t offset = (uint32_t)made_bytes(elf, table)->length;

    wh_buffer_append(made_bytes(elf, table), name, strlen(name) + 1);
    return offset;
}

uint32_t made_relocation_type(uint16_t machine, enum made_type type)
{
    static const uint32_t arm[] = {1027, 1025, 1026, 257, 283};
    static const uint32_t x86[] = {8, 6, 7, 1, 2};

    return machine == WH_EM_AARCH64 ? arm[type] : x86[type];
}

void made_relocation(struct made_elf *elf, enum made_number table, struct made_place where,
    uint32_t symbol, uint32_t type, const struct made_place *addend)
{
    bool linked = elf->recipe.type != WH_ET_REL;

    made_word(elf, table, linked ? 0 : where.offset);
    if (linked)
        made_refer(elf, table, MADE_WORD, where);
    made_word(elf, table, elf->wide ? (uint64_t)symbol << 32 | type : symbol << 8 | type);
    if (!elf->wide)
        return;
    made_word(elf, table, addend && !linked ? addend->offset : 0);
    if (addend && linked)
        made_refer(elf, table, MADE_WORD, *addend);
}

struct made_place made_function(const struct made_elf *elf, unsigned number)
{
    return (struct made_place){MADE_TEXT, elf->functions[number]};
}

struct made_place made_object(const struct made_elf *elf, unsigned number)
{
    return (struct made_place){MADE_DATA, made_position(elf, number) * 2ull * elf->width};
}

struct made_place made_stub(const struct made_elf *elf, unsigned import)
{
    return (struct made_place){MADE_PLT, 16 * (1ull + made_position(elf, import))};
}

struct made_place made_slot(const struct made_elf *elf, unsigned number)
{
    return (struct made_place){MADE_GOT, (uint64_t)made_position(elf, number) * elf->width};
}

/* ---- layout -------------------------------------------------------------------------------- */

static void number_sections(struct made_elf *elf)
{
    uint32_t number = 0;

    wh_buffer_u8(made_bytes(elf, MADE_NAMES), 0);
    for (enum made_number i = MADE_HASH; i < MADE_SECTIONS; i++) {
        if (!made_is_there(elf, i))
            continue;
        elf->sections[i].number = ++number;
        const char *name = made_section_form(i)->name;
        if (!elf->wide && strncmp(name, ".rela", 5) == 0) { /* i386: .rel.dyn */
            char narrow[24];
            (void)snprintf(narrow, sizeof narrow, ".rel%s", name + 5);
            elf->sections[i].name = made_string(elf, MADE_NAMES, narrow);
        } else {
            elf->sections[i].name = made_string(elf, MADE_NAMES, name);
        }
    }
}

/* Addresses grow by a page from segment to segment, so that they share no page. */
static void place_sections(struct made_elf *elf)
{
    size_t at = elf->headers_end;

    for (enum made_number i = MADE_HASH; i < MADE_SECTIONS; i++) {
        struct made_section *section = &elf->sections[i];
        if (!made_is_there(elf, i))
            continue;
        const size_t align = i == MADE_PLT || i == MADE_TEXT || i == MADE_RODATA ? 16 : elf->width;
        at += (0 - at) & (align - 1);
        section->offset = at;
        if (elf->recipe.type != WH_ET_REL && made_is_loaded(i))
            section->address = made_base(elf) + at +
                               (uint64_t)MADE_PAGE * made_section_form(i)->segment;
        at += section->bytes.length;
    }
    elf->sections_at = (at + 15) & ~(size_t)15;
}

static void fix(const struct made_elf *elf, const struct made_fix *fix)
{
    uint8_t *at = elf->sections[fix->section].bytes.data + fix->at;
    uint64_t place = elf->sections[fix->section].address + fix->at;
    uint64_t target = made_address(elf, fix->target);
    uint32_t word = wh_load32(at);

    switch (fix->form) {
    case MADE_WORD:
        wh_store(at, elf->width, target);
        break;
    case MADE_WORD64:
        wh_store64(at, target);
        break;
    case MADE_BEHIND:
        wh_store32(at, (uint32_t)(target - place - 4));
        break;
    case MADE_HERE:
        wh_store32(at, (uint32_t)(target - place));
        break;
    case MADE_DISTANCE:
        wh_store32(at, (uint32_t)(target - made_address(elf, fix->base)));
        break;
    case MADE_ARM_BRANCH:
        wh_store32(at, wh_arm_branch(word, place, target));
        break;
    case MADE_ARM_PAGE:
        wh_store32(at, wh_arm_page(word, place, target));
        break;
    case MADE_ARM_LOW:
        wh_store32(at, wh_arm_low(word, 0, target));
        break;
    case MADE_ARM_LOW8:
        wh_store32(at, wh_arm_low(word, 3, target));
        break;
    }
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void fill(struct made_elf *elf)
{
    bool linked = elf->recipe.type != WH_ET_REL;

    made_code(elf);
    if (linked && made_has(elf, MADE_STUBS))
        made_stubs(elf);
    if (linked && made_has(elf, MADE_CONSTANTS))
        made_constants(elf);
    if (made_has(elf, MADE_POINTERS))
        made_pointers(elf);
    if (made_has(elf, MADE_FRAMES))
        made_frames(elf);
    if (linked && elf->wide && made_has(elf, MADE_GO))
        made_go(elf);
    if (made_has(elf, MADE_TYPES))
        made_types(elf);
    if (linked && made_has(elf, MADE_DYNAMIC))
        made_dynamic(elf);
    if (made_has(elf, MADE_SYMBOLS) || !linked)
        made_symbols(elf);
}

/* Symbols name their section as enum made_number does until sections have numbers. */
static void fix_symbols(struct made_elf *elf, enum made_number table)
{
    struct wh_buffer *bytes = made_bytes(elf, table);
    size_t record = elf->wide ? 24 : 16;
    size_t section = elf->wide ? 6 : 14;

    for (size_t at = 0; at + record <= bytes->length; at += record) {
        uint8_t *field = bytes->data + at + section;
        if (*field == MADE_TEXT || *field == MADE_DATA)
            *field = (uint8_t)elf->sections[*field].number;
    }
}

void made_elf_make(const struct made_recipe *recipe, struct made_elf *out_elf)
{
    struct made_elf *elf = out_elf;

    *elf = (struct made_elf){.recipe = *recipe, .wide = recipe->machine != WH_EM_386};
    elf->width = elf->wide ? 8 : 4;
    elf->file.ceiling = CEILING;
    for (enum made_number i = MADE_NULL; i < MADE_SECTIONS; i++)
        elf->sections[i].bytes.ceiling = CEILING;
    elf->headers_end = elf->wide ? 64 : 52;
    if (recipe->type != WH_ET_REL)
        elf->headers_end += (elf->wide ? 56u : 32u) * MADE_SEGMENTS;
    fill(elf);
    number_sections(elf);
    fix_symbols(elf, MADE_DYNSYM);
    fix_symbols(elf, MADE_SYMTAB);
    place_sections(elf);
    for (size_t i = 0; i < elf->fix_count; i++)
        fix(elf, &elf->fixes[i]);
    made_headers(elf);
}

void made_elf_clear(struct made_elf *elf)
{
    for (enum made_number i = MADE_NULL; i < MADE_SECTIONS; i++)
        wh_buffer_clear(&elf->sections[i].bytes);
    wh_buffer_clear(&elf->file);
    free(elf->fixes);
    *elf = (struct made_elf){0};
}

struct wh_bytes made_elf_file(const struct made_elf *elf)
{
    return wh_buffer_bytes(&elf->file);
}

/* ---- copies -------------------------------------------------------------------------------- */

static size_t copies_of_section(
    const struct made_section *old, const struct made_section *fresh, struct wh_copy *out_copies)
{
    size_t count = 0;
    size_t from = 0;
    size_t inserted = 0;

    for (unsigned i = 0; i <= fresh->cut_count; i++) {
        size_t to = i < fresh->cut_count ? fresh->cuts[i].at : fresh->bytes.length;
        if (to > from)
            out_copies[count++] = (struct wh_copy){
                (size_t)fresh->offset + from, (size_t)old->offset + from - inserted, to - from};
        if (i == fresh->cut_count)
            break;
        inserted += fresh->cuts[i].length;
        from = to + fresh->cuts[i].length;
    }
    if (fresh->bytes.length - inserted != old->bytes.length)
        abort();
    return count;
}

size_t made_elf_copies(
    const struct made_elf *old, const struct made_elf *fresh, struct wh_copy *out_copies)
{
    size_t count = 0;

    out_copies[count++] = (struct wh_copy){0, 0, old->headers_end};
    for (enum made_number i = MADE_HASH; i < MADE_SECTIONS; i++)
        count += copies_of_section(&old->sections[i], &fresh->sections[i], out_copies + count);
    out_copies[count++] = (struct wh_copy){
        fresh->sections_at, old->sections_at, old->file.length - old->sections_at};
    return count;
}
