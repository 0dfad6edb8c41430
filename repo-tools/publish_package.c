/* SPDX-License-Identifier: GPL-2.0-or-later */
/* publish_package.c - all bundles of one package; see publish.h. */
#include <stdlib.h>
#include <string.h>

#include "bundle_build.h"
#include "differences.h"
#include "gate.h"
#include "publish.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* The work on one package. */
struct work {
    const struct wh_publish_context *context;
    const struct wh_repository_package *package;
    struct wh_package_outcome *outcome;
    struct wh_package_file file; /* prefix only, until the subject takes it over */
    struct wh_subject subject;   /* prepared when the first bundle has to be made */
    bool prepared;
    struct wh_index_bundle *found; /* bundles that earlier runs made */
    uint32_t found_count;
};

static void clear_work(struct work *work)
{
    wh_package_clear(&work->file);
    wh_subject_clear(&work->subject);
    free(work->found);
}

uint64_t wh_bundle_most(uint64_t package_size)
{
    enum { SAVING_MIN = 2048 }; /* bytes; less is not worth an entry in everybody's index */
    uint64_t most = package_size / 4 * 3;

    if (package_size < SAVING_MIN)
        return 0;
    return most < package_size - SAVING_MIN ? most : package_size - SAVING_MIN;
}

bool wh_is_worth_it(uint64_t bundle_size, uint64_t package_size)
{
    return bundle_size <= wh_bundle_most(package_size);
}

static struct wh_means means_of(const struct work *work)
{
    uint64_t most = wh_bundle_most(work->outcome->package_size);

    return (struct wh_means){
        .effort = work->context->options->effort,
        .memory = work->context->allowance->ceiling,
        .stored_max = most < WH_BUNDLE_MAX ? most : WH_BUNDLE_MAX,
        .without_liblzma = work->context->options->no_reencode,
    };
}

static const struct wh_header *header_of(const struct work *work)
{
    return work->prepared ? work->subject.file.header : work->file.header;
}

static wh_status prepare(struct work *work, struct wh_error *err)
{
    if (work->prepared)
        return WH_OK;
    WH_TRY(wh_subject_prepare(&work->file, &work->package->pkgid, &work->subject, err));
    work->prepared = true;
    return WH_OK;
}

static void list(struct work *work, const struct wh_index_bundle *bundle)
{
    struct wh_index_package *listing = &work->outcome->listing;

    listing->bundles[listing->bundle_count++] = *bundle;
}

static void decline(struct work *work, const struct wh_header *origin)
{
    struct wh_declined *declined = &work->outcome->declined[work->outcome->declined_count++];

    memcpy(declined->pkgid, work->outcome->listing.pkgid, sizeof declined->pkgid);
    memcpy(declined->from, origin->id, sizeof declined->from);
}

static wh_status load_found(struct work *work, struct wh_error *err)
{
    struct wh_digest digest;

    WH_TRY(wh_digest_of(WH_SHA256, work->file.prefix.bytes, &digest, err));
    return wh_shelf_load(work->context->shelf, work->outcome->nvra, digest.bytes, &work->found,
        &work->found_count, err);
}

/* A bundle that an earlier run made, with or without encoding anew; the smallest of several. */
static bool reuse_one(
    struct work *work, enum wh_bundle_kind kind, const uint8_t *from, bool encodes_anew)
{
    const struct wh_index_bundle *best = NULL;

    for (uint32_t i = 0; i < work->found_count; i++) {
        const struct wh_index_bundle *found = &work->found[i];
        bool fits = found->kind == kind && (found->cpu_ms > 0) == encodes_anew &&
                    (!from || memcmp(found->from, from, sizeof found->from) == 0);
        if (fits && (!best || found->size < best->size))
            best = found;
    }
    if (!best)
        return false;
    list(work, best);
    work->outcome->reused++;
    return true;
}

static bool reuse(struct work *work, enum wh_bundle_kind kind, const uint8_t *from)
{
    bool anew = !work->context->options->no_reencode && reuse_one(work, kind, from, true);

    return reuse_one(work, kind, from, false) || anew;
}

static wh_status cpu_of(const struct wh_buffer *bytes, uint32_t *out_cpu_ms, struct wh_error *err)
{
    wh_cleanup(wh_bundle_clear) struct wh_bundle bundle = {0};

    WH_TRY(wh_bundle_parse(wh_buffer_bytes(bytes), &bundle, err));
    *out_cpu_ms = wh_bundle_cpu_ms(&bundle);
    return WH_OK;
}

