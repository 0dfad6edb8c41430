/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_debug.h - a file with MiniDebugInfo, made in memory: an outer ELF file of made_elf.h with
 * two notes and a place for the packed inner file, and the inner file, which names its functions.
 * Trouble aborts. */
#ifndef WHITTLE_TESTS_MADE_DEBUG_H
#define WHITTLE_TESTS_MADE_DEBUG_H

#include "made_elf.h"
#include "whittle/debugdata.h"

enum made_debug_change {
    MADE_SYMBOL_REMOVED = 1 << 0,
    MADE_SYMBOLS_RENAMED = 1 << 1, /* every seventh */
    MADE_SYMBOLS_TURNED = 1 << 2,  /* in reverse order */
    MADE_SYMBOL_STRANGE = 1 << 3,  /* one whose value and size are no function's */
};

struct made_debug_recipe {
    struct made_recipe outer;
    unsigned changes;
    size_t packed_length; /* of the inner file, whose packed bytes are anything; eight times n */
    uint8_t build_id;     /* of which all bytes are made */
    const char *package;  /* for people: what the second note says */
};

enum { MADE_BUILD_ID = 20 };

struct made_debug {
    struct wh_buffer inner;
    struct wh_buffer outer; /* without the packed bytes and what follows from them; no build-id */
    struct wh_buffer whole;
    size_t packed_at; /* in the whole */
    size_t packed_length;
    uint8_t build_id[MADE_BUILD_ID];
};

/* Free with made_debug_clear(). */
void made_debug_make(const struct made_debug_recipe *recipe, struct made_debug *out_debug);
void made_debug_clear(struct made_debug *debug);

/* Borrowed from debug. */
struct wh_debug_file made_debug_file(const struct made_debug *debug);

#endif
