/* SPDX-License-Identifier: GPL-2.0-or-later */
/* publish.c - see publish.h. */
#include "publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "jobs.h"
#include "whittle/cleanup.h"

/* The run as a whole. */
struct run {
    struct wh_publish_context context;
    struct wh_repository *repositories;
    uint32_t repository_count;
    struct wh_shelf shelf;
    struct wh_allowance allowance;
    const struct wh_repository_package **order; /* the largest first; each pkgid once */
    uint32_t package_count;
    struct wh_package_outcome *outcomes; /* in that order */
};

static void clear_run(struct run *run)
{
    for (uint32_t i = 0; run->outcomes && i < run->package_count; i++)
        wh_package_outcome_clear(&run->outcomes[i]);
    free(run->outcomes);
    free(run->order);
    wh_shelf_clear(&run->shelf);
    wh_allowance_clear(&run->allowance);
    for (uint32_t i = 0; i < run->repository_count; i++)
        wh_repository_close(&run->repositories[i]);
    free(run->repositories);
}

/* ---- what there is ------------------------------------------------------------------------- */

static wh_status check_unsigned(const struct wh_repository *repository, struct wh_error *err)
{
    if (faccessat(repository->folder, "repodata/repomd.xml.asc", F_OK, 0) == 0)
        return wh_fail(err, WH_UNSUPPORTED,
            "%s: its repomd.xml is signed and the signature would no longer fit; remove "
            "repodata/repomd.xml.asc, run whittle-repo publish, then sign repomd.xml",
            repository->path);
    /* Two runs at once would remove each other's bundles. The lock goes with the descriptor. */
    if (flock(repository->folder, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return wh_fail(
            err, WH_MISSING, "%s: another whittle-repo publish is at work there", repository->path);
    return WH_OK;
}

static wh_status open_all(
    const struct wh_publish_options *options, struct run *run, struct wh_error *err)
{
    run->repositories = wh_array(
        options->previous_count + 1ull, sizeof *run->repositories, UINT32_MAX, err);
    if (!run->repositories)
        return wh_no_memory(err);
    WH_TRY(wh_repository_open(
        options->repository, WH_REPOSITORY_WITH_METADATA, &run->repositories[0], err));
    run->repository_count = 1;
    WH_TRY(check_unsigned(&run->repositories[0], err));
    for (uint32_t i = 0; i < options->previous_count; i++) {
        WH_TRY(wh_repository_open(options->previous[i], WH_REPOSITORY_OR_FOLDER,
            &run->repositories[run->repository_count], err));
        run->repository_count++;
    }
    WH_TRY(wh_shelf_open(&run->repositories[0], &run->shelf, err));
    run->context = (struct wh_publish_context){
        .options = options,
        .places = {run->repositories, run->repository_count},
        .shelf = &run->shelf,
        .allowance = &run->allowance,
    };
    return WH_OK;
}

/* By pkgid, then location: to find those that are listed twice. */
static int order_pkgids(const void *left, const void *right)
{
    const struct wh_repository_package *a = *(const struct wh_repository_package *const *)left;
    const struct wh_repository_package *b = *(const struct wh_repository_package *const *)right;
    int order = memcmp(a->pkgid.bytes, b->pkgid.bytes, sizeof a->pkgid.bytes);

    return order ? order : strcmp(a->location, b->location);
}

/* The largest first, so that no thread is left alone with it at the end. */
static int order_work(const void *left, const void *right)
{
    const struct wh_repository_package *a = *(const struct wh_repository_package *const *)left;
    const struct wh_repository_package *b = *(const struct wh_repository_package *const *)right;

    if (a->size != b->size)
        return a->size > b->size ? -1 : 1;
    return strcmp(a->location, b->location);
}

static wh_status order_packages(struct run *run, struct wh_error *err)
{
    const struct wh_repository *repository = &run->repositories[0];
    uint32_t count = repository->package_count;
    uint32_t kept = 0;

    run->order = wh_array(count, sizeof *run->order, UINT32_MAX, err);
    run->outcomes = wh_array(count, sizeof *run->outcomes, UINT32_MAX, err);
    if (!run->order || !run->outcomes)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count; i++)
        run->order[i] = &repository->packages[i];
    qsort(run->order, count, sizeof *run->order, order_pkgids);
    for (uint32_t i = 0; i < count; i++) {
        bool again = kept > 0 &&
                     wh_digest_equal(&run->order[kept - 1]->pkgid, &run->order[i]->pkgid);
        if (!again)
            run->order[kept++] = run->order[i];
    }
    run->package_count = kept;
    qsort(run->order, kept, sizeof *run->order, order_work);
    return WH_OK;
}

/* ---- work ---------------------------------------------------------------------------------- */

static bool work_on(void *context, uint32_t number)
{
    struct run *run = context;
    const struct wh_repository_package *package = run->order[number];
    struct wh_package_outcome *outcome = &run->outcomes[number];
    struct wh_progress *progress = run->context.options->progress;

    wh_progress_enter(progress, package->name);
    wh_publish_package(&run->context, package, outcome);
    wh_progress_leave(progress, package->name, package->size);
    return outcome->status == WH_OK;
}

static wh_status work_on_all(struct run *run, struct wh_error *err)
{
    const struct wh_jobs jobs = {
        .work = work_on,
        .context = run,
        .count = run->package_count,
        .threads = run->context.options->threads,
    };

    uint64_t bytes = 0;

    for (uint32_t i = 0; i < run->package_count; i++)
        bytes += run->order[i]->size;
    wh_progress_begin(run->context.options->progress, run->package_count, bytes);
    wh_jobs_run(&jobs);
    for (uint32_t i = 0; i < run->package_count; i++)
        if (run->outcomes[i].status != WH_OK) {
            *err = run->outcomes[i].error;
            return run->outcomes[i].status;
        }
    return WH_OK;
}

/* ---- what comes of it ---------------------------------------------------------------------- */

static wh_status note_failure(struct wh_publish_result *result,
    const struct wh_package_outcome *outcome, struct wh_error *err)
{
    struct wh_publish_failure *failure = &result->failures[result->failure_count];

    failure->package = strdup(outcome->nvra);
    failure->error = outcome->error;
    if (!failure->package)
        return wh_no_memory(err);
    result->failure_count++;
    return WH_OK;
}

static void count_bundles(
    struct wh_publish_result *result, const struct wh_package_outcome *outcome)
{
    result->with_bundles++;
    result->package_bytes += outcome->package_size;
    result->best_bytes += outcome->best_size;
    result->reused += outcome->reused;
    for (uint32_t i = 0; i < outcome->listing.bundle_count; i++) {
        const struct wh_index_bundle *bundle = &outcome->listing.bundles[i];
        bool step = bundle->kind == WH_BUNDLE_STEP;
        *(step ? &result->steps : &result->supplements) += 1;
        *(step ? &result->step_bytes : &result->supplement_bytes) += bundle->size;
    }
}

static wh_status count_all(
    const struct run *run, struct wh_publish_result *result, struct wh_error *err)
{
    result->packages = run->package_count;
    result->failures = wh_array(run->package_count, sizeof *result->failures, UINT32_MAX, err);
    if (!result->failures)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < run->package_count; i++) {
        const struct wh_package_outcome *outcome = &run->outcomes[i];
        if (outcome->failed)
            WH_TRY(note_failure(result, outcome, err));
        result->with_prefix += outcome->listing.has_prefix;
        if (outcome->listing.bundle_count > 0)
            count_bundles(result, outcome);
        else
            result->skipped[outcome->skip]++;
    }
    return WH_OK;
}

