/* SPDX-License-Identifier: GPL-2.0-or-later */
/* headers.c - see patch/headers.h. System V ABI, chapter 4. */
#include "patch/headers.h"

static const struct wh_elf_form forms[2] = {
    {52, 32, 40,
        {{16, 2}, {18, 2}, {20, 4}, {24, 4}, {28, 4}, {32, 4}, {36, 4}, {40, 2}, {42, 2}, {44, 2},
            {46, 2}, {48, 2}, {50, 2}},
        {{0, 4}, {24, 4}, {4, 4}, {8, 4}, {12, 4}, {16, 4}, {20, 4}, {28, 4}},
        {{0, 4}, {4, 4}, {8, 4}, {12, 4}, {16, 4}, {20, 4}, {24, 4}, {28, 4}, {32, 4}, {36, 4}}},
    {64, 56, 64,
        {{16, 2}, {18, 2}, {20, 4}, {24, 8}, {32, 8}, {40, 8}, {48, 4}, {52, 2}, {54, 2}, {56, 2},
            {58, 2}, {60, 2}, {62, 2}},
        {{0, 4}, {4, 4}, {8, 8}, {16, 8}, {24, 8}, {32, 8}, {40, 8}, {48, 8}},
        {{0, 4}, {4, 4}, {8, 8}, {16, 8}, {24, 8}, {32, 8}, {40, 4}, {44, 4}, {48, 8}, {56, 8}}},
};

static uint64_t load_field(const uint8_t *at, struct wh_elf_field field)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < field.width; i++)
        value |= (uint64_t)at[field.at + i] << 8 * i;
    return value;
}

static void store_field(uint8_t *at, struct wh_elf_field field, uint64_t value)
{
    for (unsigned i = 0; i < field.width; i++)
        at[field.at + i] = (uint8_t)(value >> 8 * i);
}

static void load_fields(
    const uint8_t *at, const struct wh_elf_field *fields, size_t count, uint64_t *out_values)
{
    for (size_t i = 0; i < count; i++)
        out_values[i] = load_field(at, fields[i]);
}

void wh_store_fields(
    uint8_t *at, const struct wh_elf_field *fields, size_t count, const uint64_t *values)
{
    for (size_t i = 0; i < count; i++)
        store_field(at, fields[i], values[i]);
}

void wh_follow_fields(uint64_t *values, const uint64_t *old, const uint64_t *fresh, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] == old[i])
            values[i] = fresh[i];
}

const struct wh_elf_form *wh_elf_form_of(const struct wh_elf *elf)
{
    return &forms[elf->wide ? 1 : 0];
}

void wh_load_header(const struct wh_elf *elf, uint64_t out_values[WH_EH_FIELDS])
{
    load_fields(elf->bytes.data, wh_elf_form_of(elf)->header, WH_EH_FIELDS, out_values);
}

void wh_load_section(const struct wh_elf *elf, uint32_t number, uint64_t out_values[WH_SH_FIELDS])
{
    const struct wh_elf_form *form = wh_elf_form_of(elf);
    uint64_t start = load_field(elf->bytes.data, form->header[WH_EH_SECTIONS]);

    load_fields(elf->bytes.data + start + number * form->section_length, form->section,
        WH_SH_FIELDS, out_values);
}

size_t wh_segment_count(const struct wh_elf *elf)
{
    const struct wh_elf_form *form = wh_elf_form_of(elf);

    return (elf->headers_end - form->header_length) / form->segment_length;
}

void wh_load_segment(const struct wh_elf *elf, size_t number, uint64_t out_values[WH_PH_FIELDS])
{
    const struct wh_elf_form *form = wh_elf_form_of(elf);

    load_fields(elf->bytes.data + form->header_length + number * form->segment_length,
        form->segment, WH_PH_FIELDS, out_values);
}
