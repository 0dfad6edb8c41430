/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_code.c - machine code of made_elf.h: calls, jumps, addresses and loads among numbers that
 * look like none of them; stubs; jump tables. */
#include "made_parts.h"

enum { UNITS = 24, TABLE_ROWS = 6, TABLES = 24 };

static const uint16_t i386 = WH_EM_386;
static const uint16_t aarch64 = WH_EM_AARCH64;

static void code_bytes(struct made_elf *elf, enum made_number section, const char *bytes)
{
    wh_buffer_append(made_bytes(elf, section), bytes, strlen(bytes));
}

static void code_word(struct made_elf *elf, enum made_number section, uint32_t word)
{
    wh_buffer_le32(made_bytes(elf, section), word);
}

/* What GOT-relative displacements count from. */
static struct made_place got_of(const struct made_elf *elf)
{
    return (struct made_place){made_has(elf, MADE_STUBS) ? MADE_GOT_PLT : MADE_GOT, 0};
}

/* ---- instructions -------------------------------------------------------------------------- */

static void put_number(struct made_elf *elf, uint32_t *random)
{
    uint16_t machine = elf->recipe.machine;

    if (machine == aarch64) { /* MOVZ of x9 to x15 */
        code_word(elf, MADE_TEXT,
            0xd2800000u | (made_random(random) & 0xffff) << 5 | (9 + made_random(random) % 7));
        return;
    }
    code_bytes(elf, MADE_TEXT, machine == i386 ? "\x81\xc0" : "\x48\x81\xc0"); /* ADD */
    made_text(elf, MADE_TEXT, 4, made_random(random));
}

static void put_call(struct made_elf *elf, struct made_place target)
{
    if (elf->recipe.machine == aarch64) {
        code_word(elf, MADE_TEXT, 0x94000000u);
        made_refer(elf, MADE_TEXT, MADE_ARM_BRANCH, target);
        return;
    }
    code_bytes(elf, MADE_TEXT, "\xe8");
    made_refer(elf, MADE_TEXT, MADE_BEHIND, target);
}

static void put_jump(struct made_elf *elf, struct made_place target)
{
    if (elf->recipe.machine == aarch64) {
        code_word(elf, MADE_TEXT, 0x14000000u);
        made_refer(elf, MADE_TEXT, MADE_ARM_BRANCH, target);
        return;
    }
    code_bytes(elf, MADE_TEXT, "\x0f\x84");
    made_refer(elf, MADE_TEXT, MADE_BEHIND, target);
}

/* The address of a place into a register, or what is stored there. */
static void put_address(struct made_elf *elf, struct made_place target, bool load)
{
    if (elf->recipe.machine == aarch64) {
        code_word(elf, MADE_TEXT, 0x90000001u); /* ADRP x1 */
        made_refer(elf, MADE_TEXT, MADE_ARM_PAGE, target);
        code_word(elf, MADE_TEXT, load ? 0xf9400021u : 0x91000021u); /* LDR or ADD x1, x1 */
        made_refer(elf, MADE_TEXT, load ? MADE_ARM_LOW8 : MADE_ARM_LOW, target);
        return;
    }
    if (elf->recipe.machine == i386) {
        code_bytes(elf, MADE_TEXT, load ? "\x8b\x83" : "\x8d\x83"); /* from %ebx */
        code_word(elf, MADE_TEXT, 0);
        made_refer_from(elf, MADE_TEXT, target, got_of(elf));
        return;
    }
    code_bytes(elf, MADE_TEXT, load ? "\x48\x8b\x05" : "\x48\x8d\x05");
    made_refer(elf, MADE_TEXT, MADE_BEHIND, target);
}

