/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block_walk.c - see packed/deflate/block_walk.h. */
#include "packed/deflate/block_walk.h"

struct wh_block_walk wh_block_walk_over(const struct wh_deflate_parts *parts)
{
    struct wh_block_walk walk = {.parts = parts, .tokens = parts->tokens};

    for (size_t i = 0; i < parts->block_count; i++)
        walk.left += parts->blocks[i].plain_length;
    return walk;
}

void wh_block_walk_on(struct wh_block_walk *walk)
{
    const struct wh_block *block = &walk->parts->blocks[walk->index];

    if (block->token_count > 0)
        walk->tokens += block->token_count;
    walk->left -= block->plain_length;
    walk->index++;
}

enum wh_verdict wh_block_walk_judge(const struct wh_block_walk *walk, struct wh_block_count *count)
{
    const struct wh_block *block = &walk->parts->blocks[walk->index];
    enum wh_verdict verdict = walk->left == 0 ? WH_BLOCK_ENDS_STREAM : WH_BLOCK_GOES_ON;

    if (block->type == WH_BLOCK_STORED)
        return WH_BLOCK_GOES_ON;
    wh_block_begin(count);
    for (size_t i = 0; i < block->token_count; i++) {
        if (verdict != WH_BLOCK_GOES_ON)
            return WH_BLOCK_GOES_ON;
        bool is_last = count->length + walk->tokens[i].length == walk->left;
        verdict = wh_block_add(count, walk->tokens[i], is_last);
    }
    return verdict;
}

uint32_t wh_deflate_blocks_guess(const struct wh_deflate_parts *parts)
{
    static const uint8_t models[] = {8, 9, 10, 7, 6, 5, 4, 3, 2, 1}; /* the usual ones first */
    size_t best_known = 0;
    uint32_t best = models[0];
    struct wh_block_count count;

    for (size_t i = 0; i < sizeof models; i++) {
        struct wh_block_walk walk = wh_block_walk_over(parts);
        size_t known = 0;
        (void)wh_block_model_find(models[i], true, &count);
        for (; walk.index < parts->block_count; wh_block_walk_on(&walk))
            known += wh_block_walk_judge(&walk, &count) != WH_BLOCK_GOES_ON;
        if (known > best_known) {
            best_known = known;
            best = models[i];
        }
    }
    return best;
}
