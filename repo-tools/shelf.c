/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shelf.c - reads and fills the shelf; see shelf.h. shelf_update.c makes it visible. */
#include "shelf.h"

#include <dirent.h>
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

static void close_folder(DIR **folder)
{
    if (*folder)
        (void)closedir(*folder);
}

static wh_status add_name(struct wh_shelf_names *names, const char *name, struct wh_error *err)
{
    uint32_t count = names->count;

    if ((count & (count - 1)) == 0) { /* capacity doubles at the powers of two */
        char **grown = realloc(names->names, (count ? 2 * (size_t)count : 1) * sizeof *grown);
        if (!grown)
            return wh_no_memory(err);
        names->names = grown;
    }
    names->names[count] = strdup(name);
    if (!names->names[count])
        return wh_no_memory(err);
    names->count++;
    return WH_OK;
}

int wh_shelf_name_order(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static wh_status list_names(struct wh_shelf *shelf, struct wh_error *err)
{
    int own = openat(shelf->repository->folder, "whittle", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    wh_cleanup(close_folder) DIR *folder = own < 0 ? NULL : fdopendir(own);
    const struct dirent *entry;

    while (folder && (entry = readdir(folder)) != NULL) {
        size_t length = strlen(entry->d_name);
        if (length > 4 && strcmp(entry->d_name + length - 4, ".wht") == 0)
            WH_TRY(add_name(&shelf->names, entry->d_name, err));
    }
    if (shelf->names.count > 0)
        qsort(shelf->names.names, shelf->names.count, sizeof *shelf->names.names,
            wh_shelf_name_order);
    return WH_OK;
}

wh_status wh_shelf_open(
    const struct wh_repository *repository, struct wh_shelf *out_shelf, struct wh_error *err)
{
    wh_cleanup(wh_repomd_record_clear) struct wh_repomd_record record = {0};
    struct wh_shelf shelf = {.repository = repository};

    if (wh_repomd_find(repository->repomd, "whittle", &record, NULL) == WH_OK)
        shelf.index_location = wh_take(record.location);
    wh_status status = list_names(&shelf, err);
    if (status == WH_OK)
        status = wh_declined_read(repository, &shelf, err);
    if (status != WH_OK)
        wh_shelf_clear(&shelf);
    else
        *out_shelf = shelf;
    return status;
}

void wh_shelf_clear(struct wh_shelf *shelf)
{
    for (uint32_t i = 0; i < shelf->names.count; i++)
        free(shelf->names.names[i]);
    free(shelf->names.names);
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

/* A bundle's file as the index would list it, if it is one, is whole and leads to this package. */
static bool inspect(const struct wh_repository *repository, const char *name, const char *nvra,
    const uint8_t prefix_sha256[WH_SHA256_LENGTH], struct wh_index_bundle *out_bundle)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_BUNDLE_MAX};
    wh_cleanup(wh_bundle_clear) struct wh_bundle bundle = {0};
    wh_autofree char *location = NULL;
    wh_autofree char *expected = NULL;
    wh_autoclose int fd = -1;
    struct wh_digest digest;

    if (asprintf(&location, "whittle/%s", name) < 0) {
        location = NULL;
        return false;
    }
    if (wh_open_below(repository->folder, repository->path, location, &fd, NULL) != WH_OK ||
        wh_read_whole(fd, name, &bytes, NULL) != WH_OK ||
        wh_digest_of(WH_SHA256, wh_buffer_bytes(&bytes), &digest, NULL) != WH_OK ||
        wh_bundle_location(nvra, digest.bytes, &expected, NULL) != WH_OK ||
        strcmp(location, expected) != 0 ||
        wh_bundle_parse(wh_buffer_bytes(&bytes), &bundle, NULL) != WH_OK ||
        memcmp(bundle.identity.prefix, prefix_sha256, WH_SHA256_LENGTH) != 0)
        return false;
    *out_bundle = (struct wh_index_bundle){
        .kind = bundle.kind,
        .size = bytes.length,
        .cpu_ms = wh_bundle_cpu_ms(&bundle),
    };
    memcpy(out_bundle->from, bundle.identity.old_header, sizeof out_bundle->from);
    memcpy(out_bundle->sha256, digest.bytes, sizeof out_bundle->sha256);
    return true;
}

wh_status wh_shelf_load(const struct wh_shelf *shelf, const char *nvra,
    const uint8_t prefix_sha256[WH_SHA256_LENGTH], struct wh_index_bundle **out_bundles,
    uint32_t *out_count, struct wh_error *err)
{
    const struct wh_shelf_names *names = &shelf->names;
    size_t length = strlen(nvra);
    uint32_t low = 0;
    uint32_t high = names->count;
    uint32_t count = 0;

    while (low < high) { /* the first that does not come before */
        uint32_t middle = low + (high - low) / 2;
        if (strncmp(names->names[middle], nvra, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; high < names->count && strncmp(names->names[high], nvra, length) == 0; high++)
        ;
    struct wh_index_bundle *bundles = wh_array(high - low, sizeof *bundles, UINT32_MAX, err);
    if (!bundles)
        return wh_no_memory(err);
    for (; low < high; low++)
        if (names->names[low][length] == '.' &&
            inspect(shelf->repository, names->names[low], nvra, prefix_sha256, &bundles[count]))
            count++;
    *out_bundles = bundles;
    *out_count = count;
    return WH_OK;
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
    struct wh_bytes bundle, struct wh_index_bundle *listed, bool *out_new, struct wh_error *err)
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
    *out_new = wh_shelf_read_bundle(repository, nvra, listed, &present, NULL) != WH_OK;
    if (!*out_new)
        return WH_OK;
    folder = openat(repository->folder, "whittle", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return wh_fail_errno(err, "%s/whittle", repository->path);
    return wh_place_file(folder, strchr(location, '/') + 1, bundle, err);
}

void wh_shelf_withdraw(
    const struct wh_repository *repository, const char *nvra, const struct wh_index_bundle *placed)
{
    wh_autofree char *location = NULL;

    if (wh_bundle_location(nvra, placed->sha256, &location, NULL) != WH_OK)
        return;
    (void)unlinkat(repository->folder, location, 0);
    (void)unlinkat(repository->folder, "whittle", AT_REMOVEDIR); /* if it was the last one */
}
