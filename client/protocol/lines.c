/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines.c - see lines.h. */
#include "protocol/lines.h"

#include <stdlib.h>

#include "protocol/request.h"
#include "whittle/cleanup.h"

wh_status wh_lines_each(FILE *stream, wh_line_fn *take, void *context, struct wh_error *err)
{
    wh_autofree uint8_t *line = malloc(WH_LINE_MAX);
    size_t length = 0;
    int byte;

    if (!line)
        return wh_no_memory(err);
    do {
        byte = getc(stream); /* not fgets(): it does not tell a zero byte from the end */
        if (byte == EOF && ferror(stream))
            return wh_fail_errno(err, "standard input");
        if (byte != '\n' && byte != EOF) {
            if (length == WH_LINE_MAX)
                return wh_fail(err, WH_OVER_LIMIT, "request: longer than %u bytes", WH_LINE_MAX);
            line[length++] = (uint8_t)byte;
        } else if (length > 0) {
            WH_TRY(take(context, (struct wh_bytes){line, length}, err));
            length = 0;
        }
    } while (byte != EOF);
    return WH_OK;
}
