/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history.c - opens and lists a history; see history.h. */
#include "history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "files.h"
#include "folder.h"
#include "versions.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

#define MARK "whittle-history"
#define FORM "1\n"

static void close_folder(DIR **folder)
{
    if (*folder)
        (void)closedir(*folder);
}

bool wh_history_is(const char *path)
{
    wh_autoclose int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return folder >= 0 && faccessat(folder, MARK, F_OK, 0) == 0;
}

/* ---- opening ------------------------------------------------------------------------------- */

static wh_status check_form(const struct wh_history *history, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer text = {.ceiling = 64};
    wh_autoclose int fd = -1;

    if (wh_open_below(history->folder, history->path, MARK, &fd, NULL) != WH_OK)
        return wh_fail(err, WH_MISSING, "%s: not a history of packages", history->path);
    WH_TRY(wh_read_whole(fd, MARK, &text, err));
    if (text.length != strlen(FORM) || memcmp(text.data, FORM, text.length) != 0)
        return wh_fail(err, WH_UNSUPPORTED, "%s: a history of a later whittle-repo", history->path);
    return WH_OK;
}

static bool is_empty(int fd)
{
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    wh_cleanup(close_folder) DIR *folder = own < 0 ? NULL : fdopendir(own);
    const struct dirent *entry;

    if (!folder)
        return false;
    while ((entry = readdir(folder)) != NULL) {
        bool ours = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                    strcmp(entry->d_name, "packages") == 0 ||
                    strcmp(entry->d_name, "contents") == 0 ||
                    strncmp(entry->d_name, WH_UNFINISHED_PREFIX, strlen(WH_UNFINISHED_PREFIX)) == 0;
        if (!ours)
            return false;
    }
    return true;
}

/* The mark comes last: a folder that has it is whole. */
static wh_status make(const struct wh_history *history, struct wh_error *err)
{
    const struct wh_bytes form = {(const uint8_t *)FORM, strlen(FORM)};

    if (faccessat(history->folder, MARK, F_OK, 0) == 0)
        return WH_OK;
    if (!is_empty(history->folder))
        return wh_fail(
            err, WH_MISSING, "%s: neither empty nor a history of packages", history->path);
    bool made = (mkdirat(history->folder, "packages", 0755) == 0 || errno == EEXIST) &&
                (mkdirat(history->folder, "contents", 0755) == 0 || errno == EEXIST);
    if (!made)
        return wh_fail_errno(err, "%s", history->path);
    WH_TRY(wh_place_file(history->folder, MARK, form, err));
    return fsync(history->folder) == 0 ? WH_OK : wh_fail_errno(err, "%s", history->path);
}

static wh_status lock(const struct wh_history *history, struct wh_error *err)
{
    while (flock(history->folder, LOCK_EX) < 0)
        if (errno != EINTR)
            return wh_fail_errno(err, "%s: locking it", history->path);
    return WH_OK;
}

wh_status wh_history_open(
    const char *path, enum wh_history_use use, struct wh_history *out_history, struct wh_error *err)
{
    wh_cleanup(wh_history_close) struct wh_history history = {.folder = -1, .path = strdup(path)};

    if (!history.path)
        return wh_no_memory(err);
    if (use == WH_HISTORY_MAKE && mkdir(path, 0755) < 0 && errno != EEXIST)
        return wh_fail_errno(err, "%s", path);
    history.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (history.folder < 0)
        return wh_fail_errno(err, "%s", path);
    if (use != WH_HISTORY_READ)
        WH_TRY(lock(&history, err));
    if (use == WH_HISTORY_MAKE)
        WH_TRY(make(&history, err));
    WH_TRY(check_form(&history, err));
    *out_history = history;
    history = (struct wh_history){.folder = -1};
    return WH_OK;
}

void wh_history_close(struct wh_history *history)
{
    if (history->folder >= 0)
        (void)close(history->folder); /* and its lock */
    free(history->path);
    *history = (struct wh_history){.folder = -1};
}

/* ---- listing ------------------------------------------------------------------------------- */

static wh_status read_record(const struct wh_history *history, const char *location,
    struct wh_buffer *out_plain, struct wh_kept_record *out_record, uint64_t *out_seen,
    struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = WH_KEPT_MAX};
    wh_autoclose int fd = -1;
    struct stat info;

    WH_TRY(wh_open_below(history->folder, history->path, location, &fd, err));
    if (fstat(fd, &info) < 0)
        return wh_fail_errno(err, "%s/%s", history->path, location);
    *out_seen = info.st_mtime > 0 ? (uint64_t)info.st_mtime : 0;
    WH_TRY(wh_read_whole(fd, location, &stored, err));
    wh_buffer_clear(out_plain);
    *out_plain = (struct wh_buffer){.ceiling = WH_KEPT_MAX};
    return wh_name_file(
        location, wh_kept_record_read(wh_buffer_bytes(&stored), out_plain, out_record, err), err);
}

