/* SPDX-License-Identifier: GPL-2.0-or-later */
/* residue.h - what is left of a new content once its old form is known: the four streams of
 * whittle/patch.h, of one file or of many end to end. */
#ifndef WHITTLE_REPO_RESIDUE_H
#define WHITTLE_REPO_RESIDUE_H

#include "effort.h"
#include "whittle/patch.h"

struct wh_residue {
    struct wh_buffer streams[WH_STREAMS];
};

void wh_residue_init(struct wh_residue *residue);
void wh_residue_clear(struct wh_residue *residue);
/* Lays the pieces of another file behind. */
void wh_residue_append(struct wh_residue *residue, const struct wh_residue *file);
/* Bytes of all streams, before compression. */
size_t wh_residue_length(const struct wh_residue *residue);

/* The streams of one method along given copies. out_residue: fresh; free with wh_residue_clear().
 * WH_UNSUPPORTED: the method is not for these contents. WH_OVER_LIMIT: longer than
 * wh_residue_most(). */
WH_MUST_CHECK wh_status wh_residue_make(enum wh_patch_method method, struct wh_bytes old,
    struct wh_bytes fresh, const struct wh_copy *copies, size_t copy_count, enum wh_effort effort,
    struct wh_residue *out_residue, struct wh_error *err);

/* Appends the corrections of bytes that were predicted without any copies. */
void wh_residue_correct(
    struct wh_residue *residue, const uint8_t *predicted, const uint8_t *truth, size_t length);

/* The most bytes that the residue of a content of that length has. */
uint64_t wh_residue_most(uint64_t new_length, enum wh_effort effort);

#endif
