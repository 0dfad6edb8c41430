/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept_content.c - see kept_content.h. */
#include "kept_content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/limits.h"

#define LEVEL 19

void wh_kept_content_name(
    const uint8_t sha256[WH_SHA256_LENGTH], char out_name[WH_CONTENT_NAME_MAX])
{
    char hex[2 * WH_SHA256_LENGTH + 1];

    wh_hex(sha256, WH_SHA256_LENGTH, hex);
    (void)snprintf(out_name, WH_CONTENT_NAME_MAX, "contents/%.2s/%s", hex, hex);
}

/* ---- reading ------------------------------------------------------------------------------- */

static void take_head(const uint8_t head[WH_CONTENT_HEAD_LENGTH], struct wh_content_base *base)
{
    struct wh_reader reader = wh_reader_over(
        (struct wh_bytes){head + WH_SHA256_LENGTH, WH_CONTENT_HEAD_LENGTH - WH_SHA256_LENGTH});

    memcpy(base->sha256, head, WH_SHA256_LENGTH);
    base->length = wh_read_le64(&reader);
}

wh_status wh_kept_content_base(const struct wh_history *history,
    const uint8_t sha256[WH_SHA256_LENGTH], struct wh_content_base *out_base, struct wh_error *err)
{
    uint8_t head[WH_CONTENT_HEAD_LENGTH];
    char name[WH_CONTENT_NAME_MAX];
    wh_autoclose int fd = -1;

    wh_kept_content_name(sha256, name);
    WH_TRY(wh_open_below(history->folder, history->path, name, &fd, err));
    WH_TRY(wh_read_at(fd, name, 0, head, sizeof head, err));
    take_head(head, out_base);
    return WH_OK;
}

/* A file's frame and what it is based on. length: of the content. */
static wh_status read_file(const struct wh_history *history, const char *name, size_t length,
    struct wh_buffer *out_bytes, struct wh_content_base *out_base, struct wh_error *err)
{
    enum { FRAME_MORE = 4096 }; /* bytes of a frame around contents that cannot be compressed */
    static const uint8_t none[WH_SHA256_LENGTH];
    wh_autoclose int fd = -1;

    *out_bytes = (struct wh_buffer){.ceiling = length + length / 64 + FRAME_MORE};
    WH_TRY(wh_open_below(history->folder, history->path, name, &fd, err));
    WH_TRY(wh_read_whole(fd, name, out_bytes, err));
    if (out_bytes->length < WH_CONTENT_HEAD_LENGTH)
        return wh_fail(err, WH_MALFORMED, "%s: it is cut short", name);
    take_head(out_bytes->data, out_base);
    if (out_base->length == 0 && memcmp(out_base->sha256, none, sizeof none) != 0)
        return wh_fail(err, WH_MALFORMED, "%s: it is damaged", name);
    return WH_OK;
}

static wh_status decode(const char *name, const struct wh_buffer *file, struct wh_bytes base,
    const uint8_t sha256[WH_SHA256_LENGTH], struct wh_bytes out, struct wh_error *err)
{
    const struct wh_bytes frame = {
        file->data + WH_CONTENT_HEAD_LENGTH, file->length - WH_CONTENT_HEAD_LENGTH};
    struct wh_digest digest;

    WH_TRY(wh_name_file(
        name, wh_frame_read(frame, base, (uint8_t *)(uintptr_t)out.data, out.length, err), err));
    WH_TRY(wh_digest_of(WH_SHA256, out, &digest, err));
    if (memcmp(digest.bytes, sha256, WH_SHA256_LENGTH) != 0)
        return wh_fail(err, WH_MALFORMED, "%s: it is damaged", name);
    return WH_OK;
}

/* A content that has no base. The caller frees. */
static wh_status read_base(const struct wh_history *history, const struct wh_content_base *wanted,
    uint8_t **out_bytes, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer file = {0};
    struct wh_content_base base;
    char name[WH_CONTENT_NAME_MAX];

    wh_kept_content_name(wanted->sha256, name);
    if (wanted->length > WH_CONTENT_MAX)
        return wh_fail(err, WH_MALFORMED, "%s: its size is out of range", name);
    wh_autofree uint8_t *bytes = malloc((size_t)wanted->length);
    if (!bytes)
        return wh_no_memory(err);
    WH_TRY(read_file(history, name, (size_t)wanted->length, &file, &base, err));
    if (base.length > 0)
        return wh_fail(err, WH_MALFORMED, "%s: a base has a base itself", name);
    WH_TRY(decode(name, &file, (struct wh_bytes){0}, wanted->sha256,
        (struct wh_bytes){bytes, (size_t)wanted->length}, err));
    *out_bytes = wh_take(bytes);
    return WH_OK;
}

