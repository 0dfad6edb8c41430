/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_file.c - the new inner file around its symbols: where everything lies follows from what
 * comes before. */
#include <stdlib.h>

#include "patch/debug_sections.h"
#include "whittle/cleanup.h"

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
    if (alignment < 2 || (alignment & (alignment - 1)) != 0)
        return value;
    return (value + alignment - 1) & ~(alignment - 1);
}

/* ---- where everything lies ----------------------------------------------------------------- */

/* The walk through both files, section by section. */
struct layout {
    uint64_t mask;    /* of the place in a page */
    uint64_t old_end; /* of what has bytes */
    uint64_t end;
    uint64_t old_last; /* where the section before ended */
    uint64_t last;
};

static uint64_t place_content(
    const struct layout *layout, const struct wh_planned *planned, const uint64_t *old)
{
    uint64_t alignment = planned->values[WH_SH_ALIGN];

    if (!old || (!(old[WH_SH_FLAGS] & WH_SHF_ALLOC) &&
                    old[WH_SH_OFFSET] == align_up(layout->old_end, old[WH_SH_ALIGN])))
        return align_up(layout->end, alignment);
    if (old[WH_SH_OFFSET] < layout->old_end)
        return layout->end;
    return layout->end + (old[WH_SH_OFFSET] - layout->old_end);
}

/* Sections without bytes lie where the one before ends, or as their address does in its page. */
static uint64_t place_empty(
    const struct layout *layout, const struct wh_planned *planned, const uint64_t *old)
{
    if (!old || old[WH_SH_OFFSET] == layout->old_last)
        return layout->last;
    if (((old[WH_SH_OFFSET] ^ old[WH_SH_ADDRESS]) & layout->mask) == 0)
        return (old[WH_SH_OFFSET] & ~layout->mask) |
               (planned->values[WH_SH_ADDRESS] & layout->mask);
    return old[WH_SH_OFFSET];
}

static void place_section(
    struct layout *layout, const struct wh_debugdata *debug, struct wh_planned *planned)
{
    uint64_t values[WH_SH_FIELDS];
    const uint64_t *old = NULL;
    bool has_bytes = planned->values[WH_SH_TYPE] != WH_SHT_NOBITS;

    if (planned->old) {
        wh_load_section(&debug->inner, planned->old, values);
        old = values;
    }
    planned->values[WH_SH_OFFSET] = has_bytes ? place_content(layout, planned, old)
                                              : place_empty(layout, planned, old);
    layout->last = planned->values[WH_SH_OFFSET];
    if (has_bytes)
        layout->last = layout->end = planned->values[WH_SH_OFFSET] + planned->values[WH_SH_LENGTH];
    if (!old)
        return;
    layout->old_last = old[WH_SH_OFFSET];
    if (old[WH_SH_TYPE] != WH_SHT_NOBITS)
        layout->old_last = layout->old_end = old[WH_SH_OFFSET] + old[WH_SH_LENGTH];
}

/* What the first loaded segment is aligned to, if that can be a page. */
static uint64_t page_of(const struct wh_elf *elf)
{
    enum { LOAD = 1, PAGE_MIN = 1 << 12, PAGE_MAX = 1 << 21 };
    uint64_t values[WH_PH_FIELDS];

    for (size_t i = 0; i < wh_segment_count(elf); i++) {
        wh_load_segment(elf, i, values);
        uint64_t page = values[WH_PH_ALIGN];
        if (values[WH_PH_TYPE] != LOAD)
            continue;
        return page >= PAGE_MIN && page <= PAGE_MAX && (page & (page - 1)) == 0 ? page : PAGE_MIN;
    }
    return PAGE_MIN;
}

static void place_all(
    struct wh_debug_sections *sections, const struct wh_debugdata *debug, struct layout *out_layout)
{
    struct layout layout = {
        .mask = page_of(&debug->inner) - 1,
        .old_end = debug->inner.headers_end,
        .end = debug->outer.headers_end,
        .old_last = debug->inner.headers_end,
        .last = debug->outer.headers_end,
    };

    for (uint32_t i = 1; i < sections->count; i++)
        place_section(&layout, debug, &sections->list[i]);
    *out_layout = layout;
}

/* ---- the bytes ----------------------------------------------------------------------------- */

