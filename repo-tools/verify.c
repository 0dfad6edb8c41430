/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify.c - see verify.h. */
#include "verify.h"

#include <stdlib.h>
#include <string.h>

#include "jobs.h"
#include "whittle/cleanup.h"

struct run {
    const struct wh_verify_options *options;
    struct wh_repository *repositories;
    uint32_t repository_count;
    struct wh_index index;
    struct wh_verify_context context;
    const struct wh_repository_package **packages; /* one a listed package, NULL where it is gone */
    struct wh_package_verdict *verdicts;           /* the same */
    wh_status *statuses;
    struct wh_error *errors;
};

static void clear_run(struct run *run)
{
    for (uint32_t i = 0; run->verdicts && i < run->index.package_count; i++)
        wh_package_verdict_clear(&run->verdicts[i]);
    free(run->packages);
    free(run->verdicts);
    free(run->statuses);
    free(run->errors);
    wh_index_clear(&run->index);
    for (uint32_t i = 0; i < run->repository_count; i++)
        wh_repository_close(&run->repositories[i]);
    free(run->repositories);
}

/* Few repositories list more than some ten thousand packages, and each is looked for once. */
static const struct wh_repository_package *find_package(
    const struct wh_repository *repository, const char *pkgid)
{
    size_t digits = strlen(pkgid);
    uint8_t bytes[WH_DIGEST_MAX];

    if (digits > 2 * sizeof bytes || !wh_unhex(pkgid, digits, bytes, digits / 2))
        return NULL;
    for (uint32_t i = 0; i < repository->package_count; i++) {
        const struct wh_digest *digest = &repository->packages[i].pkgid;
        if (digest->length == digits / 2 && memcmp(digest->bytes, bytes, digest->length) == 0)
            return &repository->packages[i];
    }
    return NULL;
}

/* What there is to do, and room for what comes of it. */
static wh_status make_room(struct run *run, struct wh_error *err)
{
    uint32_t count = run->index.package_count;

    run->packages = wh_array(count, sizeof *run->packages, UINT32_MAX, err);
    run->verdicts = wh_array(count, sizeof *run->verdicts, UINT32_MAX, err);
    run->statuses = wh_array(count, sizeof *run->statuses, UINT32_MAX, err);
    run->errors = wh_array(count, sizeof *run->errors, UINT32_MAX, err);
    if (!run->packages || !run->verdicts || !run->statuses || !run->errors)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count; i++)
        run->packages[i] = find_package(&run->repositories[0], run->index.packages[i].pkgid);
    return WH_OK;
}

static wh_status open_all(struct run *run, struct wh_error *err)
{
    const struct wh_verify_options *options = run->options;

    run->repositories = wh_array(
        options->previous_count + 1ull, sizeof *run->repositories, UINT32_MAX, err);
    if (!run->repositories)
        return wh_no_memory(err);
    for (uint32_t i = 0; i <= options->previous_count; i++) {
        const char *path = i == 0 ? options->repository : options->previous[i - 1];
        enum wh_repository_kind kind = i == 0 ? WH_REPOSITORY_WITH_METADATA
                                              : WH_REPOSITORY_OR_FOLDER;
        WH_TRY(wh_repository_open(path, kind, &run->repositories[i], err));
        run->repository_count++;
    }
    WH_TRY(wh_shelf_read_index(&run->repositories[0], &run->index, NULL, err));
    run->context.places = (struct wh_places){run->repositories, run->repository_count};
    return make_room(run, err);
}

static bool work_on(void *context, uint32_t number)
{
    struct run *run = context;
    const struct wh_index_package *listing = &run->index.packages[number];
    const struct wh_repository_package *package = run->packages[number];
    const char *name = package ? package->name : listing->pkgid;

    wh_progress_enter(run->options->progress, name);
    run->statuses[number] = wh_verify_package(
        &run->context, package, listing, &run->verdicts[number], &run->errors[number]);
    wh_progress_leave(run->options->progress, name, package ? package->size : 0);
    return run->statuses[number] == WH_OK;
}

static void begin_progress(const struct run *run)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < run->index.package_count; i++)
        bytes += run->packages[i] ? run->packages[i]->size : 0;
    wh_progress_begin(run->options->progress, run->index.package_count, bytes);
}

static wh_status work_on_all(struct run *run, struct wh_error *err)
{
    const struct wh_jobs jobs = {
        .work = work_on,
        .context = run,
        .count = run->index.package_count,
        .threads = run->options->threads,
    };

    begin_progress(run);
    wh_jobs_run(&jobs);
    for (uint32_t i = 0; i < run->index.package_count; i++)
        if (run->statuses[i] != WH_OK) {
            *err = run->errors[i];
            return run->statuses[i];
        }
    return WH_OK;
}

static wh_status count_all(struct run *run, struct wh_verify_result *result, struct wh_error *err)
{
    uint64_t verdicts = 0;

    for (uint32_t i = 0; i < run->index.package_count; i++)
        verdicts += run->verdicts[i].verdict_count;
    result->verdicts = wh_array(verdicts, sizeof *result->verdicts, UINT32_MAX, err);
    if (!result->verdicts)
        return wh_no_memory(err);
    result->packages = run->index.package_count;
    for (uint32_t i = 0; i < run->index.package_count; i++) {
        struct wh_package_verdict *package = &run->verdicts[i];
        result->bundles += run->index.packages[i].bundle_count;
        result->checked += package->checked;
        for (uint32_t k = 0; k < package->verdict_count; k++) {
            bool bad = package->verdicts[k].kind == WH_VERDICT_BAD;
            *(bad ? &result->bad : &result->not_checked) += 1;
            result->verdicts[result->verdict_count++] = package->verdicts[k];
        }
        package->verdict_count = 0; /* their strings have moved */
    }
    return WH_OK;
}

wh_status wh_verify(const struct wh_verify_options *options, struct wh_verify_result *out_result,
    struct wh_error *err)
{
    wh_cleanup(clear_run) struct run run = {.options = options};
    wh_cleanup(wh_verify_result_clear) struct wh_verify_result result = {0};

    WH_TRY(open_all(&run, err));
    WH_TRY(work_on_all(&run, err));
    WH_TRY(count_all(&run, &result, err));
    *out_result = result;
    result = (struct wh_verify_result){0};
    return WH_OK;
}

void wh_verify_result_clear(struct wh_verify_result *result)
{
    for (uint32_t i = 0; i < result->verdict_count; i++) {
        free(result->verdicts[i].package);
        free(result->verdicts[i].text);
    }
    free(result->verdicts);
    *result = (struct wh_verify_result){0};
}
