/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf.c - see whittle/elf.h. */
#include "whittle/elf.h"

#include <stdlib.h>

#include "whittle/cleanup.h"
#include "whittle/word.h"

enum { FLAG_WRITE = 1, FLAG_ALLOC = 2, FLAG_EXECUTABLE = 4, PT_LOAD = 1 };
#define IMAGE_MAX (1ull << 32)

/* Sizes and places of the structures of one class. */
struct layout {
    size_t header;
    size_t segment;
    size_t section;
};

static const struct layout narrow_layout = {52, 32, 40};
static const struct layout wide_layout = {64, 56, 64};

static bool is_inside(uint64_t offset, uint64_t length, size_t whole)
{
    return offset <= whole && length <= whole - offset;
}

static const struct layout *layout_of(struct wh_bytes bytes)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};

    if (bytes.length < wide_layout.header || memcmp(bytes.data, magic, sizeof magic) != 0)
        return NULL;
    if (bytes.data[5] != 1) /* little-endian */
        return NULL;
    if (bytes.data[4] == 2)
        return &wide_layout;
    return bytes.data[4] == 1 ? &narrow_layout : NULL;
}

/* ---- segments ------------------------------------------------------------------------------ */

static struct wh_segment read_segment(const uint8_t *at, bool wide)
{
    if (wide)
        return (struct wh_segment){
            wh_load64(at + 8), wh_load64(at + 32), wh_load64(at + 16), wh_load64(at + 40)};
    return (struct wh_segment){
        wh_load32(at + 4), wh_load32(at + 16), wh_load32(at + 8), wh_load32(at + 20)};
}

/* Segments that share bytes of the file would give one copy many places. */
static bool overlaps(const struct wh_segments *segments, const struct wh_segment *segment)
{
    for (uint32_t i = 0; i < segments->count; i++) {
        const struct wh_segment *other = &segments->list[i];
        if (segment->offset < other->offset + other->length &&
            other->offset < segment->offset + segment->length)
            return true;
    }
    return false;
}

static bool is_sound(const struct wh_segment *segment, size_t length)
{
    return is_inside(segment->offset, segment->length, length) &&
           segment->memory >= segment->length && segment->memory < IMAGE_MAX &&
           segment->address < UINT64_MAX - IMAGE_MAX;
}

static void read_segments(struct wh_bytes start, const struct layout *layout, size_t length,
    struct wh_segments *out_segments)
{
    bool wide = layout == &wide_layout;
    uint64_t offset = wide ? wh_load64(start.data + 32) : wh_load32(start.data + 28);
    uint32_t count = wh_load16(start.data + (wide ? 56 : 44));

    if (!is_inside(offset, (uint64_t)count * layout->segment, start.length))
        return;
    for (uint32_t i = 0; i < count && out_segments->count < WH_SEGMENTS_MAX; i++) {
        const uint8_t *at = start.data + offset + i * layout->segment;
        struct wh_segment segment = read_segment(at, wide);
        if (wh_load32(at) == PT_LOAD && is_sound(&segment, length) &&
            !overlaps(out_segments, &segment))
            out_segments->list[out_segments->count++] = segment;
    }
}

void wh_elf_segments(struct wh_bytes start, size_t length, struct wh_segments *out_segments)
{
    const struct layout *layout = layout_of(start);

    *out_segments = (struct wh_segments){0};
    if (layout)
        read_segments(start, layout, length, out_segments);
}

uint64_t wh_segments_address(const struct wh_segments *segments, uint64_t offset)
{
    uint64_t address = offset;
    uint64_t nearest = 0;

    for (uint32_t i = 0; i < segments->count; i++) {
        const struct wh_segment *segment = &segments->list[i];
        if (segment->offset > offset || segment->offset < nearest)
            continue;
        nearest = segment->offset;
        address = segment->address + (offset - segment->offset);
    }
    return address;
}

