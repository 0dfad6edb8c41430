/* SPDX-License-Identifier: GPL-2.0-or-later */
/* package.c - see package.h: bundles, installed version, report, plan, file, proof, name. */
#include "assemble/package.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "assemble/attributes.h"
#include "assemble/budget.h"
#include "assemble/reencoding.h"
#include "assemble/signature.h"
#include "assemble/sink.h"
#include "observe/listing.h"
#include "observe/nevra.h"
#include "observe/report.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Everything that one package holds on to. */
struct work {
    uint8_t *bundle_bytes[WH_PLAN_BUNDLES_MAX];
    struct wh_bytes bundles[WH_PLAN_BUNDLES_MAX];
    struct wh_installed *installed;
    uint32_t installed_count;
    const struct wh_installed *from; /* that the step starts from: installed, or the list of it */
    bool starts_from_list;
    struct wh_listing listing;
    struct wh_installed *listed; /* the list in the place of the installed package */
    struct wh_assembly *assembly;
    struct wh_report report;
    struct wh_sink_file file;
    uint64_t budget; /* taken */
};

static void clear_work(struct work *work)
{
    wh_assembly_free(work->assembly);
    wh_report_clear(&work->report);
    wh_installed_free(work->installed, work->installed_count);
    wh_installed_free(work->listed, work->listed ? 1 : 0);
    wh_listing_clear(&work->listing);
    for (uint32_t i = 0; i < WH_PLAN_BUNDLES_MAX; i++)
        free(work->bundle_bytes[i]);
    wh_sink_close(&work->file);
    wh_budget_return(work->budget);
}

/* ---- bundles -------------------------------------------------------------------------------- */

static wh_status read_exactly(
    int fd, uint8_t *out, size_t length, const char *path, struct wh_error *err)
{
    while (length > 0) {
        ssize_t count = read(fd, out, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return wh_fail_errno(err, "%s", path);
        if (count == 0)
            return wh_fail(err, WH_MISMATCH, "%s: shorter than the index says", path);
        out += count;
        length -= (size_t)count;
    }
    return WH_OK;
}

/* Into private memory, so that what was checked is what is used. */
static wh_status read_bundle(
    const struct wh_bundle_file *file, uint8_t **out_bytes, struct wh_error *err)
{
    /* O_NONBLOCK: a fifo in its place must not stop us. */
    wh_autoclose int fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    struct wh_digest digest;

    if (fd < 0 || fstat(fd, &status) < 0)
        return wh_fail_errno(err, "%s", file->path);
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size != file->size)
        return wh_fail(err, WH_MISMATCH, "%s: not of the size that the index says", file->path);
    wh_autofree uint8_t *bytes = wh_array(file->size, 1, WH_BUNDLE_MAX, err);
    if (!bytes)
        return file->size > WH_BUNDLE_MAX ? WH_OVER_LIMIT : WH_NO_MEMORY;
    WH_TRY(read_exactly(fd, bytes, (size_t)file->size, file->path, err));
    WH_TRY(wh_digest_of(WH_SHA256, (struct wh_bytes){bytes, (size_t)file->size}, &digest, err));
    if (memcmp(digest.bytes, file->sha256, sizeof file->sha256) != 0)
        return wh_fail(err, WH_MISMATCH, "%s: its SHA-256 is not the index's", file->path);
    *out_bytes = wh_take(bytes);
    return WH_OK;
}

/* ---- the installed version ------------------------------------------------------------------ */

