/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf_test.c - what the parser finds in good files, what it refuses, and what it leaves out. */
#include "unit.h"

#include <stdlib.h>

#include "made_elf.h"
#include "whittle/word.h"

static struct made_elf wide;    /* x86-64, shared */
static struct made_elf narrow;  /* i386, a program */
static struct made_elf related; /* aarch64, relocatable */

static int set_up(void **state)
{
    (void)state;
    made_elf_make(&(struct made_recipe){WH_EM_X86_64, MADE_ET_DYN, MADE_ALL, 0, false}, &wide);
    made_elf_make(&(struct made_recipe){WH_EM_386, WH_ET_EXEC, MADE_ALL, 0, false}, &narrow);
    made_elf_make(&(struct made_recipe){WH_EM_AARCH64, WH_ET_REL, MADE_ALL, 0, false}, &related);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    made_elf_clear(&wide);
    made_elf_clear(&narrow);
    made_elf_clear(&related);
    return 0;
}

/* A file of its own, to be changed. */
static uint8_t *copy_of(const struct made_elf *elf)
{
    uint8_t *bytes = malloc(elf->file.length);

    assert_non_null(bytes);
    memcpy(bytes, elf->file.data, elf->file.length);
    return bytes;
}

/* What every parsed file promises. */
static void check(const struct wh_elf *elf)
{
    const struct wh_bytes whole = elf->bytes;
    size_t end = 0;

    assert_true(elf->headers_end <= whole.length);
    assert_true(elf->high - elf->low < 1ull << 32);
    assert_in_range(elf->segments.count, 1, WH_SEGMENTS_MAX);
    for (uint32_t i = 0; i < elf->region_count; i++) {
        const struct wh_region *region = &elf->regions[i];
        assert_true(region->length > 0 && region->offset >= end);
        assert_true(region->length <= whole.length - region->offset);
        assert_true(region->section == 0 || region->section < elf->section_count);
        end = region->offset + region->length;
    }
    for (uint32_t i = 0; i < elf->section_count; i++) {
        struct wh_bytes content = wh_elf_content(elf, i);
        assert_true(
            content.length == 0 || (content.data >= whole.data &&
                                       content.data + content.length <= whole.data + whole.length));
        assert_true(strlen(wh_elf_section_name(elf, &elf->sections[i])) < whole.length);
    }
}

static wh_status parse_and_check(struct wh_bytes bytes)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    struct wh_error err;
    wh_status status = wh_elf_parse(bytes, &elf, &err);

    if (status == WH_OK)
        check(&elf);
    else
        assert_int_equal(status, WH_UNSUPPORTED);
    return status;
}

/* ---- good files ---------------------------------------------------------------------------- */

static void has_region(
    const struct wh_elf *elf, enum wh_region_kind kind, const struct made_section *section)
{
    for (uint32_t i = 0; i < elf->region_count; i++) {
        const struct wh_region *region = &elf->regions[i];
        if (region->kind != kind || region->offset != section->offset)
            continue;
        assert_int_equal(region->section, section->number);
        assert_int_equal(region->length, section->bytes.length);
        assert_int_equal(
            region->address, elf->type == WH_ET_REL ? section->offset : section->address);
        return;
    }
    fail_msg("no region of kind %d at %ju", (int)kind, (uintmax_t)section->offset);
}

