/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_add.c - see history_add.h. */
#include "history_add.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "allowance.h"
#include "jobs.h"
#include "publish.h"
#include "versions.h"
#include "whittle/cleanup.h"

/* A package that is kept, or could be. */
struct entry {
    const char *name;
    const char *arch;
    const char *evr;
    const struct wh_repository_package *source; /* NULL: the repository does not have it now */
    const struct wh_kept_package *kept;         /* NULL: it is new */
    uint8_t header_id[WH_SHA256_LENGTH];
    uint64_t size;   /* bytes of the package file */
    uint64_t memory; /* bytes that storing it takes */
    wh_status status;
    struct wh_error error;
    char *location; /* of its record, if this run wrote it; owned */
    bool goes;
    bool stored;
};

struct run {
    const struct wh_history_options *options;
    struct wh_history history;
    struct wh_repository repository;
    struct wh_kept_packages kept;
    struct entry *entries;
    uint32_t entry_count;
    struct wh_allowance allowance;
    struct wh_history_result *result;
};

static void clear_run(struct run *run)
{
    for (uint32_t i = 0; i < run->entry_count; i++)
        free(run->entries[i].location);
    free(run->entries);
    wh_kept_packages_clear(&run->kept);
    wh_repository_close(&run->repository);
    wh_history_close(&run->history);
    wh_allowance_clear(&run->allowance);
}

static wh_status leave_out(
    struct run *run, const char *location, const char *reason, struct wh_error *err)
{
    struct wh_history_result *result = run->result;
    struct wh_left_out *all = wh_grown(result->left_out, result->left_out_count, sizeof *all);

    if (!all)
        return wh_no_memory(err);
    result->left_out = all;
    struct wh_left_out *one = &all[result->left_out_count];
    *one = (struct wh_left_out){.package = strdup(location)};
    if (!one->package)
        return wh_no_memory(err);
    (void)snprintf(one->reason, sizeof one->reason, "%s", reason);
    result->left_out_count++;
    return WH_OK;
}

static bool is_machines_fault(wh_status status)
{
    return status == WH_SYSTEM || status == WH_NO_MEMORY;
}

/* ---- what there is ------------------------------------------------------------------------- */

static struct entry *find(const struct run *run, const uint8_t header_id[WH_SHA256_LENGTH])
{
    for (uint32_t i = 0; i < run->entry_count; i++)
        if (memcmp(run->entries[i].header_id, header_id, WH_SHA256_LENGTH) == 0)
            return &run->entries[i];
    return NULL;
}

/* Contents are compressed one after the other, with a base, beside the mapped payload. */
static uint64_t memory_of(const struct wh_header *header)
{
    enum { WINDOWS = 64 << 20 };
    uint64_t largest = 0;
    uint64_t all = 0;

    for (uint32_t i = 0; i < header->file_count; i++) {
        const struct wh_file *file = &header->files[i];
        uint64_t size = file->has_content ? file->size : 0;
        largest = size > largest ? size : largest;
        all += size;
    }
    return all + 4 * largest + WINDOWS;
}

static wh_status consider(
    struct run *run, const struct wh_repository_package *package, struct wh_error *err)
{
    wh_cleanup(wh_package_clear) struct wh_package_file file = WH_PACKAGE_FILE_NONE;
    const struct wh_repository *repository = &run->repository;
    struct wh_error error = {0};

    if (package->is_source)
        return leave_out(run, package->location, wh_skip_text(WH_SKIP_SOURCE), err);
    wh_status status = wh_package_open(
        repository->folder, repository->path, package->location, &file, &error);
    if (is_machines_fault(status)) {
        *err = error;
        return status;
    }
    const char *reason = status == WH_OK ? wh_history_refuse(&file) : error.message;
    if (reason)
        return leave_out(run, package->location, reason, err);
    struct entry *entry = find(run, file.header->id);
    if (!entry) {
        entry = &run->entries[run->entry_count++];
        *entry = (struct entry){.name = package->name, .arch = package->arch, .evr = package->evr};
        memcpy(entry->header_id, file.header->id, sizeof entry->header_id);
        entry->size = file.size;
        entry->memory = memory_of(file.header);
    }
    entry->source = package;
    return WH_OK;
}

