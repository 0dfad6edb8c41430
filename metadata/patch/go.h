/* SPDX-License-Identifier: GPL-2.0-or-later */
/* go.h - the tables of programs written in Go: .gopclntab, which maps program counters to functions
 * and lines (runtime/symtab.go of Go 1.16 to 1.24), and what its words count from. */
#ifndef WHITTLE_GO_H
#define WHITTLE_GO_H

#include "patch/walk.h"

/* out_go is NULL where the old file has no such tables, or of a form that is not known: they are
 * then predicted like other data. */
WH_MUST_CHECK wh_status wh_go_find(
    const struct wh_elf *old, struct wh_go **out_go, struct wh_error *err);
void wh_go_free(struct wh_go *go);

void wh_walk_go_table(struct wh_walk *walk, const struct wh_stretch *stretch);

#endif
