/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept_like.c - see kept_like.h. */
#include "kept_like.h"

#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/limits.h"

struct row {
    const struct wh_file *file;
    struct wh_content_base content;
};

struct wh_kept_like {
    struct wh_header *header; /* the rows' files are its */
    struct row *rows;         /* by path */
    uint32_t count;
};

static int order_rows(const void *left, const void *right)
{
    const struct wh_file *a = ((const struct row *)left)->file;
    const struct wh_file *b = ((const struct row *)right)->file;
    int order = strcmp(a->basename, b->basename);

    return order ? order : strcmp(a->dirname, b->dirname);
}

static wh_status read_rows(
    struct wh_kept_like *like, const struct wh_kept_record *record, struct wh_error *err)
{
    wh_cleanup(wh_skeleton_clear) struct wh_skeleton skeleton = {0};
    struct wh_prefix prefix;

    WH_TRY(wh_prefix_parse(record->prefix, &prefix, err));
    WH_TRY(wh_header_parse(prefix.header.bytes, &like->header, err));
    WH_TRY(wh_skeleton_corrected(
        like->header, record->correction_mode, record->correction, &skeleton, err));
    if (skeleton.piece_count != record->content_count)
        return wh_fail(err, WH_MALFORMED, "it has another number of contents");
    like->rows = wh_array(skeleton.piece_count, sizeof *like->rows, SIZE_MAX, err);
    if (!like->rows)
        return wh_no_memory(err);
    for (; like->count < skeleton.piece_count; like->count++) {
        struct row *row = &like->rows[like->count];
        row->file = &like->header->files[skeleton.pieces[like->count].file];
        row->content.length = row->file->size;
        memcpy(row->content.sha256, record->contents + (size_t)like->count * WH_SHA256_LENGTH,
            WH_SHA256_LENGTH);
    }
    qsort(like->rows, like->count, sizeof *like->rows, order_rows);
    return WH_OK;
}

struct wh_kept_like *wh_kept_like_new(const struct wh_history *history, const char *location)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {0};
    struct wh_kept_like *like = calloc(1, sizeof *like);
    struct wh_kept_record record;

    if (like && location && wh_history_record(history, location, &plain, &record, NULL) == WH_OK &&
        read_rows(like, &record, NULL) != WH_OK)
        like->count = 0;
    return like;
}

void wh_kept_like_free(struct wh_kept_like *like)
{
    if (!like)
        return;
    free(like->rows);
    wh_header_free(like->header);
    free(like);
}

const struct wh_content_base *wh_kept_like_find(
    const struct wh_kept_like *like, const struct wh_file *file)
{
    const struct row key = {.file = file};

    if (!like || like->count == 0)
        return NULL;
    const struct row *row = bsearch(&key, like->rows, like->count, sizeof key, order_rows);
    return row ? &row->content : NULL;
}
