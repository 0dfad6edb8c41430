/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify_package.c - checks all bundles of one package; see verify.h. */
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "verify.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* A listed bundle, read and parsed. */
struct loaded {
    struct wh_buffer bytes;
    struct wh_bundle bundle;
    bool good; /* file and identity are as listed */
};

struct check {
    const struct wh_verify_context *context;
    const struct wh_repository_package *package;
    const struct wh_index_package *listing;
    struct wh_package_verdict *verdict;
    char *nvra;
    uint8_t prefix[WH_SHA256_LENGTH]; /* of the package as it lies in the repository */
    struct loaded *loaded;            /* one a listed bundle */
};

static void clear_check(struct check *check)
{
    for (uint32_t i = 0; check->loaded && i < check->listing->bundle_count; i++) {
        wh_bundle_clear(&check->loaded[i].bundle);
        wh_buffer_clear(&check->loaded[i].bytes);
    }
    free(check->loaded);
    free(check->nvra);
}

static wh_status say(
    struct check *check, enum wh_verdict_kind kind, const char *text, struct wh_error *err)
{
    struct wh_verdict *verdict = &check->verdict->verdicts[check->verdict->verdict_count];

    verdict->kind = kind;
    verdict->package = strdup(check->nvra ? check->nvra : check->listing->pkgid);
    verdict->text = strdup(text);
    check->verdict->verdict_count++;
    return verdict->package && verdict->text ? WH_OK : wh_no_memory(err);
}

/* Does the bundle belong to this package and start? */
static wh_status check_identity(const struct check *check, const struct wh_index_bundle *listed,
    const struct wh_bundle *bundle, struct wh_error *err)
{
    const struct wh_digest *pkgid = &check->package->pkgid;

    if (bundle->kind != listed->kind)
        return wh_fail(err, WH_MISMATCH, "a bundle is of another kind than listed");
    if (memcmp(bundle->identity.old_header, listed->from, sizeof listed->from) != 0)
        return wh_fail(err, WH_MISMATCH, "a bundle starts from another version than listed");
    if (memcmp(bundle->identity.prefix, check->prefix, sizeof check->prefix) != 0 ||
        (pkgid->algorithm == WH_SHA256 &&
            memcmp(bundle->identity.package, pkgid->bytes, WH_SHA256_LENGTH) != 0))
        return wh_fail(err, WH_MISMATCH, "a bundle leads to another package");
    return WH_OK;
}

static wh_status load(struct check *check, uint32_t number, struct wh_error *err)
{
    const struct wh_index_bundle *listed = &check->listing->bundles[number];
    struct loaded *loaded = &check->loaded[number];

    loaded->bytes.ceiling = WH_BUNDLE_MAX;
    WH_TRY(wh_shelf_read_bundle(
        &check->context->places.repositories[0], check->nvra, listed, &loaded->bytes, err));
    WH_TRY(wh_bundle_parse(wh_buffer_bytes(&loaded->bytes), &loaded->bundle, err));
    WH_TRY(check_identity(check, listed, &loaded->bundle, err));
    loaded->good = true;
    return WH_OK;
}

/* The package version that a step starts from: an older one, or the package itself. */
static wh_status find_origin(const struct check *check, const struct wh_bundle *step,
    struct wh_package_file *out_origin, struct wh_error *err)
{
    const struct wh_places *places = &check->context->places;
    const struct wh_repository_package *first;

    for (uint32_t i = 0; i < places->count; i++) {
        const struct wh_repository *place = &places->repositories[i];
        uint32_t count = wh_repository_find(
            place, check->package->name, check->package->arch, &first);
        for (uint32_t k = 0; k < count; k++) {
            wh_cleanup(wh_package_clear) struct wh_package_file file = WH_PACKAGE_FILE_NONE;
            if (wh_package_open(place->folder, place->path, first[k].location, &file, err) !=
                    WH_OK ||
                memcmp(file.header->id, step->identity.old_header, sizeof file.header->id) != 0)
                continue;
            *out_origin = file;
            file = (struct wh_package_file)WH_PACKAGE_FILE_NONE;
            return WH_OK;
        }
    }
    return wh_fail(err, WH_MISSING,
        "a bundle was not checked: the older version that it starts from is not here");
}

/* Assembles by a step alone, and by the step with all supplements from a system on which the files
 * that those hold are changed or missing. */
static wh_status assemble(const struct check *check, uint32_t step,
    const struct wh_package_file *origin, struct wh_error *err)
{
    struct wh_bytes bundles[WH_PLAN_BUNDLES_MAX] = {wh_buffer_bytes(&check->loaded[step].bytes)};
    struct wh_gate_input input = {.origin = origin, .bundles = bundles, .bundle_count = 1};

    WH_TRY(wh_gate_check(&input, err));
    for (uint32_t i = 0; i < check->listing->bundle_count; i++) {
        const struct loaded *loaded = &check->loaded[i];
        if (!loaded->good || loaded->bundle.kind == WH_BUNDLE_STEP ||
            input.bundle_count == WH_PLAN_BUNDLES_MAX)
            continue;
        bundles[input.bundle_count++] = wh_buffer_bytes(&loaded->bytes);
        input.without_config |= loaded->bundle.kind == WH_BUNDLE_CONFIG;
        input.without_doc |= loaded->bundle.kind == WH_BUNDLE_DOC;
    }
    return input.bundle_count > 1 ? wh_gate_check(&input, err) : WH_OK;
}

