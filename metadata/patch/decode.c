/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode.c - makes a content from its old form and its pieces of the streams, and the publisher's
 * mirror image of it, which predicts only. */
#include <stdlib.h>

#include "patch/moves.h"
#include "patch/pass.h"
#include "whittle/cleanup.h"
#include "whittle/patch.h"

#define HEADERS_MAX (64u << 10) /* program headers end before */
#define PAIRED_MAX 4096u        /* sections of a relocatable file that are compared by name */

static wh_status bad_patch(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "patch: %s", what);
}

/* ---- copies -------------------------------------------------------------------------------- */

void wh_patch_copies_clear(struct wh_patch_copies *list)
{
    free(list->copies);
    *list = (struct wh_patch_copies){0};
}

wh_status wh_patch_copies_read(struct wh_reader *control, size_t old_length, size_t new_length,
    struct wh_patch_copies *list, struct wh_error *err)
{
    uint64_t room = (uint64_t)(control->end - control->at) / 3;
    uint64_t count = wh_read_varint(control, room);
    size_t new_end = 0;
    uint64_t old_end = 0;

    list->copies = wh_array(count, sizeof *list->copies, SIZE_MAX, err);
    if (!list->copies)
        return wh_no_memory(err);
    for (; list->count < count; list->count++) {
        struct wh_copy *copy = &list->copies[list->count];
        uint64_t gap = wh_read_varint(control, new_length - new_end);
        uint64_t start = old_end + (uint64_t)wh_read_signed(control, old_length);
        if (control->failed || start >= old_length)
            return bad_patch("a copy starts outside of the old content", err);
        uint64_t most = new_length - new_end - gap;
        if (most > old_length - start)
            most = old_length - start;
        if (most == 0)
            return bad_patch("a copy has no room", err);
        copy->new_offset = new_end + (size_t)gap;
        copy->old_offset = (size_t)start;
        copy->length = (size_t)wh_read_varint(control, most - 1) + 1;
        if (control->failed)
            return bad_patch("a copy reaches too far", err);
        new_end = copy->new_offset + copy->length;
        old_end = start + copy->length;
        list->copied += copy->length;
    }
    return control->failed ? bad_patch("the copies are cut short", err) : WH_OK;
}

/* ---- decoding ------------------------------------------------------------------------------ */

static wh_status take_extra(
    struct wh_reader *extra, uint8_t *out, size_t length, struct wh_error *err)
{
    struct wh_bytes bytes = wh_read_bytes(extra, length);

    if (extra->failed)
        return bad_patch("new bytes are missing", err);
    if (length > 0)
        memcpy(out, bytes.data, length);
    return WH_OK;
}

/* Copies that are cut out of plain contents need no walk. */
static wh_status copy_one(struct wh_walk *walk, const struct wh_copy *copy, struct wh_error *err)
{
    if (walk->old)
        return wh_pass_copy(walk, copy, err);
    memcpy(walk->out + copy->new_offset, walk->old_bytes + copy->old_offset, copy->length);
    return WH_OK;
}

static wh_status produce(struct wh_walk *walk, const struct wh_patch_copies *list,
    struct wh_reader *extra, struct wh_error *err)
{
    struct wh_corrections *corrections = walk->corrections;
    size_t end = 0;

    wh_corrections_begin(corrections, list->copied);
    for (size_t i = 0; i < list->count; i++) {
        const struct wh_copy *copy = &list->copies[i];
        WH_TRY(take_extra(extra, walk->out + end, copy->new_offset - end, err));
        wh_corrections_open(corrections, copy);
        WH_TRY(copy_one(walk, copy, err));
        wh_corrections_close(corrections, walk->out);
        end = copy->new_offset + copy->length;
    }
    if (corrections->gap->failed || corrections->value->failed)
        return bad_patch("corrections are missing", err);
    return take_extra(extra, walk->out + end, walk->length - end, err);
}

/* Relocatable files: how far the new sections are from where the copies say. */
static wh_status read_section_starts(
    struct wh_reader *control, struct wh_walk *walk, struct wh_error *err)
{
    uint32_t count = walk->old->section_count;

