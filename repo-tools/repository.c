/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repository.c - see repository.h. */
#include "repository.h"

#include <errno.h>
#include <fcntl.h>
#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/repo_rpmmd.h>
#include <solv/solv_xfopen.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "folder.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void free_pool(Pool **pool)
{
    pool_free(*pool);
}

static void close_stream(FILE **stream)
{
    if (*stream)
        (void)fclose(*stream);
}

const char *wh_evr_without_epoch(const char *evr)
{
    const char *colon = strchr(evr, ':');

    return colon ? colon + 1 : evr;
}

char *wh_repository_nvra(const struct wh_repository_package *package)
{
    char *text;

    if (asprintf(&text, "%s-%s.%s", package->name, wh_evr_without_epoch(package->evr),
            package->arch) < 0)
        return NULL;
    return text;
}

static void clear_package(struct wh_repository_package *package)
{
    free(package->location);
    free(package->name);
    free(package->evr);
    free(package->arch);
    *package = (struct wh_repository_package){0};
}

/* ---- packages from the primary metadata ---------------------------------------------------- */

/* libsolv's number of a checksum type as rpm's. */
static uint32_t algorithm_of(Id type)
{
    switch (type) {
    case REPOKEY_TYPE_MD5:
        return WH_MD5;
    case REPOKEY_TYPE_SHA1:
        return WH_SHA1;
    case REPOKEY_TYPE_SHA224:
        return WH_SHA224;
    case REPOKEY_TYPE_SHA256:
        return WH_SHA256;
    case REPOKEY_TYPE_SHA384:
        return WH_SHA384;
    case REPOKEY_TYPE_SHA512:
        return WH_SHA512;
    default:
        return 0;
    }
}

static wh_status copy_package(const struct wh_repository *repository, Solvable *solvable,
    struct wh_repository_package *package, struct wh_error *err)
{
    Pool *pool = solvable->repo->pool;
    const char *name = pool_id2str(pool, solvable->name);
    const char *location = solvable_lookup_location(solvable, NULL);
    Id type = 0;
    const char *checksum = solvable_lookup_checksum(solvable, SOLVABLE_CHECKSUM, &type);

    if (!location || solvable_lookup_str(solvable, SOLVABLE_MEDIABASE))
        return wh_fail(err, WH_UNSUPPORTED, "%s: its metadata places %s outside of the repository",
            repository->path, name);
    if (!wh_location_is_safe(location))
        return wh_fail(err, WH_MALFORMED,
            "%s: its metadata gives %s a location that is no plain path below the repository",
            repository->path, name);
    if (!checksum || !wh_digest_from_hex(algorithm_of(type), checksum, &package->pkgid))
        return wh_fail(err, WH_MALFORMED, "%s: its metadata gives %s no known checksum",
            repository->path, name);
    package->location = strdup(location);
    package->name = strdup(name);
    package->evr = strdup(pool_id2str(pool, solvable->evr));
    package->arch = strdup(pool_id2str(pool, solvable->arch));
    package->size = solvable_lookup_num(solvable, SOLVABLE_DOWNLOADSIZE, 0);
    package->is_source = solvable->arch == ARCH_SRC || solvable->arch == ARCH_NOSRC;
    if (!package->location || !package->name || !package->evr || !package->arch)
        return wh_no_memory(err);
    return WH_OK;
}

static wh_status copy_packages(struct wh_repository *repository, Repo *repo, struct wh_error *err)
{
    const uint64_t ceiling = WH_INDEX_PACKAGES_MAX * sizeof *repository->packages;
    Solvable *solvable;
    Id id;

    repository->packages = wh_array(
        (uint64_t)repo->nsolvables, sizeof *repository->packages, ceiling, err);
    if (!repository->packages)
        return wh_fail(err, WH_OVER_LIMIT, "%s: too many packages", repository->path);
    FOR_REPO_SOLVABLES(repo, id, solvable)
    WH_TRY(copy_package(
        repository, solvable, &repository->packages[repository->package_count++], err));
    return WH_OK;
}

static wh_status parse_primary(
    struct wh_repository *repository, const char *location, int fd, struct wh_error *err)
{
    wh_cleanup(free_pool) Pool *pool = pool_create();
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    if (own < 0)
        return wh_fail_errno(err, "%s/%s", repository->path, location);
    pool_setdisttype(pool, DISTTYPE_RPM);
    Repo *repo = repo_create(pool, "repository");
    /* The name only says how it is compressed. */
    wh_cleanup(close_stream) FILE *stream = solv_xfopen_fd(location, own, "r");
    if (!stream) {
        (void)close(own);
        return wh_fail(err, WH_UNSUPPORTED, "%s/%s: compressed in a way that libsolv cannot read",
            repository->path, location);
    }
    if (repo_add_rpmmd(repo, stream, NULL, 0) != 0)
        return wh_fail(
            err, WH_MALFORMED, "%s/%s: %s", repository->path, location, pool_errstr(pool));
    return copy_packages(repository, repo, err);
}

