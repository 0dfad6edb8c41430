/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff.c - see diff/diff.h. */
#include "diff/diff.h"

#include <stdlib.h>

#include "diff/mask.h"
#include "jobs.h"
#include "match/match.h"
#include "whittle/cleanup.h"

static wh_status diff_plain(struct wh_bytes old, struct wh_bytes fresh,
    const struct wh_match_means *means, struct wh_residue *out_residue, struct wh_error *err)
{
    wh_cleanup(wh_copies_clear) struct wh_copies copies = {0};

    WH_TRY(wh_match_by(old, fresh, means, &copies, err));
    return wh_residue_make(
        WH_PATCH_PLAIN, old, fresh, copies.copies, copies.count, means->effort, out_residue, err);
}

/* One of the two programs, and how matching sees it. */
struct seen {
    struct wh_elf elf;
    bool with_names;
    uint8_t *view;
    wh_status status;
    struct wh_error error;
};

struct both {
    struct seen list[2];
};

static void clear_both(struct both *both)
{
    for (int i = 0; i < 2; i++) {
        wh_elf_clear(&both->list[i].elf);
        free(both->list[i].view);
    }
}

static bool mask_one(void *context, uint32_t number)
{
    struct seen *seen = &((struct both *)context)->list[number];

    seen->status = wh_mask(&seen->elf, seen->with_names, &seen->view, &seen->error);
    return seen->status == WH_OK;
}

static wh_status mask_both(struct both *both, uint32_t threads, struct wh_error *err)
{
    const struct wh_jobs jobs = {mask_one, both, 2, threads > 1 ? threads : 1};

    wh_jobs_run(&jobs);
    for (int i = 0; i < 2; i++) {
        if (both->list[i].status == WH_OK)
            continue;
        if (err)
            *err = both->list[i].error;
        return both->list[i].status;
    }
    return WH_OK;
}

/* The views, as large as the contents, are gone when the copies are there. */
static wh_status match_elf(struct wh_bytes old, struct wh_bytes fresh, bool with_names,
    const struct wh_match_means *means, struct wh_copies *out_copies, struct wh_error *err)
{
    wh_cleanup(clear_both) struct both both = {
        .list = {{.with_names = with_names}, {.with_names = with_names}}};

    WH_TRY(wh_elf_parse(old, &both.list[0].elf, err));
    WH_TRY(wh_elf_parse(fresh, &both.list[1].elf, err));
    if (means->effort == WH_EFFORT_LEAST)
        return wh_match_by(old, fresh, means, out_copies, err);
    WH_TRY(mask_both(&both, means->threads, err));
    return wh_match_by((struct wh_bytes){both.list[0].view, old.length},
        (struct wh_bytes){both.list[1].view, fresh.length}, means, out_copies, err);
}

static wh_status diff_elf(struct wh_bytes old, struct wh_bytes fresh, bool with_names,
    const struct wh_match_means *means, struct wh_residue *out_residue, struct wh_error *err)
{
    wh_cleanup(wh_copies_clear) struct wh_copies copies = {0};

    WH_TRY(match_elf(old, fresh, with_names, means, &copies, err));
    return wh_residue_make(
        WH_PATCH_ELF, old, fresh, copies.copies, copies.count, means->effort, out_residue, err);
}

static uint64_t greatest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Masking: views, a bit a byte, names in relocation tables; matching; predicting: what comes of it,
 * the copies, two maps of them and one that is sorted, fields of tables. */
uint64_t wh_diff_memory(uint64_t old_length, uint64_t new_length, enum wh_effort effort)
{
    uint64_t views = effort == WH_EFFORT_LEAST ? 0 : old_length + new_length;
    uint64_t longer = greatest(old_length, new_length);
    uint64_t matching = views + wh_match_memory(old_length, new_length, effort);
    uint64_t masking = views + longer / 8 + longer / 4;
    uint64_t predicting = new_length + 4 * wh_copies_memory(new_length, effort) + old_length / 8 +
                          wh_residue_most(new_length, effort);

    return greatest(greatest(masking, matching), predicting);
}

wh_status wh_diff_by(struct wh_bytes old, struct wh_bytes fresh, const struct wh_match_means *means,
    enum wh_patch_method *out_method, struct wh_residue *out_residue, struct wh_error *err)
{
    wh_status status = diff_elf(old, fresh, true, means, out_residue, err);

    *out_method = WH_PATCH_ELF;
    if (status != WH_UNSUPPORTED)
        return status;
    *out_method = WH_PATCH_PLAIN;
    return diff_plain(old, fresh, means, out_residue, err);
}

wh_status wh_diff(struct wh_bytes old, struct wh_bytes fresh, enum wh_effort effort,
    enum wh_patch_method *out_method, struct wh_residue *out_residue, struct wh_error *err)
{
    const struct wh_match_means means = {effort, 1};

    return wh_diff_by(old, fresh, &means, out_method, out_residue, err);
}