static wh_status place(struct work *work, enum wh_bundle_kind kind, const uint8_t *from,
    const struct wh_buffer *bytes, struct wh_error *err)
{
    struct wh_index_bundle bundle = {.kind = kind};
    bool is_new;

    if (from)
        memcpy(bundle.from, from, sizeof bundle.from);
    WH_TRY(cpu_of(bytes, &bundle.cpu_ms, err));
    WH_TRY(wh_shelf_place(work->context->shelf->repository, work->outcome->nvra,
        wh_buffer_bytes(bytes), &bundle, &is_new, err));
    if (is_new)
        work->outcome->placed |= 1ull << work->outcome->listing.bundle_count;
    list(work, &bundle);
    return WH_OK;
}

/* What the gate refuses is a fault of this program: noted, and the bundle left out. */
static bool passes(struct work *work, const struct wh_gate_input *input, wh_status *out_status)
{
    struct wh_error error;
    wh_status status = wh_gate_check(input, &error);

    *out_status = WH_OK;
    if (status == WH_OK)
        return true;
    if (status == WH_SYSTEM || status == WH_NO_MEMORY)
        *out_status = status; /* the machine's fault: nothing is known of the bundle */
    else
        work->outcome->failed = true;
    work->outcome->error = error;
    return false;
}

/* ---- steps --------------------------------------------------------------------------------- */

/* The bytes of a step, or none where it is not worth listing or not possible. */
static wh_status encode_step(struct work *work, const struct wh_package_file *origin,
    const struct wh_means *means, struct wh_buffer *out_bytes, struct wh_error *err)
{
    wh_status status = wh_build_step(origin, &work->subject, means, out_bytes, err);

    bool possible = status != WH_UNSUPPORTED && status != WH_OVER_LIMIT;
    if (possible)
        WH_TRY(status);
    if (!possible || !wh_is_worth_it(out_bytes->length, work->subject.file.size))
        wh_buffer_clear(out_bytes);
    return WH_OK;
}

/* Makes a step, proves and places it. out_cpu_ms: what it asks of a client; out_made: false where
 * it is not worth listing. */
static wh_status make_one(struct work *work, const struct wh_package_file *origin,
    const struct wh_means *means, uint32_t *out_cpu_ms, bool *out_made, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_BUNDLE_MAX};
    wh_status status;

    WH_TRY(encode_step(work, origin, means, &bytes, err));
    *out_cpu_ms = 0;
    *out_made = bytes.length > 0;
    if (!*out_made)
        return WH_OK;
    struct wh_bytes bundle = wh_buffer_bytes(&bytes);
    struct wh_gate_input input = {.origin = origin, .bundles = &bundle, .bundle_count = 1};
    if (!passes(work, &input, &status)) {
        *err = work->outcome->error;
        return status;
    }
    const struct wh_index_package *listing = &work->outcome->listing;
    WH_TRY(place(work, WH_BUNDLE_STEP, origin->header->id, &bytes, err));
    *out_cpu_ms = listing->bundles[listing->bundle_count - 1].cpu_ms;
    return WH_OK;
}

static bool is_package_kind(wh_status status)
{
    return status == WH_UNSUPPORTED || status == WH_OVER_LIMIT;
}

/* One bundle, or two: where encoding anew takes a client so long that it may want to download more
 * instead. origin NULL: from the subject to itself. */
static wh_status build_within(
    struct work *work, struct wh_package_file *origin, struct wh_error *err)
{
    const struct wh_publish_options *options = work->context->options;
    struct wh_means means = means_of(work);
    uint32_t cpu_ms = 0;
    bool made = false;

    WH_TRY(prepare(work, err));
    struct wh_package_file *start = origin ? origin : &work->subject.file;
    wh_status status = origin ? wh_package_unpack(origin, err) : WH_OK;
    if (status == WH_OK)
        status = make_one(work, start, &means, &cpu_ms, &made, err);
    if (!is_package_kind(status))
        WH_TRY(status);
    if (cpu_ms > options->reencode_limit * 1000ull) {
        bool also;
        means.without_liblzma = true;
        WH_TRY(make_one(work, start, &means, &cpu_ms, &also, err));
    }
    if (!made)
        decline(work, start->header);
    return WH_OK;
}

