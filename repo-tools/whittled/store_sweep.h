/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_sweep.h - makes room in a store that is a folder. */
#ifndef WHITTLE_WHITTLED_STORE_SWEEP_H
#define WHITTLE_WHITTLED_STORE_SWEEP_H

#include <stdint.h>

#include "files.h"

#define WH_UNFINISHED_LENGTH (sizeof WH_UNFINISHED_PREFIX + 32)

/* Where the store holds more than max bytes: removes what was not used for the longest time until
 * it holds a tenth less. Always removes unfinished files that nobody writes any more. One process
 * alone does it at a time, others return at once. */
void wh_store_sweep(int folder, uint64_t max);

#endif
