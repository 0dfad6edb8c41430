/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bases.c - see bases.h. */
#include "bases.h"

#include <stdlib.h>

#include "counterpart.h"
#include "diff/diff.h"
#include "encode.h"
#include "likeness.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Scores: wh_common_score(). A counterpart by name that has less is doubted, and one that nothing
 * but contents speaks for needs so much. Rebuilt programs have 300 and more. */
#define SCORE_DOUBTED 250u
#define SCORE_ENOUGH 125u

struct chooser {
    const struct wh_package_file *origin;
    const struct wh_package_file *target;
    const struct wh_means *means;
    struct wh_counterparts *counterparts;
    struct wh_likeness *likeness; /* NULL until somebody needs it */
    uint64_t room;                /* bytes of memory for a trial */
    uint64_t looked_at;           /* bytes of contents since pages were given back */
};

static void clear_chooser(struct chooser *chooser)
{
    wh_counterparts_free(chooser->counterparts);
    wh_likeness_free(chooser->likeness);
}

static struct wh_bytes look_at(
    struct chooser *chooser, const struct wh_package_file *package, uint32_t file)
{
    struct wh_bytes content = wh_package_content(package, file);

    chooser->looked_at += content.length;
    if (chooser->looked_at >= WH_FORGET_AFTER) {
        wh_package_forget(chooser->origin);
        wh_package_forget(chooser->target);
        chooser->looked_at = 0;
    }
    return content;
}

/* ---- by name ------------------------------------------------------------------------------- */

/* What is known of an entry's base. */
struct standing {
    struct wh_sketch sketch; /* of the new content */
    uint32_t score;          /* of the base */
    bool is_settled;         /* the contents tell nothing, or the name says enough */
};

static uint32_t score_of(struct chooser *chooser, const struct wh_sketch *sketch, uint32_t old)
{
    struct wh_sketch source;

    wh_sketch_make(look_at(chooser, chooser->origin, old), WH_SKETCH_MAX, &source);
    return wh_common_score(wh_sketch_compare(sketch, &source));
}

/* Of several that have the name the one with most of the content. */
static void choose_by_name(
    struct chooser *chooser, struct wh_entry *entry, struct standing *standing)
{
    const struct wh_file *file = &chooser->target->header->files[entry->file];
    const struct wh_file *files = chooser->origin->header->files;
    struct wh_candidates candidates;

    wh_counterparts_find(chooser->counterparts, file, &candidates);
    for (uint32_t i = 0; i < candidates.count; i++) {
        bool is_too_long = files[candidates.files[i]].size / WH_COMPARABLE_RATIO > file->size;
        if (candidates.files[i] == entry->base || is_too_long)
            continue;
        uint32_t score = score_of(chooser, &standing->sketch, candidates.files[i]);
        if (score <= standing->score)
            continue;
        entry->base = candidates.files[i];
        standing->score = score;
    }
}

static void examine(struct chooser *chooser, struct wh_entry *entry, struct standing *standing)
{
    struct wh_bytes content = look_at(chooser, chooser->target, entry->file);

    *standing = (struct standing){.is_settled = true};
    if (!wh_is_comparable(content))
        return;
    wh_sketch_make(content, WH_SKETCH_MAX, &standing->sketch);
    if (entry->base != WH_NO_FILE)
        standing->score = score_of(chooser, &standing->sketch, entry->base);
    choose_by_name(chooser, entry, standing);
    standing->is_settled = standing->score >= SCORE_DOUBTED;
}

/* ---- two bases ----------------------------------------------------------------------------- */

/* Bytes that the content takes with this base, by itself. */
static wh_status cost_with(struct chooser *chooser, struct wh_bytes content, uint32_t old,
    uint64_t *out_cost, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = chooser->means->stored_max};
    wh_cleanup(wh_residue_clear) struct wh_residue residue;
    struct wh_bytes base = wh_package_content(chooser->origin, old);
    struct wh_fit fit = wh_memory_fit(base.length, content.length, chooser->room, chooser->means);
    enum wh_patch_method method;

    *out_cost = UINT64_MAX;
    if (!fit.with_base)
        return WH_OK;
    wh_residue_init(&residue);
    wh_status status = wh_diff(base, content, fit.effort, &method, &residue, err);
    if (status == WH_OK)
        status = wh_encode_patch(&residue, content.length, 1, fit.effort, &stored, err);
    if (status == WH_UNSUPPORTED || status == WH_OVER_LIMIT)
        return WH_OK;
    WH_TRY(status);
    *out_cost = stored.length;
    return WH_OK;
}