bool wh_segments_offset(const struct wh_segments *segments, uint64_t address, uint64_t *out_offset)
{
    for (uint32_t i = 0; i < segments->count; i++) {
        const struct wh_segment *segment = &segments->list[i];
        if (address < segment->address || address - segment->address >= segment->length)
            continue;
        *out_offset = segment->offset + (address - segment->address);
        return true;
    }
    return false;
}

/* ---- sections ------------------------------------------------------------------------------ */

static struct wh_section read_section(const uint8_t *at, bool wide)
{
    struct wh_section section = {.name = wh_load32(at), .type = wh_load32(at + 4)};

    section.flags = wide ? wh_load64(at + 8) : wh_load32(at + 8);
    section.address = wide ? wh_load64(at + 16) : wh_load32(at + 12);
    section.offset = wide ? wh_load64(at + 24) : wh_load32(at + 16);
    section.length = wide ? wh_load64(at + 32) : wh_load32(at + 20);
    section.link = wh_load32(at + (wide ? 40 : 24));
    section.info = wh_load32(at + (wide ? 44 : 28));
    section.entry = wide ? wh_load64(at + 56) : wh_load32(at + 36);
    return section;
}

static uint64_t sections_offset(const struct wh_elf *elf)
{
    return elf->wide ? wh_load64(elf->bytes.data + 40) : wh_load32(elf->bytes.data + 32);
}

static wh_status read_sections(
    struct wh_elf *elf, const struct layout *layout, struct wh_error *err)
{
    const uint8_t *header = elf->bytes.data;
    uint64_t offset = sections_offset(elf);
    uint32_t count = wh_load16(header + (elf->wide ? 60 : 48));
    uint32_t names = wh_load16(header + (elf->wide ? 62 : 50));

    if (!is_inside(offset, (uint64_t)count * layout->section, elf->bytes.length))
        count = 0;
    elf->sections = wh_array(count, sizeof *elf->sections, UINT32_MAX, err);
    if (!elf->sections)
        return wh_no_memory(err);
    elf->section_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct wh_section *section = &elf->sections[i];
        *section = read_section(header + offset + i * layout->section, elf->wide);
        if (section->type == WH_SHT_NOBITS)
            continue;
        if (!is_inside(section->offset, section->length, elf->bytes.length))
            section->length = 0;
    }
    elf->section_names = wh_elf_content(elf, names);
    while (elf->section_names.length > 0 &&
           elf->section_names.data[elf->section_names.length - 1] != '\0')
        elf->section_names.length--;
    return WH_OK;
}

struct wh_bytes wh_elf_content(const struct wh_elf *elf, uint32_t section)
{
    if (section >= elf->section_count || elf->sections[section].type == WH_SHT_NOBITS)
        return (struct wh_bytes){0};
    const struct wh_section *found = &elf->sections[section];
    if (found->length == 0) /* its offset may be anything */
        return (struct wh_bytes){0};
    return (struct wh_bytes){elf->bytes.data + found->offset, (size_t)found->length};
}

const char *wh_elf_section_name(const struct wh_elf *elf, const struct wh_section *section)
{
    struct wh_bytes names = elf->section_names;

    return section->name < names.length ? (const char *)names.data + section->name : "";
}

uint32_t wh_elf_section(const struct wh_elf *elf, const char *name)
{
    for (uint32_t i = 1; i < elf->section_count; i++)
        if (strcmp(wh_elf_section_name(elf, &elf->sections[i]), name) == 0)
            return i;
    return 0;
}

size_t wh_elf_build_id(struct wh_bytes notes, size_t length)
{
    enum { HEADER = 16 }; /* length of the name, of the id, NT_GNU_BUILD_ID, name */
    static const uint8_t type_and_name[8] = {3, 0, 0, 0, 'G', 'N', 'U', 0};

    if (length == 0 || notes.length < HEADER || length > notes.length - HEADER)
        return 0;
    if (wh_load32(notes.data) != 4 || wh_load32(notes.data + 4) != length ||
        memcmp(notes.data + 8, type_and_name, sizeof type_and_name) != 0)
        return 0;
    return HEADER;
}

