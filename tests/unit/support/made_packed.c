/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_packed.c - see made_packed.h. */
#include "made_packed.h"

#include <lzma.h>
#include <string.h>

#include "made_xz.h"
#include "need.h"
#include "whittle/cleanup.h"
#include "whittle/deflate.h"
#include "whittle/word.h"
#include "whittle/xz.h"

enum { LEVEL_6 = 6, MEMORY_8 = 8 };

void made_packed_init(enum wh_packing packing, struct made_packed *out)
{
    *out = (struct made_packed){.packing = packing, .bytes.ceiling = CEILING};
    for (uint32_t i = 0; i < MADE_PACKED_MAX; i++)
        out->parameters[i].ceiling = CEILING;
}

void made_packed_clear(struct made_packed *packed)
{
    wh_buffer_clear(&packed->bytes);
    for (uint32_t i = 0; i < MADE_PACKED_MAX; i++)
        wh_buffer_clear(&packed->parameters[i]);
}

/* ---- streams ------------------------------------------------------------------------------- */

void made_packed_outer(struct made_packed *packed, const void *bytes, size_t length)
{
    wh_buffer_append(&packed->bytes, bytes, length);
    if (packed->bytes.failed)
        abort();
}

/* Lists a stream, whose parameters come next. */
static struct wh_buffer *begin_stream(struct made_packed *packed, uint32_t coder, size_t start)
{
    if (packed->count == MADE_PACKED_MAX)
        abort();
    packed->streams[packed->count] = (struct wh_old_stream){start - packed->end, coder};
    return &packed->parameters[packed->count++];
}

/* Makes the listed stream, and the end of it. */
static void make_stream(struct made_packed *packed, struct wh_bytes plain)
{
    uint32_t number = packed->count - 1;
    const struct wh_coder *coder = need(
        (void *)(uintptr_t)wh_coder_find(packed->streams[number].coder));
    struct wh_error err;

    must(coder->pack(plain, wh_buffer_bytes(&packed->parameters[number]), &packed->bytes, &err),
        &err);
    packed->end = packed->bytes.length;
}

void made_packed_deflate(struct made_packed *packed, struct wh_bytes plain)
{
    struct wh_buffer *parameters = begin_stream(packed, WH_CODER_DEFLATE, packed->bytes.length);

    wh_buffer_varint(parameters, LEVEL_6);
    wh_buffer_varint(parameters, MEMORY_8);
    make_stream(packed, plain);
}

void made_packed_xz(struct made_packed *packed, struct wh_bytes plain)
{
    enum { USUAL = 93 };
    const struct wh_xz_settings settings = {
        .preset = 6,
        .dictionary = 8u << 20,
        .properties = USUAL,
        .small = true,
        .header_size = 2,
        .check = LZMA_CHECK_CRC32,
    };

    wh_xz_settings_write(&settings, begin_stream(packed, WH_CODER_XZ, packed->bytes.length));
    make_stream(packed, plain);
}

/* Lays a stream against the model of zlib's level 6: departures are part of the parameters. */
static void trace(struct wh_bytes packed, struct wh_buffer *out_parameters)
{
    const struct wh_deflate_model model = {LEVEL_6, MEMORY_8};
    struct wh_deflate_parts parts;
    struct wh_deflate_trace trace;
    struct wh_error err;

    must(wh_deflate_parse(packed, CEILING, &parts, &err), &err);
    must(wh_deflate_trace_new(&parts, &model, SIZE_MAX, &trace, &err), &err);
    wh_buffer_append(out_parameters, trace.parameters.data, trace.parameters.length);
    wh_deflate_trace_clear(&trace);
    wh_deflate_parts_clear(&parts);
}

void made_packed_deflated(struct made_packed *packed, struct wh_bytes stream)
{
    trace(stream, begin_stream(packed, WH_CODER_DEFLATE, packed->bytes.length));
    made_packed_outer(packed, stream.data, stream.length);
    packed->end = packed->bytes.length;
}

/* ---- whole contents ------------------------------------------------------------------------ */

void made_packed_text(struct wh_bytes plain, struct made_packed *out)
{
    made_packed_init(WH_PACKING_NONE, out);
    made_packed_outer(out, plain.data, plain.length);
}

void made_packed_gzip(struct wh_bytes plain, struct made_packed *out)
{
    static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 0, 3};

    made_packed_init(WH_PACKING_GZIP, out);
    made_packed_outer(out, head, sizeof head);
    made_packed_deflate(out, plain);
    wh_buffer_le32(&out->bytes, lzma_crc32(plain.data, plain.length, 0));
    wh_buffer_le32(&out->bytes, (uint32_t)plain.length);
}

void made_packed_xz_file(struct wh_bytes plain, struct made_packed *out)
{
    made_packed_init(WH_PACKING_XZ, out);
    made_packed_xz(out, plain);
}

static void put_section(
    struct wh_buffer *out, uint32_t name, uint32_t type, uint64_t offset, uint64_t length)
{
    wh_buffer_le32(out, name);
    wh_buffer_le32(out, type);
    wh_buffer_fill(out, 0, 16);
    wh_buffer_le64(out, offset);
    wh_buffer_le64(out, length);
    wh_buffer_fill(out, 0, 24);
}

/* The one that makes an ELF file of it: what stands before the note. */
static void put_segment(struct wh_buffer *out, uint64_t length)
{
    wh_buffer_le32(out, 1);
    wh_buffer_le32(out, 5);
    wh_buffer_fill(out, 0, 24);
    wh_buffer_le64(out, length);
    wh_buffer_le64(out, length);
    wh_buffer_le64(out, 4096);
}

