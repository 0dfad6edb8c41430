/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed_elf.c - tiny ELF files that have every kind of section, patches and pairs of them, and
 * groups of patches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_elf.h"
#include "seeds.h"
#include "stored_bundle.h"
#include "streams_input.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

enum { CEILING = 1 << 20, RAW = 0x3f, PIECE = 48, ALLOC = 2 };

/* ---- tiny files ---------------------------------------------------------------------------- */

static const struct tiny_section {
    const char *name;
    uint32_t type;
    uint32_t flags;
} tiny_sections[] = {
    {".gnu.hash", WH_SHT_GNU_HASH, ALLOC},
    {".dynsym", WH_SHT_DYNSYM, ALLOC},
    {".gnu.version_r", WH_SHT_GNU_VERNEED, ALLOC},
    {".gnu.version_d", WH_SHT_GNU_VERDEF, ALLOC},
    {".rela.plt", WH_SHT_RELA, ALLOC},
    {".plt", WH_SHT_PROGBITS, ALLOC | 4},
    {".text", WH_SHT_PROGBITS, ALLOC | 4},
    {".rodata", WH_SHT_PROGBITS, ALLOC},
    {".typelink", WH_SHT_PROGBITS, ALLOC},
    {".gopclntab", WH_SHT_PROGBITS, ALLOC},
    {".eh_frame_hdr", WH_SHT_PROGBITS, ALLOC},
    {".eh_frame", WH_SHT_PROGBITS, ALLOC},
    {".dynamic", WH_SHT_DYNAMIC, ALLOC | 1},
    {".got.plt", WH_SHT_PROGBITS, ALLOC | 1},
    {".data", WH_SHT_PROGBITS, ALLOC | 1},
    {".BTF", WH_SHT_PROGBITS, 0},
    {".shstrtab", 3, 0},
};

enum { TINY = sizeof tiny_sections / sizeof *tiny_sections };

static void half(struct wh_buffer *out, unsigned value)
{
    wh_buffer_u8(out, (uint8_t)value);
    wh_buffer_u8(out, (uint8_t)(value >> 8));
}

static void word(struct wh_buffer *out, bool wide, uint64_t value)
{
    if (wide)
        wh_buffer_le64(out, value);
    else
        wh_buffer_le32(out, (uint32_t)value);
}

static void put_header(struct wh_buffer *out, uint16_t machine, uint16_t type, size_t sections_at)
{
    bool wide = machine != WH_EM_386;

    wh_buffer_append(out, "\177ELF", 4);
    wh_buffer_u8(out, wide ? 2 : 1);
    wh_buffer_append(out, "\1\1\0\0\0\0\0\0\0\0", 10);
    wh_buffer_u8(out, 0);
    half(out, type);
    half(out, machine);
    wh_buffer_le32(out, 1);
    word(out, wide, 0x100);
    word(out, wide, wide ? 64 : 52);
    word(out, wide, sections_at);
    wh_buffer_le32(out, 0);
    half(out, wide ? 64 : 52);
    half(out, wide ? 56 : 32);
    half(out, type == WH_ET_REL ? 0 : 1);
    half(out, wide ? 64 : 40);
    half(out, TINY + 1);
    half(out, TINY);
}

/* The whole file is loaded, at an address that is its offset and a page. */
static void put_segment(struct wh_buffer *out, bool wide, size_t length)
{
    wh_buffer_le32(out, 1);
    if (wide)
        wh_buffer_le32(out, 7);
    word(out, wide, 0);
    word(out, wide, 0x1000);
    word(out, wide, 0x1000);
    word(out, wide, length);
    word(out, wide, length + 0x100);
    if (!wide)
        wh_buffer_le32(out, 7);
    word(out, wide, 0x1000);
}

static void put_section(struct wh_buffer *out, bool wide, const struct tiny_section *section,
    uint32_t name, size_t offset, size_t length)
{
    uint32_t type = !wide && section->type == WH_SHT_RELA ? WH_SHT_REL : section->type;

    wh_buffer_le32(out, name);
    wh_buffer_le32(out, type);
    word(out, wide, section->flags);
    word(out, wide, section->flags & ALLOC ? offset + 0x1000 : 0);
    word(out, wide, offset);
    word(out, wide, length);
    wh_buffer_le32(out, 2);
    wh_buffer_le32(out, 7);
    word(out, wide, 8);
    word(out, wide, 0);
}

