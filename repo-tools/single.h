/* SPDX-License-Identifier: GPL-2.0-or-later */
/* single.h - the commands for single files: makes a patch file, and applies one. */
#ifndef WHITTLE_REPO_SINGLE_H
#define WHITTLE_REPO_SINGLE_H

#include <json-c/json.h>
#include <stdio.h>

#include "memory.h"

struct wh_single_files {
    const char *old_file;
    const char *new_file;
    const char *patch_file;
};

/* Writes patch_file, proved by applying it. out_object says what it took; json_object_put() it. */
WH_MUST_CHECK wh_status wh_single_diff(const struct wh_single_files *files,
    const struct wh_means *means, struct json_object **out_object, struct wh_error *err);
/* The same object as text. */
void wh_single_print(FILE *out, struct json_object *object);

/* Writes new_file: wholly, or not at all. out_object says how long it is, and how much CPU time the
 * decoder took by itself, from memory to memory; json_object_put() it. */
WH_MUST_CHECK wh_status wh_single_patch(
    const struct wh_single_files *files, struct json_object **out_object, struct wh_error *err);

#endif
