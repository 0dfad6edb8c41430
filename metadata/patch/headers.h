/* SPDX-License-Identifier: GPL-2.0-or-later */
/* headers.h - the fields of ELF headers of both classes, as numbers. */
#ifndef WHITTLE_HEADERS_H
#define WHITTLE_HEADERS_H

#include "whittle/elf.h"

struct wh_elf_field {
    uint8_t at;
    uint8_t width;
};

enum wh_section_field {
    WH_SH_NAME,
    WH_SH_TYPE,
    WH_SH_FLAGS,
    WH_SH_ADDRESS,
    WH_SH_OFFSET,
    WH_SH_LENGTH,
    WH_SH_LINK,
    WH_SH_INFO,
    WH_SH_ALIGN,
    WH_SH_ENTRY,
    WH_SH_FIELDS
};

enum wh_segment_field {
    WH_PH_TYPE,
    WH_PH_FLAGS,
    WH_PH_OFFSET,
    WH_PH_ADDRESS,
    WH_PH_PHYSICAL,
    WH_PH_LENGTH,
    WH_PH_MEMORY,
    WH_PH_ALIGN,
    WH_PH_FIELDS
};

enum wh_header_field {
    WH_EH_TYPE,
    WH_EH_MACHINE,
    WH_EH_VERSION,
    WH_EH_ENTRY,
    WH_EH_SEGMENTS,
    WH_EH_SECTIONS,
    WH_EH_FLAGS,
    WH_EH_LENGTH,
    WH_EH_SEGMENT_LENGTH,
    WH_EH_SEGMENT_COUNT,
    WH_EH_SECTION_LENGTH,
    WH_EH_SECTION_COUNT,
    WH_EH_NAMES,
    WH_EH_FIELDS
};

struct wh_elf_form {
    size_t header_length;
    size_t segment_length;
    size_t section_length;
    struct wh_elf_field header[WH_EH_FIELDS];
    struct wh_elf_field segment[WH_PH_FIELDS];
    struct wh_elf_field section[WH_SH_FIELDS];
};

const struct wh_elf_form *wh_elf_form_of(const struct wh_elf *elf);

void wh_load_header(const struct wh_elf *elf, uint64_t out_values[WH_EH_FIELDS]);
/* number: below section_count, which is 0 where the headers do not lie in the file. */
void wh_load_section(const struct wh_elf *elf, uint32_t number, uint64_t out_values[WH_SH_FIELDS]);
/* Program headers that follow the ELF header at once. */
size_t wh_segment_count(const struct wh_elf *elf);
void wh_load_segment(const struct wh_elf *elf, size_t number, uint64_t out_values[WH_PH_FIELDS]);

void wh_store_fields(
    uint8_t *at, const struct wh_elf_field *fields, size_t count, const uint64_t *values);

/* Values that were the same as in the old file become those of the new one. */
void wh_follow_fields(uint64_t *values, const uint64_t *old, const uint64_t *fresh, size_t count);

#endif
