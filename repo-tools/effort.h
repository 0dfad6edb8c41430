/* SPDX-License-Identifier: GPL-2.0-or-later */
/* effort.h - how much time the publisher spends on smaller bundles. */
#ifndef WHITTLE_REPO_EFFORT_H
#define WHITTLE_REPO_EFFORT_H

#include "whittle/error.h"

/* In ascending order. LEAST is not for people: it is what is left of the others where memory does
 * not reach (memory.h). */
enum wh_effort { WH_EFFORT_LEAST, WH_EFFORT_FAST, WH_EFFORT_DEFAULT, WH_EFFORT_BEST };

/* The argument of --effort: fast, default or best. WH_MALFORMED: none of them. */
WH_MUST_CHECK wh_status wh_effort_parse(
    const char *text, enum wh_effort *out_effort, struct wh_error *err);

#endif
