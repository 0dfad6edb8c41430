/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xml_write.c - the words that documents of XML are written with, see xml.h. */
#include <stdio.h>
#include <string.h>

#include "base/xml.h"
#include "whittle/digest.h"

void wh_xml_put(struct wh_buffer *out, const char *text)
{
    wh_buffer_append(out, text, strlen(text));
}

static void open_value(struct wh_buffer *out, const char *name)
{
    wh_xml_put(out, " ");
    wh_xml_put(out, name);
    wh_xml_put(out, "=\"");
}

void wh_xml_put_text(struct wh_buffer *out, const char *name, const char *text)
{
    open_value(out, name);
    wh_xml_put(out, text);
    wh_xml_put(out, "\"");
}

static const char *escape_of(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void wh_xml_put_escaped(struct wh_buffer *out, const char *name, const char *text)
{
    open_value(out, name);
    for (; *text; text++) {
        const char *escape = escape_of(*text);
        if (escape)
            wh_xml_put(out, escape);
        else
            wh_buffer_u8(out, (uint8_t)*text);
    }
    wh_xml_put(out, "\"");
}

void wh_xml_put_number(struct wh_buffer *out, const char *name, uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    wh_xml_put_text(out, name, text);
}

void wh_xml_put_hex(struct wh_buffer *out, const char *name, const uint8_t *bytes, size_t length)
{
    open_value(out, name);
    for (size_t i = 0; i < length; i++) {
        char digits[3];
        wh_hex(&bytes[i], 1, digits);
        wh_xml_put(out, digits);
    }
    wh_xml_put(out, "\"");
}
