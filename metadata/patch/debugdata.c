/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debugdata.c - see whittle/debugdata.h. */
#include <stdlib.h>

#include "patch/debug.h"
#include "whittle/cleanup.h"

/* ---- what the outer file tells ------------------------------------------------------------- */

void wh_debug_clear(struct wh_debugdata *debug)
{
    wh_moves_clear(&debug->moves);
    wh_elf_clear(&debug->outer);
    wh_elf_clear(&debug->inner);
    wh_symbols_clear(&debug->old);
    wh_exports_clear(&debug->old_exports);
    wh_exports_clear(&debug->new_exports);
    free(debug->old_functions.list);
    free(debug->new_functions.list);
    free(debug->pairs);
    free(debug->outer_bytes);
    wh_elf_clear(&debug->truth);
    wh_symbols_clear(&debug->fresh);
}

static wh_status learn(
    struct wh_debugdata *debug, struct wh_bytes inner, struct wh_bytes outer, struct wh_error *err)
{
    WH_TRY(wh_elf_tables(inner, &debug->inner, err));
    WH_TRY(wh_elf_parse(outer, &debug->outer, err));
    if (!debug->moves.walk.old || debug->inner.wide != debug->outer.wide ||
        debug->moves.old.wide != debug->outer.wide)
        return wh_fail(err, WH_UNSUPPORTED, "files of different kinds");
    WH_TRY(wh_symbols_read(&debug->inner, WH_SHT_SYMTAB, &debug->old, err));
    WH_TRY(wh_exports_read(&debug->moves.old, &debug->old_exports, err));
    WH_TRY(wh_exports_read(&debug->outer, &debug->new_exports, err));
    WH_TRY(wh_functions_find(&debug->moves.old, &debug->old_functions, err));
    WH_TRY(wh_functions_find(&debug->outer, &debug->new_functions, err));
    return wh_functions_pair(debug, err);
}

/* ---- both sides ---------------------------------------------------------------------------- */

static void free_sections(struct wh_debug_sections **sections)
{
    wh_debug_sections_free(*sections);
}

/* Names and so the string table, symbols, the file. sheet: its out has room for all columns. */
static wh_status tell(const struct wh_debugdata *debug, const struct wh_debug_list *list,
    struct wh_sheet *sheet, size_t inner_length, struct wh_buffer *out_inner, struct wh_error *err)
{
    wh_cleanup(wh_strings_clear) struct wh_strings strings = {0};
    wh_autofree struct wh_symbol *symbols = wh_array(list->count, sizeof *symbols, SIZE_MAX, err);
    wh_cleanup(free_sections) struct wh_debug_sections *sections = NULL;

    if (!symbols)
        return wh_no_memory(err);
    out_inner->ceiling = debug->inner.bytes.length + inner_length;
    if (!wh_debug_list_is_bounded(list, out_inner->ceiling))
        return wh_fail(err, WH_UNSUPPORTED, "symbols whose names share too much");
    WH_TRY(wh_strings_build(list->names, list->count, out_inner->ceiling, &strings, err));
    WH_TRY(wh_debug_sections_new(debug, &sections, err));
    WH_TRY(wh_debug_symbols(debug, list, sections, strings.offsets, sheet, symbols, err));
    return wh_debug_compose(
        debug, sections, symbols, list->count, wh_buffer_bytes(&strings.table), out_inner, err);
}

static size_t columns_length(const struct wh_debugdata *debug, size_t count)
{
    return count * wh_symbol_length(debug->inner.wide);
}

/* ---- decoding ------------------------------------------------------------------------------ */

static wh_status decode_told(const struct wh_debugdata *debug, struct wh_reader streams[WH_STREAMS],
    uint8_t *inner, size_t inner_length, struct wh_error *err)
{
    wh_cleanup(wh_debug_list_clear) struct wh_debug_list list = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer told = {0};
    struct wh_corrections corrections = {
        .gap = &streams[WH_STREAM_GAP], .value = &streams[WH_STREAM_VALUE]};

    WH_TRY(wh_debug_list_read(
        debug, &streams[WH_STREAM_CONTROL], &streams[WH_STREAM_EXTRA], inner_length, &list, err));
    size_t length = columns_length(debug, list.count);
    wh_autofree uint8_t *columns = wh_array(length, 1, SIZE_MAX, err);
    if (!columns)
        return wh_no_memory(err);
    struct wh_sheet sheet = {.out = columns, .corrections = &corrections};
    struct wh_copy all = {.length = length};
    wh_corrections_begin(&corrections, length);
    wh_corrections_open(&corrections, &all);
    WH_TRY(tell(debug, &list, &sheet, inner_length, &told, err));
    if (corrections.gap->failed || corrections.value->failed)
        return wh_fail(err, WH_MALFORMED, "MiniDebugInfo: corrections are missing");
    return wh_patch_decode(streams, wh_buffer_bytes(&told), inner, inner_length, err);
}