/* ---- regions ------------------------------------------------------------------------------- */

static bool kind_of_data(
    const struct wh_elf *elf, const struct wh_section *section, enum wh_region_kind *out_kind)
{
    static const struct {
        const char *name;
        enum wh_region_kind kind;
    } named[] = {
        {".eh_frame", WH_REGION_FRAMES},
        {".eh_frame_hdr", WH_REGION_FRAME_INDEX},
        {".gopclntab", WH_REGION_GO_TABLE},
        {".typelink", WH_REGION_GO_LINKS},
        {".itablink", WH_REGION_POINTERS},
        {".rodata", WH_REGION_CONSTANTS},
    };
    const char *name = wh_elf_section_name(elf, section);

    if (strcmp(name, ".BTF") == 0) {
        *out_kind = WH_REGION_BTF;
        return true;
    }
    if (!(section->flags & FLAG_ALLOC))
        return false;
    if ((elf->machine == WH_EM_X86_64 || elf->machine == WH_EM_386) && strcmp(name, ".plt") == 0) {
        *out_kind = WH_REGION_STUBS;
        return true;
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (strcmp(name, named[i].name) != 0)
            continue;
        *out_kind = named[i].kind;
        return true;
    }
    *out_kind = section->flags & FLAG_EXECUTABLE ? WH_REGION_CODE : WH_REGION_POINTERS;
    return (section->flags & (FLAG_EXECUTABLE | FLAG_WRITE)) != 0;
}

/* What kind of references a section holds; false for none. */
static bool kind_of(
    const struct wh_elf *elf, const struct wh_section *section, enum wh_region_kind *out_kind)
{
    static const struct {
        uint32_t type;
        enum wh_region_kind kind;
    } typed[] = {
        {WH_SHT_SYMTAB, WH_REGION_SYMBOLS},
        {WH_SHT_DYNSYM, WH_REGION_SYMBOLS},
        {WH_SHT_RELA, WH_REGION_RELOCATIONS},
        {WH_SHT_REL, WH_REGION_RELOCATIONS},
        {WH_SHT_DYNAMIC, WH_REGION_DYNAMIC},
        {WH_SHT_INIT_ARRAY, WH_REGION_POINTERS},
        {WH_SHT_FINI_ARRAY, WH_REGION_POINTERS},
        {WH_SHT_PREINIT_ARRAY, WH_REGION_POINTERS},
        {WH_SHT_RELR, WH_REGION_POINTERS},
        {WH_SHT_GNU_HASH, WH_REGION_HASH},
        {WH_SHT_GNU_VERNEED, WH_REGION_NEEDS},
        {WH_SHT_GNU_VERDEF, WH_REGION_DEFINITIONS},
    };

    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        if (section->type != typed[i].type)
            continue;
        *out_kind = typed[i].kind;
        return true;
    }
    return section->type != WH_SHT_NOBITS && kind_of_data(elf, section, out_kind);
}

static int order_regions(const void *left, const void *right)
{
    const struct wh_region *a = left;
    const struct wh_region *b = right;

    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    if (a->section != b->section)
        return a->section < b->section ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind); /* of headers over each other */
}

static void add_region(struct wh_elf *elf, enum wh_region_kind kind, uint32_t section,
    uint64_t offset, uint64_t length)
{
    if (length == 0 || !is_inside(offset, length, elf->bytes.length))
        return;
    struct wh_region *region = &elf->regions[elf->region_count++];
    *region = (struct wh_region){kind, section, (size_t)offset, (size_t)length, offset};
    if (elf->type != WH_ET_REL)
        region->address = section ? elf->sections[section].address
                                  : wh_segments_address(&elf->segments, offset);
}

