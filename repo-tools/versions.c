/* SPDX-License-Identifier: GPL-2.0-or-later */
/* versions.c - see versions.h. */
#include "versions.h"

#include <rpm/rpmver.h>
#include <stdlib.h>
#include <string.h>

#include "subject.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

struct candidate {
    const struct wh_repository *repository;
    const struct wh_repository_package *package;
};

int wh_evr_compare(const char *a, const char *b)
{
    rpmver left = rpmverParse(a);
    rpmver right = rpmverParse(b);
    /* What rpm cannot parse (no version at all) comes before everything else. */
    int order = left && right ? rpmverCmp(left, right) : (left != NULL) - (right != NULL);

    (void)rpmverFree(left);
    (void)rpmverFree(right);
    return order;
}

/* Newest first; of equal versions the one whose place and location come first. */
static int order_candidates(const void *left, const void *right)
{
    const struct candidate *a = left;
    const struct candidate *b = right;
    int order = wh_evr_compare(b->package->evr, a->package->evr);

    if (order != 0)
        return order;
    if (a->repository != b->repository)
        return a->repository < b->repository ? -1 : 1; /* members of one array */
    return strcmp(a->package->location, b->package->location);
}

static wh_status collect(const struct wh_places *places,
    const struct wh_repository_package *package, struct candidate **out_candidates,
    uint32_t *out_count, struct wh_error *err)
{
    const struct wh_repository_package *first;
    uint64_t room = 0;
    uint32_t count = 0;

    for (uint32_t i = 0; i < places->count; i++)
        room += wh_repository_find(&places->repositories[i], package->name, package->arch, &first);
    struct candidate *candidates = wh_array(room, sizeof *candidates, UINT32_MAX, err);
    if (!candidates)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < places->count; i++) {
        const struct wh_repository *place = &places->repositories[i];
        uint32_t found = wh_repository_find(place, package->name, package->arch, &first);
        for (uint32_t k = 0; k < found; k++)
            if (!first[k].is_source && wh_evr_compare(first[k].evr, package->evr) < 0)
                candidates[count++] = (struct candidate){place, &first[k]};
    }
    qsort(candidates, count, sizeof *candidates, order_candidates);
    *out_candidates = candidates;
    *out_count = count;
    return WH_OK;
}

static bool is_listed(const struct wh_versions *versions, const struct wh_header *header)
{
    for (uint32_t i = 0; i < versions->count; i++)
        if (memcmp(versions->files[i].header->id, header->id, sizeof header->id) == 0)
            return true;
    return false;
}

/* Metadata and package must agree, or else the version order means nothing. */
static wh_status check_identity(const struct wh_repository_package *package,
    const struct wh_package_file *file, struct wh_error *err)
{
    if (strcmp(package->name, file->header->name) != 0 ||
        strcmp(package->arch, file->header->arch) != 0)
        return wh_fail(err, WH_MISMATCH,
            "%s: it is not the package that the metadata says; run createrepo_c again", file->path);
    return WH_OK;
}

wh_status wh_versions_find(const struct wh_places *places,
    const struct wh_repository_package *package, uint32_t limit, struct wh_versions *out_versions,
    struct wh_error *err)
{
    wh_cleanup(wh_versions_clear) struct wh_versions versions = {0};
    wh_autofree struct candidate *candidates = NULL;
    uint32_t count = 0;

    WH_TRY(collect(places, package, &candidates, &count, err));
    versions.files = wh_array(count, sizeof *versions.files, UINT32_MAX, err);
    if (!versions.files)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count && versions.count < limit; i++) {
        wh_cleanup(wh_package_clear) struct wh_package_file file = WH_PACKAGE_FILE_NONE;
        WH_TRY(wh_package_open(candidates[i].repository->folder, candidates[i].repository->path,
            candidates[i].package->location, &file, err));
        WH_TRY(check_identity(candidates[i].package, &file, err));
        bool refused = wh_origin_refuse(&file) != WH_SKIP_NOT;
        versions.passed_over |= refused;
        if (refused || is_listed(&versions, file.header))
            continue;
        versions.files[versions.count++] = file;
        file = (struct wh_package_file)WH_PACKAGE_FILE_NONE;
    }
    *out_versions = versions;
    versions = (struct wh_versions){0};
    return WH_OK;
}

void wh_versions_clear(struct wh_versions *versions)
{
    for (uint32_t i = 0; i < versions->count; i++)
        wh_package_clear(&versions->files[i]);
    free(versions->files);
    *versions = (struct wh_versions){0};
}
