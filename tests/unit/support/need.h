/* SPDX-License-Identifier: GPL-2.0-or-later */
/* need.h - a sample that cannot be made ends the program. */
#ifndef WHITTLE_TESTS_NEED_H
#define WHITTLE_TESTS_NEED_H

#include <stdio.h>
#include <stdlib.h>

#include "sample.h"

enum { FILES_MAX = 16, CEILING = 1 << 24 };

static inline void must(wh_status status, const struct wh_error *err)
{
    if (status == WH_OK)
        return;
    (void)fprintf(stderr, "sample: %s\n", err->message);
    abort();
}

static inline void *need(void *pointer)
{
    if (!pointer)
        abort();
    return pointer;
}

#endif
