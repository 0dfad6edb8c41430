/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debugdata.h - MiniDebugInfo: an ELF file (the outer one) that holds another one (the inner one),
 * which names its functions. Nearly all of the inner file follows from the outer one and from the
 * older inner one. Format: specs/format/patch.md, MiniDebugInfo. Memory only. */
#ifndef WHITTLE_DEBUGDATA_H
#define WHITTLE_DEBUGDATA_H

#include "whittle/patch.h"
#include "whittle/symbol_table.h"

/* The older pair. Right bytes, which a hostile bundle may have chosen. */
struct wh_debug_file {
    struct wh_bytes inner;    /* unpacked */
    struct wh_bytes outer;    /* without the packed inner file, and without what follows from it */
    struct wh_bytes build_id; /* by which the outer file's build-id is less; empty for none */
};

/* Makes both files from the next piece of each stream, and moves the readers on. streams: hostile.
 * build_id: by which the new outer file's build-id is less. Allocates in proportion to all lengths
 * and to what is left of the streams. WH_MALFORMED: the streams do not give so many bytes. */
WH_MUST_CHECK wh_status wh_debugdata_decode(struct wh_reader streams[WH_STREAMS],
    const struct wh_debug_file *old, struct wh_bytes build_id, uint8_t *inner, size_t inner_length,
    uint8_t *outer, size_t outer_length, struct wh_error *err);

/* ---- the publisher's side ------------------------------------------------------------------ */

/* What a decoder knows when it has the outer file. */
struct wh_debugdata;

/* The new pair: the truth. */
struct wh_debug_truth {
    struct wh_bytes inner;
    size_t outer_length;
    struct wh_bytes build_id;
};

/* streams: the patch of the outer file. old and truth must live as long as the result.
 * WH_UNSUPPORTED: nothing that helps with the inner file. Free with wh_debugdata_free(). */
WH_MUST_CHECK wh_status wh_debugdata_open(struct wh_reader streams[WH_STREAMS],
    const struct wh_debug_file *old, const struct wh_debug_truth *truth,
    struct wh_debugdata **out_debug, struct wh_error *err);
void wh_debugdata_free(struct wh_debugdata *debug);

/* The symbols of the older inner file and of the new one. */
const struct wh_symbols *wh_debugdata_old(const struct wh_debugdata *debug);
const struct wh_symbols *wh_debugdata_new(const struct wh_debugdata *debug);

/* The symbols' fields column by column, and the whole inner file that follows from the true ones.
 */
struct wh_debug_guess {
    struct wh_buffer predicted;
    struct wh_buffer truth; /* as long */
    struct wh_buffer inner;
};

#define WH_SYMBOL_NEW SIZE_MAX

/* Which of the new symbols are which of the old ones, by their names. */
struct wh_symbol_choice {
    const struct wh_copy *copies; /* ranges of those that have their old names */
    size_t copy_count;
    /* For each new symbol that no copy brings one of the old ones that no copy brings, whose name
     * is the same up to its first dot; or WH_SYMBOL_NEW. */
    const size_t *renamed;
};

/* Appends to control and extra what the decoder has to know of the choice. Free out_guess with
 * wh_debug_guess_clear(). */
WH_MUST_CHECK wh_status wh_debugdata_predict(struct wh_debugdata *debug,
    const struct wh_symbol_choice *choice, struct wh_buffer *control, struct wh_buffer *extra,
    struct wh_debug_guess *out_guess, struct wh_error *err);
void wh_debug_guess_clear(struct wh_debug_guess *guess);

/* What follows the patch of the outer file in the control stream. Part of the format. */
enum wh_debug_form {
    WH_DEBUG_PATCHED = 0,   /* a patch of the older inner file */
    WH_DEBUG_PREDICTED = 1, /* symbols, and a patch of what was predicted */
};

#endif