/* What goes into index, list of kept files and list of declined pairs. */
struct harvest {
    struct wh_index index;
    struct wh_shelf_names keep;
    struct wh_declined *declined;
    uint32_t declined_count;
};

static void clear_harvest(struct harvest *harvest)
{
    free(harvest->index.packages); /* their bundles belong to the outcomes */
    free(harvest->index.backend);
    for (uint32_t i = 0; i < harvest->keep.count; i++)
        free(harvest->keep.names[i]);
    free(harvest->keep.names);
    free(harvest->declined);
}

static wh_status keep_files(
    const struct wh_package_outcome *outcome, struct wh_shelf_names *keep, struct wh_error *err)
{
    for (uint32_t i = 0; i < outcome->listing.bundle_count; i++) {
        wh_autofree char *location = NULL;
        WH_TRY(
            wh_bundle_location(outcome->nvra, outcome->listing.bundles[i].sha256, &location, err));
        keep->names[keep->count] = strdup(strchr(location, '/') + 1);
        if (!keep->names[keep->count])
            return wh_no_memory(err);
        keep->count++;
    }
    return WH_OK;
}

static wh_status name_backend(const struct run *run, struct wh_index *index, struct wh_error *err)
{
    const char *backend = run->context.options->backend;

    if (!backend)
        return WH_OK;
    index->backend = strdup(backend);
    return index->backend ? WH_OK : wh_no_memory(err);
}

