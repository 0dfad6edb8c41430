/* SPDX-License-Identifier: GPL-2.0-or-later */
/* round_trip.h - a patch is made and applied: the result must be the new content, byte by byte. */
#ifndef WHITTLE_TESTS_ROUND_TRIP_H
#define WHITTLE_TESTS_ROUND_TRIP_H

#include "diff/residue.h"

/* What a patch was made of. */
struct round_trip {
    enum wh_patch_method method;
    size_t lengths[WH_STREAMS];
};

/* Through wh_diff(). Contents are copied into memory of exactly their size. */
struct round_trip round_trip(struct wh_bytes old, struct wh_bytes fresh, enum wh_effort effort);

/* Along any copies that are valid, good or bad. False: the method is not for these contents. */
bool round_trip_along(enum wh_patch_method method, struct wh_bytes old, struct wh_bytes fresh,
    const struct wh_copy *copies, size_t copy_count);

/* Corrections: what prediction could not know. */
static inline size_t round_trip_corrections(const struct round_trip *trip)
{
    return trip->lengths[WH_STREAM_GAP] + trip->lengths[WH_STREAM_VALUE];
}

#endif
