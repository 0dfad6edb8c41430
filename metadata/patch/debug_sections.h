/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_sections.h - the sections of a new inner file as they are predicted: those of the new outer
 * file's image, and then the others of the old inner file. */
#ifndef WHITTLE_DEBUG_SECTIONS_H
#define WHITTLE_DEBUG_SECTIONS_H

#include "patch/debug.h"
#include "patch/headers.h"

#define WH_DEBUG_SECTIONS_MAX 256u /* in each file: they are looked for by name */
#define WH_SECTION_NAME_MAX 64u    /* bytes of a name that count */
#define WH_SHF_ALLOC 2u

struct wh_planned {
    const char *name;
    uint32_t old;       /* number in the old inner file, 0 for none */
    uint32_t old_outer; /* in the old outer file */
    uint32_t outer;     /* in the new outer file */
    uint64_t values[WH_SH_FIELDS];
    struct wh_bytes content;
    bool is_outer; /* the content is the new outer file's, less the build-id */
};

struct wh_debug_sections {
    struct wh_planned *list;
    uint32_t count;
    uint32_t *moved; /* by old number */
    uint32_t old_count;
    uint32_t symbols; /* new numbers */
    uint32_t strings;
    uint32_t names;
};

#endif
