/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shelf_update.c - makes a run's bundles visible: index first, repomd.xml last, and only then
 * removes what is not listed any more; see shelf.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "declined.h"
#include "files.h"
#include "shelf.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

#define INDEX_LEVEL 19

static void close_folder(DIR **folder)
{
    if (*folder)
        (void)closedir(*folder);
}

static bool is_kept(const struct wh_shelf_names *keep, const char *name)
{
    return keep->count > 0 && bsearch(&name, keep->names, keep->count, sizeof *keep->names,
                                  wh_shelf_name_order) != NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* Bundles that nothing lists, and files that an interrupted run did not finish. keep is NULL where
 * only the latter are looked for. */
static uint32_t sweep(int parent, const char *name, const struct wh_shelf_names *keep)
{
    int own = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    wh_cleanup(close_folder) DIR *folder = own < 0 ? NULL : fdopendir(own);
    const struct dirent *entry;
    uint32_t removed = 0;

    while (folder && (entry = readdir(folder)) != NULL) {
        bool unfinished = strncmp(entry->d_name, WH_UNFINISHED_PREFIX,
                              strlen(WH_UNFINISHED_PREFIX)) == 0;
        bool stale = keep && ends_with(entry->d_name, ".wht") && !is_kept(keep, entry->d_name);
        if ((unfinished || stale) && unlinkat(own, entry->d_name, 0) == 0)
            removed += stale;
    }
    return removed;
}

static wh_status sync_folder(int fd, const char *name, struct wh_error *err)
{
    return fsync(fd) < 0 ? wh_fail_errno(err, "%s", name) : WH_OK;
}

static wh_status sync_whittle(const struct wh_repository *repository,
    const struct wh_shelf_update *update, struct wh_error *err)
{
    wh_autoclose int folder = openat(
        repository->folder, "whittle", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0 && errno == ENOENT)
        return WH_OK; /* no bundle was ever made */
    if (folder < 0)
        return wh_fail_errno(err, "%s/whittle", repository->path);
    WH_TRY(wh_declined_write(folder, update->declined, update->declined_count, err));
    return sync_folder(folder, "whittle", err);
}

/* The index as it is served, and what its record says. out_location: owned by the caller. */
static wh_status write_index(const struct wh_shelf_update *update, struct wh_buffer *out_stored,
    struct wh_repomd_entry *out_entry, char **out_location, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INDEX_MAX};
    struct wh_digest digest;
    char hex[2 * WH_SHA256_LENGTH + 1];

    WH_TRY(wh_index_write(update->index, &xml, err));
    WH_TRY(
        wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, INDEX_LEVEL, out_stored, err));
    WH_TRY(wh_digest_of(WH_SHA256, wh_buffer_bytes(&xml), &digest, err));
    memcpy(out_entry->open_checksum, digest.bytes, WH_SHA256_LENGTH);
    WH_TRY(wh_digest_of(WH_SHA256, wh_buffer_bytes(out_stored), &digest, err));
    memcpy(out_entry->checksum, digest.bytes, WH_SHA256_LENGTH);
    out_entry->size = out_stored->length;
    out_entry->open_size = xml.length;
    wh_hex(digest.bytes, WH_SHA256_LENGTH, hex);
    if (asprintf(out_location, "repodata/%s-whittle.xml.zst", hex) < 0)
        return wh_no_memory(err);
    out_entry->location = *out_location;
    return WH_OK;
}

static bool same_bytes(struct wh_bytes a, struct wh_bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static bool is_in_place(
    const struct wh_repository *repository, const char *location, struct wh_bytes content)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer present = {.ceiling = WH_INDEX_MAX};
    wh_autoclose int fd = -1;

    return wh_open_below(repository->folder, repository->path, location, &fd, NULL) == WH_OK &&
           wh_read_whole(fd, location, &present, NULL) == WH_OK &&
           same_bytes(wh_buffer_bytes(&present), content);
}

static wh_status replace_repomd(const struct wh_shelf *shelf, int repodata,
    const struct wh_repomd_entry *entry, bool *out_changed, struct wh_error *err)
{
    const struct wh_repository *repository = shelf->repository;
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_REPOMD_MAX};

    *out_changed = false;
    if (!entry && !shelf->index_location)
        return WH_OK; /* nothing listed before or after */
    WH_TRY(wh_repomd_replace(repository->repomd, "whittle", entry, &xml, err));
    if (same_bytes(wh_buffer_bytes(&xml), wh_buffer_bytes(&repository->repomd_bytes)))
        return WH_OK;
    WH_TRY(wh_place_file(repodata, "repomd.xml", wh_buffer_bytes(&xml), err));
    *out_changed = true;
    return sync_folder(repodata, "repodata", err);
}

/* The index of the run before, which a hostile or broken repomd.xml may have named anything. */
static void remove_old_index(const struct wh_shelf *shelf, const char *location)
{
    const char *old = shelf->index_location;

    if (!old || (location && strcmp(old, location) == 0))
        return;
    if (wh_location_is_safe(old) && strncmp(old, "repodata/", 9) == 0 &&
        strstr(old, "-whittle.xml"))
        (void)unlinkat(shelf->repository->folder, old, 0);
}

wh_status wh_shelf_update(const struct wh_shelf *shelf, const struct wh_shelf_update *update,
    struct wh_shelf_outcome *out_outcome, struct wh_error *err)
{
    const struct wh_repository *repository = shelf->repository;
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = WH_INDEX_MAX};
    wh_autofree char *location = NULL;
    struct wh_repomd_entry entry;
    struct wh_shelf_outcome outcome = {0};
    bool any = update->index->package_count > 0;
    wh_autoclose int repodata = openat(
        repository->folder, "repodata", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (repodata < 0)
        return wh_fail_errno(err, "%s/repodata", repository->path);
    WH_TRY(sync_whittle(repository, update, err));
    if (any) {
        WH_TRY(write_index(update, &stored, &entry, &location, err));
        outcome.index_size = stored.length;
        if (!is_in_place(repository, location, wh_buffer_bytes(&stored)))
            WH_TRY(
                wh_place_file(repodata, strchr(location, '/') + 1, wh_buffer_bytes(&stored), err));
        WH_TRY(sync_folder(repodata, "repodata", err));
    }
    WH_TRY(replace_repomd(shelf, repodata, any ? &entry : NULL, &outcome.changed, err));

    /* From here on the new state is visible; what goes wrong only leaves files too many. */
    remove_old_index(shelf, location);
    if (update->keep->count > 0)
        qsort(update->keep->names, update->keep->count, sizeof *update->keep->names,
            wh_shelf_name_order);
    outcome.removed = sweep(repository->folder, "whittle", update->keep);
    (void)sweep(repository->folder, "repodata", NULL);
    (void)unlinkat(repository->folder, "whittle", AT_REMOVEDIR); /* if nothing is left in it */
    *out_outcome = outcome;
    return WH_OK;
}