static void finds_what_a_shared_object_has(void **state)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    static const struct {
        enum made_number section;
        enum wh_region_kind kind;
    } rows[] = {
        {MADE_HASH, WH_REGION_HASH},
        {MADE_DYNSYM, WH_REGION_SYMBOLS},
        {MADE_DEFINITIONS, WH_REGION_DEFINITIONS},
        {MADE_NEEDS, WH_REGION_NEEDS},
        {MADE_RELA, WH_REGION_RELOCATIONS},
        {MADE_RELA_PLT, WH_REGION_RELOCATIONS},
        {MADE_RELR, WH_REGION_POINTERS},
        {MADE_PLT, WH_REGION_STUBS},
        {MADE_TEXT, WH_REGION_CODE},
        {MADE_RODATA, WH_REGION_CONSTANTS},
        {MADE_FRAME_INDEX, WH_REGION_FRAME_INDEX},
        {MADE_EH_FRAME, WH_REGION_FRAMES},
        {MADE_INIT_ARRAY, WH_REGION_POINTERS},
        {MADE_DYNAMIC_TABLE, WH_REGION_DYNAMIC},
        {MADE_GOT, WH_REGION_POINTERS},
        {MADE_GOT_PLT, WH_REGION_POINTERS},
        {MADE_DATA, WH_REGION_POINTERS},
        {MADE_SYMTAB, WH_REGION_SYMBOLS},
    };

    (void)state;
    OK(wh_elf_parse(made_elf_file(&wide), &elf, &err));
    check(&elf);
    assert_true(elf.wide && elf.machine == WH_EM_X86_64 && elf.type == MADE_ET_DYN);
    assert_int_equal(elf.headers_end, wide.headers_end);
    assert_int_equal(elf.segments.count, 4);
    assert_int_equal(elf.low, 0);
    assert_int_equal(elf.high, wide.sections[MADE_BSS].address + wide.sections[MADE_BSS].memory);
    for (size_t i = 0; i < COUNT(rows); i++)
        has_region(&elf, rows[i].kind, &wide.sections[rows[i].section]);
    assert_int_equal(elf.regions[0].kind, WH_REGION_HEADER);
    assert_int_equal(elf.regions[1].kind, WH_REGION_SEGMENTS);
    assert_int_equal(elf.regions[elf.region_count - 1].kind, WH_REGION_SECTIONS);
    assert_int_equal(elf.region_count, COUNT(rows) + 3);
    assert_int_equal(wh_elf_section(&elf, ".text"), wide.sections[MADE_TEXT].number);
    assert_int_equal(wh_elf_section(&elf, ".tex"), 0);
    assert_int_equal(wh_elf_content(&elf, wide.sections[MADE_BSS].number).length, 0);
    assert_int_equal(wh_elf_content(&elf, elf.section_count).length, 0);
}

static void finds_what_a_relocatable_file_has(void **state)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};

    (void)state;
    OK(wh_elf_parse(made_elf_file(&related), &elf, &err));
    check(&elf);
    assert_int_equal(elf.headers_end, 64);
    assert_int_equal(elf.segments.count, 1); /* the file itself */
    assert_int_equal(elf.high, related.file.length);
    has_region(&elf, WH_REGION_CODE, &related.sections[MADE_TEXT]);
    has_region(&elf, WH_REGION_RELOCATIONS, &related.sections[MADE_RELA_TEXT]);
    has_region(&elf, WH_REGION_FRAMES, &related.sections[MADE_EH_FRAME]);
}

/* Code of a machine that is not known is still code; its stubs are nothing more. */
static void other_machines(void **state)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    wh_autofree uint8_t *bytes = copy_of(&wide);

    (void)state;
    bytes[18] = 243; /* RISC-V */
    OK(wh_elf_parse((struct wh_bytes){bytes, wide.file.length}, &elf, &err));
    check(&elf);
    has_region(&elf, WH_REGION_CODE, &wide.sections[MADE_PLT]);
    has_region(&elf, WH_REGION_CODE, &wide.sections[MADE_TEXT]);
    has_region(&elf, WH_REGION_RELOCATIONS, &wide.sections[MADE_RELA]);
}

