/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk_versions.c - .gnu.version_r and .gnu.version_d: lists of records linked by distances, each
 * with a list of parts, which hold offsets of strings. They are listed once: a list that was gone
 * through for each copy would cost the square of its length. */
#include <stdlib.h>

#include "patch/walk.h"
#include "whittle/cleanup.h"

/* Both have the distance to the next in their last word. */
struct version_form {
    size_t record;     /* bytes */
    size_t name;       /* of the record: offset of a string, or SIZE_MAX */
    size_t first_part; /* of the record: distance to its first part */
    size_t next;       /* of the record: distance to the next */
    size_t part;       /* bytes of a part */
    size_t part_name;
    size_t part_next;
};

static const struct version_form needs = {16, 4, 8, 12, 16, 8, 12};
static const struct version_form definitions = {20, SIZE_MAX, 12, 16, 8, 0, 4};

static const struct version_form *form_of(const struct wh_region *region)
{
    if (region->kind == WH_REGION_NEEDS)
        return &needs;
    return region->kind == WH_REGION_DEFINITIONS ? &definitions : NULL;
}

struct field_list {
    size_t *fields;
    size_t count;
};

/* Distances must lead onward, so that the list ends and fields ascend. */
static void list_fields(const uint8_t *bytes, const struct wh_region *region,
    const struct version_form *form, struct field_list *list)
{
    size_t end = region->offset + region->length;
    size_t at = region->offset;

    while (at + form->record <= end) {
        const uint8_t *record = bytes + at;
        size_t next = wh_load32(record + form->next);
        size_t limit = next >= form->record && next <= end - at ? at + next : end;
        size_t step = wh_load32(record + form->first_part);
        if (form->name != SIZE_MAX)
            list->fields[list->count++] = at + form->name;
        for (size_t part = at; step >= form->part && step <= limit - part;) {
            part += step;
            if (form->part > limit - part)
                break;
            list->fields[list->count++] = part + form->part_name;
            step = wh_load32(bytes + part + form->part_next);
        }
        if (limit == end)
            break;
        at = limit;
    }
}

wh_status wh_find_versions(
    const struct wh_elf *old, size_t **out_fields, size_t *out_count, struct wh_error *err)
{
    enum { APART = 8 }; /* no two fields are nearer */
    struct field_list list = {0};
    uint64_t room = 0;

    for (uint32_t i = 0; i < old->region_count; i++)
        if (form_of(&old->regions[i]))
            room += old->regions[i].length / APART + 1;
    list.fields = wh_array(room, sizeof *list.fields, SIZE_MAX, err);
    if (!list.fields)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < old->region_count; i++)
        if (form_of(&old->regions[i]))
            list_fields(old->bytes.data, &old->regions[i], form_of(&old->regions[i]), &list);
    *out_fields = list.fields;
    *out_count = list.count;
    return WH_OK;
}

static size_t first_field(const struct wh_walk *walk, size_t offset)
{
    size_t low = 0;
    size_t high = walk->version_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (walk->versions[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void wh_walk_versions(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    uint32_t strings = walk->old->sections[stretch->region->section].link;

    for (size_t i = first_field(walk, stretch->from); i < walk->version_count; i++) {
        size_t from = walk->versions[i];
        if (from + 4 > stretch->to)
            break;
        uint64_t moved = wh_moved_string(walk, strings, wh_load32(walk->old_bytes + from));
        (void)wh_put32(walk, from + stretch->shift, (uint32_t)moved);
    }
}
