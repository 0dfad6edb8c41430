/* SPDX-License-Identifier: GPL-2.0-or-later */
/* effort.c - see effort.h. */
#include "effort.h"

#include <string.h>

wh_status wh_effort_parse(const char *text, enum wh_effort *out_effort, struct wh_error *err)
{
    static const char *const names[] = {
        [WH_EFFORT_FAST] = "fast", [WH_EFFORT_DEFAULT] = "default", [WH_EFFORT_BEST] = "best"};

    for (unsigned i = WH_EFFORT_FAST; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], text) != 0)
            continue;
        *out_effort = (enum wh_effort)i;
        return WH_OK;
    }
    return wh_fail(err, WH_MALFORMED, "--effort: %s is none of fast, default, best", text);
}