static wh_status find_installed(struct work *work, const struct wh_run *run,
    const struct wh_assemble_request *request, struct wh_error *err)
{
    struct wh_bundle step = {0};
    wh_autofree char *name = wh_nevra_name(request->nevra);

    if (!name)
        return wh_fail(err, WH_MALFORMED, "%s: not NAME-VERSION-RELEASE.ARCH", request->nevra);
    WH_TRY(wh_bundle_parse(work->bundles[0], &step, err));
    struct wh_bundle_identity identity = step.identity;
    work->starts_from_list = step.kind == WH_BUNDLE_LIST;
    wh_bundle_clear(&step);
    if (work->starts_from_list && !request->bundles[0].has_installed)
        return wh_fail(err, WH_MALFORMED, "%s: nothing says whose files the bundle starts from",
            request->nevra);
    WH_TRY(wh_installed_find(run->system, name, &work->installed, &work->installed_count, err));
    work->from = wh_installed_by_id(work->installed, work->installed_count,
        work->starts_from_list ? request->bundles[0].installed : identity.old_header);
    if (!work->from)
        return wh_fail(err, WH_MISSING,
            "%s: the version that the bundle starts from is not installed", request->nevra);
    return WH_OK;
}

/* The list that was sent, made again: bundles know it by its digest. */
static wh_status list_installed(struct work *work, const struct wh_run *run, struct wh_error *err)
{
    if (!work->starts_from_list)
        return WH_OK;
    WH_TRY(wh_listing_make(run->system, work->from, &work->listing, err));
    WH_TRY(wh_listing_installed(&work->listing, &work->listed, err));
    work->from = work->listed;
    return WH_OK;
}

/* What is listed was just read; of a package it is found out. */
static wh_status observe(struct work *work, const struct wh_run *run, struct wh_error *err)
{
    if (work->starts_from_list)
        return wh_report_init(&work->report, work->from->header, err);
    return wh_report_observe(run->system, work->from, WH_CARE_SIZES, &work->report, err);
}

/* ---- identity ------------------------------------------------------------------------------- */

/* The package must be the one that the solver chose, or a mirror could put another, validly signed
 * one in its place. */
static wh_status check_identity(const struct work *work, const struct wh_run *run,
    const struct wh_assemble_request *request, struct wh_error *err)
{
    const struct wh_header *header = wh_assembly_new_header(work->assembly);
    const struct wh_bundle_identity *identity = &wh_assembly_bundle(work->assembly, 0)->identity;
    uint8_t pkgid[WH_DIGEST_MAX];
    size_t digits = strlen(request->checksum_value);

    for (uint32_t i = 0; i < request->bundle_count; i++)
        if (request->bundles[i].has_prefix &&
            memcmp(request->bundles[i].prefix, identity->prefix, sizeof identity->prefix) != 0)
            return wh_fail(err, WH_MISMATCH,
                "%s: the bundle is of another package than the index names", request->nevra);
    if (!wh_nevra_is(request->nevra, header))
        return wh_fail(err, WH_MISMATCH, "%s: the bundle is of %s-%s-%s.%s", request->nevra,
            header->name, header->version, header->release, header->arch);
    if (strcmp(request->checksum_type, "sha256") == 0 &&
        (!wh_unhex(request->checksum_value, digits, pkgid, 32) ||
            memcmp(pkgid, identity->package, 32) != 0))
        return wh_fail(
            err, WH_MISMATCH, "%s: the bundle is of another package file", request->nevra);
    if (strcmp(request->checksum_type, "sha512") == 0 &&
        (!wh_unhex(request->checksum_value, digits, pkgid, 64) ||
            memcmp(pkgid, identity->package_sha512, 64) != 0))
        return wh_fail(
            err, WH_MISMATCH, "%s: the bundle is of another package file", request->nevra);
    /* rpm reads a payload under these labels as it is, with or without our plugin. */
    bool needs_plugin = strcmp(header->payload_compressor, "gzip") != 0 &&
                        strcmp(header->payload_compressor, "") != 0;
    if (needs_plugin && run->canary)
        return wh_fail(err, WH_UNSUPPORTED, "%s: %s", request->nevra, run->canary);
    return WH_OK;
}

/* ---- progress ------------------------------------------------------------------------------- */

struct progress {
    int64_t id;
    uint64_t total;
    struct timespec last;
};

