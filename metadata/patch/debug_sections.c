/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_sections.c - see patch/debug_sections.h. Headers and notes that were the old outer file's
 * are the new outer file's. */
#include "patch/debug_sections.h"

#include <stdlib.h>

#include "whittle/cleanup.h"

enum { TYPE_NOTE = 7, NOTE_MAX = 65536 };

static uint32_t find_section(const struct wh_elf *elf, const char *name)
{
    for (uint32_t i = 1; i < elf->section_count; i++)
        if (strncmp(wh_elf_section_name(elf, &elf->sections[i]), name, WH_SECTION_NAME_MAX) == 0)
            return i;
    return 0;
}

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

static struct wh_planned *add_planned(struct wh_debug_sections *sections, uint32_t old)
{
    struct wh_planned *planned = &sections->list[sections->count];

    *planned = (struct wh_planned){.old = old};
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
        if (!(outer->sections[i].flags & WH_SHF_ALLOC))
            continue;
        uint32_t old = find_section(&debug->inner, name);
        uint32_t old_outer = find_section(&debug->moves.old, name);
        if (old_outer && !old)
            continue;
        struct wh_planned *planned = add_planned(sections, old);
        planned->name = name;
        planned->old_outer = old_outer;
        planned->outer = i;
        wh_load_section(outer, i, planned->values);
        if (old_outer) {
            uint64_t before[WH_SH_FIELDS];
            uint64_t after[WH_SH_FIELDS];
            memcpy(after, planned->values, sizeof after);
            wh_load_section(&debug->moves.old, old_outer, before);
            wh_load_section(&debug->inner, old, planned->values);
            wh_follow_fields(planned->values, before, after, WH_SH_FIELDS);
        } else if (planned->values[WH_SH_TYPE] != TYPE_NOTE) {
            planned->values[WH_SH_TYPE] = WH_SHT_NOBITS;
        }
    }
}

static void add_others(struct wh_debug_sections *sections, const struct wh_debugdata *debug)
{
    const struct wh_elf *inner = &debug->inner;
    uint32_t first = sections->count;

    for (uint32_t i = 1; i < inner->section_count; i++) {
        if (inner->sections[i].flags & WH_SHF_ALLOC)
            continue;
        struct wh_planned *planned = add_planned(sections, i);
        planned->name = wh_elf_section_name(inner, &inner->sections[i]);
        wh_load_section(inner, i, planned->values);
        planned->content = wh_elf_content(inner, i);
    }
    for (uint32_t i = first; i < sections->count; i++) {
        uint64_t *link = &sections->list[i].values[WH_SH_LINK];
        if (*link < inner->section_count)
            *link = sections->moved[*link];
    }
}

/* Is this the old outer file's content, its build-id added? */
static bool is_outer_content(const struct wh_debugdata *debug, const struct wh_planned *planned)
{
    struct wh_bytes inner = wh_elf_content(&debug->inner, planned->old);
    struct wh_bytes outer = wh_elf_content(&debug->moves.old, planned->old_outer);
    size_t at = wh_elf_build_id(outer, debug->old_id.length);

    if (!planned->old_outer || inner.length != outer.length || inner.length > NOTE_MAX)
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
        struct wh_planned *planned = &sections->list[i];
        if (!planned->outer || planned->values[WH_SH_TYPE] == WH_SHT_NOBITS)
            continue;
        planned->is_outer = !planned->old || is_outer_content(debug, planned);
        planned->content = planned->is_outer ? wh_elf_content(&debug->outer, planned->outer)
                                             : wh_elf_content(&debug->inner, planned->old);
        planned->values[WH_SH_LENGTH] = planned->content.length;
    }
}

wh_status wh_debug_sections_new(
    const struct wh_debugdata *debug, struct wh_debug_sections **out_sections, struct wh_error *err)
{
    wh_cleanup(free_sections) struct wh_debug_sections *sections = calloc(1, sizeof *sections);
    uint32_t old_count = debug->inner.section_count;
    uint64_t most = (uint64_t)old_count + debug->outer.section_count;
    uint64_t header[WH_EH_FIELDS];

    if (!sections)
        return wh_no_memory(err);
    if (!debug->old.table || old_count > WH_DEBUG_SECTIONS_MAX ||
        debug->moves.old.section_count > WH_DEBUG_SECTIONS_MAX ||
        debug->outer.section_count > WH_DEBUG_SECTIONS_MAX)
        return wh_fail(err, WH_UNSUPPORTED, "an inner file without symbols, or of many sections");
    sections->list = wh_array(most, sizeof *sections->list, SIZE_MAX, err);
    sections->moved = wh_array(old_count, sizeof *sections->moved, SIZE_MAX, err);
    if (!sections->list || !sections->moved)
        return wh_no_memory(err);
    sections->old_count = old_count;
    wh_load_section(&debug->inner, 0, add_planned(sections, 0)->values);
    sections->list[0].name = "";
    add_image(sections, debug);
    add_others(sections, debug);
    find_contents(sections, debug);
    wh_load_header(&debug->inner, header);
    sections->symbols = wh_debug_section_moved(sections, debug->old.table);
    sections->strings = wh_debug_section_moved(sections, debug->old.strings);
    sections->names = wh_debug_section_moved(sections, (uint32_t)header[WH_EH_NAMES]);
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
        if (values[WH_SH_FLAGS] & WH_SHF_ALLOC &&
            address - values[WH_SH_ADDRESS] < values[WH_SH_LENGTH])
            return i;
    }
    return 0;
}