static void put_unit(struct made_elf *elf, uint32_t *random)
{
    const unsigned number = made_random(random);
    const unsigned kind = made_random(random) % 8;

    if (kind == 0)
        put_call(elf, made_function(elf, number % MADE_FUNCTIONS));
    else if (kind == 1)
        put_jump(elf, made_function(elf, number % MADE_FUNCTIONS));
    else if (kind == 2 && made_has(elf, MADE_POINTERS))
        put_address(elf, made_object(elf, number % MADE_OBJECTS), false);
    else if (kind == 3 && made_has(elf, MADE_STUBS))
        put_call(elf, made_stub(elf, number % MADE_IMPORTS));
    else if (kind == 4 && made_has(elf, MADE_DYNAMIC))
        put_address(elf, made_slot(elf, number % MADE_SLOTS), true);
    else
        put_number(elf, random);
}

/* ---- functions ----------------------------------------------------------------------------- */

/* Relocatable files refer by relocations. */
static void put_related_unit(struct made_elf *elf, uint32_t *random)
{
    const unsigned number = made_random(random) % MADE_FUNCTIONS;
    struct made_place target = made_function(elf, number);
    struct made_place where = {MADE_TEXT, 0};
    bool arm = elf->recipe.machine == aarch64;

    if (made_random(random) % 4 > 0) {
        put_number(elf, random);
        return;
    }
    if (!arm)
        code_bytes(elf, MADE_TEXT, "\xe8");
    where.offset = made_bytes(elf, MADE_TEXT)->length;
    if (arm)
        code_word(elf, MADE_TEXT, 0x94000000u);
    else
        code_word(elf, MADE_TEXT, elf->wide ? 0 : UINT32_MAX - 3);
    if (elf->recipe.machine == WH_EM_X86_64)
        target.offset -= 4;
    made_relocation(elf, MADE_RELA_TEXT, where, 1,
        made_relocation_type(elf->recipe.machine, MADE_CALL), &target);
}

static void put_functions(struct made_elf *elf)
{
    struct wh_buffer *text = made_bytes(elf, MADE_TEXT);

    text->length = 0;
    elf->sections[MADE_TEXT].cut_count = 0;
    made_bytes(elf, MADE_RELA_TEXT)->length = 0;
    elf->fix_count = 0;
    for (unsigned i = 0; i < MADE_FUNCTIONS; i++) {
        const size_t before = text->length;
        uint32_t random = i + 1;
        if (i == MADE_FUNCTIONS / 2)
            made_text(elf, MADE_TEXT, elf->recipe.inserted, 7);
        made_cut(elf, MADE_TEXT, before);
        elf->functions[i] = text->length;
        for (unsigned unit = 0; unit < UNITS; unit++) {
            if (elf->recipe.type == WH_ET_REL)
                put_related_unit(elf, &random);
            else
                put_unit(elf, &random);
        }
        wh_buffer_fill(text, 0x5a, (0 - text->length) & 15);
    }
    elf->functions[MADE_FUNCTIONS] = text->length;
}

/* Twice: where functions are is known after the first time. */
void made_code(struct made_elf *elf)
{
    put_functions(elf);
    put_functions(elf);
}

/* ---- stubs --------------------------------------------------------------------------------- */

static void put_stub_jump(struct made_elf *elf, struct made_place slot)
{
    if (elf->recipe.machine == i386) {
        code_bytes(elf, MADE_PLT, "\xff\xa3");
        code_word(elf, MADE_PLT, 0);
        made_refer_from(elf, MADE_PLT, slot, got_of(elf));
    } else {
        code_bytes(elf, MADE_PLT, "\xff\x25");
        made_refer(elf, MADE_PLT, MADE_BEHIND, slot);
    }
}

static void put_x86_stub(struct made_elf *elf, unsigned number)
{
    unsigned row = elf->wide ? 1 : 8;

    put_stub_jump(elf, (struct made_place){MADE_GOT_PLT, (3 + number) * elf->width});
    code_bytes(elf, MADE_PLT, "\x68");
    code_word(elf, MADE_PLT, number * row);
    code_bytes(elf, MADE_PLT, "\xe9");
    made_refer(elf, MADE_PLT, MADE_BEHIND, (struct made_place){MADE_PLT, 0});
}

