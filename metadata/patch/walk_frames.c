/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk_frames.c - unwind tables: .eh_frame and its index (DWARF 5, 6.4.1; Linux Standard Base
 * 10.6). Only the encodings that compilers use: four bytes relative to the field, and in the index
 * relative to its start. */
#include <stdlib.h>

#include "patch/walk.h"
#include "whittle/cleanup.h"

enum { PCREL_SDATA4 = 0x1b, DATAREL_SDATA4 = 0x3b };
enum { CIE_MAX = 64 }; /* bytes of a CIE that are looked at: twice what compilers write */

/* How the fields of the records that share a CIE are encoded. */
struct augmentation {
    size_t cie; /* offset in the section, SIZE_MAX for none */
    bool start; /* pcrel, four bytes */
    bool lsda;
    bool sized; /* 'z': augmentation data follow the length of the range */
};

static void skip_leb(struct wh_reader *reader)
{
    while (!reader->failed && wh_read_u8(reader) & 0x80)
        continue;
}

/* A CIE: id, version, augmentation string, alignment factors, return register, data. */
static struct augmentation read_cie(struct wh_bytes section, size_t at, size_t end)
{
    struct augmentation found = {.cie = at};
    size_t length = end - at < CIE_MAX ? end - at : CIE_MAX;
    struct wh_reader reader = wh_reader_over((struct wh_bytes){section.data + at, length});

    (void)wh_read_le64(&reader); /* length and id */
    uint8_t version = wh_read_u8(&reader);
    const char *letters = (const char *)reader.at;
    while (!reader.failed && wh_read_u8(&reader) != 0)
        continue;
    if (reader.failed || version != 1 || letters[0] != 'z')
        return found;
    skip_leb(&reader);
    skip_leb(&reader);
    (void)wh_read_u8(&reader); /* return register, a byte in version 1 */
    skip_leb(&reader);
    found.sized = true;
    for (letters++; *letters && !reader.failed; letters++) {
        if (*letters == 'R') {
            found.start = wh_read_u8(&reader) == PCREL_SDATA4;
        } else if (*letters == 'L') {
            found.lsda = wh_read_u8(&reader) == PCREL_SDATA4;
        } else if (*letters == 'P') {
            uint8_t encoding = wh_read_u8(&reader);
            (void)wh_read_bytes(&reader, (encoding & 7) == 3 ? 4 : 8);
        } else if (*letters != 'S' && *letters != 'B') {
            break;
        }
    }
    if (reader.failed)
        found = (struct augmentation){.cie = at};
    return found;
}

struct frame_list {
    uint32_t *fields;
    size_t count;
    size_t room;
};

static void add_field(struct frame_list *list, size_t offset, enum wh_frame_field kind)
{
    if (list->count < list->room)
        list->fields[list->count++] = (uint32_t)offset << 2 | kind;
}

static void add_record(struct frame_list *list, struct wh_bytes section, size_t at, size_t end,
    struct augmentation *augmentation)
{
    size_t id = wh_load32(section.data + at + 4);

    if (id == 0 || id > at + 4)
        return;
    size_t cie = at + 4 - id;
    if (augmentation->cie != cie) {
        if (cie + 8 > section.length)
            return;
        size_t length = wh_load32(section.data + cie);
        if (length > section.length - cie - 4)
            return;
        *augmentation = read_cie(section, cie, cie + 4 + length);
    }
    add_field(list, at + 4, WH_FRAME_CIE);
    if (!augmentation->start || end - at < 16)
        return;
    add_field(list, at + 8, WH_FRAME_START);
    add_field(list, at + 12, WH_FRAME_LENGTH);
    if (augmentation->lsda && augmentation->sized && end - at >= 21 && section.data[at + 16] == 4)
        add_field(list, at + 17, WH_FRAME_LSDA);
}

wh_status wh_find_frames(
    const struct wh_elf *old, uint32_t **out_frames, size_t *out_count, struct wh_error *err)
{
    const uint32_t number = wh_elf_section(old, ".eh_frame");
    struct wh_bytes section = wh_elf_content(old, number);
    struct frame_list list = {0};
    struct augmentation augmentation = {.cie = SIZE_MAX};

    *out_count = 0;
    if (number == 0 || section.length > UINT32_MAX >> 2)
        section.length = 0;
    list.room = section.length / 4 + 1; /* no two fields share a word, but for the last kind */
    list.fields = wh_array(list.room, sizeof *list.fields, SIZE_MAX, err);
    if (!list.fields)
        return wh_no_memory(err);
    for (size_t at = 0; at + 8 <= section.length;) {
        size_t length = wh_load32(section.data + at);
        if (length < 4 || length > section.length - at - 4)
            break; /* the end, or a length of 64 bits */
        add_record(&list, section, at, at + 4 + length, &augmentation);
        at += 4 + length;
    }
    *out_frames = list.fields;
    *out_count = list.count;
    return WH_OK;
}