    walk->section_starts = wh_array(count, sizeof *walk->section_starts, SIZE_MAX, err);
    if (!walk->section_starts)
        return wh_no_memory(err);
    for (uint32_t i = 1; i < count; i++)
        walk->section_starts[i] = wh_moved(walk, walk->old->sections[i].offset) +
                                  (uint64_t)wh_read_signed(control, UINT64_MAX);
    return control->failed ? bad_patch("section starts are missing", err) : WH_OK;
}

static wh_status decode_elf(struct wh_moves *moves, struct wh_bytes old, struct wh_reader *control,
    struct wh_reader *extra, struct wh_error *err)
{
    wh_cleanup(wh_patch_copies_clear) struct wh_patch_copies list = {0};
    struct wh_walk *walk = &moves->walk;

    wh_status status = wh_elf_parse(old, &moves->old, err);
    if (status == WH_UNSUPPORTED)
        return bad_patch("its base is no ELF file", err);
    WH_TRY(status);
    walk->old = &moves->old;
    walk->headers_end = (size_t)wh_read_varint(
        control, walk->length < HEADERS_MAX ? walk->length : HEADERS_MAX);
    WH_TRY(wh_patch_copies_read(control, old.length, walk->length, &list, err));
    WH_TRY(wh_pass_prepare(walk, list.copies, list.count, err));
    if (walk->old->type == WH_ET_REL)
        WH_TRY(read_section_starts(control, walk, err));
    return produce(walk, &list, extra, err);
}

static wh_status decode_plain(struct wh_walk *walk, struct wh_bytes old, struct wh_reader *control,
    struct wh_reader *extra, struct wh_error *err)
{
    wh_cleanup(wh_patch_copies_clear) struct wh_patch_copies list = {0};

    WH_TRY(wh_patch_copies_read(control, old.length, walk->length, &list, err));
    return produce(walk, &list, extra, err);
}

void wh_moves_clear(struct wh_moves *moves)
{
    wh_pass_clear(&moves->walk);
    wh_elf_clear(&moves->old);
}

wh_status wh_patch_decode_moves(struct wh_reader streams[WH_STREAMS], struct wh_bytes old,
    uint8_t *out, size_t length, struct wh_moves *moves, struct wh_error *err)
{
    struct wh_reader *control = &streams[WH_STREAM_CONTROL];
    struct wh_reader *extra = &streams[WH_STREAM_EXTRA];
    struct wh_corrections corrections = {
        .gap = &streams[WH_STREAM_GAP], .value = &streams[WH_STREAM_VALUE]};
    uint64_t method = wh_read_varint(control, WH_PATCH_ELF);

    if (control->failed)
        return bad_patch("its method is not known", err);
    moves->walk = (struct wh_walk){
        .old_bytes = old.data, .out = out, .length = length, .corrections = &corrections};
    wh_status status = method == WH_PATCH_ELF
                           ? decode_elf(moves, old, control, extra, err)
                           : decode_plain(&moves->walk, old, control, extra, err);
    moves->walk.corrections = NULL;
    return status;
}

wh_status wh_patch_decode(struct wh_reader streams[WH_STREAMS], struct wh_bytes old, uint8_t *out,
    size_t length, struct wh_error *err)
{
    wh_cleanup(wh_moves_clear) struct wh_moves moves = {0};

    return wh_patch_decode_moves(streams, old, out, length, &moves, err);
}

/* ---- the publisher's side ------------------------------------------------------------------ */

void wh_patch_copies_write(struct wh_buffer *control, const struct wh_copy *copies, size_t count)
{
    size_t new_end = 0;
    size_t old_end = 0;

    wh_buffer_varint(control, count);
    for (size_t i = 0; i < count; i++) {
        wh_buffer_varint(control, copies[i].new_offset - new_end);
        wh_buffer_signed(control, (int64_t)copies[i].old_offset - (int64_t)old_end);
        wh_buffer_varint(control, copies[i].length - 1);
        new_end = copies[i].new_offset + copies[i].length;
        old_end = copies[i].old_offset + copies[i].length;
    }
}

