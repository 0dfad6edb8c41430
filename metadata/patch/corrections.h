/* SPDX-License-Identifier: GPL-2.0-or-later */
/* corrections.h - the sparse differences between predicted and true bytes, applied as the walk
 * goes on. The gap stream has, for each run, its distance from the one before in copied bytes and
 * its length; the value stream the differences, new minus predicted modulo 256. */
#ifndef WHITTLE_CORRECTIONS_H
#define WHITTLE_CORRECTIONS_H

#include "whittle/patch.h"

struct wh_corrections {
    struct wh_reader *gap;
    struct wh_reader *value;
    uint64_t left;  /* copied bytes from the start of this copy on */
    uint64_t ahead; /* copied bytes before the next run, from the start of this copy on */
    uint64_t run;   /* bytes of it that are left */
    size_t next;    /* new offset of the next difference; the end of the copy if it has none left */
    size_t start;   /* of the copy, in the new content */
    size_t end;
};

/* copied: bytes of all copies. */
void wh_corrections_begin(struct wh_corrections *corrections, uint64_t copied);
/* The next copy, whose bytes in out may be corrected from now on. */
void wh_corrections_open(struct wh_corrections *corrections, const struct wh_copy *copy);
/* Applies what lies before offset `end`, which is not behind the end of the copy. */
void wh_corrections_apply(struct wh_corrections *corrections, uint8_t *out, size_t end);
/* The rest of the copy. */
void wh_corrections_close(struct wh_corrections *corrections, uint8_t *out);

#endif