static void addresses_and_offsets(void **state)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    uint64_t offset;

    (void)state;
    OK(wh_elf_parse(made_elf_file(&narrow), &elf, &err));
    check(&elf);
    assert_false(elf.wide);
    assert_int_equal(elf.low, 0x8048000);
    for (enum made_number i = MADE_HASH; i <= MADE_DATA; i++) {
        const struct made_section *section = &narrow.sections[i];
        if (section->bytes.length == 0)
            continue;
        assert_int_equal(wh_segments_address(&elf.segments, section->offset), section->address);
        assert_true(wh_segments_offset(&elf.segments, section->address, &offset));
        assert_int_equal(offset, section->offset);
    }
    const struct made_section *bss = &narrow.sections[MADE_BSS];
    assert_false(wh_segments_offset(&elf.segments, bss->address, &offset));
    assert_false(wh_segments_offset(&elf.segments, 0, &offset));
    /* Beyond the segments as if the last one went on. */
    assert_int_equal(wh_segments_address(&elf.segments, bss->offset + 100), bss->address + 100);
}

static void segments_are_read_from_a_beginning(void **state)
{
    struct wh_segments whole;
    struct wh_segments start;
    struct wh_bytes bytes = made_elf_file(&wide);

    (void)state;
    wh_elf_segments(bytes, bytes.length, &whole);
    assert_int_equal(whole.count, 4);
    wh_elf_segments((struct wh_bytes){bytes.data, wide.headers_end}, bytes.length, &start);
    assert_memory_equal(&start, &whole, sizeof start);
    for (size_t length = 0; length < wide.headers_end; length++) {
        wh_elf_segments((struct wh_bytes){bytes.data, length}, bytes.length, &start);
        assert_int_equal(start.count, 0);
    }
    /* What does not lie in the file is not there. */
    wh_elf_segments((struct wh_bytes){bytes.data, wide.headers_end}, wide.headers_end, &start);
    assert_int_equal(start.count, 0);
}

/* ---- bad files ----------------------------------------------------------------------------- */

struct change {
    size_t at;
    unsigned width;
    uint64_t value;
};

static void change(uint8_t *bytes, const struct change *change)
{
    uint64_t value = change->value;

    for (unsigned i = 0; i < change->width; i++, value >>= 8)
        bytes[change->at + i] = (uint8_t)value;
}

static void refuses_what_it_does_not_know(void **state)
{
    static const struct change changes[] = {
        {0, 1, 0x7e},             /* magic */
        {4, 1, 0},                /* class */
        {4, 1, 3},                /* class */
        {5, 1, 2},                /* big-endian */
        {5, 1, 0},                /* no order */
        {32, 8, 0},               /* program headers in the ELF header */
        {32, 8, 72},              /* not right behind it */
        {32, 8, UINT64_MAX},      /* nowhere */
        {56, 2, 0},               /* none */
        {56, 2, 0xffff},          /* more than there is room for */
        {64 + 16, 8, 1ull << 62}, /* the first one more than 4 GiB from the others */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        wh_autofree uint8_t *bytes = copy_of(&wide);
        change(bytes, &changes[i]);
        if (parse_and_check((struct wh_bytes){bytes, wide.file.length}) != WH_UNSUPPORTED)
            fail_msg("change %zu is not refused", i);
    }
}

