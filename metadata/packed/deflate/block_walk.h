/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block_walk.h - from block to block of a stream that was taken apart. */
#ifndef WHITTLE_PACKED_DEFLATE_BLOCK_WALK_H
#define WHITTLE_PACKED_DEFLATE_BLOCK_WALK_H

#include "packed/deflate/block.h"

struct wh_block_walk {
    const struct wh_deflate_parts *parts;
    size_t index;                  /* of the block; block_count behind the last one */
    const struct wh_token *tokens; /* of the block */
    uint64_t left;                 /* bytes of the content from the block's start on */
};

struct wh_block_walk wh_block_walk_over(const struct wh_deflate_parts *parts);
void wh_block_walk_on(struct wh_block_walk *walk);

/* The model's verdict at the end of the block; WH_BLOCK_GOES_ON where it had one before, and in a
 * stored block, whose symbols are not known. */
enum wh_verdict wh_block_walk_judge(const struct wh_block_walk *walk, struct wh_block_count *count);

#endif
