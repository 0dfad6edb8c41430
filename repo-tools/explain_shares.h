/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_shares.h - how the streams of contents that are compressed themselves come out, and why
 * others are left as they are: only making the bundle again tells. */
#ifndef WHITTLE_REPO_EXPLAIN_SHARES_H
#define WHITTLE_REPO_EXPLAIN_SHARES_H

#include "group_encode.h"
#include "json_values.h"

/* Adds "streams" (their numbers, over all contents that are taken apart) and "opaque" (a row for
 * each content that is compressed and coded as it is, with the reason). groups: made with means of
 * the two packages, which are unpacked. */
WH_MUST_CHECK wh_status wh_explain_shares(const struct wh_encoded_groups *groups,
    const struct wh_package_file *origin, const struct wh_package_file *target,
    const struct wh_means *means, struct json_object *object, struct wh_error *err);

/* Prints what the call above added, if it did. */
void wh_explain_print_shares(FILE *out, struct json_object *object);

#endif