/* Without its sections a file has its headers, and with a part of them that part. */
static void leaves_out_what_does_not_fit(void **state)
{
    static const struct change changes[] = {
        {40, 8, UINT64_MAX},      /* section headers nowhere */
        {40, 8, UINT64_MAX - 63}, /* their end wraps around */
        {60, 2, 0xffff},          /* more than there are */
        {60, 2, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
        wh_autofree uint8_t *bytes = copy_of(&wide);
        change(bytes, &changes[i]);
        OK(wh_elf_parse((struct wh_bytes){bytes, wide.file.length}, &elf, &err));
        check(&elf);
        assert_int_equal(elf.section_count, 0);
        assert_int_equal(elf.region_count, 2);
        assert_int_equal(wh_elf_section(&elf, ".text"), 0);
    }
}

static size_t section_header(const struct made_elf *elf, enum made_number number, size_t field)
{
    return elf->sections_at + (elf->wide ? 64u : 40u) * elf->sections[number].number + field;
}

/* A section outside of the file has no content, and no pointer out of the file either. */
static void sections_outside_of_the_file(void **state)
{
    static const uint64_t offsets[] = {UINT64_MAX, UINT64_MAX - 100, 1ull << 40};

    (void)state;
    for (size_t i = 0; i < COUNT(offsets); i++) {
        wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
        wh_autofree uint8_t *bytes = copy_of(&wide);
        change(bytes, &(struct change){section_header(&wide, MADE_TEXT, 24), 8, offsets[i]});
        OK(wh_elf_parse((struct wh_bytes){bytes, wide.file.length}, &elf, &err));
        check(&elf);
        assert_int_equal(wh_elf_content(&elf, wide.sections[MADE_TEXT].number).length, 0);
        assert_null(wh_elf_content(&elf, wide.sections[MADE_TEXT].number).data);
    }
}

/* Of sections over each other the first one has the place. */
static void sections_over_each_other(void **state)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    wh_autofree uint8_t *bytes = copy_of(&wide);

    (void)state;
    change(bytes, &(struct change){section_header(&wide, MADE_RODATA, 24), 8,
                      wide.sections[MADE_TEXT].offset + 16});
    OK(wh_elf_parse((struct wh_bytes){bytes, wide.file.length}, &elf, &err));
    check(&elf);
    has_region(&elf, WH_REGION_CODE, &wide.sections[MADE_TEXT]);
    for (uint32_t i = 0; i < elf.region_count; i++)
        assert_int_not_equal(elf.regions[i].kind, WH_REGION_CONSTANTS);
}

/* Section headers where other headers are: which of the two is left must not depend on qsort(). */
static void headers_over_each_other(void **state)
{
    static const uint64_t offsets[] = {0, 64};

    (void)state;
    for (size_t i = 0; i < COUNT(offsets); i++) {
        wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
        wh_autofree uint8_t *bytes = copy_of(&wide);
        change(bytes, &(struct change){40, 8, offsets[i]});
        OK(wh_elf_parse((struct wh_bytes){bytes, wide.file.length}, &elf, &err));
        check(&elf);
        assert_int_equal(elf.regions[0].kind, WH_REGION_HEADER);
        assert_int_equal(elf.regions[1].kind, WH_REGION_SEGMENTS);
        for (uint32_t j = 2; j < elf.region_count; j++)
            assert_int_not_equal(elf.regions[j].kind, WH_REGION_SECTIONS);
    }
}

/* The last name has no end: it is none, and the others are what they were. */
static void names_without_an_end(void **state)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    wh_autofree uint8_t *bytes = copy_of(&wide);
    const struct made_section *names = &wide.sections[MADE_NAMES];

    (void)state;
    bytes[names->offset + names->bytes.length - 1] = 'x';
    OK(wh_elf_parse((struct wh_bytes){bytes, wide.file.length}, &elf, &err));
    check(&elf);
    assert_int_equal(wh_elf_section(&elf, ".text"), wide.sections[MADE_TEXT].number);
    assert_int_equal(wh_elf_section(&elf, ".shstrtab"), 0);
    memset(bytes + names->offset, 'x', names->bytes.length);
    wh_elf_clear(&elf);
    OK(wh_elf_parse((struct wh_bytes){bytes, wide.file.length}, &elf, &err));
    check(&elf);
    assert_string_equal(wh_elf_section_name(&elf, &elf.sections[1]), "");
}

/* Bytes of the file are loaded once, or copies would have many places. */
static void segments_over_each_other(void **state)
{
    wh_autofree uint8_t *bytes = copy_of(&wide);
    struct wh_segments segments;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        change(bytes, &(struct change){64 + 56 * i + 8, 8, 0});
        change(bytes, &(struct change){64 + 56 * i + 32, 8, wide.file.length});
        change(bytes, &(struct change){64 + 56 * i + 40, 8, wide.file.length});
    }
    wh_elf_segments((struct wh_bytes){bytes, wide.headers_end}, wide.file.length, &segments);
    assert_int_equal(segments.count, 1);
    assert_int_equal(segments.list[0].length, wide.file.length);
}

