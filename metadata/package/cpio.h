/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpio.h - the two member forms of a payload; see rpm's lib/cpio.c.
 *
 *   newc member     = 070701, 13 fields of 8 hex digits, name, NUL, zeros to 4, content, zeros to 4
 *   stripped member = 07070X, 8 hex digits of the file index, zeros to 4, content, zeros to 4
 *   trailer         = newc member of zeros with one link and the name TRAILER!!!
 */
#ifndef WHITTLE_CPIO_H
#define WHITTLE_CPIO_H

#include "whittle/skeleton.h"

#define CPIO_NEWC_LENGTH 110u
#define CPIO_STRIPPED_LENGTH 14u
#define CPIO_TRAILER "TRAILER!!!"

static const char cpio_newc_magic[6] = {'0', '7', '0', '7', '0', '1'};
static const char cpio_stripped_magic[6] = {'0', '7', '0', '7', '0', 'X'};

/* A skeleton in the making; both generator and reader append to it. */
struct skeleton_draft {
    struct wh_buffer bytes;
    struct wh_piece *pieces; /* room for every file of the header */
    uint32_t piece_count;
    uint64_t taken;          /* skeleton bytes that earlier pieces have */
    uint64_t content_length; /* of the pieces so far */
};

WH_MUST_CHECK wh_status wh_draft_begin(
    struct skeleton_draft *draft, const struct wh_header *header, struct wh_error *err);
/* The content of that file comes here. */
void wh_draft_content(struct skeleton_draft *draft, uint32_t file, uint64_t size);
/* Hands the draft over; it is empty then. */
WH_MUST_CHECK wh_status wh_draft_finish(
    struct skeleton_draft *draft, struct wh_skeleton *out_skeleton, struct wh_error *err);
void wh_draft_clear(struct skeleton_draft *draft);

#endif
