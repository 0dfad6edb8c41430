/* SPDX-License-Identifier: GPL-2.0-or-later */
/* go.c - finds the tables of a Go program; see patch/go.h. */
#include "patch/go.h"

#include <stdlib.h>

enum { FLAG_WRITE = 1, HEADER_LENGTH = 8 + 8 * 8 };
enum { MAGIC_118 = 0xfffffff0u, MAGIC_120 = 0xfffffff1u };

/* Words of the moduledata that we need (runtime/symtab.go, type moduledata). */
enum { MODULE_TEXT = 22, MODULE_TEXT_END = 23, MODULE_TYPES = 35, MODULE_FUNCTIONS = 38 };
enum { MODULE_WORDS_118 = 39, MODULE_WORDS_120 = 41 };

/* Records of functions follow their table, each behind the one before: a walk over a part of them
 * then need not look at the others. */
static bool records_ascend(const struct wh_go *go, const uint8_t *bytes)
{
    uint64_t least = 8 * go->function_count;

    for (uint64_t i = 0; i < go->function_count; i++) {
        uint64_t record = wh_load32(bytes + go->table + 8 * i + 4);
        if (record < least)
            return false;
        least = record + 1;
    }
    return least <= go->end - go->table;
}

/* .gopclntab's header: magic, two zeros, unit of code, size of a pointer; number of functions and
 * of files, start of the code, offsets of five tables. */
static bool read_header(
    struct wh_go *go, const struct wh_elf *old, const struct wh_section *section)
{
    if (section->length < HEADER_LENGTH) /* an empty one may be anywhere */
        return false;
    const uint8_t *at = old->bytes.data + section->offset;
    if (at[7] != 8)
        return false;
    uint32_t magic = wh_load32(at);
    if (magic != MAGIC_118 && magic != MAGIC_120)
        return false;
    go->has_start_line = magic == MAGIC_120;
    go->function_count = wh_load64(at + 8);
    go->start = section->offset;
    go->end = section->offset + section->length;
    go->names = wh_load64(at + 32);
    go->units = wh_load64(at + 40);
    go->counters = wh_load64(at + 56);
    go->table = wh_load64(at + 64);
    if (go->names > section->length || go->units > section->length ||
        go->counters > section->length || go->table > section->length ||
        go->table < HEADER_LENGTH || go->function_count > (section->length - go->table) / 8)
        return false;
    go->names += go->start;
    go->units += go->start;
    go->counters += go->start;
    go->table += go->start;
    return records_ascend(go, old->bytes.data);
}

static bool read_module(struct wh_go *go, const uint8_t *words)
{
    size_t more = go->has_start_line ? 2 : 0; /* counters of the coverage tool */

    go->text = wh_load64(words + 8 * MODULE_TEXT);
    go->text_end = wh_load64(words + 8 * MODULE_TEXT_END);
    go->types = wh_load64(words + 8 * (MODULE_TYPES + more));
    go->types_end = wh_load64(words + 8 * (MODULE_TYPES + more + 1));
    go->functions = wh_load64(words + 8 * (MODULE_FUNCTIONS + more));
    return go->text < go->text_end && go->types < go->types_end &&
           go->text_end - go->text < UINT32_MAX && go->types_end - go->types < UINT32_MAX;
}

static bool is_in_image(const struct wh_elf *old, uint64_t address)
{
    return address - old->low < old->high - old->low;
}

/* The moduledata begins with the table's address. */
static bool find_module(struct wh_go *go, const struct wh_elf *old, uint64_t table)
{
    size_t length = 8 * (size_t)(go->has_start_line ? MODULE_WORDS_120 : MODULE_WORDS_118);

    for (uint32_t i = 0; i < old->region_count; i++) {
        const struct wh_region *region = &old->regions[i];
        if (region->kind != WH_REGION_POINTERS || region->length < length)
            continue;
        const uint8_t *at = old->bytes.data + region->offset;
        for (size_t offset = 0; offset <= region->length - length; offset += 8)
            if (wh_load64(at + offset) == table && read_module(go, at + offset))
                return is_in_image(old, go->text) && is_in_image(old, go->types) &&
                       is_in_image(old, go->functions);
    }
    return false;
}

wh_status wh_go_find(const struct wh_elf *old, struct wh_go **out_go, struct wh_error *err)
{
    uint32_t number = old->wide && old->type != WH_ET_REL ? wh_elf_section(old, ".gopclntab") : 0;

    *out_go = NULL;
    if (number == 0 || old->sections[number].type == WH_SHT_NOBITS)
        return WH_OK;
    struct wh_go *go = calloc(1, sizeof *go);
    if (!go)
        return wh_no_memory(err);
    if (read_header(go, old, &old->sections[number]) &&
        find_module(go, old, old->sections[number].address))
        *out_go = go;
    else
        free(go);
    return WH_OK;
}

void wh_go_free(struct wh_go *go)
{
    free(go);
}
