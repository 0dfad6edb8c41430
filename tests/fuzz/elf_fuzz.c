/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf_fuzz.c - an ELF file: what the parser finds in it, and what the publisher's match finder sees
 * of it. A byte chooses the kind of file that the input changes; above these kinds the input itself
 * is the file. */
#include <stdlib.h>
#include <string.h>

#include "diff/mask.h"
#include "diff/names.h"
#include "fuzz_elf.h"
#include "whittle/cleanup.h"

static void check_regions(const struct wh_elf *elf)
{
    size_t end = 0;

    for (uint32_t i = 0; i < elf->region_count; i++) {
        const struct wh_region *region = &elf->regions[i];
        promise(region->offset >= end && region->length > 0);
        promise(region->offset <= elf->bytes.length);
        promise(region->length <= elf->bytes.length - region->offset);
        promise(region->section == 0 || region->section < elf->section_count);
        end = region->offset + region->length;
    }
}

static void check_sections(const struct wh_elf *elf)
{
    for (uint32_t i = 0; i < elf->section_count; i++) {
        const char *name = wh_elf_section_name(elf, &elf->sections[i]);
        uint32_t first = wh_elf_section(elf, name);
        promise(fuzz_inside(wh_elf_content(elf, i), elf->bytes));
        promise(strlen(name) <= elf->section_names.length);
        promise(i == 0 || (first > 0 && first <= i));
    }
    promise(wh_elf_content(elf, elf->section_count).length == 0);
}

static void check_segments(const struct wh_elf *elf)
{
    promise(elf->headers_end <= elf->bytes.length && elf->high - elf->low < 1ull << 32);
    promise(elf->segments.count > 0 && elf->segments.count <= WH_SEGMENTS_MAX);
    for (uint32_t i = 0; i < elf->segments.count; i++) {
        const struct wh_segment *segment = &elf->segments.list[i];
        uint64_t offset = 0;
        promise(segment->offset <= elf->bytes.length);
        promise(segment->length <= elf->bytes.length - segment->offset);
        promise(segment->memory >= segment->length);
        promise(segment->address >= elf->low);
        promise(segment->address + segment->memory <= elf->high);
        if (segment->length > 0)
            promise(wh_segments_offset(&elf->segments, segment->address, &offset));
        promise(offset <= elf->bytes.length);
    }
}

static void check_names(const struct wh_elf *elf)
{
    wh_cleanup(wh_names_clear) struct wh_names names = {0};

    promise(wh_names_find(elf, &names, NULL) == WH_OK);
    promise(names.count <= elf->bytes.length / 8);
    for (size_t i = 0; i < names.count; i++) {
        const struct wh_slot *slot = wh_names_slot(&names, names.slots[i].address);
        promise(i == 0 || names.slots[i - 1].address <= names.slots[i].address);
        promise(slot && slot->address == names.slots[i].address);
    }
}

/* Nothing outside of the regions is hidden, but for words that relocations fill. */
static void check_mask(const struct wh_elf *elf, bool with_names)
{
    wh_autofree uint8_t *view = NULL;
    wh_autofree uint8_t *again = NULL;
    size_t at = 0;

    promise(wh_mask(elf, with_names, &view, NULL) == WH_OK);
    promise(wh_mask(elf, with_names, &again, NULL) == WH_OK);
    promise(memcmp(view, again, elf->bytes.length) == 0);
    for (uint32_t i = 0; !with_names && i <= elf->region_count; i++) {
        bool last = i == elf->region_count;
        size_t end = last ? elf->bytes.length : elf->regions[i].offset;
        promise(memcmp(view + at, elf->bytes.data + at, end - at) == 0);
        at = last ? end : end + elf->regions[i].length;
    }
}

static void check_file(struct wh_bytes bytes)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    struct wh_error err = {0};

    wh_status status = wh_elf_parse(bytes, &elf, &err);
    promise(status == WH_OK || status == WH_UNSUPPORTED);
    if (!fuzz_ok(status, &err))
        return;
    check_regions(&elf);
    check_sections(&elf);
    check_segments(&elf);
    check_names(&elf);
    check_mask(&elf, false);
    check_mask(&elf, true);
    fuzz_accept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wh_bytes input = {data, size};
    uint8_t kind = fuzz_take(&input);
    wh_autofree uint8_t *bytes = NULL;

    if (kind < FUZZ_ELF_KINDS) {
        const struct made_elf *old = &fuzz_builds(kind)->old;
        bytes = fuzz_elf_changed(old, &input);
        check_file((struct wh_bytes){bytes, old->file.length});
        return 0;
    }
    bytes = malloc(input.length ? input.length : 1);
    if (!bytes)
        abort();
    memcpy(bytes, input.data, input.length);
    check_file((struct wh_bytes){bytes, input.length});
    return 0;
}