static wh_status collect(struct run *run, struct wh_error *err)
{
    uint64_t room = (uint64_t)run->kept.count + run->repository.package_count;

    run->entries = wh_array(room, sizeof *run->entries, SIZE_MAX, err);
    if (!run->entries)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < run->kept.count; i++) {
        const struct wh_kept_package *kept = &run->kept.packages[i];
        struct entry *entry = &run->entries[run->entry_count++];
        *entry = (struct entry){.name = kept->name,
            .arch = kept->arch,
            .evr = kept->evr,
            .size = kept->size,
            .kept = kept};
        memcpy(entry->header_id, kept->header_id, sizeof entry->header_id);
    }
    for (uint32_t i = 0; i < run->repository.package_count; i++)
        WH_TRY(consider(run, &run->repository.packages[i], err));
    return WH_OK;
}

/* ---- what stays ---------------------------------------------------------------------------- */

static int order_kinds(const struct entry *a, const struct entry *b)
{
    int order = strcmp(a->name, b->name);

    return order ? order : strcmp(a->arch, b->arch);
}

/* The newest first. */
static int order_entries(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    int order = order_kinds(a, b);

    if (order == 0)
        order = wh_evr_compare(b->evr, a->evr);
    return order ? order : memcmp(a->header_id, b->header_id, sizeof a->header_id);
}

/* Packages of the same version, built twice, count as one. */
static void keep_by_count(struct run *run)
{
    uint32_t versions = 0;

    for (uint32_t i = 0; i < run->entry_count; i++) {
        struct entry *entry = &run->entries[i];
        if (i == 0 || order_kinds(entry - 1, entry) != 0)
            versions = 1;
        else
            versions += wh_evr_compare(entry[-1].evr, entry->evr) != 0;
        entry->goes |= versions > run->options->keep_count;
    }
}

static void keep_by_age(struct run *run)
{
    enum { DAY = 86400 };
    uint64_t now = (uint64_t)time(NULL);
    uint64_t age = (uint64_t)run->options->keep_days * DAY;

    for (uint32_t i = 0; i < run->entry_count; i++) {
        struct entry *entry = &run->entries[i];
        entry->goes |= !entry->source && entry->kept->seen + age < now;
    }
}

static void decide(struct run *run)
{
    if (run->entry_count > 0)
        qsort(run->entries, run->entry_count, sizeof *run->entries, order_entries);
    if (run->options->keep_count > 0)
        keep_by_count(run);
    if (run->options->keep_days > 0)
        keep_by_age(run);
}

/* ---- work ---------------------------------------------------------------------------------- */

static bool is_to_be_stored(const struct entry *entry)
{
    return !entry->kept && !entry->goes;
}

/* Where nothing older is kept: the next newer one. */
static const char *newer_kept(const struct run *run, uint32_t end, uint32_t first)
{
    for (uint32_t i = end; i > first; i--)
        if (run->entries[i - 1].kept)
            return run->entries[i - 1].kept->location;
    return NULL;
}

static bool store(struct run *run, struct entry *entry, const char *like)
{
    struct wh_progress *progress = run->options->progress;

    wh_allowance_take(&run->allowance, entry->memory);
    wh_progress_enter(progress, entry->name);
    entry->status = wh_history_store(
        &run->history, &run->repository, entry->source, like, &entry->location, &entry->error);
    entry->stored = entry->status == WH_OK;
    wh_progress_leave(progress, entry->name, entry->size);
    wh_allowance_give(&run->allowance, entry->memory);
    return !is_machines_fault(entry->status);
}

/* All versions of a package, the oldest first: each is stored by what it has beyond the one before.
 * number: of the newest; for another there is nothing to do. */
static bool work_on(void *context, uint32_t number)
{
    struct run *run = context;
    uint32_t end = number + 1;
    const char *like = NULL;

    if (number > 0 && order_kinds(&run->entries[number - 1], &run->entries[number]) == 0)
        return true;
    while (end < run->entry_count && order_kinds(&run->entries[number], &run->entries[end]) == 0)
        end++;
    for (uint32_t i = end; i > number; i--) {
        struct entry *entry = &run->entries[i - 1];
        if (is_to_be_stored(entry) && !store(run, entry, like ? like : newer_kept(run, i, number)))
            return false;
        if (entry->kept || entry->stored)
            like = entry->kept ? entry->kept->location : entry->location;
    }
    return true;
}

