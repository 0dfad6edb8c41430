/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk_btf.c - .BTF, the types of kernel modules (kernel's Documentation/bpf/btf.rst). Numbers of
 * types and offsets of names shift in steps as the kernel's own tables grow: each as it did last
 * time, else as the numbers around it, else as the last one of its kind. */
#include <stdlib.h>

#include "patch/walk.h"
#include "whittle/cleanup.h"

enum { MAGIC = 0xeb9f, TYPE_LENGTH = 12 };

/* What follows a type's three words, by its kind. */
struct form {
    uint8_t fixed;      /* words */
    uint8_t each;       /* words of each member */
    uint8_t is_type;    /* bits: which of those words (fixed ones, else a member's) are types */
    uint8_t is_name;    /* bits: which are names */
    bool third_is_type; /* the type's own third word */
};

static const struct form forms[] = {
    [1] = {1, 0, 0, 0, false},  /* INT */
    [2] = {0, 0, 0, 0, true},   /* PTR */
    [3] = {3, 0, 3, 0, false},  /* ARRAY */
    [4] = {0, 3, 2, 1, false},  /* STRUCT */
    [5] = {0, 3, 2, 1, false},  /* UNION */
    [6] = {0, 2, 0, 1, false},  /* ENUM */
    [7] = {0, 0, 0, 0, false},  /* FWD */
    [8] = {0, 0, 0, 0, true},   /* TYPEDEF */
    [9] = {0, 0, 0, 0, true},   /* VOLATILE */
    [10] = {0, 0, 0, 0, true},  /* CONST */
    [11] = {0, 0, 0, 0, true},  /* RESTRICT */
    [12] = {0, 0, 0, 0, true},  /* FUNC */
    [13] = {0, 2, 2, 1, true},  /* FUNC_PROTO */
    [14] = {1, 0, 0, 0, true},  /* VAR */
    [15] = {0, 3, 1, 0, false}, /* DATASEC */
    [16] = {0, 0, 0, 0, false}, /* FLOAT */
    [17] = {1, 0, 0, 0, true},  /* DECL_TAG */
    [18] = {0, 0, 0, 0, true},  /* TYPE_TAG */
    [19] = {0, 3, 0, 1, false}, /* ENUM64 */
};

struct field_list {
    uint32_t *fields;
    size_t count;
};

static void add_word(struct field_list *list, size_t offset, unsigned kind)
{
    list->fields[list->count++] = (uint32_t)offset << 1 | kind;
}

/* The words of a type from `at` on that are names or types. False: not a form that is known. */
static bool add_type(
    struct field_list *list, const uint8_t *bytes, size_t at, size_t end, size_t *out_next)
{
    uint32_t info = wh_load32(bytes + at + 4);
    uint32_t kind = info >> 24 & 31;
    uint64_t members = info & 0xffff;

    if (kind == 0 || kind >= sizeof forms / sizeof *forms)
        return false;
    const struct form *form = &forms[kind];
    uint64_t words = form->fixed + form->each * members;
    if (words > (end - at - TYPE_LENGTH) / 4)
        return false;
    add_word(list, at, WH_BTF_NAME);
    if (form->third_is_type)
        add_word(list, at + 8, WH_BTF_TYPE);
    at += TYPE_LENGTH;
    for (uint64_t i = 0; i < words; i++, at += 4) {
        unsigned number = form->each ? (unsigned)(i % form->each) : (unsigned)i;
        if (form->is_type >> number & 1)
            add_word(list, at, WH_BTF_TYPE);
        else if (form->is_name >> number & 1)
            add_word(list, at, WH_BTF_NAME);
    }
    *out_next = at;
    return true;
}

wh_status wh_btf_find(
    struct wh_bytes section, uint32_t **out_fields, size_t *out_count, struct wh_error *err)
{
    struct field_list list = {0};

    *out_count = 0;
    if (section.length < 24 || section.length > UINT32_MAX >> 1 || wh_load16(section.data) != MAGIC)
        section.length = 0;
    list.fields = wh_array(section.length / 4 + 1, sizeof *list.fields, SIZE_MAX, err);
    if (!list.fields)
        return wh_no_memory(err);
    if (section.length > 0) {
        uint64_t at = (uint64_t)wh_load32(section.data + 4) + wh_load32(section.data + 8);
        uint64_t end = at + wh_load32(section.data + 12);
        if (at < 24 || end > section.length)
            end = 0;
        for (size_t next; end >= TYPE_LENGTH && at <= end - TYPE_LENGTH; at = next)
            if (!add_type(&list, section.data, (size_t)at, (size_t)end, &next))
                break;
    }
    *out_fields = list.fields;
    *out_count = list.count;
    return WH_OK;
}

/* ---- the walk ------------------------------------------------------------------------------ */

static int32_t guess_shift(const struct wh_btf_shifts *shifts, uint32_t value)
{
    const struct wh_btf_lesson *exact = &shifts->exact[value % WH_BTF_LESSONS];
    const struct wh_btf_lesson *block = &shifts->blocks[value / 16 % WH_BTF_LESSONS];

    if (exact->number == value + 1)
        return exact->shift;
    if (block->number == value / 16 + 1)
        return block->shift;
    return shifts->last;
}

static void put_number(
    struct wh_walk *walk, struct wh_btf_shifts *shifts, size_t at, uint32_t value)
{
    uint32_t guess = value + (uint32_t)guess_shift(shifts, value);
    uint32_t now = wh_put32(walk, at, guess);
    int32_t shift = (int32_t)(now - value);

    shifts->exact[value % WH_BTF_LESSONS] = (struct wh_btf_lesson){value + 1, shift};
    shifts->blocks[value / 16 % WH_BTF_LESSONS] = (struct wh_btf_lesson){value / 16 + 1, shift};
    shifts->last = shift;
}

static size_t first_field(const struct wh_btf *btf, size_t offset)
{
    size_t low = 0;
    size_t high = btf->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (btf->fields[middle] >> 1 < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Nothing and void stay 0. */
void wh_walk_btf(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    size_t start = stretch->region->offset;
    struct wh_btf *btf = walk->btf;

    if (!btf || btf->start != start)
        return;
    for (size_t i = first_field(btf, stretch->from - start); i < btf->count; i++) {
        size_t from = start + (btf->fields[i] >> 1);
        uint32_t value = wh_load32(walk->old_bytes + from);
        if (from + 4 > stretch->to)
            break;
        if (value)
            put_number(walk, &btf->shifts[btf->fields[i] & 1], from + stretch->shift, value);
    }
}

wh_status wh_btf_prepare(const struct wh_elf *old, struct wh_btf **out_btf, struct wh_error *err)
{
    uint32_t number = wh_elf_section(old, ".BTF");

    *out_btf = NULL;
    if (number == 0)
        return WH_OK;
    struct wh_btf *btf = calloc(1, sizeof *btf);
    if (!btf)
        return wh_no_memory(err);
    btf->start = old->sections[number].offset;
    wh_status status = wh_btf_find(wh_elf_content(old, number), &btf->fields, &btf->count, err);
    if (status == WH_OK)
        *out_btf = btf;
    else
        free(btf);
    return status;
}

void wh_btf_free(struct wh_btf *btf)
{
    if (btf)
        free(btf->fields);
    free(btf);
}
