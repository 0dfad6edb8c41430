/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_file.c - the new inner file around its symbols: headers and notes that were the old outer
 * file's are the new outer file's, offsets follow from what comes before. */
#include <stdlib.h>

#include "patch/debug.h"
#include "whittle/cleanup.h"

enum { FLAG_ALLOC = 2, TYPE_NOTE = 7 };
enum { SECTIONS_MAX = 256, NAME_MAX_COMPARED = 64, NOTE_MAX = 65536 };

/* ---- fields of the two classes ------------------------------------------------------------- */

struct field {
    uint8_t at;
    uint8_t width;
};

enum section_field { NAME, TYPE, FLAGS, ADDRESS, OFFSET, LENGTH, LINK, INFO, ALIGN, ENTRY, FIELDS };
enum segment_field {
    P_TYPE,
    P_FLAGS,
    P_OFFSET,
    P_ADDRESS,
    P_PHYSICAL,
    P_LENGTH,
    P_MEMORY,
    P_ALIGN,
    P_FIELDS
};
enum header_field {
    H_TYPE,
    H_MACHINE,
    H_VERSION,
    H_ENTRY,
    H_SEGMENTS,
    H_SECTIONS,
    H_FLAGS,
    H_LENGTH,
    H_SEGMENT_LENGTH,
    H_SEGMENT_COUNT,
    H_SECTION_LENGTH,
    H_SECTION_COUNT,
    H_NAMES,
    H_FIELDS
};

struct form {
    size_t header_length;
    size_t segment_length;
    size_t section_length;
    struct field header[H_FIELDS];
    struct field segment[P_FIELDS];
    struct field section[FIELDS];
};

static const struct form forms[2] = {
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

static uint64_t load_field(const uint8_t *at, struct field field)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < field.width; i++)
        value |= (uint64_t)at[field.at + i] << 8 * i;
    return value;
}

static void store_field(uint8_t *at, struct field field, uint64_t value)
{
    for (unsigned i = 0; i < field.width; i++)
        at[field.at + i] = (uint8_t)(value >> 8 * i);
}

static void load_fields(
    const uint8_t *at, const struct field *fields, size_t count, uint64_t *out_values)
{
    for (size_t i = 0; i < count; i++)
        out_values[i] = load_field(at, fields[i]);
}

static void store_fields(
    uint8_t *at, const struct field *fields, size_t count, const uint64_t *values)
{
    for (size_t i = 0; i < count; i++)
        store_field(at, fields[i], values[i]);
}

/* What was the outer file's is the outer file's again. */
static void follow(uint64_t *values, const uint64_t *old_outer, const uint64_t *outer, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] == old_outer[i])
            values[i] = outer[i];
}

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
    if (alignment < 2 || (alignment & (alignment - 1)) != 0)
        return value;
    return (value + alignment - 1) & ~(alignment - 1);
}

/* ---- one of the three files ---------------------------------------------------------------- */

static const struct form *form_of(const struct wh_elf *elf)
{
    return &forms[elf->wide ? 1 : 0];
}

static void load_header(const struct wh_elf *elf, uint64_t values[H_FIELDS])
{
    load_fields(elf->bytes.data, form_of(elf)->header, H_FIELDS, values);
}

/* number: below section_count, which is 0 where the headers do not lie in the file. */
static void load_section(const struct wh_elf *elf, uint32_t number, uint64_t values[FIELDS])
{
    const struct form *form = form_of(elf);
    uint64_t start = load_field(elf->bytes.data, form->header[H_SECTIONS]);

    load_fields(
        elf->bytes.data + start + number * form->section_length, form->section, FIELDS, values);
}

/* Program headers that follow the ELF header at once. */
static size_t segment_count(const struct wh_elf *elf)
{
    const struct form *form = form_of(elf);

    return (elf->headers_end - form->header_length) / form->segment_length;
}

static void load_segment(const struct wh_elf *elf, size_t number, uint64_t values[P_FIELDS])
{
    const struct form *form = form_of(elf);

    load_fields(elf->bytes.data + form->header_length + number * form->segment_length,
        form->segment, P_FIELDS, values);
}

