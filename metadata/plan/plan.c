/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - one instruction a file: keep before patch before fetch; see whittle/plan.h. */
#include "whittle/plan.h"

#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Where a bundle has the content of a file. */
struct place {
    uint32_t group;
    uint8_t bundle;
    bool known;
};

struct planner {
    const struct wh_plan_input *input;
    struct place *step;       /* one a file: in the step */
    struct place *supplement; /* one a file: in the first supplement that has it */
    uint32_t *original;       /* one a file: of a twin, else WH_NO_FILE */
    uint8_t *group_usable;    /* one a group of the step: all its bases are as packaged */
    uint8_t *group_has_base;
    struct wh_plan plan;
};

static void clear_planner(struct planner *planner)
{
    free(planner->step);
    free(planner->supplement);
    free(planner->original);
    free(planner->group_usable);
    free(planner->group_has_base);
    wh_plan_clear(&planner->plan);
}

static wh_status allocate(struct planner *planner, struct wh_error *err)
{
    uint32_t files = planner->input->new_header->file_count;
    uint32_t groups = planner->input->bundles[0]->group_count;

    planner->step = wh_array(files, sizeof *planner->step, UINT32_MAX, err);
    planner->supplement = wh_array(files, sizeof *planner->supplement, UINT32_MAX, err);
    planner->original = wh_array(files, sizeof *planner->original, UINT32_MAX, err);
    planner->group_usable = wh_array(groups, 1, UINT32_MAX, err);
    planner->group_has_base = wh_array(groups, 1, UINT32_MAX, err);
    planner->plan.instructions = wh_array(
        files, sizeof *planner->plan.instructions, UINT32_MAX, err);
    planner->plan.instruction_count = files;
    if (!planner->step || !planner->supplement || !planner->original || !planner->group_usable ||
        !planner->group_has_base || !planner->plan.instructions)
        return wh_no_memory(err);
    return WH_OK;
}

static void index_entries(const struct wh_bundle *bundle, uint8_t number, struct place *places)
{
    for (uint32_t g = 0; g < bundle->group_count; g++) {
        const struct wh_group *group = &bundle->groups[g];
        for (uint32_t i = 0; i < group->entry_count; i++) {
            struct place *place = &places[bundle->entries[group->first_entry + i].file];
            if (!place->known)
                *place = (struct place){g, number, true};
        }
    }
}

static void judge_groups(struct planner *planner)
{
    const struct wh_bundle *step = planner->input->bundles[0];

    for (uint32_t g = 0; g < step->group_count; g++) {
        const struct wh_group *group = &step->groups[g];
        planner->group_usable[g] = 1;
        for (uint32_t i = 0; i < group->entry_count; i++) {
            uint32_t base = step->entries[group->first_entry + i].base;
            if (base == WH_NO_FILE)
                continue;
            planner->group_has_base[g] = 1;
            if (planner->input->report->differs[base])
                planner->group_usable[g] = 0;
        }
    }
}

static void index_bundles(struct planner *planner)
{
    const struct wh_plan_input *input = planner->input;
    const struct wh_bundle *step = input->bundles[0];

    index_entries(step, 0, planner->step);
    for (uint8_t i = 1; i < input->bundle_count; i++)
        index_entries(input->bundles[i], i, planner->supplement);
    for (uint32_t i = 0; i < input->new_header->file_count; i++)
        planner->original[i] = WH_NO_FILE;
    for (uint32_t i = 0; i < step->twin_count; i++)
        planner->original[step->twins[i].file] = step->twins[i].original;
    judge_groups(planner);
}

/* An old file that is as packaged and has this content. */
static uint32_t find_kept(const struct planner *planner, const struct wh_file *file)
{
    const struct wh_plan_input *input = planner->input;
    uint32_t found = WH_NO_FILE;

    if (input->old_header->digest_algorithm == input->new_header->digest_algorithm)
        found = wh_file_map_digest(input->old_map, file->digest, file->size);
    while (found != WH_NO_FILE && input->report->differs[found])
        found = wh_file_map_digest_next(input->old_map, found);
    return found;
}

