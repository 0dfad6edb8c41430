/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.h - says what is in a bundle, for people and for programs. */
#ifndef WHITTLE_REPO_EXPLAIN_H
#define WHITTLE_REPO_EXPLAIN_H

#include <json-c/json.h>
#include <stdio.h>

#include "memory.h"

struct wh_explain_options {
    const char *bundle;
    const char *old_package; /* NULL: without headers only counts and sizes can be told */
    const char *new_package; /* with the old one: also what each codec would take; or NULL */
    struct wh_means means;   /* for that */
};

/* out_object: json_object_put() it. */
WH_MUST_CHECK wh_status wh_explain(const struct wh_explain_options *options,
    struct json_object **out_object, struct wh_error *err);

/* The same object as text. */
void wh_explain_print(FILE *out, struct json_object *object);

#endif