static void keep_disjoint(struct wh_elf *elf)
{
    uint32_t kept = 0;
    size_t end = 0;

    qsort(elf->regions, elf->region_count, sizeof *elf->regions, order_regions);
    for (uint32_t i = 0; i < elf->region_count; i++) {
        if (elf->regions[i].offset < end)
            continue;
        end = elf->regions[i].offset + elf->regions[i].length;
        elf->regions[kept++] = elf->regions[i];
    }
    elf->region_count = kept;
}

static wh_status find_regions(struct wh_elf *elf, const struct layout *layout, struct wh_error *err)
{
    enum { HEADERS = 3 };
    enum wh_region_kind kind;

    elf->regions = wh_array(
        (uint64_t)elf->section_count + HEADERS, sizeof *elf->regions, UINT32_MAX, err);
    if (!elf->regions)
        return wh_no_memory(err);
    add_region(elf, WH_REGION_HEADER, 0, 0, layout->header);
    if (elf->headers_end > layout->header)
        add_region(elf, WH_REGION_SEGMENTS, 0, layout->header, elf->headers_end - layout->header);
    for (uint32_t i = 1; i < elf->section_count; i++)
        if (kind_of(elf, &elf->sections[i], &kind))
            add_region(elf, kind, i, elf->sections[i].offset, elf->sections[i].length);
    add_region(elf, WH_REGION_SECTIONS, 0, sections_offset(elf),
        (uint64_t)elf->section_count * layout->section);
    keep_disjoint(elf);
    return WH_OK;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void find_image(struct wh_elf *elf)
{
    elf->low = UINT64_MAX;
    elf->high = 0;
    for (uint32_t i = 0; i < elf->segments.count; i++) {
        const struct wh_segment *segment = &elf->segments.list[i];
        if (segment->address < elf->low)
            elf->low = segment->address;
        if (segment->address + segment->memory > elf->high)
            elf->high = segment->address + segment->memory;
    }
}

static void read_header(struct wh_elf *elf, const struct layout *layout)
{
    const uint8_t *header = elf->bytes.data;
    uint64_t segments = elf->wide ? wh_load64(header + 32) : wh_load32(header + 28);
    uint64_t count = wh_load16(header + (elf->wide ? 56 : 44));

    elf->type = wh_load16(header + 16);
    elf->machine = wh_load16(header + 18);
    elf->headers_end = layout->header;
    if (elf->type == WH_ET_REL) {
        elf->segments.list[0] = (struct wh_segment){0, elf->bytes.length, 0, elf->bytes.length};
        elf->segments.count = 1;
    } else if (segments == layout->header &&
               is_inside(segments, count * layout->segment, elf->bytes.length)) {
        elf->headers_end += (size_t)count * layout->segment;
        read_segments(elf->bytes, layout, elf->bytes.length, &elf->segments);
    }
}

wh_status wh_elf_tables(struct wh_bytes bytes, struct wh_elf *out_elf, struct wh_error *err)
{
    const struct layout *layout = layout_of(bytes);
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {.bytes = bytes, .wide = layout == &wide_layout};

    if (!layout)
        return wh_fail(err, WH_UNSUPPORTED, "no little-endian ELF file");
    read_header(&elf, layout);
    WH_TRY(read_sections(&elf, layout, err));
    *out_elf = elf;
    elf = (struct wh_elf){0};
    return WH_OK;
}

wh_status wh_elf_parse(struct wh_bytes bytes, struct wh_elf *out_elf, struct wh_error *err)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};

    WH_TRY(wh_elf_tables(bytes, &elf, err));
    find_image(&elf);
    if (elf.segments.count == 0 || elf.high - elf.low >= IMAGE_MAX)
        return wh_fail(err, WH_UNSUPPORTED, "no ELF file with an image below 4 GiB");
    WH_TRY(find_regions(&elf, elf.wide ? &wide_layout : &narrow_layout, err));
    *out_elf = elf;
    elf = (struct wh_elf){0};
    return WH_OK;
}

void wh_elf_clear(struct wh_elf *elf)
{
    free(elf->sections);
    free(elf->regions);
    *elf = (struct wh_elf){0};
}