static wh_status missing(
    const struct planner *planner, const struct wh_file *file, struct wh_error *err)
{
    const char *help = "";

    if (file->flags & WH_FILE_CONFIG)
        help = " (a config supplement would)";
    else if (file->flags & WH_FILE_DOC)
        help = " (a doc supplement would)";
    return wh_fail(err, WH_MISSING,
        "%s: neither this system nor a bundle has the content of %s%s%s",
        planner->input->new_header->name, file->dirname, file->basename, help);
}

static wh_status instruct(struct planner *planner, uint32_t number, struct wh_error *err)
{
    struct wh_instruction *instruction = &planner->plan.instructions[number];
    const struct wh_file *file = &planner->input->new_header->files[number];
    const struct place *step = &planner->step[number];
    const struct place *supplement = &planner->supplement[number];

    if (!file->has_content) {
        *instruction = (struct wh_instruction){.kind = WH_EMPTY};
        return WH_OK;
    }
    if (planner->original[number] != WH_NO_FILE) {
        *instruction = (struct wh_instruction){WH_TWIN, planner->original[number], 0};
        return WH_OK;
    }
    if (step->known && planner->group_usable[step->group]) {
        bool patch = planner->group_has_base[step->group];
        *instruction = (struct wh_instruction){patch ? WH_PATCH : WH_FETCH, step->group, 0};
        return WH_OK;
    }
    uint32_t kept = step->known ? WH_NO_FILE : find_kept(planner, file);
    if (kept != WH_NO_FILE) {
        *instruction = (struct wh_instruction){WH_KEEP, kept, 0};
        return WH_OK;
    }
    if (!supplement->known)
        return missing(planner, file, err);
    *instruction = (struct wh_instruction){WH_FETCH, supplement->group, supplement->bundle};
    return WH_OK;
}

/* Stored bytes count once a group, however many files it makes. */
static wh_status add_up(struct planner *planner, struct wh_error *err)
{
    const struct wh_plan_input *input = planner->input;
    struct wh_plan *plan = &planner->plan;
    uint64_t first[WH_PLAN_BUNDLES_MAX + 1] = {0}; /* where a bundle's groups begin in counted */

    for (uint32_t i = 0; i < input->bundle_count; i++)
        first[i + 1] = first[i] + input->bundles[i]->group_count;
    wh_autofree uint8_t *counted = wh_array(first[input->bundle_count], 1, UINT32_MAX, err);
    if (!counted)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < plan->instruction_count; i++) {
        const struct wh_instruction *instruction = &plan->instructions[i];
        struct wh_plan_totals *totals = &plan->totals[instruction->kind];
        totals->files++;
        if (instruction->kind == WH_EMPTY)
            continue;
        totals->bytes += input->new_header->files[i].size;
        if (instruction->kind != WH_PATCH && instruction->kind != WH_FETCH)
            continue;
        const struct wh_bundle *bundle = input->bundles[instruction->bundle];
        uint8_t *seen = &counted[first[instruction->bundle] + instruction->source];
        if (!*seen)
            totals->stored += bundle->groups[instruction->source].stored.length;
        *seen = 1;
    }
    return WH_OK;
}

wh_status wh_plan_make(
    const struct wh_plan_input *input, struct wh_plan *out_plan, struct wh_error *err)
{
    wh_cleanup(clear_planner) struct planner planner = {.input = input};

    WH_TRY(allocate(&planner, err));
    index_bundles(&planner);
    for (uint32_t i = 0; i < input->new_header->file_count; i++)
        WH_TRY(instruct(&planner, i, err));
    WH_TRY(add_up(&planner, err));
    *out_plan = planner.plan;
    planner.plan = (struct wh_plan){0};
    return WH_OK;
}

void wh_plan_clear(struct wh_plan *plan)
{
    free(plan->instructions);
    *plan = (struct wh_plan){0};
}
