/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correction.c - where a builder departed from the rules, what leads from the generated skeleton to
 * the real one. Written and read side by side.
 *
 *   none = nothing
 *   xor  = as many bytes as the skeleton has
 *   full = piece count, then for each piece its skeleton length and its file (varints), skeleton
 */
#include <stdlib.h>
#include <string.h>

#include "package/cpio.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static bool same_pieces(const struct wh_skeleton *a, const struct wh_skeleton *b)
{
    if (a->length != b->length || a->piece_count != b->piece_count)
        return false;
    for (uint32_t i = 0; i < a->piece_count; i++)
        if (a->pieces[i].file != b->pieces[i].file ||
            a->pieces[i].skeleton_length != b->pieces[i].skeleton_length)
            return false;
    return true;
}

static void write_xor(const struct wh_skeleton *rules, const struct wh_skeleton *real,
    struct wh_buffer *out_correction)
{
    wh_buffer_append(out_correction, real->bytes, real->length);
    if (!out_correction->failed)
        for (size_t i = 0; i < real->length; i++)
            out_correction->data[i] ^= rules->bytes[i];
}

static void write_full(const struct wh_skeleton *real, struct wh_buffer *out_correction)
{
    wh_buffer_varint(out_correction, real->piece_count);
    for (uint32_t i = 0; i < real->piece_count; i++) {
        wh_buffer_varint(out_correction, real->pieces[i].skeleton_length);
        wh_buffer_varint(out_correction, real->pieces[i].file);
    }
    wh_buffer_append(out_correction, real->bytes, real->length);
}

wh_status wh_skeleton_compare(const struct wh_header *header, const struct wh_skeleton *real,
    enum wh_correction_mode *out_mode, struct wh_buffer *out_correction, struct wh_error *err)
{
    wh_cleanup(wh_skeleton_clear) struct wh_skeleton rules = {0};
    wh_status status = wh_skeleton_generate(header, &rules, err);

    if (status != WH_OK && status != WH_UNSUPPORTED)
        return status;
    if (status == WH_OK && same_pieces(&rules, real)) {
        if (memcmp(rules.bytes, real->bytes, real->length) == 0) {
            *out_mode = WH_CORRECTION_NONE;
            return WH_OK;
        }
        write_xor(&rules, real, out_correction);
        *out_mode = WH_CORRECTION_XOR;
        return wh_buffer_check(out_correction, err);
    }
    write_full(real, out_correction);
    *out_mode = WH_CORRECTION_FULL;
    return wh_buffer_check(out_correction, err);
}

static wh_status apply_xor(const struct wh_header *header, struct wh_bytes correction,
    struct wh_skeleton *out_skeleton, struct wh_error *err)
{
    wh_cleanup(wh_skeleton_clear) struct wh_skeleton skeleton = {0};

    WH_TRY(wh_skeleton_generate(header, &skeleton, err));
    if (correction.length != skeleton.length)
        return wh_fail(err, WH_MALFORMED, "%s: correction has %zu bytes, the skeleton %zu",
            header->name, correction.length, skeleton.length);
    for (size_t i = 0; i < skeleton.length; i++)
        skeleton.bytes[i] ^= correction.data[i];
    *out_skeleton = skeleton;
    skeleton = (struct wh_skeleton){0};
    return WH_OK;
}

/* Every piece's skeleton bytes must be there, and every content of the header in one piece. */
static wh_status read_full(const struct wh_header *header, struct wh_reader *reader,
    struct skeleton_draft *draft, uint8_t *seen, struct wh_error *err)
{
    uint64_t count = wh_read_varint(reader, header->file_count);
    uint64_t lengths = 0;

    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        uint64_t length = wh_read_varint(reader, WH_SKELETON_MAX);
        uint64_t file = wh_read_varint(reader, WH_FILES_MAX);
        if (reader->failed || file >= header->file_count || !header->files[file].has_content ||
            seen[file]++)
            return wh_fail(
                err, WH_MALFORMED, "%s: correction: bad piece %u", header->name, (unsigned)i);
        lengths += length;
        draft->pieces[draft->piece_count++] = (struct wh_piece){length, (uint32_t)file};
        draft->content_length += header->files[file].size;
    }
    struct wh_bytes rest = wh_read_bytes(reader, (uint64_t)(reader->end - reader->at));
    if (reader->failed || rest.length == 0 || lengths > rest.length)
        return wh_fail(err, WH_MALFORMED, "%s: correction is cut short", header->name);
    wh_buffer_append(&draft->bytes, rest.data, rest.length);
    return WH_OK;
}

static wh_status apply_full(const struct wh_header *header, struct wh_bytes correction,
    struct wh_skeleton *out_skeleton, struct wh_error *err)
{
    wh_cleanup(wh_draft_clear) struct skeleton_draft draft = {0};
    wh_autofree uint8_t *seen = wh_array(header->file_count, 1, WH_FILES_MAX, err);
    struct wh_reader reader = wh_reader_over(correction);

    if (!seen)
        return wh_no_memory(err);
    WH_TRY(wh_draft_begin(&draft, header, err));
    WH_TRY(read_full(header, &reader, &draft, seen, err));
    return wh_draft_finish(&draft, out_skeleton, err);
}

wh_status wh_skeleton_corrected(const struct wh_header *header, enum wh_correction_mode mode,
    struct wh_bytes correction, struct wh_skeleton *out_skeleton, struct wh_error *err)
{
    switch (mode) {
    case WH_CORRECTION_NONE:
        return wh_skeleton_generate(header, out_skeleton, err);
    case WH_CORRECTION_XOR:
        return apply_xor(header, correction, out_skeleton, err);
    case WH_CORRECTION_FULL:
        return apply_full(header, correction, out_skeleton, err);
    }
    return wh_fail(err, WH_UNSUPPORTED, "%s: correction mode %d", header->name, (int)mode);
}