wh_status wh_history_record(const struct wh_history *history, const char *location,
    struct wh_buffer *out_plain, struct wh_kept_record *out_record, struct wh_error *err)
{
    uint64_t seen;

    return read_record(history, location, out_plain, out_record, &seen, err);
}

static void clear_package(struct wh_kept_package *package)
{
    free(package->name);
    free(package->evr);
    free(package->arch);
    free(package->location);
    *package = (struct wh_kept_package){0};
}

static wh_status fill(struct wh_kept_package *package, const struct wh_kept_record *record,
    const struct wh_header *header, struct wh_error *err)
{
    memcpy(package->header_id, header->id, sizeof package->header_id);
    wh_hex(record->pkgid.bytes, record->pkgid.length, package->pkgid);
    package->size = record->size;
    package->name = strdup(header->name);
    package->arch = strdup(header->arch);
    package->evr = wh_header_evr(header);
    return package->name && package->arch && package->evr ? WH_OK : wh_no_memory(err);
}

static wh_status read_package(
    const struct wh_history *history, struct wh_kept_package *package, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {0};
    wh_cleanup(wh_header_cleanup) struct wh_header *header = NULL;
    struct wh_kept_record record;
    struct wh_prefix prefix;

    WH_TRY(read_record(history, package->location, &plain, &record, &package->seen, err));
    wh_status status = wh_prefix_parse(record.prefix, &prefix, err);
    if (status == WH_OK)
        status = wh_header_parse(prefix.header.bytes, &header, err);
    WH_TRY(wh_name_file(package->location, status, err));
    return fill(package, &record, header, err);
}

/* The machine's failures are the list's, others the record's. */
static wh_status add_package(const struct wh_history *history, const char *name,
    struct wh_kept_packages *list, struct wh_error *err)
{
    wh_cleanup(clear_package) struct wh_kept_package package = {0};
    struct wh_error error = {0};

    if (asprintf(&package.location, "packages/%s", name) < 0) {
        package.location = NULL;
        return wh_no_memory(err);
    }
    wh_status status = read_package(history, &package, &error);
    if (status == WH_SYSTEM || status == WH_NO_MEMORY) {
        *err = error;
        return status;
    }
    if (status == WH_MISSING) /* removed since */
        return WH_OK;
    if (status != WH_OK) {
        struct wh_kept_damage *damaged = wh_grown(
            list->damaged, list->damaged_count, sizeof *damaged);
        if (!damaged)
            return wh_no_memory(err);
        list->damaged = damaged;
        damaged[list->damaged_count++] = (struct wh_kept_damage){wh_take(package.location), error};
        return WH_OK;
    }
    struct wh_kept_package *packages = wh_grown(list->packages, list->count, sizeof *packages);
    if (!packages)
        return wh_no_memory(err);
    list->packages = packages;
    packages[list->count++] = package;
    package = (struct wh_kept_package){0};
    return WH_OK;
}

static int order_packages(const void *left, const void *right)
{
    const struct wh_kept_package *a = left;
    const struct wh_kept_package *b = right;
    int order = strcmp(a->name, b->name);

    if (order == 0)
        order = strcmp(a->arch, b->arch);
    if (order == 0)
        order = wh_evr_compare(b->evr, a->evr);
    return order ? order : strcmp(a->location, b->location);
}

wh_status wh_history_list(
    const struct wh_history *history, struct wh_kept_packages *out_packages, struct wh_error *err)
{
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages list = {0};
    int own = openat(history->folder, "packages", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    wh_cleanup(close_folder) DIR *folder = own < 0 ? NULL : fdopendir(own);
    const struct dirent *entry;

    if (!folder)
        return wh_fail_errno(err, "%s/packages", history->path);
    while ((entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            WH_TRY(add_package(history, entry->d_name, &list, err));
    if (list.count > 0)
        qsort(list.packages, list.count, sizeof *list.packages, order_packages);
    *out_packages = list;
    list = (struct wh_kept_packages){0};
    return WH_OK;
}

void wh_kept_packages_clear(struct wh_kept_packages *packages)
{
    for (uint32_t i = 0; i < packages->count; i++)
        clear_package(&packages->packages[i]);
    free(packages->packages);
    for (uint32_t i = 0; i < packages->damaged_count; i++)
        free(packages->damaged[i].location);
    free(packages->damaged);
    *packages = (struct wh_kept_packages){0};
}
