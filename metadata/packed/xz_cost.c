/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz_cost.c - how long encoding takes, see whittle/xz.h. Figures of `tests/bench xz` on kernel
 * modules, symbol tables and text of 16 KiB to 4 MiB: what is told is within a factor of two of
 * them, but for a few of the fastest searches. */
#include <lzma.h>

#include "packed/xz_parts.h"

enum {
    LONGEST = 1 << 30, /* kB; anything longer takes for ever */
    START_US = 100,
    /* Clearing the tables, for each MiB of dictionary. */
    START_US_MIB = 400,
    /* What a dictionary has in it the processor's cache soon has not: so many per cent more for
     * each doubling beyond 64 KiB. */
    CACHED_LOG = 16,
    SLOWER_PERCENT = 15,
};

/* Nanoseconds a byte, while all is in the cache. */
static uint32_t byte_ns(uint32_t preset)
{
    static const uint8_t by_level[] = {34, 40, 58, 62, 145, 180, 195};
    static const uint8_t extreme = 208;
    uint32_t level = preset & LZMA_PRESET_LEVEL_MASK;

    if (preset & LZMA_PRESET_EXTREME)
        return extreme;
    return by_level[level < sizeof by_level ? level : sizeof by_level - 1];
}

static uint32_t slower_percent(uint64_t reach)
{
    uint32_t percent = 100;

    for (reach >>= CACHED_LOG + 1; reach > 0; reach >>= 1)
        percent += SLOWER_PERCENT;
    return percent;
}

uint32_t wh_xz_cpu_ms(const struct wh_xz_settings *settings, uint64_t plain_length)
{
    uint64_t kb = plain_length / 1000 + 1;
    uint32_t dictionary = wh_xz_used_dictionary(settings, plain_length);
    uint64_t reach = plain_length < dictionary ? plain_length : dictionary;
    uint64_t blocks = 1;

    if (kb > LONGEST)
        return UINT32_MAX;
    if (settings->block_size > 0 && plain_length > 0)
        blocks = (plain_length - 1) / settings->block_size + 1;
    uint64_t start_us = START_US + START_US_MIB * (uint64_t)(dictionary >> 20);
    uint64_t us = blocks * start_us + kb * byte_ns(settings->preset) * slower_percent(reach) / 100;
    uint64_t ms = (us + 999) / 1000; /* never 0, which would say that nothing is encoded anew */
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}
