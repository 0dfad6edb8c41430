/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shelf.c - reads and fills the shelf; see shelf.h. shelf_update.c makes it visible. */
#include "shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "declined.h"
#include "files.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void clear_index(struct wh_index *index)
{
    wh_index_clear(index);
}

wh_status wh_shelf_read_index(const struct wh_repository *repository, struct wh_index *out_index,
    char **out_location, struct wh_error *err)
{
    wh_cleanup(wh_repomd_record_clear) struct wh_repomd_record record = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_INDEX_MAX};
    wh_cleanup(clear_index) struct wh_index index = {0};
    wh_autoclose int fd = -1;
    struct wh_digest digest;

    WH_TRY(wh_repomd_find(repository->repomd, "whittle", &record, err));
    WH_TRY(wh_open_below(repository->folder, repository->path, record.location, &fd, err));
    WH_TRY(wh_read_whole(fd, record.location, &bytes, err));
    WH_TRY(wh_digest_of(record.checksum.algorithm, wh_buffer_bytes(&bytes), &digest, err));
    if (!wh_digest_equal(&digest, &record.checksum))
        return wh_fail(err, WH_MISMATCH, "%s/%s: its checksum is not the one in repomd.xml",
            repository->path, record.location);
    WH_TRY(wh_index_read(wh_buffer_bytes(&bytes), &index, err));
    if (out_location)
        *out_location = wh_take(record.location);
    *out_index = index;
    index = (struct wh_index){0};
    return WH_OK;
}

wh_status wh_shelf_open(
    const struct wh_repository *repository, struct wh_shelf *out_shelf, struct wh_error *err)
{
    wh_cleanup(wh_repomd_record_clear) struct wh_repomd_record record = {0};
    struct wh_shelf shelf = {.repository = repository};

    if (wh_shelf_read_index(repository, &shelf.index, NULL, NULL) != WH_OK)
        shelf.index = (struct wh_index){0}; /* then everything is built again */
    if (wh_repomd_find(repository->repomd, "whittle", &record, NULL) == WH_OK)
        shelf.index_location = wh_take(record.location);
    wh_status status = wh_declined_read(repository, &shelf, err);
    if (status != WH_OK)
        wh_shelf_clear(&shelf);
    else
        *out_shelf = shelf;
    return status;
}

void wh_shelf_clear(struct wh_shelf *shelf)
{
    wh_index_clear(&shelf->index);
    free(shelf->index_location);
    free(shelf->declined);
    *shelf = (struct wh_shelf){0};
}

wh_status wh_shelf_read_bundle(const struct wh_repository *repository, const char *nvra,
    const struct wh_index_bundle *listed, struct wh_buffer *out_bytes, struct wh_error *err)
{
    wh_autofree char *location = NULL;
    wh_autoclose int fd = -1;
    struct wh_digest digest;

    WH_TRY(wh_bundle_location(nvra, listed->sha256, &location, err));
    WH_TRY(wh_open_below(repository->folder, repository->path, location, &fd, err));
    WH_TRY(wh_read_whole(fd, location, out_bytes, err));
    WH_TRY(wh_digest_of(WH_SHA256, wh_buffer_bytes(out_bytes), &digest, err));
    if (out_bytes->length != listed->size ||
        memcmp(digest.bytes, listed->sha256, sizeof listed->sha256) != 0)
        return wh_fail(err, WH_MISMATCH, "%s/%s: not the file that the index lists",
            repository->path, location);
    return WH_OK;
}

const struct wh_index_bundle *wh_shelf_find(const struct wh_shelf *shelf, const char *pkgid,
    const char *nvra, enum wh_bundle_kind kind, const uint8_t *from)
{
    const struct wh_index_package *package = wh_index_find(&shelf->index, pkgid);

    for (uint32_t i = 0; package && i < package->bundle_count; i++) {
        const struct wh_index_bundle *listed = &package->bundles[i];
        wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_BUNDLE_MAX};
        if (listed->kind != kind || (from && memcmp(listed->from, from, sizeof listed->from) != 0))
            continue;
        if (wh_shelf_read_bundle(shelf->repository, nvra, listed, &bytes, NULL) == WH_OK)
            return listed;
    }
    return NULL;
}

bool wh_shelf_is_declined(const struct wh_shelf *shelf, const char *pkgid, const uint8_t from[8])
{
    struct wh_declined key = {0};

    (void)snprintf(key.pkgid, sizeof key.pkgid, "%s", pkgid);
    memcpy(key.from, from, sizeof key.from);
    return shelf->declined_count > 0 && bsearch(&key, shelf->declined, shelf->declined_count,
                                            sizeof key, wh_declined_order) != NULL;
}

wh_status wh_shelf_place(const struct wh_repository *repository, const char *nvra,
    struct wh_bytes bundle, struct wh_index_bundle *listed, struct wh_error *err)
{
    wh_autofree char *location = NULL;
    wh_cleanup(wh_buffer_clear) struct wh_buffer present = {.ceiling = WH_BUNDLE_MAX};
    wh_autoclose int folder = -1;
    struct wh_digest digest;

    if (bundle.length > WH_BUNDLE_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "%s: its bundle is too large", nvra);
    WH_TRY(wh_digest_of(WH_SHA256, bundle, &digest, err));
    memcpy(listed->sha256, digest.bytes, sizeof listed->sha256);
    listed->size = bundle.length;
    WH_TRY(wh_bundle_location(nvra, listed->sha256, &location, err));
    if (mkdirat(repository->folder, "whittle", 0755) < 0 && errno != EEXIST)
        return wh_fail_errno(err, "%s/whittle", repository->path);
    if (wh_shelf_read_bundle(repository, nvra, listed, &present, NULL) == WH_OK)
        return WH_OK;
    folder = openat(repository->folder, "whittle", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return wh_fail_errno(err, "%s/whittle", repository->path);
    return wh_place_file(folder, strchr(location, '/') + 1, bundle, err);
}
