/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printable.c - see printable.h. */
#include "protocol/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the character at text, 0 when there is none that may stay. */
static size_t length_of(const unsigned char *text)
{
    /* By length; the smallest of two bytes comes after the control characters U+0080 to U+009F. */
    static const uint32_t smallest[] = {0, 0, 0xa0, 0x800, 0x10000};

    if (*text < 0x80)
        return *text == '\t' || (*text >= 0x20 && *text != 0x7f) ? 1 : 0;
    if (*text < 0xc2 || *text > 0xf4)
        return 0;
    size_t length = *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;
    uint32_t point = *text & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (!is_continuation(text[i]))
            return 0;
        point = point << 6 | (text[i] & 0x3fu);
    }
    bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
    return point >= smallest[length] && point <= 0x10ffff && !is_surrogate ? length : 0;
}

char *wh_printable(const char *text)
{
    char *copy = strdup(text);

    for (char *at = copy; at && *at;) {
        size_t length = length_of((const unsigned char *)at);
        if (length == 0)
            *at = '?';
        at += length ? length : 1;
    }
    return copy;
}
