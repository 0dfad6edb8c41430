/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz.c - see fuzz.h. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored_bundle.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static unsigned long accepted;

void fuzz_broken(const char *promise, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
    abort();
}

bool fuzz_ok(wh_status status, const struct wh_error *err)
{
    if (status == WH_OK)
        return true;
    promise(err->status == status);
    promise(err->message[0] && memchr(err->message, '\0', sizeof err->message));
    for (const char *at = err->message; *at; at++)
        promise((unsigned char)*at >= 0x20 && *at != 0x7f);
    return false;
}

void fuzz_accept(void)
{
    accepted++;
}

unsigned long fuzz_accepted(void)
{
    return accepted;
}

const struct sample *fuzz_old(void)
{
    static struct sample sample;

    if (!sample.header)
        sample_old(&sample);
    return &sample;
}

const struct sample *fuzz_new(void)
{
    static struct sample sample;

    if (!sample.header)
        sample_new(&sample);
    return &sample;
}

const struct sample *fuzz_stripped(void)
{
    static const struct sample_options options = {.stripped = true, .reserved = 100};
    static const struct sample_file files[] = {
        {"/usr/bin/a", "first content", 0, 0, 0, NULL, 0},
        {"/usr/bin/b", "second", 0, 0, 9, NULL, 0},
        {"/usr/bin/c", "second", 0, 0, 9, NULL, 0},
        {"/usr/bin/d", NULL, 0, S_IFLNK | 0777, 0, "a", 0},
    };
    static struct sample sample;

    if (!sample.header)
        sample_make(&sample, "3", files, sizeof files / sizeof *files, &options);
    return &sample;
}

static void need_map(const struct sample *sample, struct wh_file_map **map)
{
    if (!*map && wh_file_map_new(sample->header, map, NULL) != WH_OK)
        abort();
}

const struct wh_file_map *fuzz_old_map(void)
{
    static struct wh_file_map *map;

    need_map(fuzz_old(), &map);
    return map;
}

const struct packed_pair *fuzz_packed(void)
{
    static struct packed_pair pair;

    if (!pair.old.header)
        packed_pair_make(&pair);
    return &pair;
}

struct fuzz_versions fuzz_versions_for(const uint8_t *bundle, size_t length)
{
    static struct wh_file_map *packed_map;
    enum { CHOICE_AT = BUNDLE_PACKAGE_SIZE_AT + 3, PACKED = 2 };

    if (length <= CHOICE_AT || !(bundle[CHOICE_AT] & PACKED))
        return (struct fuzz_versions){fuzz_old(), fuzz_old_map(), fuzz_new()};
    need_map(&fuzz_packed()->old, &packed_map);
    return (struct fuzz_versions){&fuzz_packed()->old, packed_map, &fuzz_packed()->fresh};
}

uint8_t fuzz_take(struct wh_bytes *input)
{
    if (input->length == 0)
        return 0;
    uint8_t byte = input->data[0];
    *input = (struct wh_bytes){input->data + 1, input->length - 1};
    return byte;
}

bool fuzz_inside(struct wh_bytes part, struct wh_bytes whole)
{
    return part.length == 0 || (part.data >= whole.data && part.length <= whole.length &&
                                   part.data + part.length <= whole.data + whole.length);
}

bool fuzz_same(struct wh_bytes a, struct wh_bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

void fuzz_check_resolved(const struct wh_bundle *bundle, const struct wh_header *old_header,
    const struct wh_header *new_header)
{
    wh_autofree uint8_t *made = calloc((size_t)new_header->file_count + 1, 1);

    if (!made)
        abort();
    for (uint32_t i = 0; i < bundle->entry_count; i++) {
        const struct wh_entry *entry = &bundle->entries[i];
        promise(entry->file < new_header->file_count);
        promise(new_header->files[entry->file].has_content);
        promise(made[entry->file]++ == 0);
        if (entry->base == WH_NO_FILE)
            continue;
        promise(bundle->kind == WH_BUNDLE_STEP && entry->base < old_header->file_count);
        const struct wh_file *base = &old_header->files[entry->base];
        promise(S_ISREG(base->mode) && base->size > 0 && !(base->flags & WH_FILE_GHOST));
    }
    for (uint32_t i = 0; i < bundle->twin_count; i++) {
        const struct wh_twin *twin = &bundle->twins[i];
        promise(twin->file < new_header->file_count && twin->original < new_header->file_count);
        promise(new_header->files[twin->file].has_content);
        promise(new_header->files[twin->file].size == new_header->files[twin->original].size);
        promise(made[twin->file] == 0 && made[twin->original] == 1);
        made[twin->file] = 2;
    }
}

void fuzz_check_skeleton(const struct wh_header *header, const struct wh_skeleton *skeleton)
{
    wh_autofree uint8_t *seen = calloc((size_t)header->file_count + 1, 1);
    uint64_t before = 0;
    uint64_t contents = 0;

    if (!seen)
        abort();
    promise(skeleton->length <= WH_SKELETON_MAX);
    promise(skeleton->piece_count <= header->file_count);
    for (uint32_t i = 0; i < skeleton->piece_count; i++) {
        const struct wh_piece *piece = &skeleton->pieces[i];
        promise(piece->file < header->file_count);
        promise(seen[piece->file]++ == 0);
        before += piece->skeleton_length;
        contents += header->files[piece->file].size;
    }
    promise(before <= skeleton->length);
    promise(skeleton->payload_length == skeleton->length + contents);
}

void fuzz_check_correction(const struct wh_header *header, const struct wh_skeleton *skeleton)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer correction = {.ceiling = 2ull * WH_SKELETON_MAX};
    wh_cleanup(wh_skeleton_clear) struct wh_skeleton again = {0};
    enum wh_correction_mode mode;

    promise(wh_skeleton_compare(header, skeleton, &mode, &correction, NULL) == WH_OK);
    promise((mode == WH_CORRECTION_NONE) == (correction.length == 0));
    promise(
        wh_skeleton_corrected(header, mode, wh_buffer_bytes(&correction), &again, NULL) == WH_OK);
    promise(fuzz_same((struct wh_bytes){again.bytes, again.length},
        (struct wh_bytes){skeleton->bytes, skeleton->length}));
    promise(again.payload_length == skeleton->payload_length);
    promise(again.piece_count == skeleton->piece_count);
    for (uint32_t i = 0; i < again.piece_count; i++) {
        promise(again.pieces[i].file == skeleton->pieces[i].file);
        promise(again.pieces[i].skeleton_length == skeleton->pieces[i].skeleton_length);
    }
}