static uint32_t find_section(const struct wh_elf *elf, const char *name)
{
    for (uint32_t i = 1; i < elf->section_count; i++)
        if (strncmp(wh_elf_section_name(elf, &elf->sections[i]), name, NAME_MAX_COMPARED) == 0)
            return i;
    return 0;
}

/* ---- the list of sections ------------------------------------------------------------------ */

struct planned {
    const char *name;
    uint32_t old;       /* number in the old inner file, 0 for none */
    uint32_t old_outer; /* in the old outer file */
    uint32_t outer;     /* in the new outer file */
    uint64_t values[FIELDS];
    struct wh_bytes content;
    bool has_build_id; /* which the content is less by, as the outer file's is */
};

struct wh_debug_sections {
    struct planned *list;
    uint32_t count;
    uint32_t *moved; /* by old number */
    uint32_t old_count;
    uint32_t symbols; /* new numbers */
    uint32_t strings;
    uint32_t names;
};

void wh_debug_sections_free(struct wh_debug_sections *sections)
{
    if (!sections)
        return;
    free(sections->list);
    free(sections->moved);
    free(sections);
}

static void free_sections(struct wh_debug_sections **sections)
{
    wh_debug_sections_free(*sections);
}

static struct planned *add_planned(struct wh_debug_sections *sections, uint32_t old)
{
    struct planned *planned = &sections->list[sections->count];

    *planned = (struct planned){.old = old};
    if (old > 0)
        sections->moved[old] = sections->count;
    sections->count++;
    return planned;
}

/* Sections of the image: those of the new outer file, as far as the old inner file knew them. */
static void add_image(struct wh_debug_sections *sections, const struct wh_debugdata *debug)
{
    const struct wh_elf *outer = &debug->outer;

    for (uint32_t i = 1; i < outer->section_count; i++) {
        const char *name = wh_elf_section_name(outer, &outer->sections[i]);
        if (!(outer->sections[i].flags & FLAG_ALLOC))
            continue;
        uint32_t old = find_section(&debug->inner, name);
        uint32_t old_outer = find_section(&debug->moves.old, name);
        if (old_outer && !old)
            continue;
        struct planned *planned = add_planned(sections, old);
        planned->name = name;
        planned->old_outer = old_outer;
        planned->outer = i;
        load_section(outer, i, planned->values);
        if (old_outer) {
            uint64_t before[FIELDS];
            uint64_t after[FIELDS];
            memcpy(after, planned->values, sizeof after);
            load_section(&debug->moves.old, old_outer, before);
            load_section(&debug->inner, old, planned->values);
            follow(planned->values, before, after, FIELDS);
        } else if (planned->values[TYPE] != TYPE_NOTE) {
            planned->values[TYPE] = WH_SHT_NOBITS;
        }
    }
}

static void add_others(struct wh_debug_sections *sections, const struct wh_debugdata *debug)
{
    const struct wh_elf *inner = &debug->inner;
    uint32_t first = sections->count;

    for (uint32_t i = 1; i < inner->section_count; i++) {
        if (inner->sections[i].flags & FLAG_ALLOC)
            continue;
        struct planned *planned = add_planned(sections, i);
        planned->name = wh_elf_section_name(inner, &inner->sections[i]);
        load_section(inner, i, planned->values);
        planned->content = wh_elf_content(inner, i);
    }
    for (uint32_t i = first; i < sections->count; i++) {
        uint64_t *link = &sections->list[i].values[LINK];
        if (*link < inner->section_count)
            *link = sections->moved[*link];
    }
}

/* Is this the old outer file's content, its build-id added? */
static bool is_outer_content(const struct wh_debugdata *debug, struct wh_bytes inner,
    struct wh_bytes outer, bool *out_has_build_id)
{
    size_t at = wh_elf_build_id(outer, debug->old_id.length);