static void many_segments(void **state)
{
    enum { COUNT_OF_ALL = 100, LENGTH = 64 + 56 * COUNT_OF_ALL + COUNT_OF_ALL };
    static uint8_t bytes[LENGTH];
    struct wh_segments segments;

    (void)state;
    memcpy(bytes, wide.file.data, 64);
    change(bytes, &(struct change){56, 2, COUNT_OF_ALL});
    for (unsigned i = 0; i < COUNT_OF_ALL; i++) {
        size_t at = 64 + 56 * (size_t)i;
        change(bytes, &(struct change){at, 4, 1});
        change(bytes, &(struct change){at + 8, 8, LENGTH - COUNT_OF_ALL + i});
        change(bytes, &(struct change){at + 16, 8, 0x1000 * i});
        change(bytes, &(struct change){at + 32, 8, 1});
        change(bytes, &(struct change){at + 40, 8, 1});
    }
    wh_elf_segments((struct wh_bytes){bytes, LENGTH}, LENGTH, &segments);
    assert_int_equal(segments.count, WH_SEGMENTS_MAX);
    assert_int_equal(segments.list[15].address, 0xf000);
}

/* ---- any damage ---------------------------------------------------------------------------- */

/* Nothing is known of a file that has not even its first segment. */
static size_t least_length(const struct made_elf *file)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};

    OK(wh_elf_parse(made_elf_file(file), &elf, &err));
    return elf.type == WH_ET_REL ? 64 : (size_t)elf.segments.list[0].length;
}

static void every_truncation(void **state)
{
    const struct made_elf *files[] = {&wide, &narrow, &related};

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        const size_t least = least_length(files[i]);
        for (size_t length = 0; length < files[i]->file.length; length++) {
            wh_autofree uint8_t *part = malloc(length ? length : 1);
            assert_non_null(part);
            memcpy(part, files[i]->file.data, length);
            wh_status status = parse_and_check((struct wh_bytes){part, length});
            assert_int_equal(status, length < least ? WH_UNSUPPORTED : WH_OK);
        }
    }
}

static void any_words_in_the_headers(void **state)
{
    static const uint64_t words[] = {0, 1, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
        0xffffffff, INT64_MAX, UINT64_MAX, UINT64_MAX - 64};
    const struct made_elf *files[] = {&wide, &narrow, &related};
    unsigned accepted = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        wh_autofree uint8_t *bytes = copy_of(files[i]);
        const size_t length = files[i]->file.length;
        for (size_t at = 4; at + 8 <= length; at += at < files[i]->headers_end - 8 ? 2 : 4) {
            if (at >= files[i]->headers_end && at < files[i]->sections_at)
                at = files[i]->sections_at;
            for (size_t j = 0; j < COUNT(words); j++) {
                change(bytes, &(struct change){at, j & 1 ? 8 : 4, words[j]});
                accepted += parse_and_check((struct wh_bytes){bytes, length}) == WH_OK;
                memcpy(bytes + at, files[i]->file.data + at, 8);
            }
        }
    }
    assert_true(accepted > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_shared_object_has),
        cmocka_unit_test(finds_what_a_relocatable_file_has),
        cmocka_unit_test(other_machines),
        cmocka_unit_test(addresses_and_offsets),
        cmocka_unit_test(segments_are_read_from_a_beginning),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(leaves_out_what_does_not_fit),
        cmocka_unit_test(sections_outside_of_the_file),
        cmocka_unit_test(sections_over_each_other),
        cmocka_unit_test(headers_over_each_other),
        cmocka_unit_test(names_without_an_end),
        cmocka_unit_test(segments_over_each_other),
        cmocka_unit_test(many_segments),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(any_words_in_the_headers),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