static wh_status work_on_all(struct run *run, struct wh_error *err)
{
    const struct wh_jobs jobs = {
        .work = work_on,
        .context = run,
        .count = run->entry_count,
        .threads = run->options->threads,
    };
    uint64_t bytes = 0;
    uint32_t count = 0;

    for (uint32_t i = 0; i < run->entry_count; i++)
        if (is_to_be_stored(&run->entries[i])) {
            bytes += run->entries[i].size;
            count++;
        }
    wh_progress_begin(run->options->progress, count, bytes);
    wh_jobs_run(&jobs);
    for (uint32_t i = 0; i < run->entry_count; i++) {
        const struct entry *entry = &run->entries[i];
        if (is_machines_fault(entry->status)) {
            *err = entry->error;
            return entry->status;
        }
        if (entry->status != WH_OK)
            WH_TRY(leave_out(run, entry->source->location, entry->error.message, err));
    }
    return WH_OK;
}

/* What the repository still has was seen now. */
static wh_status touch(const struct run *run, const struct entry *entry, struct wh_error *err)
{
    if (utimensat(run->history.folder, entry->kept->location, NULL, 0) < 0)
        return wh_fail_errno(err, "%s/%s", run->history.path, entry->kept->location);
    return WH_OK;
}

static wh_status settle(struct run *run, struct wh_error *err)
{
    struct wh_history_result *result = run->result;

    for (uint32_t i = 0; i < run->entry_count; i++) {
        const struct entry *entry = &run->entries[i];
        if (entry->kept && entry->goes) {
            if (unlinkat(run->history.folder, entry->kept->location, 0) < 0)
                return wh_fail_errno(err, "%s/%s", run->history.path, entry->kept->location);
            result->removed++;
            continue;
        }
        if (entry->kept && entry->source)
            WH_TRY(touch(run, entry, err));
        result->added += entry->stored;
        result->present += entry->kept && entry->source;
        result->beyond += !entry->kept && entry->goes;
        if (entry->kept || entry->stored) {
            result->packages++;
            result->package_bytes += entry->size;
        }
    }
    /* A record that comes back after a power cut would want contents that are gone. */
    return syncfs(run->history.folder) == 0 ? WH_OK : wh_fail_errno(err, "%s", run->history.path);
}

wh_status wh_history_add(const struct wh_history_options *options,
    struct wh_history_result *out_result, struct wh_error *err)
{
    wh_cleanup(wh_history_result_clear) struct wh_history_result result = {0};
    wh_cleanup(clear_run) struct run run = {.options = options,
        .history = {.folder = -1},
        .repository = {.folder = -1},
        .result = &result};
    struct wh_swept swept;

    wh_allowance_init(&run.allowance, (uint64_t)WH_MEMORY_DEFAULT << 20);
    WH_TRY(wh_repository_open(options->repository, WH_REPOSITORY_OR_FOLDER, &run.repository, err));
    WH_TRY(wh_history_open(options->history, WH_HISTORY_MAKE, &run.history, err));
    WH_TRY(wh_history_list(&run.history, &run.kept, err));
    WH_TRY(collect(&run, err));
    decide(&run);
    WH_TRY(work_on_all(&run, err));
    WH_TRY(settle(&run, err));
    result.damaged = run.kept.damaged_count;
    WH_TRY(wh_history_sweep(&run.history, result.damaged > 0, &swept, err));
    result.contents_removed = swept.removed;
    result.stored_bytes = swept.stored_bytes;
    *out_result = result;
    result = (struct wh_history_result){0};
    return WH_OK;
}

void wh_history_result_clear(struct wh_history_result *result)
{
    for (uint32_t i = 0; i < result->left_out_count; i++)
        free(result->left_out[i].package);
    free(result->left_out);
    *result = (struct wh_history_result){0};
}
