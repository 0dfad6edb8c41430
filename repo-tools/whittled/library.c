/* SPDX-License-Identifier: GPL-2.0-or-later */
/* library.c - see library.h. */
#include "whittled/library.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "history.h"
#include "package_file.h"
#include "whittle/cleanup.h"

/* When a folder was written to, as far as a look tells. */
struct stamp {
    struct timespec folder;
    struct timespec repomd;
    uint64_t packages; /* of a folder without metadata: files change when they are copied to it */
};

struct watched {
    const char *path;
    bool has_metadata;
    struct stamp stamp;
    uint32_t packages;
    struct wh_advisories *advisories;
};

struct wh_library {
    struct wh_library_options options;
    struct watched *folders;
    uint32_t folder_count;
    struct wh_catalogue *catalogue;
    pthread_rwlock_t lock; /* of advisories and counts */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t stop_lock;
    pthread_cond_t stop_asked;
    bool stops;
    atomic_uint_fast64_t publications;
};

/* ---- one folder ---------------------------------------------------------------------------- */

static void close_folder(DIR **folder)
{
    if (*folder)
        (void)closedir(*folder);
}

static struct timespec modified(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? status.st_mtim : (struct timespec){0};
}

/* A number that changes with each package file of a folder: one that is not whole yet is seen again
 * when it is. */
static uint64_t state_of_packages(const char *path)
{
    wh_cleanup(close_folder) DIR *folder = opendir(path);
    const struct dirent *entry;
    uint64_t state = 0;

    while (folder && (entry = readdir(folder)) != NULL) {
        size_t length = strlen(entry->d_name);
        struct stat status;
        if (length < 4 || strcmp(entry->d_name + length - 4, ".rpm") != 0 ||
            fstatat(dirfd(folder), entry->d_name, &status, 0) < 0)
            continue;
        uint64_t one = (uint64_t)status.st_size * 0x9e3779b97f4a7c15u ^ (uint64_t)status.st_ino;
        one = one * 0x9e3779b97f4a7c15u ^ (uint64_t)status.st_mtim.tv_sec;
        one = one * 0x9e3779b97f4a7c15u ^ (uint64_t)status.st_mtim.tv_nsec;
        state += one * 0x9e3779b97f4a7c15u; /* in whichever order they come */
    }
    return state;
}

static struct stamp stamp_of(const struct watched *folder)
{
    wh_autofree char *repomd = NULL;
    wh_autofree char *kept = NULL;
    struct stamp stamp = {.folder = modified(folder->path)};

    if (asprintf(&repomd, "%s/repodata/repomd.xml", folder->path) < 0)
        repomd = NULL;
    if (asprintf(&kept, "%s/packages", folder->path) < 0)
        kept = NULL;
    if (repomd)
        stamp.repomd = modified(repomd);
    if (kept && wh_history_is(folder->path))
        stamp.folder = modified(kept);
    if (!folder->has_metadata)
        stamp.packages = state_of_packages(folder->path);
    else /* what lies there and is not listed does not count */
        stamp.folder = (struct timespec){0};
    return stamp;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
    return same_time(&a->folder, &b->folder) && same_time(&a->repomd, &b->repomd) &&
           a->packages == b->packages;
}

/* What the catalogue should know of a package. A package that cannot be read is passed over: it is
 * said, and the others are served. */
static bool inspect(const struct wh_repository *repository,
    const struct wh_repository_package *package, struct wh_known_package *known)
{
    wh_cleanup(wh_package_clear) struct wh_package_file file = WH_PACKAGE_FILE_NONE;
    struct wh_package_digests digests;
    struct wh_error error = {0};
    const struct wh_digest none = {0};

    wh_status status = wh_package_open(
        repository->folder, repository->path, package->location, &file, &error);
    if (status == WH_OK && package->pkgid.length == 0)
        status = wh_package_digest(&file, &none, &digests, &error);
    if (status != WH_OK) {
        (void)fprintf(stderr, "whittled: %s\n", error.message);
        return false;
    }
    if (package->pkgid.length > 0)
        wh_hex(package->pkgid.bytes, package->pkgid.length, known->pkgid);
    else
        wh_hex(digests.sha256, sizeof digests.sha256, known->pkgid);
    memcpy(known->header_id, file.header->id, sizeof known->header_id);
    known->name = strdup(package->name);
    known->evr = strdup(package->evr);
    known->arch = strdup(package->arch);
    known->folder = strdup(repository->path);
    known->location = strdup(package->location);
    known->size = file.size;
    return known->name && known->evr && known->arch && known->folder && known->location;
}