/* Words that lead somewhere near: what is there may be any kind of reference. */
static void put_piece(struct wh_buffer *out, uint32_t number, bool wide)
{
    static const uint8_t code[] = {0xe8, 0x40, 0, 0, 0, 0x48, 0x8d, 0x05, 0x90, 0, 0, 0};

    wh_buffer_append(out, code, sizeof code);
    for (uint32_t i = 0; i < (PIECE - sizeof code) / 4; i++)
        wh_buffer_le32(out, i & 1 && wide ? 0 : 0x1000 + number * PIECE + 8 * i);
}

static void tiny_file(uint16_t machine, uint16_t type, uint32_t shift, struct wh_buffer *out)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer names = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer pieces = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer sections = {.ceiling = CEILING};
    static const struct tiny_section null;
    bool wide = machine != WH_EM_386;
    size_t start = (wide ? 64u : 52u) + (type == WH_ET_REL ? 0u : wide ? 56u : 32u) + shift;

    wh_buffer_u8(&names, 0);
    put_section(&sections, wide, &null, 0, 0, 0);
    for (uint32_t i = 0; i + 1 < TINY; i++) {
        put_section(&sections, wide, &tiny_sections[i], (uint32_t)names.length,
            start + pieces.length, PIECE);
        wh_buffer_append(&names, tiny_sections[i].name, strlen(tiny_sections[i].name) + 1);
        put_piece(&pieces, i, wide);
    }
    uint32_t last = (uint32_t)names.length;
    wh_buffer_append(&names, ".shstrtab", 10);
    put_section(
        &sections, wide, &tiny_sections[TINY - 1], last, start + pieces.length, names.length);
    size_t sections_at = start + pieces.length + names.length;
    put_header(out, machine, type, sections_at);
    if (type != WH_ET_REL)
        put_segment(out, wide, sections_at + sections.length);
    wh_buffer_fill(out, 0x90, shift);
    wh_buffer_append(out, pieces.data, pieces.length);
    wh_buffer_append(out, names.data, names.length);
    wh_buffer_append(out, sections.data, sections.length);
}

/* ---- inputs of them ------------------------------------------------------------------------ */

static void put16(struct wh_buffer *out, size_t value)
{
    wh_buffer_u8(out, (uint8_t)value);
    wh_buffer_u8(out, (uint8_t)(value >> 8));
}

/* One copy of all of the old file behind new bytes, as patch_fuzz.c takes it. */
static void seed_tiny_patch(const char *name, struct wh_bytes old, size_t before)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer control = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer gap = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer whole = {.ceiling = CEILING};
    size_t head = old.data[4] == 2 ? 64 + 56 : 52 + 32;

    wh_buffer_varint(&control, WH_PATCH_ELF);
    wh_buffer_varint(&control, head);
    wh_buffer_varint(&control, 2);
    wh_buffer_varint(&control, 0);
    wh_buffer_varint(&control, 0);
    wh_buffer_varint(&control, head - 1);
    wh_buffer_varint(&control, before);
    wh_buffer_varint(&control, 0);
    wh_buffer_varint(&control, old.length - head - 1);
    if (old.data[16] == WH_ET_REL)
        wh_buffer_fill(&control, 0, TINY);
    wh_buffer_varint(&gap, old.length);
    wh_buffer_u8(&whole, RAW);
    put16(&whole, old.length);
    put16(&whole, old.length + before);
    wh_buffer_append(&whole, old.data, old.length);
    put16(&whole, control.length);
    put16(&whole, gap.length);
    put16(&whole, 0);
    wh_buffer_append(&whole, control.data, control.length);
    wh_buffer_append(&whole, gap.data, gap.length);
    wh_buffer_fill(&whole, 0x90, before);
    seed("patch", name, wh_buffer_bytes(&whole));
}

