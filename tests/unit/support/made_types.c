/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_types.c - .BTF of made_elf.h: types of a kernel module, whose numbers and names follow those
 * of the kernel itself, which has some more of both in the other build. */
#include "made_parts.h"

enum { HEADER_LENGTH = 24, TYPES = 300, MEMBERS = 4, KERNEL_TYPES = 20000, KERNEL_NAMES = 90000 };
enum { MORE_TYPES = 7, MORE_NAMES = 130, POINTER = 2, STRUCTURE = 4, TYPEDEF = 8 };

static void number(struct made_elf *elf, uint64_t value)
{
    wh_buffer_le32(made_bytes(elf, MADE_BTF), (uint32_t)value);
}

/* Types and names of the kernel grow in the middle. */
static uint32_t type_number(const struct made_elf *elf, uint32_t type)
{
    return type + (elf->recipe.added && type > KERNEL_TYPES / 2 ? MORE_TYPES : 0);
}

static uint32_t name_offset(const struct made_elf *elf, uint32_t name)
{
    return name + (elf->recipe.added && name > KERNEL_NAMES / 3 ? MORE_NAMES : 0);
}

/* What a type refers to is near to what the one before it does, as in real modules. */
static uint32_t some_type(const struct made_elf *elf, unsigned type, uint32_t *random)
{
    return type_number(elf, 1 + type * (KERNEL_TYPES / TYPES) + made_random(random) % 40);
}

static uint32_t some_name(const struct made_elf *elf, unsigned type, uint32_t *random)
{
    return name_offset(elf, type * (KERNEL_NAMES / TYPES) + made_random(random) % 200);
}

static void put_type(struct made_elf *elf, unsigned type, uint32_t *random)
{
    static const uint32_t kinds[] = {POINTER, TYPEDEF, STRUCTURE};
    uint32_t kind = kinds[made_random(random) % 3];

    number(elf, some_name(elf, type, random));
    number(elf, kind << 24 | (kind == STRUCTURE ? MEMBERS : 0));
    number(elf, kind == STRUCTURE ? 64 : some_type(elf, type, random));
    for (unsigned i = 0; kind == STRUCTURE && i < MEMBERS; i++) {
        number(elf, some_name(elf, type, random));
        number(elf, some_type(elf, type, random));
        number(elf, 64 * i);
    }
}

void made_types(struct made_elf *elf)
{
    struct wh_buffer *bytes = made_bytes(elf, MADE_BTF);
    uint32_t random = 1;

    number(elf, 0x0001eb9f);
    number(elf, HEADER_LENGTH);
    for (int i = 0; i < 4; i++)
        number(elf, 0);
    for (unsigned i = 0; i < TYPES; i++)
        put_type(elf, i, &random);
    uint32_t length = (uint32_t)bytes->length - HEADER_LENGTH;
    made_text(elf, MADE_BTF, 63, 9);
    wh_buffer_u8(bytes, 0);
    must(wh_buffer_check(bytes, NULL), &(struct wh_error){0});
    wh_store32(bytes->data + 12, length);
    wh_store32(bytes->data + 16, length);
    wh_store32(bytes->data + 20, 64);
}
