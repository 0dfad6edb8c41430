/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch_fuzz.c - a patch: old content and all four streams are hostile. A byte chooses the kind of
 * ELF file that is the old content, changes of which follow; or two lengths follow, of an old
 * content that the input holds, and of the new one. Then the lengths of three streams, and the
 * streams. */
#include <stdlib.h>
#include <string.h>

#include "fuzz_elf.h"
#include "whittle/cleanup.h"

enum { PADDED = 0x40 }; /* beside the kind: the last stream is as long as may be needed */

/* A part in memory of its own, so that a read past its end shows; the caller frees. */
static struct wh_bytes take_part(struct wh_bytes *input, size_t length)
{
    size_t taken = length < input->length ? length : input->length;
    uint8_t *copy = malloc(taken ? taken : 1);

    if (!copy)
        abort();
    if (taken > 0)
        memcpy(copy, input->data, taken);
    *input = (struct wh_bytes){input->data + taken, input->length - taken};
    return (struct wh_bytes){copy, taken};
}

struct parts {
    struct wh_bytes old;
    struct wh_bytes streams[WH_STREAMS];
    size_t length;
};

static void take_old(struct wh_bytes *input, uint8_t kind, struct parts *parts)
{
    if (kind < FUZZ_ELF_KINDS) {
        const struct fuzz_builds *builds = fuzz_builds(kind);
        parts->old = made_elf_file(&builds->old);
        parts->old.data = fuzz_elf_changed(&builds->old, input);
        parts->length = made_elf_file(&builds->fresh).length;
        return;
    }
    size_t length = fuzz_take16(input);
    parts->length = fuzz_take16(input);
    parts->old = take_part(input, length);
}

static struct wh_bytes pad(struct wh_bytes part, size_t length)
{
    uint8_t *bytes = realloc((void *)(uintptr_t)part.data, part.length + length + 1);

    if (!bytes)
        abort();
    memset(bytes + part.length, 0, length);
    return (struct wh_bytes){bytes, part.length + length};
}

static void take_parts(struct wh_bytes input, struct parts *parts)
{
    uint8_t choice = fuzz_take(&input);
    size_t lengths[WH_STREAMS];

    take_old(&input, (uint8_t)(choice & ~PADDED), parts);
    for (int i = 0; i < WH_STREAMS; i++)
        lengths[i] = i == WH_STREAM_EXTRA ? SIZE_MAX : fuzz_take16(&input);
    for (int i = 0; i < WH_STREAMS; i++)
        parts->streams[i] = take_part(&input, lengths[i]);
    if (choice & PADDED)
        parts->streams[WH_STREAM_EXTRA] = pad(parts->streams[WH_STREAM_EXTRA], parts->length);
}

static void free_part(struct wh_bytes part)
{
    free((void *)(uintptr_t)part.data); /* made by take_part() or fuzz_elf_changed() */
}

static void clear_parts(struct parts *parts)
{
    free_part(parts->old);
    for (int i = 0; i < WH_STREAMS; i++)
        free_part(parts->streams[i]);
}

static bool decode(const struct parts *parts, uint8_t *out, struct wh_reader *readers)
{
    struct wh_error err = {0};

    for (int i = 0; i < WH_STREAMS; i++)
        readers[i] = wh_reader_over(parts->streams[i]);
    return fuzz_ok(wh_patch_decode(readers, parts->old, out, parts->length, &err), &err);
}

/* Every byte is written, whatever was there before; and the streams are read from their start. */
static void check_decoded(const struct parts *parts, const uint8_t *out)
{
    struct wh_reader readers[WH_STREAMS];
    wh_autofree uint8_t *again = malloc(parts->length + 1);

    if (!again)
        abort();
    memset(again, 0xff, parts->length + 1);
    promise(decode(parts, again, readers));
    promise(memcmp(out, again, parts->length) == 0);
    for (int i = 0; i < WH_STREAMS; i++) {
        struct wh_bytes whole = parts->streams[i];
        promise(!readers[i].failed && readers[i].end == whole.data + whole.length);
        promise(readers[i].at >= whole.data && readers[i].at <= readers[i].end);
    }
    fuzz_accept();
}

static void check_elf(struct wh_bytes bytes)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    struct wh_error err = {0};
    size_t end = 0;

    if (!fuzz_ok(wh_elf_parse(bytes, &elf, &err), &err))
        return;
    promise(elf.headers_end <= bytes.length && elf.high - elf.low < 1ull << 32);
    promise(elf.segments.count > 0 && elf.segments.count <= WH_SEGMENTS_MAX);
    for (uint32_t i = 0; i < elf.region_count; i++) {
        const struct wh_region *region = &elf.regions[i];
        promise(region->offset >= end && region->length > 0);
        promise(region->offset <= bytes.length && region->length <= bytes.length - region->offset);
        promise(region->section == 0 || region->section < elf.section_count);
        end = region->offset + region->length;
    }
    for (uint32_t i = 0; i < elf.section_count; i++) {
        promise(fuzz_inside(wh_elf_content(&elf, i), bytes));
        promise(strlen(wh_elf_section_name(&elf, &elf.sections[i])) < bytes.length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(clear_parts) struct parts parts = {0};
    struct wh_reader readers[WH_STREAMS];

    take_parts((struct wh_bytes){data, size}, &parts);
    check_elf(parts.old);
    wh_autofree uint8_t *out = calloc(parts.length ? parts.length : 1, 1);
    if (!out)
        abort();
    if (decode(&parts, out, readers))
        check_decoded(&parts, out);
    return 0;
}