    *out_has_build_id = at > 0;
    if (inner.length != outer.length || inner.length > NOTE_MAX)
        return false;
    for (size_t i = 0; i < inner.length; i++) {
        uint8_t more = at > 0 && i - at < debug->old_id.length ? debug->old_id.data[i - at] : 0;
        if (inner.data[i] != (uint8_t)(outer.data[i] + more))
            return false;
    }
    return true;
}

static void find_contents(struct wh_debug_sections *sections, const struct wh_debugdata *debug)
{
    for (uint32_t i = 1; i < sections->count; i++) {
        struct planned *planned = &sections->list[i];
        if (!planned->outer || planned->values[TYPE] == WH_SHT_NOBITS)
            continue;
        struct wh_bytes old = wh_elf_content(&debug->inner, planned->old);
        struct wh_bytes outer = wh_elf_content(&debug->moves.old, planned->old_outer);
        planned->content = wh_elf_content(&debug->outer, planned->outer);
        if (!planned->old)
            planned->has_build_id = wh_elf_build_id(planned->content, debug->new_id.length) > 0;
        else if (!is_outer_content(debug, old, outer, &planned->has_build_id)) {
            planned->content = old;
            planned->has_build_id = false;
        }
        planned->values[LENGTH] = planned->content.length;
    }
}

wh_status wh_debug_sections_new(
    const struct wh_debugdata *debug, struct wh_debug_sections **out_sections, struct wh_error *err)
{
    wh_cleanup(free_sections) struct wh_debug_sections *sections = calloc(1, sizeof *sections);
    uint32_t old_count = debug->inner.section_count;
    uint64_t most = (uint64_t)old_count + debug->outer.section_count;
    uint64_t header[H_FIELDS];

    if (!sections)
        return wh_no_memory(err);
    if (!debug->old.table || old_count > SECTIONS_MAX ||
        debug->moves.old.section_count > SECTIONS_MAX || debug->outer.section_count > SECTIONS_MAX)
        return wh_fail(err, WH_UNSUPPORTED, "an inner file without symbols, or of many sections");
    sections->list = wh_array(most, sizeof *sections->list, SIZE_MAX, err);
    sections->moved = wh_array(old_count, sizeof *sections->moved, SIZE_MAX, err);
    if (!sections->list || !sections->moved)
        return wh_no_memory(err);
    sections->old_count = old_count;
    load_section(&debug->inner, 0, add_planned(sections, 0)->values);
    sections->list[0].name = "";
    add_image(sections, debug);
    add_others(sections, debug);
    find_contents(sections, debug);
    load_header(&debug->inner, header);
    sections->symbols = wh_debug_section_moved(sections, debug->old.table);
    sections->strings = wh_debug_section_moved(sections, debug->old.strings);
    sections->names = wh_debug_section_moved(sections, (uint32_t)header[H_NAMES]);
    if (!sections->symbols || !sections->strings || !sections->names ||
        sections->strings == sections->names)
        return wh_fail(err, WH_UNSUPPORTED, "an inner file without tables of its own");
    *out_sections = wh_take(sections);
    return WH_OK;
}

uint32_t wh_debug_section_moved(const struct wh_debug_sections *sections, uint32_t old)
{
    return old < sections->old_count ? sections->moved[old] : 0;
}

uint32_t wh_debug_section_at(const struct wh_debug_sections *sections, uint64_t address)
{
    for (uint32_t i = 1; i < sections->count; i++) {
        const uint64_t *values = sections->list[i].values;
        if (values[FLAGS] & FLAG_ALLOC && address - values[ADDRESS] < values[LENGTH])
            return i;
    }
    return 0;
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
    const struct layout *layout, const struct planned *planned, const uint64_t *old)
{
    uint64_t alignment = planned->values[ALIGN];

    if (!old ||
        (!(old[FLAGS] & FLAG_ALLOC) && old[OFFSET] == align_up(layout->old_end, old[ALIGN])))
        return align_up(layout->end, alignment);
    if (old[OFFSET] < layout->old_end)
        return layout->end;
    return layout->end + (old[OFFSET] - layout->old_end);
}