wh_status wh_debugdata_decode(struct wh_reader streams[WH_STREAMS], const struct wh_debug_file *old,
    struct wh_bytes build_id, uint8_t *inner, size_t inner_length, uint8_t *outer,
    size_t outer_length, struct wh_error *err)
{
    struct wh_reader *control = &streams[WH_STREAM_CONTROL];
    wh_cleanup(wh_debug_clear) struct wh_debugdata debug = {
        .old_id = old->build_id, .new_id = build_id};

    WH_TRY(wh_patch_decode_moves(streams, old->outer, outer, outer_length, &debug.moves, err));
    uint64_t form = wh_read_varint(control, WH_DEBUG_PREDICTED);
    if (control->failed)
        return wh_fail(err, WH_MALFORMED, "MiniDebugInfo: its form is not known");
    if (form == WH_DEBUG_PATCHED)
        return wh_patch_decode(streams, old->inner, inner, inner_length, err);
    wh_status status = learn(&debug, old->inner, (struct wh_bytes){outer, outer_length}, err);
    if (status == WH_OK)
        status = decode_told(&debug, streams, inner, inner_length, err);
    if (status == WH_UNSUPPORTED || status == WH_OVER_LIMIT)
        return wh_fail(err, WH_MALFORMED, "MiniDebugInfo: its base tells nothing");
    return status;
}

/* ---- the publisher's side ------------------------------------------------------------------ */

static void free_debug(struct wh_debugdata **debug)
{
    wh_debugdata_free(*debug);
}

void wh_debugdata_free(struct wh_debugdata *debug)
{
    if (!debug)
        return;
    wh_debug_clear(debug);
    free(debug);
}

wh_status wh_debugdata_open(struct wh_reader streams[WH_STREAMS], const struct wh_debug_file *old,
    const struct wh_debug_truth *truth, struct wh_debugdata **out_debug, struct wh_error *err)
{
    wh_cleanup(free_debug) struct wh_debugdata *debug = calloc(1, sizeof *debug);

    if (!debug)
        return wh_no_memory(err);
    debug->old_id = old->build_id;
    debug->new_id = truth->build_id;
    debug->outer_bytes = wh_array(truth->outer_length, 1, SIZE_MAX, err);
    if (!debug->outer_bytes)
        return wh_no_memory(err);
    WH_TRY(wh_patch_decode_moves(
        streams, old->outer, debug->outer_bytes, truth->outer_length, &debug->moves, err));
    WH_TRY(
        learn(debug, old->inner, (struct wh_bytes){debug->outer_bytes, truth->outer_length}, err));
    WH_TRY(wh_elf_tables(truth->inner, &debug->truth, err));
    if (debug->truth.wide != debug->inner.wide)
        return wh_fail(err, WH_UNSUPPORTED, "files of different kinds");
    WH_TRY(wh_symbols_read(&debug->truth, WH_SHT_SYMTAB, &debug->fresh, err));
    *out_debug = wh_take(debug);
    return WH_OK;
}

const struct wh_symbols *wh_debugdata_old(const struct wh_debugdata *debug)
{
    return &debug->old;
}

const struct wh_symbols *wh_debugdata_new(const struct wh_debugdata *debug)
{
    return &debug->fresh;
}

wh_status wh_debugdata_predict(struct wh_debugdata *debug, const struct wh_symbol_choice *choice,
    struct wh_buffer *control, struct wh_buffer *extra, struct wh_debug_guess *out_guess,
    struct wh_error *err)
{
    wh_cleanup(wh_debug_list_clear) struct wh_debug_list list = {0};
    wh_cleanup(wh_debug_guess_clear) struct wh_debug_guess guess = {0};
    size_t length = columns_length(debug, debug->fresh.count);

    wh_buffer_varint(control, WH_DEBUG_PREDICTED);
    WH_TRY(wh_debug_list_write(debug, choice, control, extra, &list, err));
    guess.predicted.ceiling = guess.truth.ceiling = length;
    wh_buffer_fill(&guess.predicted, 0, length);
    wh_debug_columns(debug->fresh.list, debug->fresh.count, debug->inner.wide, &guess.truth);
    WH_TRY(wh_buffer_check(&guess.predicted, err));
    WH_TRY(wh_buffer_check(&guess.truth, err));
    struct wh_sheet sheet = {.out = guess.predicted.data, .truth = guess.truth.data};
    WH_TRY(tell(debug, &list, &sheet, debug->truth.bytes.length, &guess.inner, err));
    *out_guess = guess;
    guess = (struct wh_debug_guess){0};
    return WH_OK;
}

void wh_debug_guess_clear(struct wh_debug_guess *guess)
{
    wh_buffer_clear(&guess->predicted);
    wh_buffer_clear(&guess->truth);
    wh_buffer_clear(&guess->inner);
}