/* The new section of the same name, which may come several times: the same turn of it. */
static uint64_t new_start(
    const struct wh_elf *old, const struct wh_elf *fresh, uint32_t number, uint64_t otherwise)
{
    const char *name = wh_elf_section_name(old, &old->sections[number]);
    uint32_t turn = 0;

    for (uint32_t i = 1; i < number; i++)
        turn += strcmp(wh_elf_section_name(old, &old->sections[i]), name) == 0;
    for (uint32_t i = 1; i < fresh->section_count; i++)
        if (strcmp(wh_elf_section_name(fresh, &fresh->sections[i]), name) == 0 && turn-- == 0)
            return fresh->sections[i].offset;
    return otherwise;
}

static wh_status write_section_starts(struct wh_buffer *control, struct wh_walk *walk,
    const struct wh_elf *fresh, struct wh_error *err)
{
    const struct wh_elf *old = walk->old;

    walk->section_starts = wh_array(
        old->section_count, sizeof *walk->section_starts, SIZE_MAX, err);
    if (!walk->section_starts)
        return wh_no_memory(err);
    for (uint32_t i = 1; i < old->section_count; i++) {
        uint64_t guess = wh_moved(walk, old->sections[i].offset);
        walk->section_starts[i] = new_start(old, fresh, i, guess);
        wh_buffer_signed(control, (int64_t)(walk->section_starts[i] - guess));
    }
    return WH_OK;
}

static wh_status predict_elf(struct wh_walk *walk, struct wh_bytes old, struct wh_bytes fresh_bytes,
    const struct wh_copy *copies, size_t copy_count, struct wh_buffer *control,
    struct wh_error *err)
{
    wh_cleanup(wh_elf_clear) struct wh_elf elf = {0};
    wh_cleanup(wh_elf_clear) struct wh_elf fresh = {0};

    WH_TRY(wh_elf_parse(old, &elf, err));
    WH_TRY(wh_elf_parse(fresh_bytes, &fresh, err));
    if (elf.wide != fresh.wide || elf.machine != fresh.machine ||
        (elf.type == WH_ET_REL) != (fresh.type == WH_ET_REL) || fresh.headers_end > HEADERS_MAX)
        return wh_fail(err, WH_UNSUPPORTED, "ELF files of different kinds");
    if (elf.type == WH_ET_REL &&
        (elf.section_count > PAIRED_MAX || fresh.section_count > PAIRED_MAX))
        return wh_fail(err, WH_UNSUPPORTED, "an ELF file of very many sections");
    walk->old = &elf;
    walk->headers_end = fresh.headers_end;
    wh_buffer_varint(control, WH_PATCH_ELF);
    wh_buffer_varint(control, walk->headers_end);
    wh_patch_copies_write(control, copies, copy_count);
    WH_TRY(wh_pass_prepare(walk, copies, copy_count, err));
    if (elf.type == WH_ET_REL)
        WH_TRY(write_section_starts(control, walk, &fresh, err));
    for (size_t i = 0; i < copy_count; i++)
        WH_TRY(wh_pass_copy(walk, &copies[i], err));
    return WH_OK;
}

wh_status wh_patch_predict(enum wh_patch_method method, struct wh_bytes old, struct wh_bytes fresh,
    const struct wh_copy *copies, size_t copy_count, struct wh_buffer *control,
    uint8_t *out_predicted, struct wh_error *err)
{
    wh_cleanup(wh_pass_clear) struct wh_walk walk = {
        .old_bytes = old.data, .out = out_predicted, .truth = fresh.data, .length = fresh.length};

    if (method == WH_PATCH_ELF)
        return predict_elf(&walk, old, fresh, copies, copy_count, control, err);
    wh_buffer_varint(control, WH_PATCH_PLAIN);
    wh_patch_copies_write(control, copies, copy_count);
    for (size_t i = 0; i < copy_count; i++)
        memcpy(out_predicted + copies[i].new_offset, old.data + copies[i].old_offset,
            copies[i].length);
    return WH_OK;
}