/* A handful of lines a second are enough for any display. */
static void show_progress(void *context, uint64_t done)
{
    struct progress *progress = context;
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t elapsed_ms = (now.tv_sec - progress->last.tv_sec) * 1000 +
                         (now.tv_nsec - progress->last.tv_nsec) / 1000000;
    if (elapsed_ms < 200)
        return;
    progress->last = now;
    wh_answer_progress(progress->id, done, progress->total);
}

/* ---- the pipeline --------------------------------------------------------------------------- */

/* Plans and runs; a file that turns out to be changed is planned around, as long as that works.
 * Every round marks one more file, so there is an end. */
static wh_status produce(struct work *work, const struct wh_run *run,
    const struct wh_assemble_request *request, struct wh_error *err)
{
    wh_cleanup(wh_disk_source_clear) struct wh_disk_source disk = {
        .system = run->system, .installed = work->from, .fd = -1};
    struct wh_source source = {wh_disk_read, &disk};
    struct wh_sink sink = wh_sink_over(&work->file);
    struct progress progress = {.id = request->id, .total = wh_assembly_size(work->assembly)};
    wh_status status;

    bool reencodes = false;

    for (uint32_t i = 0; i < request->bundle_count; i++)
        reencodes |= wh_reencodes(wh_assembly_bundle(work->assembly, i));
    do {
        struct wh_error planning;
        if (wh_assembly_plan_for(work->assembly, &work->report, &planning) != WH_OK) {
            if (err)
                *err = planning;
            return planning.status;
        }
        status = wh_assembly_run(work->assembly, &source, &sink, show_progress, &progress, err);
    } while (status == WH_MISSING);
    return reencodes ? wh_reencoding_failed(status, request->nevra, err) : status;
}

static wh_status prepare(struct work *work, const struct wh_run *run,
    const struct wh_assemble_request *request, struct wh_error *err)
{
    for (uint32_t i = 0; i < request->bundle_count; i++) {
        WH_TRY(read_bundle(&request->bundles[i], &work->bundle_bytes[i], err));
        work->bundles[i] = (struct wh_bytes){
            work->bundle_bytes[i], (size_t)request->bundles[i].size};
    }
    WH_TRY(find_installed(work, run, request, err));
    WH_TRY(list_installed(work, run, err));
    const struct wh_assembly_input input = {
        .old_header = wh_buffer_bytes(&work->from->header_bytes),
        .bundles = work->bundles,
        .bundle_count = request->bundle_count,
        .old_files = work->listing.files,
        .old_file_count = work->listing.count,
    };
    WH_TRY(wh_assembly_new(&input, &work->assembly, err));
    WH_TRY(check_identity(work, run, request, err));
    WH_TRY(observe(work, run, err));
    return wh_assembly_plan_for(work->assembly, &work->report, err);
}

wh_status wh_package_assemble(const struct wh_run *run, const struct wh_assemble_request *request,
    struct wh_assembled *out_assembled, struct wh_error *err)
{
    wh_cleanup(clear_work) struct work work = {.file = {.fd = -1, .folder_fd = -1}};

    WH_TRY(prepare(&work, run, request, err));
    uint64_t size = wh_assembly_size(work.assembly);
    WH_TRY(wh_budget_take(size, request->budget, request->nevra, err));
    work.budget = size;
    WH_TRY(wh_sink_open(request->destination, size, &work.file, err));
    WH_TRY(produce(&work, run, request, err));
    WH_TRY(wh_signature_check(run->system, work.file.fd, request->nevra, err));
    bool attributes = wh_attributes_set(
        work.file.fd, request->checksum_type, request->checksum_value);
    WH_TRY(wh_sink_link(&work.file, err));
    work.budget = 0; /* the file stays, and so does its share */

    const struct wh_plan *plan = wh_assembly_plan(work.assembly);
    *out_assembled = (struct wh_assembled){
        .bytes = size,
        .kept = plan->totals[WH_KEEP].files,
        .patched = plan->totals[WH_PATCH].files,
        .fetched = plan->totals[WH_FETCH].files,
        .attributes = attributes,
    };
    return WH_OK;
}