/* ---- the walk ------------------------------------------------------------------------------ */

static void put_location(struct wh_walk *walk, size_t at, uint64_t new_shift, uint64_t target)
{
    uint64_t base = at + new_shift;

    if (!wh_in_image(walk, target))
        return;
    uint32_t guess = (uint32_t)(wh_guess(walk, target) - base);
    uint32_t now = wh_put32(walk, at, guess);
    if (now != guess)
        wh_learn(walk, target, base + (uint64_t)(int64_t)(int32_t)now);
}

/* The old target of a field that counts from itself. */
static uint64_t target_of(const struct wh_walk *walk, const struct wh_stretch *stretch, size_t from)
{
    int32_t value = (int32_t)wh_load32(walk->old_bytes + from);

    return from + stretch->old_shift + (uint64_t)(int64_t)value;
}

/* The range ends where its last byte has gone. */
static void put_length(struct wh_walk *walk, const struct wh_stretch *stretch, size_t from)
{
    uint32_t length = wh_load32(walk->old_bytes + from);
    uint64_t start = target_of(walk, stretch, from - 4);

    if (length == 0 || !wh_in_image(walk, start) || !wh_in_image(walk, start + length - 1))
        return;
    uint64_t end = wh_map_find(&walk->addresses, start + length - 1) + 1;
    (void)wh_put32(walk, from + stretch->shift, (uint32_t)(end - wh_guess(walk, start)));
}

static size_t first_field(const struct wh_walk *walk, size_t offset)
{
    size_t low = 0;
    size_t high = walk->frame_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (walk->frames[middle] >> 2 < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void wh_walk_frames(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    size_t start = stretch->region->offset;

    for (size_t i = first_field(walk, stretch->from - start); i < walk->frame_count; i++) {
        size_t from = start + (walk->frames[i] >> 2);
        size_t at = from + stretch->shift;
        if (from + 4 > stretch->to)
            break;
        switch ((enum wh_frame_field)(walk->frames[i] & 3)) {
        case WH_FRAME_CIE:
            (void)wh_put32(walk, at,
                (uint32_t)(at - wh_moved(walk, from - wh_load32(walk->old_bytes + from))));
            break;
        case WH_FRAME_START:
        case WH_FRAME_LSDA:
            put_location(walk, at, stretch->new_shift, target_of(walk, stretch, from));
            break;
        case WH_FRAME_LENGTH:
            put_length(walk, stretch, from);
            break;
        }
    }
}

/* .eh_frame_hdr: version, three encodings, .eh_frame's place, number of rows; rows of a function's
 * start and its record's place, both counted from the section's start. */
void wh_walk_frame_index(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    enum { ROWS = 12 };
    const struct wh_region *region = stretch->region;
    const uint8_t *old = walk->old_bytes + region->offset;
    uint64_t base = region->address;
    size_t header = region->offset + 4;

    if (region->length < ROWS || old[1] != PCREL_SDATA4 || old[3] != DATAREL_SDATA4)
        return;
    if (stretch->from <= header && header + 4 <= stretch->to)
        put_location(
            walk, header + stretch->shift, stretch->new_shift, target_of(walk, stretch, header));
    uint64_t new_base = wh_map_find(&walk->addresses, base);
    for (size_t from = wh_first_record(stretch, ROWS, 4); from + 4 <= stretch->to; from += 4) {
        uint64_t target = base + (uint64_t)(int64_t)(int32_t)wh_load32(walk->old_bytes + from);
        size_t at = from + stretch->shift;
        if (!wh_in_image(walk, target))
            continue;
        uint32_t guess = (uint32_t)(wh_guess(walk, target) - new_base);
        uint32_t now = wh_put32(walk, at, guess);
        if (now != guess)
            wh_learn(walk, target, new_base + (uint64_t)(int64_t)(int32_t)now);
    }
}