static void put_arm_stub(struct made_elf *elf, unsigned number)
{
    struct made_place slot = {MADE_GOT_PLT, (3 + number) * elf->width};

    code_word(elf, MADE_PLT, 0x90000010u); /* ADRP x16 */
    made_refer(elf, MADE_PLT, MADE_ARM_PAGE, slot);
    code_word(elf, MADE_PLT, 0xf9400211u); /* LDR x17, [x16] */
    made_refer(elf, MADE_PLT, MADE_ARM_LOW8, slot);
    code_word(elf, MADE_PLT, 0x91000210u); /* ADD x16, x16 */
    made_refer(elf, MADE_PLT, MADE_ARM_LOW, slot);
    code_word(elf, MADE_PLT, 0xd61f0220u); /* BR x17 */
}

/* The first one, of sixteen bytes here, leads to the dynamic linker. */
void made_stubs(struct made_elf *elf)
{
    const unsigned imports = MADE_IMPORTS + elf->recipe.added;
    const struct made_place plt = {MADE_PLT, 0};

    made_word(elf, MADE_GOT_PLT, 0);
    made_refer(elf, MADE_GOT_PLT, MADE_WORD, (struct made_place){MADE_DYNAMIC_TABLE, 0});
    made_word(elf, MADE_GOT_PLT, 0);
    made_word(elf, MADE_GOT_PLT, 0);
    made_text(elf, MADE_PLT, 16, 3);
    for (unsigned i = 0; i < imports; i++) {
        struct made_place slot = {MADE_GOT_PLT, made_bytes(elf, MADE_GOT_PLT)->length};
        const size_t row = made_bytes(elf, MADE_RELA_PLT)->length;
        const size_t stub = made_bytes(elf, MADE_PLT)->length;
        made_relocation(elf, MADE_RELA_PLT, slot, 1 + i,
            made_relocation_type(elf->recipe.machine, MADE_JUMP_SLOT), NULL);
        if (elf->recipe.machine == aarch64) {
            put_arm_stub(elf, i);
            made_word(elf, MADE_GOT_PLT, 0);
            made_refer(elf, MADE_GOT_PLT, MADE_WORD, plt);
        } else {
            struct made_place behind = {MADE_PLT, stub + 6};
            put_x86_stub(elf, i);
            made_word(elf, MADE_GOT_PLT, 0);
            made_refer(elf, MADE_GOT_PLT, MADE_WORD, behind);
        }
        if (i != 1 || !elf->recipe.added)
            continue;
        made_cut(elf, MADE_RELA_PLT, row);
        made_cut(elf, MADE_PLT, stub);
        made_cut(elf, MADE_GOT_PLT, slot.offset);
    }
}

/* ---- read-only data ------------------------------------------------------------------------ */

static void put_table(struct made_elf *elf, unsigned number)
{
    const struct made_place table = {MADE_RODATA, made_bytes(elf, MADE_RODATA)->length};
    const struct made_place base = elf->recipe.machine == i386 ? got_of(elf) : table;

    for (unsigned i = 0; i < TABLE_ROWS; i++) {
        struct made_place target = made_function(elf, number * (MADE_FUNCTIONS / TABLES));
        target.offset += 8 + 16 * (uint64_t)i;
        wh_buffer_le32(made_bytes(elf, MADE_RODATA), 0);
        made_refer_from(elf, MADE_RODATA, target, base);
    }
}

void made_constants(struct made_elf *elf)
{
    for (unsigned i = 0; i < TABLES; i++) {
        const size_t before = made_bytes(elf, MADE_RODATA)->length;
        if (i == 1 && elf->recipe.added)
            made_text(elf, MADE_RODATA, 32, 99);
        made_cut(elf, MADE_RODATA, before);
        made_text(elf, MADE_RODATA, 32, i);
        put_table(elf, i);
        if (elf->recipe.type != WH_ET_EXEC || !elf->wide)
            continue;
        made_word(elf, MADE_RODATA, 0);
        made_refer(elf, MADE_RODATA, MADE_WORD, made_function(elf, i));
    }
}