/* Sections without bytes lie where the one before ends, or as their address does in its page. */
static uint64_t place_empty(
    const struct layout *layout, const struct planned *planned, const uint64_t *old)
{
    if (!old || old[OFFSET] == layout->old_last)
        return layout->last;
    if (((old[OFFSET] ^ old[ADDRESS]) & layout->mask) == 0)
        return (old[OFFSET] & ~layout->mask) | (planned->values[ADDRESS] & layout->mask);
    return old[OFFSET];
}

static void place_section(
    struct layout *layout, const struct wh_debugdata *debug, struct planned *planned)
{
    uint64_t values[FIELDS];
    const uint64_t *old = NULL;
    bool has_bytes = planned->values[TYPE] != WH_SHT_NOBITS;

    if (planned->old) {
        load_section(&debug->inner, planned->old, values);
        old = values;
    }
    planned->values[OFFSET] = has_bytes ? place_content(layout, planned, old)
                                        : place_empty(layout, planned, old);
    layout->last = planned->values[OFFSET];
    if (has_bytes)
        layout->last = layout->end = planned->values[OFFSET] + planned->values[LENGTH];
    if (!old)
        return;
    layout->old_last = old[OFFSET];
    if (old[TYPE] != WH_SHT_NOBITS)
        layout->old_last = layout->old_end = old[OFFSET] + old[LENGTH];
}

static void place_all(
    struct wh_debug_sections *sections, const struct wh_debugdata *debug, struct layout *out_layout)
{
    struct layout layout = {
        .mask = debug->inner.machine == WH_EM_AARCH64 ? 0xffff : 0xfff,
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
        const struct planned *planned = &sections->list[i];
        if (planned->values[TYPE] == WH_SHT_NOBITS)
            continue;
        lay_bytes(out, planned->values[OFFSET], planned->content);
        size_t at = wh_elf_build_id(planned->content, debug->new_id.length);
        if (out->failed || !planned->has_build_id || at == 0)
            continue;
        uint8_t *id = out->data + planned->values[OFFSET] + at;
        for (size_t k = 0; k < debug->new_id.length; k++)
            id[k] = (uint8_t)(id[k] + debug->new_id.data[k]);
    }
}

/* The end of a section's bytes in the old inner file, in the new one. */
static bool moved_end(const struct wh_debug_sections *sections, const struct wh_debugdata *debug,
    uint64_t end, uint64_t *out_end)
{
    for (uint32_t i = 1; i < sections->count; i++) {
        const struct planned *planned = &sections->list[i];
        if (planned->old == 0 || planned->values[TYPE] == WH_SHT_NOBITS)
            continue;
        const struct wh_section *old = &debug->inner.sections[planned->old];
        if (old->offset + old->length != end)
            continue;
        *out_end = planned->values[OFFSET] + planned->values[LENGTH];
        return true;
    }
    return false;
}

/* A program header of the old inner file, brought up to date. */
static void update_segment(const struct wh_debug_sections *sections,
    const struct wh_debugdata *debug, uint64_t mask, const uint64_t *before, uint64_t *values)
{
    uint64_t old[P_FIELDS];
    uint64_t end;

    memcpy(old, values, sizeof old);
    follow(values, before, before + P_FIELDS, P_FIELDS);
    if (old[P_OFFSET] != before[P_OFFSET] && old[P_OFFSET] != 0 &&
        ((old[P_OFFSET] ^ old[P_ADDRESS]) & mask) == 0)
        values[P_OFFSET] = (old[P_OFFSET] & ~mask) | (values[P_ADDRESS] & mask);
    if (old[P_LENGTH] != 0 && old[P_LENGTH] != before[P_LENGTH] &&
        moved_end(sections, debug, old[P_OFFSET] + old[P_LENGTH], &end))
        values[P_LENGTH] = end - values[P_OFFSET];
}

