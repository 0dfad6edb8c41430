/* SPDX-License-Identifier: GPL-2.0-or-later */
/* advisories.c - see advisories.h. */
#include "whittled/advisories.h"

#include <errno.h>
#include <fcntl.h>
#include <solv/dataiterator.h>
#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/repo_updateinfoxml.h>
#include <solv/solv_xfopen.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* One package of an advisory that asks for something. */
struct advice {
    char *name;
    char *evr;
    char *arch;
    char *advisory;
    enum wh_suggestion suggestion;
};

struct wh_advisories {
    struct advice *list; /* by name */
    uint32_t count;
};

void wh_advisories_free(struct wh_advisories *advisories)
{
    if (!advisories)
        return;
    for (uint32_t i = 0; i < advisories->count; i++) {
        free(advisories->list[i].name);
        free(advisories->list[i].evr);
        free(advisories->list[i].arch);
        free(advisories->list[i].advisory);
    }
    free(advisories->list);
    free(advisories);
}

static void cleanup_advisories(struct wh_advisories **advisories)
{
    wh_advisories_free(*advisories);
}

static void free_pool(Pool **pool)
{
    pool_free(*pool);
}

static void close_stream(FILE **stream)
{
    if (*stream)
        (void)fclose(*stream);
}

static int order(const void *left, const void *right)
{
    const struct advice *a = left;
    const struct advice *b = right;

    return strcmp(a->name, b->name);
}

/* ---- reading ------------------------------------------------------------------------------- */

static enum wh_suggestion suggestion_of(Solvable *advisory)
{
    if (solvable_lookup_bool(advisory, UPDATE_REBOOT))
        return WH_SUGGEST_REBOOT;
    if (solvable_lookup_bool(advisory, UPDATE_RELOGIN))
        return WH_SUGGEST_RELOGIN;
    return solvable_lookup_bool(advisory, UPDATE_RESTART) ? WH_SUGGEST_RESTART : WH_SUGGEST_NOTHING;
}

/* libsolv calls an advisory patch:ID. */
static const char *id_of(Pool *pool, const Solvable *advisory)
{
    static const char prefix[] = "patch:";
    const char *name = pool_id2str(pool, advisory->name);

    return strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : name;
}

/* Where a list of advisories is written an id is one word. */
static bool is_word(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return length > 0 && length <= 128;
}

static wh_status add(struct wh_advisories *advisories, Pool *pool, const char *advisory,
    enum wh_suggestion suggestion, struct wh_error *err)
{
    uint32_t count = advisories->count;

    if (count == WH_INDEX_PACKAGES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "too many advisories");
    if ((count & (count - 1)) == 0) { /* capacity doubles at the powers of two */
        struct advice *grown = realloc(
            advisories->list, (count ? 2 * (size_t)count : 1) * sizeof *grown);
        if (!grown)
            return wh_no_memory(err);
        advisories->list = grown;
    }
    struct advice *advice = &advisories->list[advisories->count++];
    *advice = (struct advice){
        .name = strdup(pool_id2str(pool, pool_lookup_id(pool, SOLVID_POS, UPDATE_COLLECTION_NAME))),
        .evr = strdup(pool_id2str(pool, pool_lookup_id(pool, SOLVID_POS, UPDATE_COLLECTION_EVR))),
        .arch = strdup(pool_id2str(pool, pool_lookup_id(pool, SOLVID_POS, UPDATE_COLLECTION_ARCH))),
        .advisory = strdup(advisory),
        .suggestion = suggestion,
    };
    return advice->name && advice->evr && advice->arch && advice->advisory ? WH_OK
                                                                           : wh_no_memory(err);
}

static wh_status add_packages(
    struct wh_advisories *advisories, Pool *pool, Id advisory, struct wh_error *err)
{
    Solvable *solvable = pool_id2solvable(pool, advisory);
    enum wh_suggestion suggestion = suggestion_of(solvable);
    const char *id = id_of(pool, solvable);
    Dataiterator iterator;
    wh_status status = WH_OK;

