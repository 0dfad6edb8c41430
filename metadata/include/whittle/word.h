/* SPDX-License-Identifier: GPL-2.0-or-later */
/* word.h - little-endian words at any alignment; on little-endian machines plain loads. */
#ifndef WHITTLE_WORD_H
#define WHITTLE_WORD_H

#include <stdint.h>
#include <string.h>

static inline uint16_t wh_load16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t wh_load32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    return value;
}

static inline uint64_t wh_load64(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline void wh_store32(uint8_t *at, uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    memcpy(at, &value, sizeof value);
}

static inline void wh_store64(uint8_t *at, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    memcpy(at, &value, sizeof value);
}

/* A field of four or eight bytes. */
static inline uint64_t wh_load(const uint8_t *at, unsigned width)
{
    return width == 8 ? wh_load64(at) : wh_load32(at);
}

static inline void wh_store(uint8_t *at, unsigned width, uint64_t value)
{
    if (width == 8)
        wh_store64(at, value);
    else
        wh_store32(at, (uint32_t)value);
}

#endif