/* ELF header, program header, note, stream, names, section headers. */
void made_packed_elf(struct wh_bytes plain, struct wh_bytes build_id, struct made_packed *out)
{
    static const char names[] = "\0.note.gnu.build-id\0.gnu_debugdata\0.shstrtab";
    enum { PROGBITS = 1, STRTAB = 3, NOTE = 7 };
    enum { HEADER = 64, SEGMENT = 56, HEADERS = HEADER + SEGMENT };
    enum { SEGMENTS_AT = 32, SECTIONS_AT = 40, SIZES_AT = 52 };
    static const uint8_t sizes[] = {HEADER, 0, SEGMENT, 0, 1, 0, HEADER, 0, 4, 0, 3, 0};
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

    made_packed_init(WH_PACKING_DEBUGDATA, out);
    out->build_id = build_id;
    struct wh_buffer *bytes = &out->bytes;
    wh_buffer_append(bytes, ident, sizeof ident);
    wh_buffer_fill(bytes, 0, HEADER - sizeof ident);
    put_segment(bytes, HEADERS);
    wh_buffer_le32(bytes, 4);
    wh_buffer_le32(bytes, (uint32_t)build_id.length);
    wh_buffer_le32(bytes, 3);
    wh_buffer_append(bytes, "GNU", 4);
    wh_buffer_append(bytes, build_id.data, build_id.length);
    size_t stream = bytes->length;
    made_packed_xz(out, plain);
    size_t text = bytes->length;
    wh_buffer_append(bytes, names, sizeof names);
    size_t sections = bytes->length;
    put_section(bytes, 0, 0, 0, 0);
    put_section(bytes, 1, NOTE, HEADERS, stream - HEADERS);
    put_section(bytes, 20, PROGBITS, stream, text - stream);
    put_section(bytes, 35, STRTAB, text, sizeof names);
    if (bytes->failed)
        abort();
    bytes->data[16] = 3; /* a shared object */
    bytes->data[18] = 62;
    wh_store32(bytes->data + SEGMENTS_AT, HEADER);
    wh_store32(bytes->data + SECTIONS_AT, (uint32_t)sections);
    memcpy(bytes->data + SIZES_AT, sizes, sizeof sizes);
}

void made_packed_archive(int number, struct made_packed *out)
{
    const struct made_archive *archive = &made_archives[number];

    made_packed_init(archive->packing, out);
    made_packed_outer(out, archive->bytes.data, archive->bytes.length);
    for (uint32_t i = 0; i < archive->count; i++) {
        const struct made_stream *stream = &archive->streams[i];
        trace((struct wh_bytes){archive->bytes.data + stream->start, stream->packed_length},
            begin_stream(out, WH_CODER_DEFLATE, stream->start));
        out->end = stream->start + stream->packed_length;
    }
}

void made_packed_as_symbols(struct made_packed *packed)
{
    for (uint32_t i = 0; i < packed->count; i++) {
        if (packed->streams[i].coder != WH_CODER_DEFLATE)
            continue;
        packed->streams[i].coder = WH_CODER_TOKENS;
        wh_buffer_clear(&packed->parameters[i]);
    }
}

/* ---- from one to another ------------------------------------------------------------------- */

static void take_apart(const struct made_packed *packed, struct wh_unpacked *out)
{
    wh_autofree uint8_t *copy = need(malloc(packed->bytes.length + !packed->bytes.length));
    const struct wh_recipe recipe = {
        .packing = packed->packing,
        .old_streams = (void *)(uintptr_t)packed->streams,
        .old_count = packed->count,
    };
    const struct wh_container container = {copy, packed->bytes.length, packed->build_id};
    struct wh_error err;

    if (packed->bytes.length > 0)
        memcpy(copy, packed->bytes.data, packed->bytes.length);
    must(wh_unpack(&recipe, &container, CEILING, out, &err), &err);
}

static void list_new(
    const struct made_packed *fresh, const struct made_packed *old, struct made_change *change)
{
    struct wh_recipe *recipe = &change->recipe;
    const uint64_t *lengths = change->fresh.lengths;

    recipe->new_streams = need(calloc(fresh->count + 1, sizeof *recipe->new_streams));
    recipe->new_count = fresh->count;
    for (uint32_t i = 0; i < fresh->count; i++)
        recipe->new_streams[i] = (struct wh_new_stream){
            .before = fresh->streams[i].before,
            .growth = (int64_t)(lengths[i] - (i < old->count ? change->old.lengths[i] : 0)),
            .coder = fresh->streams[i].coder,
            .parameters = wh_buffer_bytes(&fresh->parameters[i]),
        };
    recipe->outer_growth = (int64_t)(lengths[fresh->count] - change->old.lengths[old->count]);
}

void made_change(
    const struct made_packed *old, const struct made_packed *fresh, struct made_change *out_change)
{
    static const struct made_packed nothing = {.packing = WH_PACKING_NONE};

    if (!old)
        old = &nothing;
    *out_change = (struct made_change){.recipe.packing = fresh->packing};
    struct wh_recipe *recipe = &out_change->recipe;
    struct made_packed alike = *old; /* its fields go by the recipe's packing */
    alike.packing = fresh->packing;
    take_apart(&alike, &out_change->old);
    take_apart(fresh, &out_change->fresh);
    recipe->old_streams = need(calloc(old->count + 1, sizeof *recipe->old_streams));
    recipe->old_count = old->count;
    memcpy(recipe->old_streams, old->streams, old->count * sizeof *recipe->old_streams);
    list_new(fresh, old, out_change);
}

void made_change_clear(struct made_change *change)
{
    wh_recipe_clear(&change->recipe);
    wh_unpacked_clear(&change->old);
    wh_unpacked_clear(&change->fresh);
}
