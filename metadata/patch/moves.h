/* SPDX-License-Identifier: GPL-2.0-or-later */
/* moves.h - what a patch tells beside the new content: where the parts of the old one have gone. */
#ifndef WHITTLE_MOVES_H
#define WHITTLE_MOVES_H

#include "patch/walk.h"

/* After a patch of WH_PATCH_ELF the walk knows maps and lessons, and its `old` is not NULL. It
 * points into the structure, which must stay where it is. */
struct wh_moves {
    struct wh_elf old;
    struct wh_walk walk;
};

/* As wh_patch_decode(). moves: zeroed; free with wh_moves_clear(), whatever the status. old must
 * live as long. */
WH_MUST_CHECK wh_status wh_patch_decode_moves(struct wh_reader streams[WH_STREAMS],
    struct wh_bytes old, uint8_t *out, size_t length, struct wh_moves *moves, struct wh_error *err);
void wh_moves_clear(struct wh_moves *moves);

/* Copies as the control stream has them; lengths and offsets count bytes, or records of a table. */
struct wh_patch_copies {
    struct wh_copy *copies; /* ascending and disjoint in the new content, inside of both */
    size_t count;
    uint64_t copied; /* of all */
};

/* control: hostile. list: zeroed; free with wh_patch_copies_clear(), whatever the status. */
WH_MUST_CHECK wh_status wh_patch_copies_read(struct wh_reader *control, size_t old_length,
    size_t new_length, struct wh_patch_copies *list, struct wh_error *err);
void wh_patch_copies_write(struct wh_buffer *control, const struct wh_copy *copies, size_t count);
void wh_patch_copies_clear(struct wh_patch_copies *list);

#endif
