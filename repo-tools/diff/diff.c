/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff.c - see diff/diff.h. */
#include "diff/diff.h"

#include <stdlib.h>

#include "diff/mask.h"
#include "match/match.h"
#include "whittle/cleanup.h"

static wh_status diff_plain(struct wh_bytes old, struct wh_bytes fresh, enum wh_effort effort,
    struct wh_residue *out_residue, struct wh_error *err)
{
    wh_cleanup(wh_copies_clear) struct wh_copies copies = {0};

    WH_TRY(wh_match(old, fresh, effort, &copies, err));
    return wh_residue_make(
        WH_PATCH_PLAIN, old, fresh, copies.copies, copies.count, effort, out_residue, err);
}

/* The views, as large as the contents, are gone when the copies are there. */
static wh_status match_elf(struct wh_bytes old, struct wh_bytes fresh, bool with_names,
    enum wh_effort effort, struct wh_copies *out_copies, struct wh_error *err)
{
    wh_cleanup(wh_elf_clear) struct wh_elf old_elf = {0};
    wh_cleanup(wh_elf_clear) struct wh_elf fresh_elf = {0};
    wh_autofree uint8_t *old_view = NULL;
    wh_autofree uint8_t *fresh_view = NULL;

    WH_TRY(wh_elf_parse(old, &old_elf, err));
    WH_TRY(wh_elf_parse(fresh, &fresh_elf, err));
    if (effort == WH_EFFORT_LEAST)
        return wh_match(old, fresh, effort, out_copies, err);
    WH_TRY(wh_mask(&old_elf, with_names, &old_view, err));
    WH_TRY(wh_mask(&fresh_elf, with_names, &fresh_view, err));
    return wh_match((struct wh_bytes){old_view, old.length},
        (struct wh_bytes){fresh_view, fresh.length}, effort, out_copies, err);
}

static wh_status diff_elf(struct wh_bytes old, struct wh_bytes fresh, bool with_names,
    enum wh_effort effort, struct wh_residue *out_residue, struct wh_error *err)
{
    wh_cleanup(wh_copies_clear) struct wh_copies copies = {0};

    WH_TRY(match_elf(old, fresh, with_names, effort, &copies, err));
    return wh_residue_make(
        WH_PATCH_ELF, old, fresh, copies.copies, copies.count, effort, out_residue, err);
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

wh_status wh_diff(struct wh_bytes old, struct wh_bytes fresh, enum wh_effort effort,
    enum wh_patch_method *out_method, struct wh_residue *out_residue, struct wh_error *err)
{
    wh_status status = diff_elf(old, fresh, true, effort, out_residue, err);

    *out_method = WH_PATCH_ELF;
    if (status != WH_UNSUPPORTED)
        return status;
    *out_method = WH_PATCH_PLAIN;
    return diff_plain(old, fresh, effort, out_residue, err);
}