static wh_status read_primary(struct wh_repository *repository, struct wh_error *err)
{
    wh_cleanup(wh_repomd_record_clear) struct wh_repomd_record record = {0};
    wh_autoclose int fd = -1;
    struct wh_digest digest;

    WH_TRY(wh_repomd_find(repository->repomd, "primary", &record, err));
    WH_TRY(wh_open_below(repository->folder, repository->path, record.location, &fd, err));
    WH_TRY(wh_file_digest(fd, record.location, record.checksum.algorithm, &digest, err));
    if (!wh_digest_equal(&digest, &record.checksum))
        return wh_fail(err, WH_MISMATCH, "%s/%s: its checksum is not the one in repomd.xml",
            repository->path, record.location);
    return parse_primary(repository, record.location, fd, err);
}

static wh_status read_metadata(struct wh_repository *repository, struct wh_error *err)
{
    wh_autofree char *name = NULL;
    wh_autoclose int fd = -1;

    repository->repomd_bytes.ceiling = WH_REPOMD_MAX;
    if (asprintf(&name, "%s/repodata/repomd.xml", repository->path) < 0)
        return wh_no_memory(err);
    WH_TRY(wh_open_below(repository->folder, repository->path, "repodata/repomd.xml", &fd, err));
    WH_TRY(wh_read_whole(fd, name, &repository->repomd_bytes, err));
    WH_TRY(wh_repomd_parse(
        wh_buffer_bytes(&repository->repomd_bytes), name, &repository->repomd, err));
    return read_primary(repository, err);
}

/* ---- common -------------------------------------------------------------------------------- */

static int compare_packages(const void *left, const void *right)
{
    const struct wh_repository_package *a = left;
    const struct wh_repository_package *b = right;
    int order = strcmp(a->name, b->name);

    if (order == 0)
        order = strcmp(a->arch, b->arch);
    return order ? order : strcmp(a->location, b->location);
}

wh_status wh_repository_open(const char *path, enum wh_repository_kind kind,
    struct wh_repository *out_repository, struct wh_error *err)
{
    wh_cleanup(wh_repository_close) struct wh_repository repository = {.folder = -1};

    repository.path = strdup(path);
    if (!repository.path)
        return wh_no_memory(err);
    for (size_t end = strlen(path); end > 1 && repository.path[end - 1] == '/'; end--)
        repository.path[end - 1] = '\0';
    repository.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (repository.folder < 0)
        return wh_fail_errno(err, "%s", path);
    bool metadata = faccessat(repository.folder, "repodata/repomd.xml", F_OK, 0) == 0;
    if (metadata)
        WH_TRY(read_metadata(&repository, err));
    else if (kind == WH_REPOSITORY_OR_FOLDER)
        WH_TRY(wh_folder_read(&repository, err));
    else
        return wh_fail(err, WH_MISSING,
            "%s: not a repository (no repodata/repomd.xml); run createrepo_c on it first", path);
    if (repository.package_count > 0)
        qsort(repository.packages, repository.package_count, sizeof *repository.packages,
            compare_packages);
    *out_repository = repository;
    repository = (struct wh_repository){.folder = -1};
    return WH_OK;
}

void wh_repository_close(struct wh_repository *repository)
{
    for (uint32_t i = 0; i < repository->package_count; i++)
        clear_package(&repository->packages[i]);
    free(repository->packages);
    wh_repomd_free(repository->repomd);
    wh_buffer_clear(&repository->repomd_bytes);
    free(repository->path);
    if (repository->folder >= 0)
        (void)close(repository->folder);
    *repository = (struct wh_repository){.folder = -1};
}

static int compare_key(
    const struct wh_repository_package *package, const char *name, const char *arch)
{
    int order = strcmp(package->name, name);

    return order ? order : strcmp(package->arch, arch);
}

uint32_t wh_repository_find(const struct wh_repository *repository, const char *name,
    const char *arch, const struct wh_repository_package **out_first)
{
    uint32_t low = 0;
    uint32_t high = repository->package_count;

    while (low < high) { /* the first that is not before it */
        uint32_t middle = low + (high - low) / 2;
        if (compare_key(&repository->packages[middle], name, arch) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out_first = &repository->packages[low];
    while (high < repository->package_count &&
           compare_key(&repository->packages[high], name, arch) == 0)
        high++;
    return high - low;
}
