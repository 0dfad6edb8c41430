/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_verify.c - see history_verify.h. */
#include "history_verify.h"

#include <stdlib.h>
#include <string.h>

#include "jobs.h"
#include "whittle/cleanup.h"

struct run {
    struct wh_history history;
    struct wh_kept_packages kept;
    struct wh_progress *progress;
    struct wh_error *errors; /* one a package; status WH_OK: good */
};

static void clear_run(struct run *run)
{
    free(run->errors);
    wh_kept_packages_clear(&run->kept);
    wh_history_close(&run->history);
}

/* The payload's own digests, or those of its contents, prove it; and it must be the package that
 * the record's name says. */
static wh_status check(
    const struct run *run, const struct wh_kept_package *package, struct wh_error *err)
{
    wh_cleanup(wh_subject_clear) struct wh_subject subject = WH_SUBJECT_NONE;
    char id[17];

    wh_hex(package->header_id, 8, id);
    size_t length = strlen(package->location);
    if (length < 16 || strcmp(package->location + length - 16, id) != 0)
        return wh_fail(err, WH_MISMATCH, "%s: it is another package's record", package->location);
    return wh_history_load(&run->history, package->location, &subject, err);
}

static bool work_on(void *context, uint32_t number)
{
    struct run *run = context;
    const struct wh_kept_package *package = &run->kept.packages[number];
    struct wh_error *error = &run->errors[number];

    wh_progress_enter(run->progress, package->name);
    error->status = check(run, package, error);
    wh_progress_leave(run->progress, package->name, package->size);
    return error->status != WH_SYSTEM && error->status != WH_NO_MEMORY;
}

static wh_status work_on_all(struct run *run, uint32_t threads, struct wh_error *err)
{
    const struct wh_jobs jobs = {work_on, run, run->kept.count, threads};
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < run->kept.count; i++)
        bytes += run->kept.packages[i].size;
    wh_progress_begin(run->progress, run->kept.count, bytes);
    wh_jobs_run(&jobs);
    for (uint32_t i = 0; i < run->kept.count; i++)
        if (run->errors[i].status == WH_SYSTEM || run->errors[i].status == WH_NO_MEMORY) {
            *err = run->errors[i];
            return err->status;
        }
    return WH_OK;
}

static wh_status judge(struct run *run, struct wh_history_verdicts *verdicts, struct wh_error *err)
{
    verdicts->packages = run->kept.count + run->kept.damaged_count;
    verdicts->bad = wh_array(verdicts->packages, sizeof *verdicts->bad, SIZE_MAX, err);
    if (!verdicts->bad)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < run->kept.damaged_count; i++) {
        verdicts->bad[verdicts->bad_count++] = run->kept.damaged[i];
        run->kept.damaged[i].location = NULL;
    }
    for (uint32_t i = 0; i < run->kept.count; i++) {
        if (run->errors[i].status == WH_OK) {
            verdicts->good++;
            continue;
        }
        verdicts->bad[verdicts->bad_count++] = (struct wh_kept_damage){
            wh_take(run->kept.packages[i].location), run->errors[i]};
    }
    return WH_OK;
}

wh_status wh_history_verify(const char *path, uint32_t threads, struct wh_progress *progress,
    struct wh_history_verdicts *out_verdicts, struct wh_error *err)
{
    wh_cleanup(clear_run) struct run run = {.history = {.folder = -1}, .progress = progress};
    wh_cleanup(wh_history_verdicts_clear) struct wh_history_verdicts verdicts = {0};
    struct wh_error error = {0};

    WH_TRY(wh_history_open(path, WH_HISTORY_CHANGE, &run.history, err));
    WH_TRY(wh_history_list(&run.history, &run.kept, err));
    run.errors = wh_array(run.kept.count, sizeof *run.errors, SIZE_MAX, err);
    if (!run.errors)
        return wh_no_memory(err);
    wh_status status = work_on_all(&run, threads, &error);
    if (status != WH_OK) {
        if (err)
            *err = error;
        return status;
    }
    WH_TRY(judge(&run, &verdicts, err));
    *out_verdicts = verdicts;
    verdicts = (struct wh_history_verdicts){0};
    return WH_OK;
}

void wh_history_verdicts_clear(struct wh_history_verdicts *verdicts)
{
    for (uint32_t i = 0; i < verdicts->bad_count; i++)
        free(verdicts->bad[i].location);
    free(verdicts->bad);
    *verdicts = (struct wh_history_verdicts){0};
}
