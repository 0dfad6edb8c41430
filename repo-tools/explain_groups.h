/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_groups.h - the groups of a bundle: codec, members, stored bytes, by stream for patches.
 */
#ifndef WHITTLE_REPO_EXPLAIN_GROUPS_H
#define WHITTLE_REPO_EXPLAIN_GROUPS_H

#include "json_values.h"
#include "whittle/bundle.h"

/* Adds "group_list". */
WH_MUST_CHECK wh_status wh_explain_groups(
    const struct wh_bundle *bundle, struct json_object *object, struct wh_error *err);
void wh_explain_print_groups(FILE *out, struct json_object *object);

#endif
