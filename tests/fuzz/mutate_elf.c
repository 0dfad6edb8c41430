/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutate_elf.c - see mutate_elf.h. */
#include "mutate_elf.h"

#include <stdlib.h>
#include <string.h>

#include "whittle/elf.h"
#include "whittle/word.h"

/* Where the headers of one class have what. */
struct layout {
    size_t header;
    size_t segment;
    size_t section;
    size_t sections_at; /* field with the offset of the section headers */
    size_t count_at;    /* their number */
};

static const struct layout narrow = {52, 32, 40, 32, 48};
static const struct layout wide = {64, 56, 64, 40, 60};

struct headers {
    uint8_t *sections;
    size_t count;
    size_t length; /* of one */
    unsigned width;
};

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static bool find_headers(uint8_t *bytes, size_t length, struct headers *headers)
{
    if (length < wide.header || memcmp(bytes, "\177ELF", 4) != 0)
        return false;
    const struct layout *layout = bytes[4] == 1 ? &narrow : &wide;
    headers->width = layout == &wide ? 8 : 4;
    uint64_t at = wh_load(bytes + layout->sections_at, headers->width);
    size_t count = wh_load16(bytes + layout->count_at);
    if (at >= length || count < 2 || (length - at) / layout->section < 2)
        return false;
    headers->sections = bytes + at;
    headers->length = layout->section;
    headers->count = (length - (size_t)at) / layout->section;
    if (count < headers->count)
        headers->count = count;
    return true;
}

static uint32_t some_type(uint32_t *random)
{
    static const uint32_t types[] = {WH_SHT_PROGBITS, WH_SHT_SYMTAB, WH_SHT_RELA, WH_SHT_DYNAMIC,
        WH_SHT_NOBITS, WH_SHT_REL, WH_SHT_DYNSYM, WH_SHT_INIT_ARRAY, WH_SHT_RELR, WH_SHT_GNU_HASH,
        WH_SHT_GNU_VERDEF, WH_SHT_GNU_VERNEED};

    return types[next(random) % (sizeof types / sizeof *types)];
}

static uint64_t some_number(uint32_t *random, size_t length)
{
    static const uint64_t numbers[] = {
        0, 1, 4, 8, 16, 24, 0x1000, UINT32_MAX, 1ull << 32, INT64_MAX, UINT64_MAX, UINT64_MAX - 15};
    uint32_t choice = next(random);

    if (choice % 3 == 0)
        return numbers[choice / 3 % (sizeof numbers / sizeof *numbers)];
    return choice % 3 == 1 ? next(random) % length : length - next(random) % 64;
}

/* Flags, address, offset, length. */
static void change_number(const struct headers *headers, uint32_t *random, size_t length)
{
    uint8_t *section = headers->sections + headers->length * (next(random) % headers->count);
    unsigned field = next(random) % 4;
    uint64_t value = field == 0 ? next(random) % 8 : some_number(random, length);

    wh_store(section + 8 + (size_t)field * headers->width, headers->width, value);
}

/* Name or type, link or info: small numbers, or another section's. */
static void change_word(const struct headers *headers, uint32_t *random)
{
    uint8_t *section = headers->sections + headers->length * (next(random) % headers->count);
    const uint8_t *other = headers->sections + headers->length * (next(random) % headers->count);
    size_t links = headers->width == 8 ? 40 : 24;

    switch (next(random) % 4) {
    case 0:
        memcpy(section, other, 4);
        break;
    case 1:
        wh_store32(section + 4, some_type(random));
        break;
    case 2:
        wh_store32(section + links, next(random) % (uint32_t)(headers->count + 1));
        break;
    default:
        wh_store32(section + links + 4, next(random) % (uint32_t)(headers->count + 1));
        break;
    }
}

/* A number of the first segments. */
static void change_segment(uint8_t *bytes, size_t length, unsigned width, uint32_t *random)
{
    const struct layout *layout = width == 8 ? &wide : &narrow;
    size_t at = layout->header + layout->segment * (next(random) % 4);

    at += width == 8 ? 8 : 4;
    at += (size_t)width * (next(random) % 5);
    if (at + width <= length)
        wh_store(bytes + at, width, some_number(random, length));
}

bool mutate_elf(uint8_t *bytes, size_t length, unsigned seed)
{
    struct headers headers;
    uint32_t random = seed;

    if (!find_headers(bytes, length, &headers))
        return false;
    switch (next(&random) % 8) {
    case 0:
        memcpy(headers.sections + headers.length * (next(&random) % headers.count),
            headers.sections + headers.length * (next(&random) % headers.count), headers.length);
        break;
    case 1:
        change_segment(bytes, length, headers.width, &random);
        break;
    case 2: /* another machine or type */
        bytes[next(&random) % 2 ? 18 : 16] = (uint8_t[]){1, 2, 3, 62, 183}[next(&random) % 5];
        break;
    case 3:
    case 4:
        change_word(&headers, &random);
        break;
    default:
        change_number(&headers, &random, length);
        break;
    }
    return true;
}

void mutate_part(struct wh_buffer *part, unsigned seed)
{
    enum { MORE = 64 };
    size_t length = part->length;

    if (seed % 2 && mutate_elf(part->data, length, seed / 2))
        return;
    wh_buffer_fill(part, 0, MORE);
    if (part->failed)
        abort();
    part->length = LLVMFuzzerMutate(part->data, length, length + MORE);
}
