/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_store.c - puts one package into a history; see history_add.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "files.h"
#include "history_add.h"
#include "kept_like.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

const char *wh_history_refuse(const struct wh_package_file *file)
{
    enum wh_skip skip = wh_origin_refuse(file);

    return skip == WH_SKIP_NOT ? NULL : wh_skip_text(skip);
}

static wh_status place_contents(const struct wh_history *history,
    const struct wh_package_file *file, const struct wh_kept_like *like, uint8_t *out_contents,
    struct wh_error *err)
{
    uint64_t passed = 0;

    for (uint32_t i = 0; i < file->skeleton.piece_count; i++) {
        uint32_t number = file->skeleton.pieces[i].file;
        struct wh_bytes content = wh_package_content(file, number);
        if (content.length > WH_CONTENT_MAX)
            return wh_fail(err, WH_OVER_LIMIT, "%s: a file of it is too large", file->path);
        WH_TRY(wh_kept_content_place(history, content,
            wh_kept_like_find(like, &file->header->files[number]),
            out_contents + (size_t)i * WH_SHA256_LENGTH, err));
        passed += content.length;
        if (passed > WH_FORGET_AFTER) {
            wh_package_forget(file);
            passed = 0;
        }
    }
    return WH_OK;
}

/* Its contents are on the disk, folders and all, before the record has its name. */
static wh_status place_record(const struct wh_history *history,
    const struct wh_repository_package *package, const struct wh_header *header,
    struct wh_bytes record, char **out_location, struct wh_error *err)
{
    enum { ID_SHOWN = 8 };
    wh_autofree char *nvra = wh_repository_nvra(package);
    wh_autofree char *location = NULL;
    wh_autoclose int folder = openat(
        history->folder, "packages", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char id[2 * ID_SHOWN + 1];

    wh_hex(header->id, ID_SHOWN, id);
    if (!nvra || asprintf(&location, "packages/%s.%s", nvra, id) < 0) {
        location = NULL;
        return wh_no_memory(err);
    }
    if (folder < 0 || syncfs(history->folder) < 0)
        return wh_fail_errno(err, "%s", history->path);
    WH_TRY(wh_place_file(folder, strchr(location, '/') + 1, record, err));
    if (fsync(folder) < 0)
        return wh_fail_errno(err, "%s/packages", history->path);
    *out_location = wh_take(location);
    return WH_OK;
}

static wh_status store(const struct wh_history *history,
    const struct wh_repository_package *package, const struct wh_subject *subject,
    const struct wh_kept_like *like, char **out_location, struct wh_error *err)
{
    const struct wh_package_file *file = &subject->file;
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_KEPT_MAX};
    wh_autofree uint8_t *contents = wh_array(
        file->skeleton.piece_count, WH_SHA256_LENGTH, SIZE_MAX, err);

    if (!contents)
        return wh_no_memory(err);
    WH_TRY(place_contents(history, file, like, contents, err));
    struct wh_kept_record record = {
        .pkgid = package->pkgid,
        .size = file->size,
        .digests = subject->digests,
        .correction_mode = subject->correction_mode,
        .correction = wh_buffer_bytes(&subject->correction),
        .prefix = file->prefix.bytes,
        .contents = contents,
        .content_count = file->skeleton.piece_count,
    };
    if (record.pkgid.length == 0) { /* of a folder without metadata: as createrepo_c names it */
        record.pkgid = (struct wh_digest){.algorithm = WH_SHA256, .length = WH_SHA256_LENGTH};
        memcpy(record.pkgid.bytes, subject->digests.sha256, WH_SHA256_LENGTH);
    }
    WH_TRY(wh_kept_record_write(&record, &bytes, err));
    return place_record(history, package, file->header, wh_buffer_bytes(&bytes), out_location, err);
}

static void cleanup_like(struct wh_kept_like **like)
{
    wh_kept_like_free(*like);
}

wh_status wh_history_store(const struct wh_history *history, const struct wh_repository *repository,
    const struct wh_repository_package *package, const char *like_location, char **out_location,
    struct wh_error *err)
{
    wh_cleanup(wh_package_clear) struct wh_package_file file = WH_PACKAGE_FILE_NONE;
    wh_cleanup(wh_subject_clear) struct wh_subject subject = WH_SUBJECT_NONE;

    WH_TRY(wh_package_open(repository->folder, repository->path, package->location, &file, err));
    WH_TRY(wh_subject_prepare(&file, &package->pkgid, &subject, err));
    wh_cleanup(cleanup_like) struct wh_kept_like *like = wh_kept_like_new(history, like_location);
    return store(history, package, &subject, like, out_location, err);
}