static wh_status inspect_all(
    const struct wh_repository *repository, struct wh_known_packages *known, struct wh_error *err)
{
    known->packages = wh_array(repository->package_count, sizeof *known->packages, SIZE_MAX, err);
    if (!known->packages)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < repository->package_count; i++) {
        if (repository->packages[i].is_source)
            continue;
        if (inspect(repository, &repository->packages[i], &known->packages[known->count]))
            known->count++;
        else
            wh_known_package_clear(&known->packages[known->count]);
    }
    return WH_OK;
}

static bool note_kept(const struct wh_history *history, const struct wh_kept_package *kept,
    struct wh_known_package *known)
{
    memcpy(known->header_id, kept->header_id, sizeof known->header_id);
    memcpy(known->pkgid, kept->pkgid, sizeof known->pkgid);
    known->name = strdup(kept->name);
    known->evr = strdup(kept->evr);
    known->arch = strdup(kept->arch);
    known->folder = strdup(history->path);
    known->location = strdup(kept->location);
    known->size = kept->size;
    return known->name && known->evr && known->arch && known->folder && known->location;
}

/* What whittle-repo history add has kept. */
static wh_status read_kept(const char *path, struct wh_known_packages *known, struct wh_error *err)
{
    wh_cleanup(wh_history_close) struct wh_history history = {.folder = -1};
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages kept = {0};

    WH_TRY(wh_history_open(path, WH_HISTORY_READ, &history, err));
    WH_TRY(wh_history_list(&history, &kept, err));
    for (uint32_t i = 0; i < kept.damaged_count; i++)
        (void)fprintf(stderr, "whittled: %s: %s\n", path, kept.damaged[i].error.message);
    known->packages = wh_array(kept.count, sizeof *known->packages, SIZE_MAX, err);
    if (!known->packages)
        return wh_no_memory(err);
    for (; known->count < kept.count; known->count++)
        if (!note_kept(&history, &kept.packages[known->count], &known->packages[known->count])) {
            wh_known_package_clear(&known->packages[known->count]);
            return wh_no_memory(err);
        }
    return WH_OK;
}

static wh_status read_packages(const struct watched *folder, struct wh_known_packages *known,
    struct wh_advisories **out_advisories, struct wh_error *err)
{
    wh_cleanup(wh_repository_close) struct wh_repository repository = {.folder = -1};
    enum wh_repository_kind kind = folder->has_metadata ? WH_REPOSITORY_WITH_METADATA
                                                        : WH_REPOSITORY_OR_FOLDER;

    if (!folder->has_metadata && wh_history_is(folder->path))
        return read_kept(folder->path, known, err);
    WH_TRY(wh_repository_open(folder->path, kind, &repository, err));
    WH_TRY(inspect_all(&repository, known, err));
    return wh_advisories_read(&repository, out_advisories, err);
}

static void replace_advisories(
    struct wh_library *library, struct watched *folder, struct wh_advisories *fresh, uint32_t count)
{
    (void)pthread_rwlock_wrlock(&library->lock);
    wh_advisories_free(folder->advisories);
    folder->advisories = fresh;
    folder->packages = count;
    (void)pthread_rwlock_unlock(&library->lock);
    library->publications++;
}

static wh_status read_folder(
    struct wh_library *library, struct watched *folder, struct wh_error *err)
{
    wh_cleanup(wh_known_packages_clear) struct wh_known_packages known = {0};
    struct wh_advisories *advisories = NULL;
    struct stamp stamp = stamp_of(folder); /* before reading: what comes later is seen next time */

    WH_TRY(read_packages(folder, &known, &advisories, err));
    wh_status status = wh_catalogue_publish(
        library->catalogue, folder->path, known.packages, known.count, err);
    if (status != WH_OK) {
        wh_advisories_free(advisories);
        return status;
    }
    replace_advisories(library, folder, advisories, known.count);
    folder->stamp = stamp;
    return WH_OK;
}

/* ---- watching ------------------------------------------------------------------------------ */

