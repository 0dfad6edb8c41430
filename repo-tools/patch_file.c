/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch_file.c - see patch_file.h. */
#include "patch_file.h"

#include <inttypes.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/limits.h"

static const uint8_t file_magic[8] = {0x89, 'W', 'H', 'P', '\r', '\n', 0x1a, '\n'};

static wh_status bad_file(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "%s", what);
}

static void read_digest(struct wh_reader *reader, uint8_t out[WH_SHA256_LENGTH])
{
    struct wh_bytes bytes = wh_read_bytes(reader, WH_SHA256_LENGTH);

    if (bytes.data)
        memcpy(out, bytes.data, WH_SHA256_LENGTH);
}

static wh_status read_kind(
    struct wh_reader *reader, struct wh_patch_file *patch, struct wh_error *err)
{
    struct wh_bytes magic = wh_read_bytes(reader, sizeof file_magic);

    if (!magic.data || memcmp(magic.data, file_magic, sizeof file_magic) != 0)
        return bad_file("it does not begin as a patch file", err);
    uint8_t version = wh_read_u8(reader);
    if (!reader->failed && version != WH_PATCH_FILE_VERSION)
        return wh_fail(err, WH_UNSUPPORTED, "format version %u is not known", version);
    uint8_t base = wh_read_u8(reader);
    struct wh_bytes zeros = wh_read_bytes(reader, 2);
    if (reader->failed)
        return bad_file("it is cut short", err);
    if (base > 1 || zeros.data[0] != 0 || zeros.data[1] != 0)
        return bad_file("its head is bad", err);
    patch->with_base = base == 1;
    return WH_OK;
}

wh_status wh_patch_file_parse(
    struct wh_bytes bytes, struct wh_patch_file *out_patch, struct wh_error *err)
{
    struct wh_reader reader = wh_reader_over(bytes);
    struct wh_patch_file patch = {0};

    WH_TRY(read_kind(&reader, &patch, err));
    patch.codec = wh_read_le32(&reader);
    patch.old_length = wh_read_le64(&reader);
    patch.new_length = wh_read_le64(&reader);
    uint64_t stored = wh_read_le64(&reader);
    read_digest(&reader, patch.old_sha256);
    read_digest(&reader, patch.new_sha256);
    patch.stored = wh_read_bytes(&reader, stored);
    if (reader.failed)
        return bad_file("it is cut short", err);
    if (!wh_reader_at_end(&reader))
        return bad_file("bytes follow its end", err);
    if (patch.old_length > WH_CONTENT_MAX || patch.new_length > WH_CONTENT_MAX)
        return wh_fail(
            err, WH_OVER_LIMIT, "it is for files of more than %llu bytes", WH_CONTENT_MAX);
    *out_patch = patch;
    return WH_OK;
}

void wh_patch_file_write(const struct wh_patch_file *patch, struct wh_buffer *out)
{
    wh_buffer_append(out, file_magic, sizeof file_magic);
    wh_buffer_u8(out, WH_PATCH_FILE_VERSION);
    wh_buffer_u8(out, patch->with_base);
    wh_buffer_fill(out, 0, 2);
    wh_buffer_le32(out, patch->codec);
    wh_buffer_le64(out, patch->old_length);
    wh_buffer_le64(out, patch->new_length);
    wh_buffer_le64(out, patch->stored.length);
    wh_buffer_append(out, patch->old_sha256, sizeof patch->old_sha256);
    wh_buffer_append(out, patch->new_sha256, sizeof patch->new_sha256);
    wh_buffer_append(out, patch->stored.data, patch->stored.length);
}

static wh_status has_digest(struct wh_bytes bytes, const uint8_t sha256[WH_SHA256_LENGTH],
    bool *out_has, struct wh_error *err)
{
    struct wh_digest digest;

    WH_TRY(wh_digest_of(WH_SHA256, bytes, &digest, err));
    *out_has = memcmp(digest.bytes, sha256, WH_SHA256_LENGTH) == 0;
    return WH_OK;
}

wh_status wh_patch_file_check(
    const struct wh_patch_file *patch, struct wh_bytes old, struct wh_error *err)
{
    bool same = false;

    if (old.length == patch->old_length)
        WH_TRY(has_digest(old, patch->old_sha256, &same, err));
    return same ? WH_OK : wh_fail(err, WH_MISMATCH, "it is not the file that the patch is for");
}

wh_status wh_patch_file_decode(const struct wh_patch_file *patch, struct wh_bytes old,
    uint8_t **out_content, struct wh_error *err)
{
    const struct wh_codec *codec = wh_codec_find(patch->codec);
    const uint64_t base_length = patch->with_base ? old.length : 0;

    if (!codec)
        return wh_fail(err, WH_UNSUPPORTED, "codec %" PRIu32 " is not known", patch->codec);
    wh_autofree uint8_t *content = wh_array(patch->new_length, 1, WH_CONTENT_MAX, err);
    if (!content)
        return wh_no_memory(err);
    const struct wh_codec_job job = {
        .stored = patch->stored,
        .reference = {old.data, (size_t)base_length},
        .reference_sizes = &base_length,
        .output = content,
        .output_sizes = &patch->new_length,
        .member_count = 1,
    };
    WH_TRY(codec->decode(&job, err));
    *out_content = wh_take(content);
    return WH_OK;
}

wh_status wh_patch_file_prove(
    const struct wh_patch_file *patch, struct wh_bytes content, struct wh_error *err)
{
    bool same;

    WH_TRY(has_digest(content, patch->new_sha256, &same, err));
    if (!same)
        return wh_fail(err, WH_MISMATCH, "what comes of it is not the file that it names");
    return WH_OK;
}

wh_status wh_patch_file_apply(const struct wh_patch_file *patch, struct wh_bytes old,
    uint8_t **out_content, struct wh_error *err)
{
    wh_autofree uint8_t *content = NULL;

    WH_TRY(wh_patch_file_decode(patch, old, &content, err));
    WH_TRY(wh_patch_file_prove(patch, (struct wh_bytes){content, (size_t)patch->new_length}, err));
    *out_content = wh_take(content);
    return WH_OK;
}