static void seed_tiny(const char *name, uint16_t machine, uint16_t type)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer old = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer fresh = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer pair = {.ceiling = CEILING};

    tiny_file(machine, type, 0, &old);
    tiny_file(machine, type, 16, &fresh);
    seed_chosen("elf", name, CHOICES(RAW), wh_buffer_bytes(&old));
    put16(&pair, old.length);
    wh_buffer_append(&pair, old.data, old.length);
    wh_buffer_append(&pair, fresh.data, fresh.length);
    seed_chosen("diff", name, CHOICES(1, RAW), wh_buffer_bytes(&pair));
    seed_tiny_patch(name, wh_buffer_bytes(&old), 16);
}

/* ---- groups -------------------------------------------------------------------------------- */

static void put_stream(struct wh_bytes stream, struct wh_buffer *lengths, struct wh_buffer *frames)
{
    size_t before = frames->length;

    if (stream.length > 0)
        stored_frame(stream, frames);
    wh_buffer_varint(lengths, stream.length);
    wh_buffer_varint(lengths, frames->length - before);
}

static void seed_group(
    const char *name, struct wh_bytes choices, const struct wh_bytes streams[WH_STREAMS])
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer group = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frames = {.ceiling = CEILING};

    for (int i = 0; i < WH_STREAMS; i++)
        put_stream(streams[i], &group, &frames);
    wh_buffer_append(&group, frames.data, frames.length);
    seed_chosen("streams", name, choices, wh_buffer_bytes(&group));
}

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static void seed_groups(void)
{
    static const struct wh_bytes plain[WH_STREAMS] = {
        BYTES("\0\1\0\0\7\0\0"), BYTES("\2\0\5"), BYTES("\1"), BYTES("tailmore")};
    static const struct wh_bytes nothing[WH_STREAMS] = {
        BYTES("\0\0"), BYTES(""), BYTES(""), BYTES("")};
    const struct fuzz_builds *builds = fuzz_builds(2);
    struct wh_bytes fresh = made_elf_file(&builds->fresh);
    wh_cleanup(wh_buffer_clear) struct wh_buffer control = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer gap = {.ceiling = CEILING};
    wh_autofree uint8_t *extra = calloc(fresh.length, 1);
    wh_autofree uint8_t *predicted = calloc(fresh.length, 1);
    uint64_t copied = 0;
    struct wh_error err;

    if (!extra || !predicted)
        abort();
    seed_group("plain", CHOICES(1, 255, 12, 0, 12, 4, 0), plain);
    seed_group("nothing", CHOICES(0, 255, 0, 0), nothing);
    seed_must(wh_patch_predict(WH_PATCH_ELF, made_elf_file(&builds->old), fresh, builds->copies,
                  builds->copy_count, &control, predicted, &err),
        &err);
    for (size_t i = 0; i < builds->copy_count; i++)
        copied += builds->copies[i].length;
    wh_buffer_varint(&gap, copied);
    const struct wh_bytes elf[WH_STREAMS] = {wh_buffer_bytes(&control), wh_buffer_bytes(&gap), {0},
        {extra, fresh.length - (size_t)copied}};
    seed_group(
        "elf", CHOICES(0, 2, (uint8_t)(fresh.length & 0xff), (uint8_t)(fresh.length >> 8)), elf);
}

void seed_elf(void)
{
    static const struct {
        const char *name;
        uint16_t machine;
        uint16_t type;
    } rows[] = {
        {"tiny-x86-64", WH_EM_X86_64, MADE_ET_DYN},
        {"tiny-x86-64-program", WH_EM_X86_64, WH_ET_EXEC},
        {"tiny-aarch64", WH_EM_AARCH64, MADE_ET_DYN},
        {"tiny-aarch64-related", WH_EM_AARCH64, WH_ET_REL},
        {"tiny-i386", WH_EM_386, MADE_ET_DYN},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        seed_tiny(rows[i].name, rows[i].machine, rows[i].type);
    for (uint8_t kind = 0; kind < FUZZ_ELF_KINDS; kind++) {
        char name[16];
        (void)snprintf(name, sizeof name, "elf-%u", kind);
        seed("elf", name, CHOICES(kind, 0));
        seed("diff", name, CHOICES(1, kind, 0, 0));
    }
    seed_chosen(
        "diff", "text", CHOICES(0x82, RAW, 8, 0), (struct wh_bytes)BYTES("old text new text"));
    seed_groups();
}
