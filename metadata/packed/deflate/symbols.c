/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbols.c - see packed/deflate/symbols.h. */
#include "packed/deflate/symbols.h"

#include <string.h>

const struct wh_span wh_length_spans[LITERALS - FIRST_LENGTH] = {{3, 0}, {4, 0}, {5, 0}, {6, 0},
    {7, 0}, {8, 0}, {9, 0}, {10, 0}, {11, 1}, {13, 1}, {15, 1}, {17, 1}, {19, 2}, {23, 2}, {27, 2},
    {31, 2}, {35, 3}, {43, 3}, {51, 3}, {59, 3}, {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5},
    {163, 5}, {195, 5}, {227, 5}, {258, 0}};

const struct wh_span wh_distance_spans[DISTANCES] = {{1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 1}, {7, 1},
    {9, 2}, {13, 2}, {17, 3}, {25, 3}, {33, 4}, {49, 4}, {65, 5}, {97, 5}, {129, 6}, {193, 6},
    {257, 7}, {385, 7}, {513, 8}, {769, 8}, {1025, 9}, {1537, 9}, {2049, 10}, {3073, 10},
    {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12}, {16385, 13}, {24577, 13}};

const struct wh_span wh_order_spans[ORDERS] = {[16] = {3, 2}, [17] = {3, 3}, [18] = {11, 7}};

const uint8_t wh_order_sequence[ORDERS] = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

void wh_fixed_lengths(uint8_t literals[FIXED_LITERALS], uint8_t distances[DISTANCES])
{
    memset(literals, 8, 144);
    memset(literals + 144, 9, 112);
    memset(literals + 256, 7, 24);
    memset(literals + 280, 8, 8);
    memset(distances, 5, DISTANCES);
}
