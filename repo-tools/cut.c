/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cut.c - see cut.h. */
#include "cut.h"

#include <stdlib.h>
#include <string.h>

#include "bundle_build.h"
#include "gate.h"
#include "publish.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

void wh_cut_clear(struct wh_cut *cut)
{
    wh_buffer_clear(&cut->bundle);
    *cut = (struct wh_cut){0};
}

static void hash_number(struct wh_hasher *hasher, uint32_t number)
{
    const uint8_t bytes[4] = {
        (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16), (uint8_t)(number >> 24)};

    wh_hasher_update(hasher, bytes, sizeof bytes);
}

wh_status wh_cut_key(
    const struct wh_cut_terms *terms, uint8_t out_key[WH_SHA256_LENGTH], struct wh_error *err)
{
    static const char program[] = "whittle-repo " WHITTLE_VERSION;
    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = NULL;
    struct wh_digest digest;

    WH_TRY(wh_hasher_new(WH_SHA256, &hasher, err));
    wh_hasher_update(hasher, (const uint8_t *)program, sizeof program);
    wh_hasher_update(hasher, terms->target, WH_SHA256_LENGTH);
    wh_hasher_update(hasher, terms->pkgid, strlen(terms->pkgid) + 1);
    wh_hasher_update(hasher, terms->start, WH_SHA256_LENGTH);
    hash_number(hasher, terms->without_liblzma);
    hash_number(hasher, terms->differs_count);
    for (uint32_t i = 0; i < terms->differs_count; i++)
        hash_number(hasher, terms->differs[i]);
    WH_TRY(wh_hasher_finish(hasher, &digest, err));
    memcpy(out_key, digest.bytes, WH_SHA256_LENGTH);
    return WH_OK;
}

/* ---- what differs -------------------------------------------------------------------------- */

/* The origin with some of its files gone. */
struct masked {
    struct wh_header header;
    struct wh_file *files;
    struct wh_package_file origin;
};

static void clear_masked(struct masked *masked)
{
    free(masked->files);
}

/* A file that differs is as little there as a %ghost is: nothing is made from it or kept in it. */
static wh_status mask(const struct wh_start *start, struct masked *masked, struct wh_error *err)
{
    const struct wh_header *header = start->origin->header;

    masked->files = wh_array(
        header->file_count, sizeof *masked->files, WH_FILES_MAX * sizeof *masked->files, err);
    if (!masked->files)
        return wh_no_memory(err);
    if (header->file_count > 0)
        memcpy(masked->files, header->files, header->file_count * sizeof *masked->files);
    for (uint32_t i = 0; i < start->differs_count; i++) {
        if (start->differs[i] >= header->file_count)
            return wh_fail(
                err, WH_UNSUPPORTED, "%s has no file %u", start->origin->path, start->differs[i]);
        masked->files[start->differs[i]].flags |= WH_FILE_GHOST;
        masked->files[start->differs[i]].has_content = false;
    }
    masked->header = *header;
    masked->header.files = masked->files;
    masked->origin = *start->origin;
    masked->origin.header = &masked->header;
    return WH_OK;
}

/* ---- the bundle ---------------------------------------------------------------------------- */

static wh_status count(const struct wh_header *header, struct wh_cut *cut, struct wh_error *err)
{
    wh_cleanup(wh_bundle_clear) struct wh_bundle bundle = {0};
    struct wh_instruction_counts *counts = &cut->counts;

    WH_TRY(wh_bundle_parse(wh_buffer_bytes(&cut->bundle), &bundle, err));
    cut->cpu_ms = wh_bundle_cpu_ms(&bundle);
    for (uint32_t i = 0; i < header->file_count; i++)
        counts->kept += header->files[i].has_content;
    for (uint32_t i = 0; i < bundle.entry_count; i++) {
        bool has_base = bundle.entries[i].base != WH_NO_FILE;
        counts->patched += has_base;
        counts->fetched += !has_base;
    }
    counts->kept -= bundle.entry_count + bundle.twin_count;
    return WH_OK;
}

static wh_status prove(const struct wh_start *start, const struct wh_package_file *target,
    const struct wh_cut *cut, struct wh_error *err)
{
    const struct wh_bytes bundle = wh_buffer_bytes(&cut->bundle);
    const struct wh_gate_input input = {
        .origin = start->origin,
        .bundles = &bundle,
        .bundle_count = 1,
        .differs = start->differs,
        .differs_count = start->differs_count,
        .listed = start->listed,
        .listed_count = start->listed_count,
        .target = target,
    };

    return wh_gate_check(&input, err);
}

static wh_status make(const struct wh_start *start, const struct wh_package_file *origin,
    const struct wh_subject *subject, const struct wh_means *means, struct wh_cut *cut,
    struct wh_error *err)
{
    cut->bundle = (struct wh_buffer){.ceiling = WH_BUNDLE_MAX};
    WH_TRY(wh_build_step(origin, subject, means, &cut->bundle, err));
    if (!wh_is_worth_it(cut->bundle.length, subject->file.size))
        return wh_fail(err, WH_OVER_LIMIT, "the bundle would save too little");
    return prove(start, &subject->file, cut, err);
}

/* Assembling proves all streams at once. Where one does not come out, each is proved by itself, and
 * left as it is where it does not. */
wh_status wh_cut_make(const struct wh_start *start, const struct wh_subject *subject,
    const struct wh_means *means, struct wh_cut *out_cut, struct wh_error *err)
{
    wh_cleanup(clear_masked) struct masked masked = {0};
    wh_cleanup(wh_cut_clear) struct wh_cut cut = {0};
    struct wh_means swift = *means;

    swift.unproved = true;
    WH_TRY(mask(start, &masked, err));
    wh_status status = make(start, &masked.origin, subject, &swift, &cut, err);
    if (status == WH_MISMATCH || status == WH_MALFORMED) {
        wh_cut_clear(&cut);
        status = make(start, &masked.origin, subject, means, &cut, err);
    }
    WH_TRY(status);
    WH_TRY(count(subject->file.header, &cut, err));
    *out_cut = cut;
    cut = (struct wh_cut){0};
    return WH_OK;
}