/* The same, once there is memory for it. */
static wh_status build_step(struct work *work, struct wh_package_file *origin, struct wh_error *err)
{
    const struct wh_header *header = header_of(work);
    const struct wh_means means = means_of(work);
    uint64_t bytes;

    WH_TRY(wh_step_memory(origin ? origin->header : header, header, &means, &bytes, err));
    wh_allowance_take(work->context->allowance, bytes);
    wh_status status = build_within(work, origin, err);
    if (origin) { /* the next one's payload needs the room */
        struct wh_package_file spent = *origin;
        *origin = (struct wh_package_file)WH_PACKAGE_FILE_NONE;
        wh_package_clear(&spent);
    }
    wh_allowance_give(work->context->allowance, bytes);
    return status;
}

static wh_status make_step(struct work *work, struct wh_package_file *origin, struct wh_error *err)
{
    const uint8_t *from = origin ? origin->header->id : header_of(work)->id;

    if (reuse(work, WH_BUNDLE_STEP, from))
        return WH_OK;
    if (wh_shelf_is_declined(work->context->shelf, work->outcome->listing.pkgid, from)) {
        decline(work, origin ? origin->header : header_of(work));
        return WH_OK;
    }
    return build_step(work, origin, err);
}

/* ---- supplements --------------------------------------------------------------------------- */

static bool has_class(const struct wh_header *header, enum wh_file_class class)
{
    for (uint32_t i = 0; i < header->file_count; i++)
        if (header->files[i].has_content && wh_file_class(&header->files[i]) == class)
            return true;
    return false;
}

/* Assembles the package from itself with all files of the class changed. */
static wh_status check_supplement(struct work *work, enum wh_bundle_kind kind,
    const struct wh_buffer *supplement, bool *out_passes, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {.ceiling = WH_BUNDLE_MAX};
    wh_status status;

    const struct wh_means means = means_of(work);

    WH_TRY(wh_build_step(&work->subject.file, &work->subject, &means, &step, err));
    struct wh_bytes bundles[] = {wh_buffer_bytes(&step), wh_buffer_bytes(supplement)};
    struct wh_gate_input input = {
        .origin = &work->subject.file,
        .bundles = bundles,
        .bundle_count = 2,
        .without_config = kind == WH_BUNDLE_CONFIG,
        .without_doc = kind == WH_BUNDLE_DOC,
    };
    *out_passes = passes(work, &input, &status);
    if (status != WH_OK)
        *err = work->outcome->error;
    return status;
}

static wh_status build_supplement(struct work *work, enum wh_bundle_kind kind, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_BUNDLE_MAX};
    const struct wh_means means = means_of(work);
    bool good;

    WH_TRY(prepare(work, err));
    wh_status status = wh_build_supplement(kind, &work->subject, &means, &bytes, err);
    if (status == WH_OVER_LIMIT) /* one that is as large as the package helps nobody */
        return WH_OK;
    WH_TRY(status);
    if (bytes.length == 0 || !wh_is_worth_it(bytes.length, work->subject.file.size))
        return WH_OK;
    WH_TRY(check_supplement(work, kind, &bytes, &good, err));
    return good ? place(work, kind, NULL, &bytes, err) : WH_OK;
}

static wh_status make_supplement(struct work *work, enum wh_bundle_kind kind, struct wh_error *err)
{
    enum wh_file_class class = kind == WH_BUNDLE_CONFIG ? WH_CLASS_CONFIG : WH_CLASS_DOC;
    const struct wh_means means = means_of(work);
    uint64_t bytes;

    if (!has_class(header_of(work), class) || reuse(work, kind, NULL))
        return WH_OK;
    WH_TRY(wh_supplement_memory(kind, header_of(work), &means, &bytes, err));
    wh_allowance_take(work->context->allowance, bytes);
    wh_status status = build_supplement(work, kind, err);
    wh_allowance_give(work->context->allowance, bytes);
    return status;
}

/* ---- the package --------------------------------------------------------------------------- */

