/* SPDX-License-Identifier: GPL-2.0-or-later */
/* habits.h - how the last streams of a package were made: tried first for the next one, because one
 * builder made them all. */
#ifndef WHITTLE_REPO_PACKED_HABITS_H
#define WHITTLE_REPO_PACKED_HABITS_H

#include "whittle/deflate.h"
#include "whittle/xz.h"

struct wh_habits {
    bool has_xz;
    bool has_deflate;
    struct wh_xz_settings xz;
    struct wh_deflate_model deflate;
};

#endif