/* Lays bytes at an offset; what lies between is zeros. */
static uint8_t *lay(struct wh_buffer *out, uint64_t offset, size_t length)
{
    if (offset > out->ceiling || length > out->ceiling - offset) {
        out->failed = out->full = true;
        return NULL;
    }
    if (offset + length > out->length)
        wh_buffer_fill(out, 0, (size_t)(offset + length) - out->length);
    return out->failed ? NULL : out->data + offset;
}

static void lay_bytes(struct wh_buffer *out, uint64_t offset, struct wh_bytes bytes)
{
    uint8_t *at = lay(out, offset, bytes.length);

    if (at && bytes.length > 0)
        memcpy(at, bytes.data, bytes.length);
}

static void lay_contents(const struct wh_debug_sections *sections, const struct wh_debugdata *debug,
    struct wh_buffer *out)
{
    for (uint32_t i = 1; i < sections->count; i++) {
        const struct wh_planned *planned = &sections->list[i];
        if (planned->values[WH_SH_TYPE] == WH_SHT_NOBITS)
            continue;
        lay_bytes(out, planned->values[WH_SH_OFFSET], planned->content);
        size_t at = wh_elf_build_id(planned->content, debug->new_id.length);
        if (out->failed || !planned->is_outer || at == 0)
            continue;
        uint8_t *id = out->data + planned->values[WH_SH_OFFSET] + at;
        for (size_t k = 0; k < debug->new_id.length; k++)
            id[k] = (uint8_t)(id[k] + debug->new_id.data[k]);
    }
}

/* The end of a section's bytes in the old inner file, in the new one. */
static bool moved_end(const struct wh_debug_sections *sections, const struct wh_debugdata *debug,
    uint64_t end, uint64_t *out_end)
{
    for (uint32_t i = 1; i < sections->count; i++) {
        const struct wh_planned *planned = &sections->list[i];
        if (planned->old == 0 || planned->values[WH_SH_TYPE] == WH_SHT_NOBITS)
            continue;
        uint64_t old[WH_SH_FIELDS];
        wh_load_section(&debug->inner, planned->old, old);
        if (old[WH_SH_OFFSET] + old[WH_SH_LENGTH] != end)
            continue;
        *out_end = planned->values[WH_SH_OFFSET] + planned->values[WH_SH_LENGTH];
        return true;
    }
    return false;
}

/* A program header of the old inner file, brought up to date. */
static void update_segment(const struct wh_debug_sections *sections,
    const struct wh_debugdata *debug, uint64_t mask, const uint64_t *before, uint64_t *values)
{
    uint64_t old[WH_PH_FIELDS];
    uint64_t end;

    memcpy(old, values, sizeof old);
    wh_follow_fields(values, before, before + WH_PH_FIELDS, WH_PH_FIELDS);
    if (old[WH_PH_OFFSET] != before[WH_PH_OFFSET] && old[WH_PH_OFFSET] != 0 &&
        ((old[WH_PH_OFFSET] ^ old[WH_PH_ADDRESS]) & mask) == 0)
        values[WH_PH_OFFSET] = (old[WH_PH_OFFSET] & ~mask) | (values[WH_PH_ADDRESS] & mask);
    if (old[WH_PH_LENGTH] != 0 && old[WH_PH_LENGTH] != before[WH_PH_LENGTH] &&
        moved_end(sections, debug, old[WH_PH_OFFSET] + old[WH_PH_LENGTH], &end))
        values[WH_PH_LENGTH] = end - values[WH_PH_OFFSET];
}

static void lay_segments(const struct wh_debug_sections *sections, const struct wh_debugdata *debug,
    uint64_t mask, struct wh_buffer *out)
{
    const struct wh_elf_form *form = wh_elf_form_of(&debug->inner);
    size_t count = wh_segment_count(&debug->outer);

    for (size_t i = 0; i < count; i++) {
        uint64_t values[WH_PH_FIELDS];
        uint64_t outers[2 * WH_PH_FIELDS]; /* the old one's, then the new one's */
        uint8_t *at = lay(
            out, form->header_length + i * form->segment_length, form->segment_length);
        wh_load_segment(&debug->outer, i, outers + WH_PH_FIELDS);
        memcpy(values, outers + WH_PH_FIELDS, sizeof values);
        if (i < wh_segment_count(&debug->inner) && i < wh_segment_count(&debug->moves.old)) {
            wh_load_segment(&debug->inner, i, values);
            wh_load_segment(&debug->moves.old, i, outers);
            update_segment(sections, debug, mask, outers, values);
        }
        if (at)
            wh_store_fields(at, form->segment, WH_PH_FIELDS, values);
    }
}

