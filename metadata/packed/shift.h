/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shift.h - one field of a container, in both directions. */
#ifndef WHITTLE_PACKED_SHIFT_H
#define WHITTLE_PACKED_SHIFT_H

#include <stdbool.h>

#include "whittle/word.h"

/* The field of four bytes becomes less by what follows, or more; modulo 2^32. Returns what the
 * container says there, so that both directions may decide by it. */
static inline uint32_t wh_field_shift(uint8_t *at, size_t by, bool restore)
{
    uint32_t found = wh_load32(at);
    uint32_t put = restore ? found + (uint32_t)by : found - (uint32_t)by;

    wh_store32(at, put);
    return restore ? put : found;
}

#endif
