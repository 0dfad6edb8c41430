/* SPDX-License-Identifier: GPL-2.0-or-later */
/* match_settings.c - the encoders whose search is known, by number; see packed/deflate/matcher.h.
 */
#include "packed/deflate/matcher.h"

/* The levels, with a hash of so many bits. */
#define LEVELS_FROM_4(bits, shortest)                                                              \
    {WH_MATCHER_LAZY, 4, 4, 16, 16, shortest, bits},                                               \
        {WH_MATCHER_LAZY, 8, 16, 32, 32, shortest, bits},                                          \
        {WH_MATCHER_LAZY, 8, 16, 128, 128, shortest, bits},                                        \
        {WH_MATCHER_LAZY, 8, 32, 128, 256, shortest, bits},                                        \
        {WH_MATCHER_LAZY, 32, 128, 258, 1024, shortest, bits},                                     \
    {                                                                                              \
        WH_MATCHER_LAZY, 32, 258, 258, 4096, shortest, bits                                        \
    }
#define LEVELS(bits)                                                                               \
    {WH_MATCHER_GREEDY, 0, 4, 8, 4, 3, bits}, {WH_MATCHER_GREEDY, 0, 5, 16, 8, 3, bits},           \
        {WH_MATCHER_GREEDY, 0, 6, 32, 32, 3, bits}, LEVELS_FROM_4(bits, 3)

static const struct wh_matcher_settings rows[] = {
    {.style = WH_MATCHER_LITERALS}, /* 0 */
    LEVELS(15),                     /* 1 to 9: zlib as it comes, GNU gzip, Info-ZIP */
    {.style = WH_MATCHER_RUNS},     /* 10 */
    LEVELS(16),                     /* 11 to 19: zlib with memLevel 9 */
    LEVELS_FROM_4(15, 6),           /* 20 to 25: levels 4 to 9 with Z_FILTERED */
    LEVELS_FROM_4(16, 6),           /* 26 to 31: both */
};

const struct wh_matcher_settings *wh_matcher_settings_find(uint32_t number)
{
    return number < sizeof rows / sizeof *rows ? &rows[number] : NULL;
}
