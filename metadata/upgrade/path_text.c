/* SPDX-License-Identifier: GPL-2.0-or-later */
/* path_text.c - see path_text.h. */
#include "upgrade/path_text.h"

#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/digest.h"
#include "whittle/limits.h"

static bool is_plain(char byte)
{
    return byte >= ' ' && byte <= '~' && !strchr("%\"<>&", byte);
}

bool wh_path_is_absolute(const char *path)
{
    return path[0] == '/' && strnlen(path, WH_PATH_MAX + 1) <= WH_PATH_MAX;
}

void wh_path_put(struct wh_buffer *out, const char *path)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *path; path++) {
        uint8_t byte = (uint8_t)*path;
        char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        if (is_plain(*path))
            wh_buffer_u8(out, byte);
        else
            wh_buffer_append(out, escape, sizeof escape);
    }
}

/* One byte of the path; false where it has another spelling, or none. */
static bool take_byte(const char **at, char *out_byte)
{
    uint8_t byte = 0;

    if (is_plain(**at)) {
        *out_byte = *(*at)++;
        return true;
    }
    if (**at != '%' || strspn(*at + 1, "0123456789ABCDEF") < 2 || !wh_unhex(*at + 1, 2, &byte, 1))
        return false;
    *out_byte = (char)byte;
    *at += 3;
    return byte != 0 && !is_plain((char)byte);
}

wh_status wh_path_read(const char *text, char **out_path, struct wh_error *err)
{
    wh_autofree char *path = malloc(WH_PATH_MAX + 1);
    size_t length = 0;

    if (!path)
        return wh_no_memory(err);
    while (*text && length < WH_PATH_MAX)
        if (!take_byte(&text, &path[length++]))
            return wh_fail(err, WH_MALFORMED, "a path is spelled wrongly");
    path[length] = '\0';
    if (*text || !wh_path_is_absolute(path))
        return wh_fail(err, WH_MALFORMED, "a path is not absolute, or too long");
    char *fitted = realloc(path, length + 1);
    if (!fitted)
        return wh_no_memory(err);
    (void)wh_take(path);
    *out_path = fitted;
    return WH_OK;
}