/* False when it is time to end. */
static bool wait_a_while(struct wh_library *library)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += library->options.interval;
    (void)pthread_mutex_lock(&library->stop_lock);
    while (!library->stops &&
           pthread_cond_timedwait(&library->stop_asked, &library->stop_lock, &until) != ETIMEDOUT)
        ;
    bool goes_on = !library->stops;
    (void)pthread_mutex_unlock(&library->stop_lock);
    return goes_on;
}

static void look(struct wh_library *library)
{
    for (uint32_t i = 0; i < library->folder_count; i++) {
        struct watched *folder = &library->folders[i];
        struct stamp stamp = stamp_of(folder);
        struct wh_error error;
        if (same_stamp(&stamp, &folder->stamp))
            continue;
        if (read_folder(library, folder, &error) != WH_OK)
            (void)fprintf(stderr, "whittled: %s: %s; what was known before stays\n", folder->path,
                error.message);
    }
}

static void *watch(void *context)
{
    struct wh_library *library = context;

    while (wait_a_while(library))
        look(library);
    return NULL;
}

/* ---- its life ------------------------------------------------------------------------------ */

static wh_status read_all(struct wh_library *library, struct wh_error *err)
{
    const struct wh_library_options *options = &library->options;

    library->folders = wh_array((uint64_t)options->repository_count + options->history_count,
        sizeof *library->folders, SIZE_MAX, err);
    if (!library->folders)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < options->repository_count; i++)
        library->folders[library->folder_count++] = (struct watched){
            .path = options->repositories[i], .has_metadata = true};
    for (uint32_t i = 0; i < options->history_count; i++)
        library->folders[library->folder_count++] = (struct watched){.path = options->histories[i]};
    WH_TRY(wh_catalogue_open(options->catalogue, &library->catalogue, err));
    for (uint32_t i = 0; i < library->folder_count; i++)
        WH_TRY(read_folder(library, &library->folders[i], err));
    return WH_OK;
}

static void cleanup_library(struct wh_library **library)
{
    wh_library_free(*library);
}

wh_status wh_library_new(
    const struct wh_library_options *options, struct wh_library **out_library, struct wh_error *err)
{
    wh_cleanup(cleanup_library) struct wh_library *library = calloc(1, sizeof *library);

    if (!library)
        return wh_no_memory(err);
    library->options = *options;
    (void)pthread_rwlock_init(&library->lock, NULL);
    (void)pthread_mutex_init(&library->stop_lock, NULL);
    (void)pthread_cond_init(&library->stop_asked, NULL);
    WH_TRY(read_all(library, err));
    int failed = pthread_create(&library->thread, NULL, watch, library);
    if (failed) {
        errno = failed;
        return wh_fail_errno(err, "a thread that watches the repositories");
    }
    library->has_thread = true;
    *out_library = wh_take(library);
    return WH_OK;
}

void wh_library_free(struct wh_library *library)
{
    if (!library)
        return;
    if (library->has_thread) {
        (void)pthread_mutex_lock(&library->stop_lock);
        library->stops = true;
        (void)pthread_cond_signal(&library->stop_asked);
        (void)pthread_mutex_unlock(&library->stop_lock);
        (void)pthread_join(library->thread, NULL);
    }
    for (uint32_t i = 0; i < library->folder_count; i++)
        wh_advisories_free(library->folders[i].advisories);
    free(library->folders);
    wh_catalogue_close(library->catalogue);
    (void)pthread_rwlock_destroy(&library->lock);
    (void)pthread_cond_destroy(&library->stop_asked);
    (void)pthread_mutex_destroy(&library->stop_lock);
    free(library);
}

void wh_library_advise(struct wh_library *library, const char *name, const char *evr,
    const char *arch, wh_advice_fn *take, void *context)
{
    (void)pthread_rwlock_rdlock(&library->lock);
    for (uint32_t i = 0; i < library->folder_count; i++)
        if (library->folders[i].advisories)
            wh_advisories_find(library->folders[i].advisories, name, evr, arch, take, context);
    (void)pthread_rwlock_unlock(&library->lock);
}

uint64_t wh_library_packages(struct wh_library *library)
{
    uint64_t count = 0;

    (void)pthread_rwlock_rdlock(&library->lock);
    for (uint32_t i = 0; i < library->folder_count; i++)
        count += library->folders[i].packages;
    (void)pthread_rwlock_unlock(&library->lock);
    return count;
}

uint64_t wh_library_publications(struct wh_library *library)
{
    return library->publications;
}
