/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pass.c - see patch/pass.h. */
#include "patch/pass.h"

#include <stdlib.h>

#include "patch/go.h"

enum { LESSONS_MIN_LOG = 12, LESSONS_MAX_LOG = 18 };

static wh_status prepare_lessons(struct wh_walk *walk, struct wh_error *err)
{
    unsigned log = LESSONS_MIN_LOG;

    while (log < LESSONS_MAX_LOG && walk->length >> 6 >= (size_t)1 << log)
        log++;
    walk->learned = wh_array((size_t)1 << log, sizeof *walk->learned, SIZE_MAX, err);
    walk->learned_shift = 32 - log;
    return walk->learned ? WH_OK : wh_no_memory(err);
}

wh_status wh_pass_prepare(
    struct wh_walk *walk, const struct wh_copy *copies, size_t copy_count, struct wh_error *err)
{
    uint32_t got = wh_elf_section(walk->old, ".got.plt");

    if (got == 0)
        got = wh_elf_section(walk->old, ".got");
    if (walk->old->machine == WH_EM_386 && got)
        walk->old_got = walk->old->sections[got].address;
    walk->stub_rows = wh_elf_section(walk->old, walk->old->wide ? ".rela.plt" : ".rel.plt");
    wh_table_form_of(walk->old, walk->old_got, &walk->tables);
    WH_TRY(wh_map_offsets(copies, copy_count, walk->old->bytes.length, &walk->offsets, err));
    WH_TRY(prepare_lessons(walk, err));
    WH_TRY(wh_find_frames(walk->old, &walk->frames, &walk->frame_count, err));
    WH_TRY(wh_find_versions(walk->old, &walk->versions, &walk->version_count, err));
    WH_TRY(wh_btf_prepare(walk->old, &walk->btf, err));
    return wh_go_find(walk->old, &walk->go, err);
}

void wh_pass_clear(struct wh_walk *walk)
{
    wh_map_clear(&walk->offsets);
    wh_map_clear(&walk->addresses);
    free(walk->learned);
    free(walk->frames);
    free(walk->versions);
    free(walk->section_starts);
    wh_btf_free(walk->btf);
    wh_go_free(walk->go);
}

/* ---- one copy ------------------------------------------------------------------------------ */

typedef void walk_fn(struct wh_walk *walk, const struct wh_stretch *stretch);

static walk_fn *const walks[] = {
    [WH_REGION_HEADER] = wh_walk_headers,
    [WH_REGION_SEGMENTS] = wh_walk_headers,
    [WH_REGION_CODE] = wh_walk_code,
    [WH_REGION_STUBS] = wh_walk_stubs,
    [WH_REGION_POINTERS] = wh_walk_pointers,
    [WH_REGION_FRAMES] = wh_walk_frames,
    [WH_REGION_FRAME_INDEX] = wh_walk_frame_index,
    [WH_REGION_RELOCATIONS] = wh_walk_relocations,
    [WH_REGION_SYMBOLS] = wh_walk_symbols,
    [WH_REGION_DYNAMIC] = wh_walk_dynamic,
    [WH_REGION_HASH] = wh_walk_hash,
    [WH_REGION_NEEDS] = wh_walk_versions,
    [WH_REGION_DEFINITIONS] = wh_walk_versions,
    [WH_REGION_CONSTANTS] = wh_walk_constants,
    [WH_REGION_GO_LINKS] = wh_walk_go_links,
    [WH_REGION_GO_TABLE] = wh_walk_go_table,
    [WH_REGION_BTF] = wh_walk_btf,
    [WH_REGION_SECTIONS] = wh_walk_sections,
};

static bool is_header(const struct wh_region *region)
{
    return region->kind == WH_REGION_HEADER || region->kind == WH_REGION_SEGMENTS;
}

/* The first region that ends behind an offset. */
static uint32_t first_region(const struct wh_elf *old, size_t offset)
{
    uint32_t low = 0;
    uint32_t high = old->region_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (old->regions[middle].offset + old->regions[middle].length <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Walks what old bytes [from, to) hold. Before the new program headers are known only headers can
 * be predicted, and afterwards they need not be. */
static void walk_range(struct wh_walk *walk, size_t from, size_t to, size_t shift, bool headers)
{
    for (uint32_t i = first_region(walk->old, from); i < walk->old->region_count; i++) {
        const struct wh_region *region = &walk->old->regions[i];
        size_t end = region->offset + region->length;
        if (region->offset >= to)
            break;
        if (is_header(region) != headers)
            continue;
        struct wh_stretch stretch = {
            .region = region,
            .from = from > region->offset ? from : region->offset,
            .to = to < end ? to : end,
            .shift = shift,
            .old_shift = region->address - region->offset,
        };
        size_t at = stretch.from + shift;
        if (walk->old->type != WH_ET_REL)
            stretch.new_shift = wh_segments_address(&walk->fresh, at) - at;
        walks[region->kind](walk, &stretch);
    }
}

/* Everything before headers_end is true now: reads the new program headers from it. */
static wh_status make_ready(struct wh_walk *walk, struct wh_error *err)
{
    const uint8_t *fresh = walk->truth ? walk->truth : walk->out;

    wh_settle(walk, walk->headers_end);
    if (walk->old->type == WH_ET_REL)
        walk->fresh = (struct wh_segments){{{0, walk->length, 0, walk->length}}, 1};
    else
        wh_elf_segments((struct wh_bytes){fresh, walk->headers_end}, walk->length, &walk->fresh);
    WH_TRY(wh_map_addresses(&walk->offsets, walk->old, &walk->fresh, &walk->addresses, err));
    walk->new_got = walk->old_got ? wh_map_find(&walk->addresses, walk->old_got) : 0;
    walk->ready = true;
    return WH_OK;
}

wh_status wh_pass_copy(struct wh_walk *walk, const struct wh_copy *copy, struct wh_error *err)
{
    size_t from = copy->old_offset;
    size_t to = copy->old_offset + copy->length;
    size_t shift = copy->new_offset - copy->old_offset;

    memcpy(walk->out + copy->new_offset, walk->old_bytes + from, copy->length);
    if (!walk->ready) {
        size_t end = copy->new_offset + copy->length;
        size_t cut = end < walk->headers_end ? end : walk->headers_end;
        size_t header_to = cut > copy->new_offset ? cut - shift : from;
        walk_range(walk, from, header_to, shift, true);
        if (end <= walk->headers_end)
            return WH_OK;
        WH_TRY(make_ready(walk, err));
        from = header_to;
    }
    walk_range(walk, from, to, shift, false);
    return WH_OK;
}
