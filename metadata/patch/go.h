/* SPDX-License-Identifier: GPL-2.0-or-later */
/* go.h - programs written in Go: .gopclntab, which maps program counters to functions and lines,
 * and read-only data full of offsets from a few bases (runtime/symtab.go, internal/abi/type.go and
 * cmd/link of Go 1.18 to 1.25). Unknown versions are predicted like other data. */
#ifndef WHITTLE_GO_H
#define WHITTLE_GO_H

#include "patch/walk.h"

/* What a word of read-only data may be, and what it is taken for. */
enum wh_go_kind { WH_GO_NUMBER, WH_GO_TYPE, WH_GO_TEXT, WH_GO_KINDS };

/* The kinds of the last words decide how the next one is predicted. */
#define WH_GO_HISTORY 4u
#define WH_GO_CONTEXTS 256u /* four kinds, of which POINTER is one: see go_data.c */

struct wh_go {
    /* The runtime's moduledata, addresses of the old image. */
    uint64_t text;
    uint64_t text_end;
    uint64_t types;
    uint64_t types_end;
    uint64_t functions; /* go:func.*: what funcdata count from */
    /* .gopclntab, offsets in the old file. */
    uint64_t start;
    uint64_t end;
    uint64_t names;
    uint64_t units;
    uint64_t counters; /* pctab */
    uint64_t table;    /* functab, then the functions' records */
    uint64_t function_count;
    bool has_start_line; /* Go 1.20 and later */
    /* Which predictions held lately, by the kinds of the words before. */
    int8_t scores[WH_GO_CONTEXTS][WH_GO_KINDS];
    unsigned history;
};

/* out_go is NULL where the old file has no such tables, or of a form that is not known. */
WH_MUST_CHECK wh_status wh_go_find(
    const struct wh_elf *old, struct wh_go **out_go, struct wh_error *err);
void wh_go_free(struct wh_go *go);

/* .gopclntab */
void wh_walk_go_table(struct wh_walk *walk, const struct wh_stretch *stretch);
/* .rodata of a Go program */
void wh_walk_go_data(struct wh_walk *walk, const struct wh_stretch *stretch);
/* .typelink: offsets of types */
void wh_walk_go_links(struct wh_walk *walk, const struct wh_stretch *stretch);

#endif