static wh_status choose_by_trial(
    struct chooser *chooser, struct wh_entry *entry, uint32_t other, struct wh_error *err)
{
    struct wh_bytes content = wh_package_content(chooser->target, entry->file);
    uint64_t cost;
    uint64_t other_cost;

    WH_TRY(cost_with(chooser, content, entry->base, &cost, err));
    WH_TRY(cost_with(chooser, content, other, &other_cost, err));
    if (other_cost < cost)
        entry->base = other;
    return WH_OK;
}

/* ---- by content ---------------------------------------------------------------------------- */

/* Asks the index, where the name gave nothing, or something that has little of the content. */
static wh_status choose_by_content(struct chooser *chooser, struct wh_entry *entry,
    const struct standing *standing, struct wh_error *err)
{
    const struct wh_file *file = &chooser->target->header->files[entry->file];

    if (!chooser->likeness)
        WH_TRY(wh_likeness_new(chooser->origin, &chooser->likeness, err));
    struct wh_found found = wh_likeness_find(
        chooser->likeness, &standing->sketch, file->size, wh_file_class(file));
    uint32_t score = wh_common_score(found.common);
    if (found.file == entry->base || score < SCORE_ENOUGH)
        return WH_OK;
    if (entry->base != WH_NO_FILE && chooser->means->effort == WH_EFFORT_BEST)
        return choose_by_trial(chooser, entry, found.file, err);
    if (entry->base == WH_NO_FILE || (score >= SCORE_DOUBTED && score >= 2 * standing->score))
        entry->base = found.file;
    return WH_OK;
}

static wh_status correct(struct chooser *chooser, struct wh_entry *entry, struct wh_error *err)
{
    struct standing standing;

    examine(chooser, entry, &standing);
    bool ask = !standing.is_settled;
    if (chooser->means->effort == WH_EFFORT_BEST)
        ask = standing.sketch.count > 0;
    return ask ? choose_by_content(chooser, entry, &standing, err) : WH_OK;
}

wh_status wh_bases_correct(const struct wh_package_file *origin, const struct wh_file_map *old_map,
    const struct wh_package_file *target, const struct wh_means *means,
    struct wh_differences *differences, struct wh_error *err)
{
    wh_cleanup(clear_chooser) struct chooser chooser = {
        .origin = origin, .target = target, .means = means};

    if (differences->entry_count == 0)
        return WH_OK;
    chooser.room = wh_memory_of_bundle(
        differences->entries, differences->entry_count, origin->header, target->header, means)
                       .room;
    WH_TRY(wh_counterparts_new(origin->header, old_map, &chooser.counterparts, err));
    for (uint32_t i = 0; i < differences->entry_count; i++)
        WH_TRY(correct(&chooser, &differences->entries[i], err));
    wh_package_forget(origin);
    wh_package_forget(target);
    return WH_OK;
}

/* ---- memory -------------------------------------------------------------------------------- */

static int order_sizes(const void *left, const void *right, void *context)
{
    const struct wh_file *files = context;
    uint64_t a = files[*(const uint32_t *)left].size;
    uint64_t b = files[*(const uint32_t *)right].size;

    return (a > b) - (a < b);
}

/* The largest base that a content of this size may have by its likeness alone, or WH_NO_FILE. */
static uint32_t largest_for(
    const struct wh_file *files, const uint32_t *by_size, uint32_t count, uint64_t size)
{
    uint32_t low = 0;
    uint32_t high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (files[by_size[middle]].size / WH_COMPARABLE_RATIO <= size)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? by_size[low - 1] : WH_NO_FILE;
}

wh_status wh_bases_widest(const struct wh_header *old_header, const struct wh_header *new_header,
    struct wh_differences *differences, struct wh_error *err)
{
    const struct wh_file *files = old_header->files;
    uint32_t count = 0;
    wh_autofree uint32_t *by_size = wh_array(
        old_header->file_count, sizeof *by_size, WH_FILES_MAX * sizeof *by_size, err);

    if (!by_size)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < old_header->file_count; i++)
        if (wh_is_base(&files[i]))
            by_size[count++] = i;
    qsort_r(by_size, count, sizeof *by_size, order_sizes, old_header->files);
    for (uint32_t i = 0; i < differences->entry_count; i++) {
        struct wh_entry *entry = &differences->entries[i];
        uint64_t size = new_header->files[entry->file].size;
        uint32_t other = largest_for(files, by_size, count, size);
        bool is_wider = other != WH_NO_FILE &&
                        (entry->base == WH_NO_FILE || files[other].size > files[entry->base].size);
        if (is_wider && size >= WH_COMPARABLE_MIN)
            entry->base = other;
    }
    return WH_OK;
}
