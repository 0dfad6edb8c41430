/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pass.h - one pass over the copies of a patch, the same for encoder and decoder. */
#ifndef WHITTLE_PASS_H
#define WHITTLE_PASS_H

#include "patch/walk.h"

/* Prepares a pass with prediction over a parsed old file. copies: checked. For relocatable files
 * section_starts must be set already. Free with wh_pass_clear(). */
WH_MUST_CHECK wh_status wh_pass_prepare(
    struct wh_walk *walk, const struct wh_copy *copies, size_t copy_count, struct wh_error *err);
void wh_pass_clear(struct wh_walk *walk);

/* Copies one range and predicts the references in it. */
WH_MUST_CHECK wh_status wh_pass_copy(
    struct wh_walk *walk, const struct wh_copy *copy, struct wh_error *err);

#endif
