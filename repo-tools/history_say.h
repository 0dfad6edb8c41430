/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_say.h - what the history commands say, as objects and as text. */
#ifndef WHITTLE_REPO_HISTORY_SAY_H
#define WHITTLE_REPO_HISTORY_SAY_H

#include "history_add.h"
#include "history_verify.h"
#include "json_values.h"

/* The caller puts the objects. */
struct json_object *wh_history_added_object(const struct wh_history_result *result);
struct json_object *wh_history_list_object(const struct wh_kept_packages *packages);
struct json_object *wh_history_verdicts_object(const struct wh_history_verdicts *verdicts);

void wh_history_added_print(FILE *out, struct json_object *object);
void wh_history_list_print(FILE *out, struct json_object *object);
void wh_history_verdicts_print(FILE *out, struct json_object *object);

#endif
