/* SPDX-License-Identifier: GPL-2.0-or-later */
/* match_settings.c - the encoders whose search is known, by number: see packed/deflate/matcher.h.
 */
#include "packed/deflate/matcher.h"

/* Levels 1 to 3 and 4 to 9 of zlib's published table. */
#define FAST_LEVELS(...)                                                                           \
    {WH_MATCHER_GREEDY, 0, 4, 8, 4, 3, __VA_ARGS__},                                               \
        {WH_MATCHER_GREEDY, 0, 5, 16, 8, 3, __VA_ARGS__},                                          \
    {                                                                                              \
        WH_MATCHER_GREEDY, 0, 6, 32, 32, 3, __VA_ARGS__                                            \
    }
#define LAZY_LEVELS(...)                                                                           \
    {WH_MATCHER_LAZY, 4, 4, 16, 16, __VA_ARGS__}, {WH_MATCHER_LAZY, 8, 16, 32, 32, __VA_ARGS__},   \
        {WH_MATCHER_LAZY, 8, 16, 128, 128, __VA_ARGS__},                                           \
        {WH_MATCHER_LAZY, 8, 32, 128, 256, __VA_ARGS__},                                           \
        {WH_MATCHER_LAZY, 32, 128, 258, 1024, __VA_ARGS__},                                        \
    {                                                                                              \
        WH_MATCHER_LAZY, 32, 258, 258, 4096, __VA_ARGS__                                           \
    }

/* clang-format off */
static const struct wh_matcher_settings rows[] = {
    {.style = WH_MATCHER_LITERALS},                      /* 0 */
    FAST_LEVELS(15, false), LAZY_LEVELS(3, 15, false),   /* 1 to 9: zlib as it comes */
    {.style = WH_MATCHER_RUNS},                          /* 10 */
    FAST_LEVELS(16, false), LAZY_LEVELS(3, 16, false),   /* 11 to 19: zlib, memLevel 9 */
    FAST_LEVELS(15, true), LAZY_LEVELS(3, 15, true),     /* 20 to 28: GNU gzip */
    LAZY_LEVELS(6, 15, false), LAZY_LEVELS(6, 16, false) /* 29 to 40: Z_FILTERED; memLevel 9 */
};
/* clang-format on */

const struct wh_matcher_settings *wh_matcher_settings_find(uint32_t number)
{
    return number < sizeof rows / sizeof *rows ? &rows[number] : NULL;
}
