/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_values.c - see json_values.h. */
#include "json_values.h"

void wh_json_put(struct json_object **object)
{
    (void)json_object_put(*object);
}

void wh_json_add(struct json_object *object, const char *key, struct json_object *value)
{
    (void)json_object_object_add(object, key, value);
}

void wh_json_add_text(struct json_object *object, const char *key, const char *text)
{
    wh_json_add(object, key, json_object_new_string(text));
}

void wh_json_add_number(struct json_object *object, const char *key, uint64_t value)
{
    wh_json_add(object, key, json_object_new_int64((int64_t)value));
}

const char *wh_json_text(struct json_object *object, const char *key)
{
    const char *text = json_object_get_string(json_object_object_get(object, key));

    return text ? text : "";
}

uint64_t wh_json_number(struct json_object *object, const char *key)
{
    return (uint64_t)json_object_get_int64(json_object_object_get(object, key));
}

void wh_print_name(FILE *out, const char *name)
{
    for (; *name; name++)
        (void)fputc((unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name, out);
}
