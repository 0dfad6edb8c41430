/* SPDX-License-Identifier: GPL-2.0-or-later */
/* folder.c - see folder.h. */
#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "package_file.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void close_folder(DIR **folder)
{
    if (*folder)
        (void)closedir(*folder);
}

static bool is_package_name(const char *name)
{
    size_t length = strlen(name);

    return name[0] != '.' && length > 4 && strcmp(name + length - 4, ".rpm") == 0 &&
           wh_location_is_safe(name);
}

char *wh_header_evr(const struct wh_header *header)
{
    char *text;
    int length = header->has_epoch && header->epoch > 0
                     ? asprintf(&text, "%u:%s-%s", header->epoch, header->version, header->release)
                     : asprintf(&text, "%s-%s", header->version, header->release);

    return length < 0 ? NULL : text;
}

static wh_status add_package(
    struct wh_repository *repository, const char *name, struct wh_error *err)
{
    wh_cleanup(wh_package_clear) struct wh_package_file file = WH_PACKAGE_FILE_NONE;
    uint32_t count = repository->package_count;

    WH_TRY(wh_package_open(repository->folder, repository->path, name, &file, err));
    if (count >= WH_INDEX_PACKAGES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "%s: too many packages", repository->path);
    if ((count & (count - 1)) == 0) { /* capacity doubles at the powers of two */
        struct wh_repository_package *packages = realloc(
            repository->packages, (count ? 2 * (size_t)count : 1) * sizeof *packages);
        if (!packages)
            return wh_no_memory(err);
        repository->packages = packages;
    }
    struct wh_repository_package *package = &repository->packages[count];
    *package = (struct wh_repository_package){
        .location = strdup(name),
        .name = strdup(file.header->name),
        .evr = wh_header_evr(file.header),
        .arch = strdup(file.header->arch),
        .is_source = file.header->is_source,
    };
    repository->package_count++;
    if (!package->location || !package->name || !package->evr || !package->arch)
        return wh_no_memory(err);
    return WH_OK;
}

wh_status wh_folder_read(struct wh_repository *repository, struct wh_error *err)
{
    int own = openat(repository->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    wh_cleanup(close_folder) DIR *folder = own < 0 ? NULL : fdopendir(own);
    const struct dirent *entry;

    if (!folder)
        return wh_fail_errno(err, "%s", repository->path);
    while ((entry = readdir(folder)) != NULL)
        if (is_package_name(entry->d_name))
            WH_TRY(add_package(repository, entry->d_name, err));
    if (repository->package_count == 0)
        return wh_fail(err, WH_MISSING, "%s: neither a repository nor a folder of rpm packages",
            repository->path);
    return WH_OK;
}