/* What a failed check means; the machine's own failures go on to the caller. */
static wh_status judge(
    struct check *check, wh_status status, const struct wh_error *error, struct wh_error *err)
{
    if (status == WH_SYSTEM || status == WH_NO_MEMORY) {
        *err = *error;
        return status;
    }
    return say(check, WH_VERDICT_BAD, error->message, err);
}

static wh_status check_step(
    struct check *check, uint32_t number, bool *any_checked, struct wh_error *err)
{
    wh_cleanup(wh_package_clear) struct wh_package_file origin = WH_PACKAGE_FILE_NONE;
    struct wh_error error;

    wh_status status = find_origin(check, &check->loaded[number].bundle, &origin, &error);
    if (status == WH_MISSING)
        return say(check, WH_VERDICT_NOT_CHECKED, error.message, err);
    if (status == WH_OK)
        status = wh_package_unpack(&origin, &error);
    if (status == WH_OK)
        status = assemble(check, number, &origin, &error);
    if (status != WH_OK)
        return judge(check, status, &error, err);
    *any_checked = true;
    check->verdict->checked++;
    return WH_OK;
}

static wh_status check_steps(struct check *check, struct wh_error *err)
{
    uint32_t supplements = 0;
    bool any = false;

    for (uint32_t i = 0; i < check->listing->bundle_count; i++) {
        const struct loaded *loaded = &check->loaded[i];
        if (loaded->good && loaded->bundle.kind == WH_BUNDLE_STEP)
            WH_TRY(check_step(check, i, &any, err));
        else
            supplements += loaded->good;
    }
    if (any)
        check->verdict->checked += supplements;
    for (uint32_t i = 0; i < supplements && !any; i++)
        WH_TRY(say(
            check, WH_VERDICT_NOT_CHECKED, "a supplement was not checked: no step could be", err));
    return WH_OK;
}

static wh_status open_package(struct check *check, struct wh_error *err)
{
    wh_cleanup(wh_package_clear) struct wh_package_file file = WH_PACKAGE_FILE_NONE;
    const struct wh_repository *repository = &check->context->places.repositories[0];
    struct wh_digest digest;

    WH_TRY(wh_package_open(
        repository->folder, repository->path, check->package->location, &file, err));
    WH_TRY(wh_digest_of(WH_SHA256, file.prefix.bytes, &digest, err));
    memcpy(check->prefix, digest.bytes, sizeof check->prefix);
    return WH_OK;
}

static wh_status check_package(struct check *check, struct wh_error *err)
{
    struct wh_error error;

    if (!check->package)
        return say(check, WH_VERDICT_BAD,
            "the index lists bundles of a package that the repository does not have", err);
    check->nvra = wh_repository_nvra(check->package);
    if (!check->nvra)
        return wh_no_memory(err);
    wh_status status = open_package(check, &error);
    if (status != WH_OK)
        return judge(check, status, &error, err);
    if (check->listing->has_prefix &&
        memcmp(check->listing->prefix, check->prefix, sizeof check->prefix) != 0)
        WH_TRY(say(check, WH_VERDICT_BAD, "the index has the prefix of another package", err));
    for (uint32_t i = 0; i < check->listing->bundle_count; i++) {
        status = load(check, i, &error);
        if (status != WH_OK)
            WH_TRY(judge(check, status, &error, err));
    }
    return check_steps(check, err);
}

wh_status wh_verify_package(const struct wh_verify_context *context,
    const struct wh_repository_package *package, const struct wh_index_package *listing,
    struct wh_package_verdict *out_verdict, struct wh_error *err)
{
    wh_cleanup(wh_package_verdict_clear) struct wh_package_verdict verdict = {0};
    wh_cleanup(clear_check) struct check check = {
        .context = context,
        .package = package,
        .listing = listing,
        .verdict = &verdict,
    };

    verdict.verdicts = wh_array(
        listing->bundle_count + 1ull, sizeof *verdict.verdicts, UINT32_MAX, err);
    check.loaded = wh_array(listing->bundle_count, sizeof *check.loaded, UINT32_MAX, err);
    if (!verdict.verdicts || !check.loaded)
        return wh_no_memory(err);
    WH_TRY(check_package(&check, err));
    *out_verdict = verdict;
    verdict = (struct wh_package_verdict){0};
    return WH_OK;
}

void wh_package_verdict_clear(struct wh_package_verdict *verdict)
{
    for (uint32_t i = 0; verdict->verdicts && i < verdict->verdict_count; i++) {
        free(verdict->verdicts[i].package);
        free(verdict->verdicts[i].text);
    }
    free(verdict->verdicts);
    *verdict = (struct wh_package_verdict){0};
}