static void lay_segments(const struct wh_debug_sections *sections, const struct wh_debugdata *debug,
    uint64_t mask, struct wh_buffer *out)
{
    const struct form *form = form_of(&debug->inner);
    size_t count = segment_count(&debug->outer);

    for (size_t i = 0; i < count; i++) {
        uint64_t values[P_FIELDS];
        uint64_t outers[2 * P_FIELDS]; /* the old one's, then the new one's */
        uint8_t *at = lay(
            out, form->header_length + i * form->segment_length, form->segment_length);
        load_segment(&debug->outer, i, outers + P_FIELDS);
        memcpy(values, outers + P_FIELDS, sizeof values);
        if (i < segment_count(&debug->inner) && i < segment_count(&debug->moves.old)) {
            load_segment(&debug->inner, i, values);
            load_segment(&debug->moves.old, i, outers);
            update_segment(sections, debug, mask, outers, values);
        }
        if (at)
            store_fields(at, form->segment, P_FIELDS, values);
    }
}

/* The section headers come last, and the ELF header tells where. */
static void lay_headers(const struct wh_debug_sections *sections, const struct wh_debugdata *debug,
    const struct layout *layout, struct wh_buffer *out)
{
    const struct form *form = form_of(&debug->inner);
    uint64_t values[H_FIELDS];
    uint64_t before[H_FIELDS];
    uint64_t after[H_FIELDS];
    uint64_t width = debug->inner.wide ? 8 : 4;

    load_header(&debug->inner, values);
    load_header(&debug->moves.old, before);
    load_header(&debug->outer, after);
    uint64_t start = layout->end;
    if (values[H_SECTIONS] == align_up(layout->old_end, width))
        start = align_up(layout->end, width);
    else if (values[H_SECTIONS] > layout->old_end)
        start += values[H_SECTIONS] - layout->old_end;
    follow(values, before, after, H_FIELDS);
    values[H_SECTIONS] = start;
    values[H_SECTION_COUNT] = sections->count;
    values[H_NAMES] = sections->names;
    lay_bytes(out, 0, (struct wh_bytes){debug->inner.bytes.data, form->header_length});
    if (!out->failed)
        store_fields(out->data, form->header, H_FIELDS, values);
    for (uint32_t i = 0; i < sections->count; i++) {
        uint8_t *at = lay(out, start + i * form->section_length, form->section_length);
        if (at)
            store_fields(at, form->section, FIELDS, sections->list[i].values);
    }
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Names of sections: first of those that no image has. */
static wh_status name_sections(
    struct wh_debug_sections *sections, struct wh_strings *strings, struct wh_error *err)
{
    struct wh_bytes names[2 * SECTIONS_MAX];
    uint32_t numbers[2 * SECTIONS_MAX];
    uint32_t count = 0;

    for (int image = 0; image < 2; image++) {
        for (uint32_t i = 1; i < sections->count; i++) {
            const struct planned *planned = &sections->list[i];
            if ((planned->outer != 0) != image)
                continue;
            numbers[count] = i;
            names[count++] = (struct wh_bytes){
                (const uint8_t *)planned->name, strnlen(planned->name, NAME_MAX_COMPARED)};
        }
    }
    WH_TRY(wh_strings_build(names, count, UINT32_MAX, strings, err));
    for (uint32_t i = 0; i < count; i++)
        sections->list[numbers[i]].values[NAME] = strings->offsets[i];
    return WH_OK;
}

static uint64_t count_locals(const struct wh_symbol *symbols, size_t count)
{
    size_t locals = 0;

    while (locals < count && symbols[locals].info >> 4 == 0)
        locals++;
    return locals;
}

static void set_content(struct planned *planned, struct wh_bytes content)
{
    planned->content = content;
    planned->values[LENGTH] = content.length;
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
    sections->list[sections->symbols].values[INFO] = count_locals(symbols, count);
    set_content(&sections->list[sections->strings], strings);
    set_content(&sections->list[sections->names], wh_buffer_bytes(&names.table));
    place_all(sections, debug, &layout);
    lay_contents(sections, debug, out);
    lay_segments(sections, debug, layout.mask, out);
    lay_headers(sections, debug, &layout, out);
    return wh_buffer_check(out, err);
}
