/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_load.c - makes a kept package's payload again; see history.h. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "files.h"
#include "kept_content.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* A payload that is being written, and the digests that it must have. */
struct making {
    const struct wh_history *history;
    const struct wh_package_file *file;
    int fd;
    uint64_t length;
    struct wh_hasher *hashers[3];
    uint32_t hasher_count;
};

static void clear_making(struct making *making)
{
    for (uint32_t i = 0; i < making->hasher_count; i++)
        wh_hasher_free(making->hashers[i]);
    if (making->fd >= 0)
        (void)close(making->fd);
}

static wh_status append(
    struct making *making, const uint8_t *data, size_t length, struct wh_error *err)
{
    for (uint32_t i = 0; i < making->hasher_count; i++)
        wh_hasher_update(making->hashers[i], data, length);
    WH_TRY(wh_write_at(making->fd, "a temporary file", making->length, data, length, err));
    making->length += length;
    return WH_OK;
}

static wh_status append_content(struct making *making, const uint8_t sha256[WH_SHA256_LENGTH],
    uint64_t size, struct wh_error *err)
{
    if (size == 0 || size > WH_CONTENT_MAX)
        return wh_fail(
            err, WH_MALFORMED, "%s: a content's size is out of range", making->file->path);
    wh_autofree uint8_t *content = malloc((size_t)size);
    if (!content)
        return wh_no_memory(err);
    WH_TRY(wh_kept_content_read(making->history, sha256, content, (size_t)size, err));
    return append(making, content, (size_t)size, err);
}

static wh_status append_all(
    struct making *making, const struct wh_kept_record *record, struct wh_error *err)
{
    const struct wh_skeleton *skeleton = &making->file->skeleton;
    const struct wh_header *header = making->file->header;
    const uint8_t *at = skeleton->bytes;

    for (uint32_t i = 0; i < skeleton->piece_count; i++) {
        const struct wh_piece *piece = &skeleton->pieces[i];
        WH_TRY(append(making, at, (size_t)piece->skeleton_length, err));
        at += piece->skeleton_length;
        WH_TRY(append_content(making, record->contents + (size_t)i * WH_SHA256_LENGTH,
            header->files[piece->file].size, err));
    }
    return append(making, at, (size_t)(skeleton->bytes + skeleton->length - at), err);
}

static wh_status check_digests(struct making *making, struct wh_error *err)
{
    for (uint32_t i = 0; i < making->hasher_count; i++) {
        struct wh_digest digest;
        WH_TRY(wh_hasher_finish(making->hashers[i], &digest, err));
        if (!wh_digest_equal(&digest, &making->file->header->payload_alt[i]))
            return wh_fail(err, WH_MALFORMED, "%s: its payload is not the one its header names",
                making->file->path);
    }
    return WH_OK;
}

static wh_status make_payload(const struct wh_history *history, const struct wh_kept_record *record,
    struct wh_package_file *file, struct wh_error *err)
{
    wh_cleanup(clear_making) struct making making = {.history = history, .file = file, .fd = -1};
    const struct wh_header *header = file->header;

    if (record->content_count != file->skeleton.piece_count)
        return wh_fail(err, WH_MALFORMED, "%s: it has another number of contents", file->path);
    for (; making.hasher_count < header->payload_alt_count; making.hasher_count++)
        WH_TRY(wh_hasher_new(header->payload_alt[making.hasher_count].algorithm,
            &making.hashers[making.hasher_count], err));
    WH_TRY(wh_anonymous_file(&making.fd, err));
    WH_TRY(append_all(&making, record, err));
    WH_TRY(check_digests(&making, err));
    void *map = mmap(NULL, (size_t)making.length, PROT_READ, MAP_SHARED, making.fd, 0);
    if (map == MAP_FAILED)
        return wh_fail_errno(err, "%s: mapping its payload", file->path);
    file->payload = (struct wh_bytes){map, (size_t)making.length};
    return WH_OK;
}

/* The prefix, as reading the package's file would give it. */
static wh_status take_prefix(const struct wh_history *history, const char *location,
    const struct wh_kept_record *record, struct wh_package_file *file, struct wh_error *err)
{
    file->size = record->size;
    if (asprintf(&file->path, "%s/%s", history->path, location) < 0) {
        file->path = NULL;
        return wh_no_memory(err);
    }
    file->prefix_bytes = malloc(record->prefix.length ? record->prefix.length : 1);
    if (!file->prefix_bytes)
        return wh_no_memory(err);
    memcpy(file->prefix_bytes, record->prefix.data, record->prefix.length);
    WH_TRY(wh_prefix_parse(
        (struct wh_bytes){file->prefix_bytes, record->prefix.length}, &file->prefix, err));
    return wh_header_parse(file->prefix.header.bytes, &file->header, err);
}

static wh_status load(const struct wh_history *history, const char *location,
    const struct wh_kept_record *record, struct wh_subject *subject, struct wh_error *err)
{
    struct wh_package_file *file = &subject->file;
    struct wh_digest digest;

    WH_TRY(take_prefix(history, location, record, file, err));
    WH_TRY(wh_digest_of(WH_SHA256, file->prefix.bytes, &digest, err));
    memcpy(subject->prefix_sha256, digest.bytes, sizeof subject->prefix_sha256);
    subject->digests = record->digests;
    subject->correction_mode = record->correction_mode;
    wh_buffer_append(&subject->correction, record->correction.data, record->correction.length);
    WH_TRY(wh_buffer_check(&subject->correction, err));
    WH_TRY(wh_skeleton_corrected(
        file->header, record->correction_mode, record->correction, &file->skeleton, err));
    WH_TRY(make_payload(history, record, file, err));
    wh_package_forget(file);
    return wh_package_locate(file, err);
}

wh_status wh_history_load(const struct wh_history *history, const char *location,
    struct wh_subject *out_subject, struct wh_error *err)
{
    wh_cleanup(wh_subject_clear) struct wh_subject subject = {
        .file = WH_PACKAGE_FILE_NONE, .correction.ceiling = WH_SKELETON_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {0};
    struct wh_kept_record record;

    WH_TRY(wh_history_record(history, location, &plain, &record, err));
    WH_TRY(wh_name_file(location, load(history, location, &record, &subject, err), err));
    *out_subject = subject;
    subject = (struct wh_subject)WH_SUBJECT_NONE;
    return WH_OK;
}
