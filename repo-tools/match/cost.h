/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cost.h - what things come to in a bundle, in eighths of a byte after compression: averages of the
 * changed programs of some twenty packages. The sizes of patches are flat around them. */
#ifndef WHITTLE_REPO_MATCH_COST_H
#define WHITTLE_REPO_MATCH_COST_H

#include <stdbool.h>
#include <stdint.h>

enum {
    WH_COST_NEW = 6, /* a byte that is sent as it is */
    WH_COST_NEW_ZERO = 2,
    WH_COST_DIFFERENCE = 14, /* a byte of a copy that differs: its place and its value */
    WH_COST_NEXT_DIFFERENCE = 9,
    WH_COST_REPEATED_DIFFERENCE = 4, /* see wh_difference_repeats() */
    WH_COST_COPY = 36,
    WH_COST_COPY_FAR = 44, /* one whose alignment is not near that of its neighbours */
    WH_COST_COPY_FARTHER = 52,
    WH_COST_COPY_FARTHEST = 60,
};

static inline uint32_t wh_cost_of_new(uint8_t byte)
{
    return byte ? WH_COST_NEW : WH_COST_NEW_ZERO;
}

static inline uint32_t wh_cost_of_difference(bool repeats, bool follows_another)
{
    if (repeats)
        return WH_COST_REPEATED_DIFFERENCE;
    return follows_another ? WH_COST_NEXT_DIFFERENCE : WH_COST_DIFFERENCE;
}

#endif
