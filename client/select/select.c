/* SPDX-License-Identifier: GPL-2.0-or-later */
/* select.c - see select.h. */
#include "select/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observe/nevra.h"
#include "observe/report.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

void wh_selection_clear(struct wh_selection *selection)
{
    for (uint32_t i = 0; i < WH_PLAN_BUNDLES_MAX; i++)
        free(selection->locations[i]);
    free(selection->url);
    free(selection->from);
    *selection = (struct wh_selection){0};
}

/* The steps that start from what is installed. */
struct steps {
    const struct wh_index_bundle *bundles[WH_INDEX_BUNDLES_MAX];
    const struct wh_installed *from[WH_INDEX_BUNDLES_MAX];
    struct wh_offer offers[WH_INDEX_BUNDLES_MAX];
    uint32_t count;
};

static void find_steps(const struct wh_index_package *package, const struct wh_installed *installed,
    uint32_t count, struct steps *out_steps)
{
    out_steps->count = 0;
    for (uint32_t b = 0; b < package->bundle_count; b++) {
        const struct wh_index_bundle *bundle = &package->bundles[b];
        uint32_t i = 0;
        while (i < count && memcmp(bundle->from, installed[i].header->id, sizeof bundle->from) != 0)
            i++;
        if (bundle->kind != WH_BUNDLE_STEP || i == count ||
            out_steps->count == WH_INDEX_BUNDLES_MAX)
            continue;
        out_steps->bundles[out_steps->count] = bundle;
        out_steps->from[out_steps->count] = &installed[i];
        out_steps->offers[out_steps->count++] = (struct wh_offer){bundle->size, bundle->cpu_ms};
    }
}

/* Tried without the proof first, which takes a moment and is seldom needed. */
static enum wh_choice choose(const struct wh_terms *terms, struct wh_proof *proof,
    const struct steps *steps, uint32_t *out_number)
{
    enum wh_choice choice = wh_choose(terms, true, steps->offers, steps->count, out_number);

    if (choice == WH_CHOICE_TAKEN && steps->offers[*out_number].cpu_ms > 0 &&
        !wh_proof_holds(proof))
        choice = wh_choose(terms, false, steps->offers, steps->count, out_number);
    return choice;
}

/* The location follows from the new package's name, which the solver has with its epoch. */
static wh_status locate(const char *nevra, const struct wh_index_bundle *bundle,
    char **out_location, struct wh_error *err)
{
    wh_autofree char *name = wh_nevra_name(nevra);
    if (!name)
        return wh_fail(err, WH_MALFORMED, "%s: not NAME-VERSION-RELEASE.ARCH", nevra);
    const char *version = nevra + strlen(name) + 1;
    const char *colon = strchr(version, ':');
    wh_autofree char *nvra = NULL;
    if (asprintf(&nvra, "%s-%s", name, colon ? colon + 1 : version) < 0)
        return wh_no_memory(err);
    return wh_bundle_location(nvra, bundle->sha256, out_location, err);
}

static wh_status add(struct wh_selection *selection, const char *nevra,
    const struct wh_index_bundle *bundle, struct wh_error *err)
{
    uint32_t at = selection->bundle_count;

    WH_TRY(locate(nevra, bundle, &selection->locations[at], err));
    selection->bundles[at] = *bundle;
    selection->bundle_count++;
    return WH_OK;
}

static wh_status add_supplements(const struct wh_index_package *package, const char *nevra,
    const struct wh_report *report, const struct wh_header *header, struct wh_selection *selection,
    struct wh_error *err)
{
    static const struct {
        enum wh_bundle_kind kind;
        uint32_t flag;
    } supplements[] = {{WH_BUNDLE_CONFIG, WH_FILE_CONFIG}, {WH_BUNDLE_DOC, WH_FILE_DOC}};
    uint32_t covered = 0;

    for (size_t s = 0; s < sizeof supplements / sizeof *supplements; s++) {
        if (!wh_report_has(report, header, supplements[s].flag))
            continue;
        for (uint32_t b = 0; b < package->bundle_count; b++)
            if (package->bundles[b].kind == supplements[s].kind &&
                selection->bundle_count < WH_PLAN_BUNDLES_MAX) {
                WH_TRY(add(selection, nevra, &package->bundles[b], err));
                covered |= supplements[s].flag;
            }
    }
    selection->is_doubtful = wh_report_has_beside(report, header, covered);
    return WH_OK;
}

struct found {
    struct wh_installed *list;
    uint32_t count;
};

static void free_found(struct found *found)
{
    wh_installed_free(found->list, found->count);
}

wh_status wh_select(struct wh_system *system, const struct wh_wish *wish, struct wh_proof *proof,
    struct wh_selection *out_selection, struct wh_error *err)
{
    wh_cleanup(wh_selection_clear) struct wh_selection selection = {0};
    wh_cleanup(wh_report_clear) struct wh_report report = {0};
    wh_cleanup(free_found) struct found found = {0};
    struct steps steps = {.count = 0};
    uint32_t number = 0;
    wh_autofree char *name = wh_nevra_name(wish->nevra);

    if (!name)
        return wh_fail(err, WH_MALFORMED, "%s: not NAME-VERSION-RELEASE.ARCH", wish->nevra);
    if (wish->package) {
        WH_TRY(wh_installed_find(system, name, &found.list, &found.count, err));
        find_steps(wish->package, found.list, found.count, &steps);
    }
    selection.choice = choose(&wish->terms, proof, &steps, &number);
    if (selection.choice == WH_CHOICE_TAKEN) {
        const struct wh_installed *from = steps.from[number];
        WH_TRY(wh_report_observe(system, from, WH_CARE_SIZES, &report, err));
        WH_TRY(add(&selection, wish->nevra, steps.bundles[number], err));
        WH_TRY(add_supplements(wish->package, wish->nevra, &report, from->header, &selection, err));
        selection.from = wh_header_nevra(from->header);
        if (!selection.from)
            return wh_no_memory(err);
    }
    *out_selection = selection;
    selection = (struct wh_selection){0};
    return WH_OK;
}
