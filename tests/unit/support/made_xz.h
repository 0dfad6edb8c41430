/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made_xz.h - .xz streams as the usual callers of liblzma make them, in their own way: what
 * whittle/xz.h has to give again. Trouble aborts. */
#ifndef WHITTLE_TESTS_MADE_XZ_H
#define WHITTLE_TESTS_MADE_XZ_H

#include "whittle/bytes.h"

struct made_xz {
    uint32_t preset;
    uint32_t dictionary; /* bytes; 0: the preset's */
    uint32_t nice;       /* bytes; 0: the preset's */
    uint32_t lc_lp_pb;   /* as three decimal digits; 0: the usual 302 */
    uint32_t filter;     /* before LZMA2, 0 for none */
    int check;           /* lzma_check */
    bool threaded;
    uint64_t block_size; /* 0: one block, or threaded: as the library likes */
};

/* Appends the stream; out's ceiling must do. */
void made_xz(struct wh_bytes plain, const struct made_xz *how, struct wh_buffer *out);

/* Appends length bytes with matches of all kinds in them. */
void made_xz_plain(size_t length, struct wh_buffer *out);

/* Appends the beginning of a stream that goes on for a gigabyte of zeros; it has no end. */
void made_xz_bomb(struct wh_buffer *out);

/* Makes the first block's header, without sizes, say another dictionary. */
void made_xz_set_dictionary(struct wh_buffer *stream, uint8_t spelling);

#endif
