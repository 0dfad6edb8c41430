/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines.h - request lines from a stream, and the loop over them. */
#ifndef WHITTLE_LINES_H
#define WHITTLE_LINES_H

#include <stdio.h>

#include "whittle/bytes.h"

/* Takes one line, without its newline. Anything but WH_OK ends the loop. */
typedef wh_status wh_line_fn(void *context, struct wh_bytes line, struct wh_error *err);

/* Calls take for every line up to the end of the stream; empty lines are passed over.
 * WH_OVER_LIMIT for a line longer than WH_LINE_MAX. */
WH_MUST_CHECK wh_status wh_lines_each(
    FILE *stream, wh_line_fn *take, void *context, struct wh_error *err);

#endif