static wh_status allocate(struct work *work, uint32_t versions, struct wh_error *err)
{
    struct wh_package_outcome *outcome = work->outcome;
    const uint32_t others = 2; /* config, doc */

    outcome->nvra = wh_repository_nvra(work->package);
    /* From each version, and from itself, with and without encoding anew. */
    outcome->listing.bundles = wh_array(
        2 * (versions + 1) + others, sizeof *outcome->listing.bundles, UINT32_MAX, err);
    outcome->declined = wh_array(versions + 1, sizeof *outcome->declined, UINT32_MAX, err);
    if (!outcome->nvra || !outcome->listing.bundles || !outcome->declined)
        return wh_no_memory(err);
    wh_hex(work->package->pkgid.bytes, work->package->pkgid.length, outcome->listing.pkgid);
    return WH_OK;
}

static wh_status make_all(struct work *work, struct wh_versions *versions, struct wh_error *err)
{
    const struct wh_publish_options *options = work->context->options;
    struct wh_index_package *listing = &work->outcome->listing;

    for (uint32_t i = 0; i < versions->count; i++) {
        WH_TRY(make_step(work, &versions->files[i], err));
        if (work->outcome->best_size == 0 && listing->bundle_count > 0)
            work->outcome->best_size = listing->bundles[0].size;
    }
    if (listing->bundle_count == 0) {
        work->outcome->skip = WH_SKIP_NO_GAIN;
        return WH_OK;
    }
    if (!options->no_reinstall)
        WH_TRY(make_step(work, NULL, err));
    WH_TRY(make_supplement(work, WH_BUNDLE_CONFIG, err));
    return options->supplement_docs ? make_supplement(work, WH_BUNDLE_DOC, err) : WH_OK;
}

/* Whatever bundles there are, the backend can cut others; by this digest clients know that they
 * lead to what the repository published. */
static wh_status vouch(struct work *work, struct wh_error *err)
{
    struct wh_index_package *listing = &work->outcome->listing;
    struct wh_digest digest;

    WH_TRY(wh_digest_of(WH_SHA256, work->file.prefix.bytes, &digest, err));
    memcpy(listing->prefix, digest.bytes, sizeof listing->prefix);
    listing->has_prefix = true;
    return WH_OK;
}

static wh_status publish_package(struct work *work, struct wh_error *err)
{
    wh_cleanup(wh_versions_clear) struct wh_versions versions = {0};
    const struct wh_repository *repository = &work->context->places.repositories[0];

    if (work->package->is_source) {
        work->outcome->skip = WH_SKIP_SOURCE;
        return WH_OK;
    }
    WH_TRY(wh_versions_find(
        &work->context->places, work->package, work->context->options->versions, &versions, err));
    WH_TRY(allocate(work, versions.count, err));
    if (versions.count == 0)
        work->outcome->skip = versions.passed_over ? WH_SKIP_WEAK : WH_SKIP_NO_OLDER;
    if (versions.count == 0 && !work->context->options->backend)
        return WH_OK;
    WH_TRY(wh_package_open(
        repository->folder, repository->path, work->package->location, &work->file, err));
    work->outcome->package_size = work->file.size;
    enum wh_skip refused = wh_subject_refuse(&work->file);
    if (refused == WH_SKIP_NOT && work->context->options->backend)
        WH_TRY(vouch(work, err));
    if (versions.count == 0)
        return WH_OK;
    work->outcome->skip = refused;
    if (refused != WH_SKIP_NOT)
        return WH_OK;
    WH_TRY(load_found(work, err));
    return make_all(work, &versions, err);
}

void wh_publish_package(const struct wh_publish_context *context,
    const struct wh_repository_package *package, struct wh_package_outcome *out_outcome)
{
    wh_cleanup(clear_work) struct work work = {
        .context = context,
        .package = package,
        .outcome = out_outcome,
        .file = WH_PACKAGE_FILE_NONE,
        .subject = WH_SUBJECT_NONE,
    };
    struct wh_error error = {0};

    *out_outcome = (struct wh_package_outcome){0};
    wh_status status = publish_package(&work, &error);
    if (status == WH_OK)
        return;
    if (status == WH_UNSUPPORTED || status == WH_OVER_LIMIT) {
        out_outcome->listing.bundle_count = 0;
        out_outcome->skip = WH_SKIP_UNSUPPORTED;
        return;
    }
    out_outcome->status = status;
    out_outcome->error = error;
}

void wh_package_outcome_clear(struct wh_package_outcome *outcome)
{
    free(outcome->listing.bundles);
    free(outcome->nvra);
    free(outcome->declined);
    *outcome = (struct wh_package_outcome){0};
}