wh_status wh_kept_content_read(const struct wh_history *history,
    const uint8_t sha256[WH_SHA256_LENGTH], uint8_t *out, size_t length, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer file = {0};
    wh_autofree uint8_t *base_bytes = NULL;
    struct wh_content_base base;
    char name[WH_CONTENT_NAME_MAX];

    wh_kept_content_name(sha256, name);
    WH_TRY(read_file(history, name, length, &file, &base, err));
    if (base.length > 0)
        WH_TRY(read_base(history, &base, &base_bytes, err));
    return decode(name, &file, (struct wh_bytes){base_bytes, base_bytes ? (size_t)base.length : 0},
        sha256, (struct wh_bytes){out, length}, err);
}

/* ---- writing ------------------------------------------------------------------------------- */

static wh_status encode(struct wh_bytes content, const struct wh_content_base *base,
    const uint8_t *base_bytes, struct wh_buffer *out, struct wh_error *err)
{
    wh_buffer_append(out, base->sha256, WH_SHA256_LENGTH);
    wh_buffer_le64(out, base->length);
    WH_TRY(wh_buffer_check(out, err));
    return wh_frame_write(
        content, (struct wh_bytes){base_bytes, (size_t)base->length}, LEVEL, out, err);
}

/* The base that serves a content like that one, or none: what cannot be read is none. */
static void find_base(const struct wh_history *history, const struct wh_content_base *like,
    struct wh_content_base *out_base, uint8_t **out_bytes)
{
    struct wh_content_base base;

    *out_base = (struct wh_content_base){0};
    if (!like || like->length == 0 ||
        wh_kept_content_base(history, like->sha256, &base, NULL) != WH_OK)
        return;
    if (base.length == 0)
        base = *like;
    if (read_base(history, &base, out_bytes, NULL) == WH_OK)
        *out_base = base;
}

/* What saves little on a base becomes one itself: the versions have drifted apart. */
static wh_status encode_best(const struct wh_history *history, struct wh_bytes content,
    const struct wh_content_base *like, struct wh_buffer *out, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer alone = {.ceiling = SIZE_MAX};
    wh_autofree uint8_t *base_bytes = NULL;
    const struct wh_content_base none = {0};
    struct wh_content_base base;

    find_base(history, like, &base, &base_bytes);
    if (!base_bytes)
        return encode(content, &none, NULL, out, err);
    WH_TRY(encode(content, &base, base_bytes, out, err));
    if (out->length <= WH_CONTENT_HEAD_LENGTH + content.length / 16)
        return WH_OK;
    WH_TRY(encode(content, &none, NULL, &alone, err));
    if (out->length > alone.length / 4 * 3) {
        struct wh_buffer swap = *out;
        *out = alone;
        alone = swap;
    }
    return WH_OK;
}

/* Opens contents/XX. */
static wh_status open_folder(
    const struct wh_history *history, const char *name, int *out_folder, struct wh_error *err)
{
    char folder[WH_CONTENT_NAME_MAX];

    (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(name, '/') - name), name);
    if (mkdirat(history->folder, folder, 0755) < 0 && errno != EEXIST)
        return wh_fail_errno(err, "%s/%s", history->path, folder);
    *out_folder = openat(history->folder, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*out_folder < 0)
        return wh_fail_errno(err, "%s/%s", history->path, folder);
    return WH_OK;
}

wh_status wh_kept_content_place(const struct wh_history *history, struct wh_bytes content,
    const struct wh_content_base *like, uint8_t out_sha256[WH_SHA256_LENGTH], struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = SIZE_MAX};
    wh_autoclose int folder = -1;
    struct wh_digest digest;
    char name[WH_CONTENT_NAME_MAX];

    WH_TRY(wh_digest_of(WH_SHA256, content, &digest, err));
    memcpy(out_sha256, digest.bytes, WH_SHA256_LENGTH);
    wh_kept_content_name(out_sha256, name);
    if (faccessat(history->folder, name, F_OK, 0) == 0)
        return WH_OK;
    WH_TRY(open_folder(history, name, &folder, err));
    WH_TRY(encode_best(history, content, like, &stored, err));
    return wh_place_file(folder, strrchr(name, '/') + 1, wh_buffer_bytes(&stored), err);
}
