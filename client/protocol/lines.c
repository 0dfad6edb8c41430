/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines.c - see lines.h. */
#include "protocol/lines.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/request.h"
#include "whittle/cleanup.h"

wh_status wh_lines_each(FILE *stream, wh_line_fn *take, void *context, struct wh_error *err)
{
    const size_t room = WH_LINE_MAX + 2; /* newline and terminator */
    wh_autofree char *line = malloc(room);

    if (!line)
        return wh_no_memory(err);
    while (fgets(line, (int)room, stream)) {
        size_t length = strlen(line);
        bool whole = length > 0 && line[length - 1] == '\n';
        if (whole)
            length--;
        else if (!feof(stream))
            return wh_fail(err, WH_OVER_LIMIT, "request: longer than %u bytes", WH_LINE_MAX);
        if (length > 0)
            WH_TRY(take(context, (struct wh_bytes){(const uint8_t *)line, length}, err));
    }
    return ferror(stream) ? wh_fail_errno(err, "standard input") : WH_OK;
}
