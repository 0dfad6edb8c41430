/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_values.h - puts values into JSON objects and takes them out: what a command says is one
 * object, printed as JSON or as text. */
#ifndef WHITTLE_REPO_JSON_VALUES_H
#define WHITTLE_REPO_JSON_VALUES_H

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>

void wh_json_put(struct json_object **object); /* for wh_cleanup() */

void wh_json_add(struct json_object *object, const char *key, struct json_object *value);
void wh_json_add_text(struct json_object *object, const char *key, const char *text);
void wh_json_add_number(struct json_object *object, const char *key, uint64_t value);

/* "" and 0 for what is not there. */
const char *wh_json_text(struct json_object *object, const char *key);
uint64_t wh_json_number(struct json_object *object, const char *key);

/* Names come from headers: control bytes must not reach a terminal. */
void wh_print_name(FILE *out, const char *name);

#endif