static wh_status gather(const struct run *run, struct harvest *harvest, struct wh_error *err)
{
    uint64_t bundles = 0;
    uint64_t declined = 0;

    for (uint32_t i = 0; i < run->package_count; i++) {
        bundles += run->outcomes[i].listing.bundle_count;
        declined += run->outcomes[i].declined_count;
    }
    harvest->index.packages = wh_array(
        run->package_count, sizeof *harvest->index.packages, UINT32_MAX, err);
    harvest->keep.names = wh_array(bundles, sizeof *harvest->keep.names, UINT32_MAX, err);
    harvest->declined = wh_array(declined, sizeof *harvest->declined, UINT32_MAX, err);
    if (!harvest->index.packages || !harvest->keep.names || !harvest->declined)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < run->package_count; i++) {
        const struct wh_package_outcome *outcome = &run->outcomes[i];
        for (uint32_t k = 0; k < outcome->declined_count; k++)
            harvest->declined[harvest->declined_count++] = outcome->declined[k];
        if (outcome->listing.bundle_count == 0 && !outcome->listing.has_prefix)
            continue;
        harvest->index.packages[harvest->index.package_count++] = outcome->listing;
        WH_TRY(keep_files(outcome, &harvest->keep, err));
    }
    return WH_OK;
}

static wh_status make_visible(
    const struct run *run, struct wh_shelf_outcome *out_outcome, struct wh_error *err)
{
    wh_cleanup(clear_harvest) struct harvest harvest = {0};

    WH_TRY(name_backend(run, &harvest.index, err));
    WH_TRY(gather(run, &harvest, err));
    const struct wh_shelf_update update = {
        .index = &harvest.index,
        .keep = &harvest.keep,
        .declined = harvest.declined,
        .declined_count = harvest.declined_count,
    };
    return wh_shelf_update(&run->shelf, &update, out_outcome, err);
}

/* A run that fails leaves nothing behind. */
static void withdraw_all(const struct run *run)
{
    for (uint32_t i = 0; run->outcomes && i < run->package_count; i++) {
        const struct wh_package_outcome *outcome = &run->outcomes[i];
        for (uint32_t k = 0; k < outcome->listing.bundle_count; k++)
            if (outcome->placed & 1ull << k)
                wh_shelf_withdraw(
                    &run->repositories[0], outcome->nvra, &outcome->listing.bundles[k]);
    }
}

/* Part of the ceiling is the program's own: code, metadata of the repository, threads. */
static uint64_t memory_for_jobs(const struct wh_publish_options *options)
{
    enum { OWN = 64 };
    uint32_t memory = options->memory ? options->memory : WH_MEMORY_DEFAULT;

    return (uint64_t)(memory > OWN ? memory - OWN : 1) << 20;
}

wh_status wh_publish(const struct wh_publish_options *options, struct wh_publish_result *out_result,
    struct wh_error *err)
{
    wh_cleanup(clear_run) struct run run = {0};
    wh_cleanup(wh_publish_result_clear) struct wh_publish_result result = {0};

    wh_allowance_init(&run.allowance, memory_for_jobs(options));
    WH_TRY(open_all(options, &run, err));
    WH_TRY(order_packages(&run, err));
    wh_status status = work_on_all(&run, err);
    if (status == WH_OK)
        status = count_all(&run, &result, err);
    if (status == WH_OK)
        status = make_visible(&run, &result.shelf, err);
    if (status != WH_OK) {
        withdraw_all(&run);
        return status;
    }
    *out_result = result;
    result = (struct wh_publish_result){0};
    return WH_OK;
}

void wh_publish_result_clear(struct wh_publish_result *result)
{
    for (uint32_t i = 0; i < result->failure_count; i++)
        free(result->failures[i].package);
    free(result->failures);
    *result = (struct wh_publish_result){0};
}