/* The section headers come last, and the ELF header tells where. */
static void lay_headers(const struct wh_debug_sections *sections, const struct wh_debugdata *debug,
    const struct layout *layout, struct wh_buffer *out)
{
    const struct wh_elf_form *form = wh_elf_form_of(&debug->inner);
    uint64_t values[WH_EH_FIELDS];
    uint64_t before[WH_EH_FIELDS];
    uint64_t after[WH_EH_FIELDS];
    uint64_t width = debug->inner.wide ? 8 : 4;

    wh_load_header(&debug->inner, values);
    wh_load_header(&debug->moves.old, before);
    wh_load_header(&debug->outer, after);
    uint64_t start = layout->end;
    if (values[WH_EH_SECTIONS] == align_up(layout->old_end, width))
        start = align_up(layout->end, width);
    else if (values[WH_EH_SECTIONS] > layout->old_end)
        start += values[WH_EH_SECTIONS] - layout->old_end;
    wh_follow_fields(values, before, after, WH_EH_FIELDS);
    values[WH_EH_SECTIONS] = start;
    values[WH_EH_SECTION_COUNT] = sections->count;
    values[WH_EH_NAMES] = sections->names;
    lay_bytes(out, 0, (struct wh_bytes){debug->inner.bytes.data, form->header_length});
    if (!out->failed)
        wh_store_fields(out->data, form->header, WH_EH_FIELDS, values);
    for (uint32_t i = 0; i < sections->count; i++) {
        uint8_t *at = lay(out, start + i * form->section_length, form->section_length);
        if (at)
            wh_store_fields(at, form->section, WH_SH_FIELDS, sections->list[i].values);
    }
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Names of sections: first of those that no image has. */
static wh_status name_sections(
    struct wh_debug_sections *sections, struct wh_strings *strings, struct wh_error *err)
{
    struct wh_bytes names[2 * WH_DEBUG_SECTIONS_MAX];
    uint32_t numbers[2 * WH_DEBUG_SECTIONS_MAX];
    uint32_t count = 0;

    for (int image = 0; image < 2; image++) {
        for (uint32_t i = 1; i < sections->count; i++) {
            const struct wh_planned *planned = &sections->list[i];
            if ((planned->outer != 0) != image)
                continue;
            numbers[count] = i;
            names[count++] = (struct wh_bytes){
                (const uint8_t *)planned->name, strnlen(planned->name, WH_SECTION_NAME_MAX)};
        }
    }
    WH_TRY(wh_strings_build(names, count, UINT32_MAX, strings, err));
    for (uint32_t i = 0; i < count; i++)
        sections->list[numbers[i]].values[WH_SH_NAME] = strings->offsets[i];
    return WH_OK;
}

static uint64_t count_locals(const struct wh_symbol *symbols, size_t count)
{
    size_t locals = 0;

    while (locals < count && symbols[locals].info >> 4 == 0)
        locals++;
    return locals;
}

static void set_content(struct wh_planned *planned, struct wh_bytes content)
{
    planned->content = content;
    planned->values[WH_SH_LENGTH] = content.length;
}

wh_status wh_debug_compose(const struct wh_debugdata *debug, struct wh_debug_sections *sections,
    const struct wh_symbol *symbols, size_t count, struct wh_bytes strings, struct wh_buffer *out,
    struct wh_error *err)
{
    wh_cleanup(wh_strings_clear) struct wh_strings names = {0};
    size_t record = wh_symbol_length(debug->inner.wide);
    wh_autofree uint8_t *table = wh_array(count, record, SIZE_MAX, err);
    struct layout layout;

    if (!table)
        return wh_no_memory(err);
    for (size_t i = 0; i < count; i++)
        wh_symbol_store(&symbols[i], debug->inner.wide, table + i * record);
    WH_TRY(name_sections(sections, &names, err));
    set_content(&sections->list[sections->symbols], (struct wh_bytes){table, count * record});
    sections->list[sections->symbols].values[WH_SH_INFO] = count_locals(symbols, count);
    set_content(&sections->list[sections->strings], strings);
    set_content(&sections->list[sections->names], wh_buffer_bytes(&names.table));
    place_all(sections, debug, &layout);
    lay_contents(sections, debug, out);
    lay_segments(sections, debug, layout.mask, out);
    lay_headers(sections, debug, &layout, out);
    return wh_buffer_check(out, err);
}
