/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debugdata_diff.c - see diff/debugdata_diff.h. */
#include "diff/debugdata_diff.h"

#include "diff/diff.h"
#include "diff/symbol_match.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/limits.h"

enum {
    LEVEL = 3,  /* of the compression that decides */
    SURE = 128, /* what takes so much less than the inner file needs no comparison */
};

static void free_debug(struct wh_debugdata **debug)
{
    wh_debugdata_free(*debug);
}

/* The inner file over its old form alone. */
static wh_status diff_patched(struct wh_bytes old, struct wh_bytes fresh, enum wh_effort effort,
    struct wh_residue *residue, struct wh_error *err)
{
    wh_cleanup(wh_residue_clear) struct wh_residue inner = {0};
    enum wh_patch_method method;

    WH_TRY(wh_diff(old, fresh, effort, &method, &inner, err));
    wh_buffer_varint(&residue->streams[WH_STREAM_CONTROL], WH_DEBUG_PATCHED);
    wh_residue_append(residue, &inner);
    return WH_OK;
}

/* What was predicted is so near that bytes are matched as they are. */
static wh_status add_rest(struct wh_bytes told, struct wh_bytes fresh, enum wh_effort effort,
    struct wh_residue *residue, struct wh_error *err)
{
    wh_cleanup(wh_copies_clear) struct wh_copies copies = {0};
    wh_cleanup(wh_residue_clear) struct wh_residue rest = {0};

    WH_TRY(wh_match(told, fresh, effort, &copies, err));
    WH_TRY(wh_residue_make(
        WH_PATCH_PLAIN, told, fresh, copies.copies, copies.count, effort, &rest, err));
    wh_residue_append(residue, &rest);
    return WH_OK;
}

/* The inner file, predicted with what the patch of the outer one tells. */
static wh_status diff_predicted(const struct wh_debug_file *old, const struct wh_debug_file *fresh,
    const struct wh_residue *outer, enum wh_effort effort, struct wh_residue *residue,
    struct wh_error *err)
{
    wh_cleanup(free_debug) struct wh_debugdata *debug = NULL;
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list copies = {0};
    wh_cleanup(wh_debug_guess_clear) struct wh_debug_guess guess = {0};
    struct wh_debug_truth truth = {fresh->inner, fresh->outer.length, fresh->build_id};
    struct wh_reader readers[WH_STREAMS];

    for (int i = 0; i < WH_STREAMS; i++)
        readers[i] = wh_reader_over(wh_buffer_bytes(&outer->streams[i]));
    WH_TRY(wh_debugdata_open(readers, old, &truth, &debug, err));
    WH_TRY(wh_match_symbols(wh_debugdata_old(debug), wh_debugdata_new(debug), &copies, err));
    wh_autofree size_t *renamed = wh_array(
        wh_debugdata_new(debug)->count, sizeof *renamed, SIZE_MAX, err);
    if (!renamed)
        return wh_no_memory(err);
    WH_TRY(
        wh_match_renamed(wh_debugdata_old(debug), wh_debugdata_new(debug), &copies, renamed, err));
    const struct wh_symbol_choice choice = {copies.copies, copies.count, renamed};
    WH_TRY(wh_debugdata_predict(debug, &choice, &residue->streams[WH_STREAM_CONTROL],
        &residue->streams[WH_STREAM_EXTRA], &guess, err));
    wh_residue_correct(residue, guess.predicted.data, guess.truth.data, guess.truth.length);
    return add_rest(wh_buffer_bytes(&guess.inner), fresh->inner, effort, residue, err);
}

/* About as many bytes as it will take in a group. */
static wh_status measure(const struct wh_residue *residue, size_t *out_length, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer stored = {.ceiling = 2 * WH_CONTENT_MAX};

    for (int i = 0; i < WH_STREAMS; i++)
        WH_TRY(wh_frame_write(
            wh_buffer_bytes(&residue->streams[i]), (struct wh_bytes){0}, LEVEL, &stored, err));
    *out_length = stored.length;
    return WH_OK;
}

static wh_status check_streams(const struct wh_residue *residue, struct wh_error *err)
{
    for (int i = 0; i < WH_STREAMS; i++)
        WH_TRY(wh_buffer_check(&residue->streams[i], err));
    return WH_OK;
}

/* The same failures leave the other way open. */
static bool is_no_way(wh_status status)
{
    return status == WH_UNSUPPORTED || status == WH_OVER_LIMIT;
}

static wh_status keep(
    wh_status status, const struct wh_residue *residue, size_t *out_length, struct wh_error *err)
{
    *out_length = SIZE_MAX;
    if (is_no_way(status))
        return WH_OK;
    WH_TRY(status);
    WH_TRY(check_streams(residue, err));
    return measure(residue, out_length, err);
}

static wh_status diff_inner(const struct wh_debug_file *old, const struct wh_debug_file *fresh,
    const struct wh_residue *outer, enum wh_effort effort, struct wh_residue *out_inner,
    struct wh_error *err)
{
    wh_cleanup(wh_residue_clear) struct wh_residue predicted;
    wh_cleanup(wh_residue_clear) struct wh_residue patched;
    size_t predicted_length;
    size_t patched_length = SIZE_MAX;

    wh_residue_init(&predicted);
    wh_residue_init(&patched);
    wh_status status = diff_predicted(old, fresh, outer, effort, &predicted, err);
    WH_TRY(keep(status, &predicted, &predicted_length, err));
    if (predicted_length > fresh->inner.length / SURE) {
        status = diff_patched(old->inner, fresh->inner, effort, &patched, err);
        WH_TRY(keep(status, &patched, &patched_length, err));
    }
    if (predicted_length == SIZE_MAX && patched_length == SIZE_MAX)
        return status;
    struct wh_residue *best = predicted_length <= patched_length ? &predicted : &patched;
    *out_inner = *best;
    wh_residue_init(best);
    return WH_OK;
}

wh_status wh_debugdata_diff(const struct wh_debug_file *old, const struct wh_debug_file *fresh,
    enum wh_effort effort, struct wh_residue *out_residue, struct wh_error *err)
{
    wh_cleanup(wh_residue_clear) struct wh_residue residue = {0};
    wh_cleanup(wh_residue_clear) struct wh_residue inner = {0};
    enum wh_patch_method method;

    WH_TRY(wh_diff(old->outer, fresh->outer, effort, &method, &residue, err));
    WH_TRY(diff_inner(old, fresh, &residue, effort, &inner, err));
    wh_residue_append(&residue, &inner);
    WH_TRY(check_streams(&residue, err));
    *out_residue = residue;
    residue = (struct wh_residue){0};
    return WH_OK;
}