    if (suggestion == WH_SUGGEST_NOTHING || !is_word(id))
        return WH_OK;
    (void)dataiterator_init(&iterator, pool, solvable->repo, advisory, UPDATE_COLLECTION, NULL, 0);
    while (status == WH_OK && dataiterator_step(&iterator)) {
        dataiterator_setpos(&iterator);
        status = add(advisories, pool, id, suggestion, err);
    }
    dataiterator_free(&iterator);
    return status;
}

static wh_status parse(const struct wh_repository *repository, const char *location, int fd,
    struct wh_advisories *advisories, struct wh_error *err)
{
    wh_cleanup(free_pool) Pool *pool = pool_create();
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    Solvable *solvable;
    Id id;

    if (own < 0)
        return wh_fail_errno(err, "%s/%s", repository->path, location);
    pool_setdisttype(pool, DISTTYPE_RPM);
    Repo *repo = repo_create(pool, "advisories");
    wh_cleanup(close_stream) FILE *stream = solv_xfopen_fd(location, own, "r");
    if (!stream) {
        (void)close(own);
        return wh_fail(err, WH_UNSUPPORTED, "%s/%s: compressed in a way that libsolv cannot read",
            repository->path, location);
    }
    if (repo_add_updateinfoxml(repo, stream, 0) != 0)
        return wh_fail(
            err, WH_MALFORMED, "%s/%s: %s", repository->path, location, pool_errstr(pool));
    FOR_REPO_SOLVABLES(repo, id, solvable)
    WH_TRY(add_packages(advisories, pool, id, err));
    return WH_OK;
}

static wh_status read_record(const struct wh_repository *repository,
    const struct wh_repomd_record *record, struct wh_advisories *advisories, struct wh_error *err)
{
    wh_autoclose int fd = -1;
    struct wh_digest digest;

    WH_TRY(wh_open_below(repository->folder, repository->path, record->location, &fd, err));
    WH_TRY(wh_file_digest(fd, record->location, record->checksum.algorithm, &digest, err));
    if (!wh_digest_equal(&digest, &record->checksum))
        return wh_fail(err, WH_MISMATCH, "%s/%s: its checksum is not the one in repomd.xml",
            repository->path, record->location);
    return parse(repository, record->location, fd, advisories, err);
}

wh_status wh_advisories_read(const struct wh_repository *repository,
    struct wh_advisories **out_advisories, struct wh_error *err)
{
    wh_cleanup(wh_repomd_record_clear) struct wh_repomd_record record = {0};
    wh_cleanup(cleanup_advisories) struct wh_advisories *advisories = calloc(1, sizeof *advisories);
    wh_status status = WH_MISSING;

    if (!advisories)
        return wh_no_memory(err);
    if (repository->repomd)
        status = wh_repomd_find(repository->repomd, "updateinfo", &record, err);
    if (status == WH_OK)
        status = read_record(repository, &record, advisories, err);
    if (status != WH_MISSING)
        WH_TRY(status);
    if (advisories->count > 0)
        qsort(advisories->list, advisories->count, sizeof *advisories->list, order);
    *out_advisories = wh_take(advisories);
    return WH_OK;
}

/* ---- looking up ---------------------------------------------------------------------------- */

void wh_advisories_find(const struct wh_advisories *advisories, const char *name, const char *evr,
    const char *arch, wh_advice_fn *take, void *context)
{
    uint32_t low = 0;
    uint32_t high = advisories->count;

    while (low < high) { /* the first of that name */
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(advisories->list[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < advisories->count && strcmp(advisories->list[low].name, name) == 0; low++) {
        const struct advice *advice = &advisories->list[low];
        if (strcmp(advice->evr, evr) == 0 && strcmp(advice->arch, arch) == 0)
            take(context, advice->advisory, advice->suggestion);
    }
}
