/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debugdata_fields.c - see packed/fields.h. An ELF file (System V ABI, chapter 4) as it would be
 * without its section .gnu_debugdata, in the middle of which that section's bytes lie. Each field
 * is changed so that no two files become the same: what is done can always be undone. */
#include "packed/fields.h"
#include "whittle/elf.h"
#include "whittle/word.h"

enum { TYPE_NOTE = 7 };

/* Where the fields of one class are. */
struct class_form {
    size_t header_length;
    size_t section_length;
    unsigned width; /* of offsets and lengths */
    size_t sections_field;
    size_t count_field;
    size_t offset_field; /* of a section header; the length follows it */
};

static const struct class_form narrow_form = {52, 40, 4, 32, 48, 16};
static const struct class_form wide_form = {64, 64, 8, 40, 60, 24};

struct elf_fields {
    uint8_t *bytes;
    size_t length;
    const struct class_form *form;
    const struct wh_placed *stream;
    struct wh_bytes build_id;
    bool restore;
    size_t sections; /* where the section headers are in the whole file */
    size_t count;
};

static const struct class_form *form_of(const uint8_t *bytes, size_t length)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};

    if (length < wide_form.header_length || memcmp(bytes, magic, sizeof magic) != 0 ||
        bytes[5] != 1) /* little-endian */
        return NULL;
    if (bytes[4] == 2)
        return &wide_form;
    return bytes[4] == 1 ? &narrow_form : NULL;
}

/* Offsets from the stream's start on are less by its length, and those that would then lie before
 * it take the places at the upper end of what the field can hold. */
static uint64_t shift_offset(const struct elf_fields *fields, uint64_t offset, bool restore)
{
    uint64_t start = fields->stream->start;
    uint64_t by = fields->stream->packed_length;
    uint64_t last = fields->form->width == 8 ? UINT64_MAX : UINT32_MAX;

    if (offset < start)
        return offset;
    if (restore)
        return offset <= last - by ? offset + by : start + (offset - (last - by) - 1);
    return offset - start >= by ? offset - by : last - by + 1 + (offset - start);
}

static uint64_t shift_field(const struct elf_fields *fields, size_t at)
{
    unsigned width = fields->form->width;
    uint64_t found = wh_load(fields->bytes + at, width);
    uint64_t put = shift_offset(fields, found, fields->restore);

    wh_store(fields->bytes + at, width, put);
    return fields->restore ? put : found;
}

/* The stream's own section is empty, and lies where the stream began. What else would be like that
 * changes places with it. */
static void shift_section(const struct elf_fields *fields, size_t at)
{
    unsigned width = fields->form->width;
    uint8_t *offset_at = fields->bytes + at + fields->form->offset_field;
    uint64_t start = fields->stream->start;
    uint64_t by = fields->stream->packed_length;
    uint64_t offset = wh_load(offset_at, width);
    uint64_t length = wh_load(offset_at + width, width);

    if (!fields->restore && offset == start && length == by) {
        length = 0;
    } else if (!fields->restore && offset == start + by && length == 0) {
        offset = shift_offset(fields, start, false);
        length = by;
    } else if (!fields->restore) {
        offset = shift_offset(fields, offset, false);
    } else if (offset == start && length == 0) {
        length = by;
    } else if (offset == shift_offset(fields, start, false) && length == by) {
        offset = start + by;
        length = 0;
    } else {
        offset = shift_offset(fields, offset, true);
    }
    wh_store(offset_at, width, offset);
    wh_store(offset_at + width, width, length);
}

static bool is_apart(size_t start, size_t length, size_t other, size_t other_length)
{
    return start + length <= other || other + other_length <= start;
}

/* Ranges inside the file whose bytes no other step changes or looks at. */
static bool is_free(const struct elf_fields *fields, uint64_t start, uint64_t length)
{
    if (start > fields->length || length > fields->length - start)
        return false;
    return start >= fields->form->header_length &&
           is_apart((size_t)start, (size_t)length, fields->stream->start,
               fields->stream->packed_length) &&
           is_apart((size_t)start, (size_t)length, fields->sections,
               fields->count * fields->form->section_length);
}

/* The first section of notes that begins with a build-id of that length. No section is looked at
 * that lies before the end of one that was: an id never stands where a decision is made. */
static void shift_build_id(const struct elf_fields *fields)
{
    unsigned width = fields->form->width;
    uint64_t end = 0;

    for (size_t i = 0; i < fields->count; i++) {
        const uint8_t *header = fields->bytes + fields->sections + i * fields->form->section_length;
        uint64_t offset = wh_load(header + fields->form->offset_field, width);
        uint64_t length = wh_load(header + fields->form->offset_field + width, width);
        if (wh_load32(header + 4) != TYPE_NOTE || offset < end || !is_free(fields, offset, length))
            continue;
        end = offset + length;
        uint8_t *notes = fields->bytes + offset;
        size_t at = wh_elf_build_id(
            (struct wh_bytes){notes, (size_t)length}, fields->build_id.length);
        if (at == 0)
            continue;
        for (size_t k = 0; k < fields->build_id.length; k++) {
            uint8_t by = fields->build_id.data[k];
            notes[at + k] = (uint8_t)(fields->restore ? notes[at + k] + by : notes[at + k] - by);
        }
        return;
    }
}

/* Section headers as the whole file has them; none where they do not lie apart from the stream. */
static void find_sections(struct elf_fields *fields, uint64_t offset)
{
    size_t count = wh_load16(fields->bytes + fields->form->count_field);
    size_t length = count * fields->form->section_length;

    if (offset < fields->form->header_length || offset > fields->length ||
        length > fields->length - offset ||
        !is_apart((size_t)offset, length, fields->stream->start, fields->stream->packed_length))
        return;
    fields->sections = (size_t)offset;
    fields->count = count;
}

static void shift_sections(const struct elf_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        shift_section(fields, fields->sections + i * fields->form->section_length);
}

/* The stream lies behind the ELF header, in the file, and where its fields can reach. */
static bool is_placed(const struct elf_fields *fields)
{
    size_t start = fields->stream->start;
    size_t length = fields->stream->packed_length;

    return start >= fields->form->header_length && length > 0 && start <= fields->length &&
           length <= fields->length - start &&
           (fields->form->width == 8 || fields->length <= UINT32_MAX);
}

void wh_fields_debugdata(uint8_t *bytes, size_t length, const struct wh_placed *stream,
    struct wh_bytes build_id, bool restore)
{
    struct elf_fields fields = {
        .bytes = bytes,
        .length = length,
        .form = form_of(bytes, length),
        .stream = stream,
        .build_id = build_id,
        .restore = restore,
    };

    if (!fields.form || !is_placed(&fields))
        return;
    find_sections(&fields, shift_field(&fields, fields.form->sections_field));
    if (restore)
        shift_sections(&fields);
    shift_build_id(&fields);
    if (!restore)
        shift_sections(&fields);
}
