/* SPDX-License-Identifier: GPL-2.0-or-later */
/* views.h - comparing stretches of the two views, eight bytes at a time. */
#ifndef WHITTLE_REPO_MATCH_VIEWS_H
#define WHITTLE_REPO_MATCH_VIEWS_H

#include "whittle/bytes.h"
#include "whittle/word.h"

struct wh_views {
    struct wh_bytes old_view;
    struct wh_bytes new_view;
};

/* How many bytes are equal from both places on; at most `most`. */
static inline size_t wh_equal_forward(const uint8_t *left, const uint8_t *right, size_t most)
{
    size_t count = 0;

    for (; most - count >= 8; count += 8) {
        uint64_t unequal = wh_load64(left + count) ^ wh_load64(right + count);
        if (unequal)
            return count + (size_t)__builtin_ctzll(unequal) / 8;
    }
    while (count < most && left[count] == right[count])
        count++;
    return count;
}

/* How many bytes are equal before both places; at most `most`. */
static inline size_t wh_equal_backward(const uint8_t *left, const uint8_t *right, size_t most)
{
    size_t count = 0;

    while (count < most && *--left == *--right)
        count++;
    return count;
}

/* Tables of 32-bit offsets whose origin moved differ by the same number everywhere, which costs
 * next to nothing. Both bytes have at least four before them. */
static inline bool wh_difference_repeats(const uint8_t *old_byte, const uint8_t *new_byte)
{
    return (uint8_t)(new_byte[0] - old_byte[0]) == (uint8_t)(new_byte[-4] - old_byte[-4]);
}

static inline size_t wh_distance(size_t left, size_t right)
{
    return left > right ? left - right : right - left;
}

static inline size_t wh_least(size_t left, size_t right)
{
    return left < right ? left : right;
}

#endif
