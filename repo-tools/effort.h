/* SPDX-License-Identifier: GPL-2.0-or-later */
/* effort.h - how much time the publisher spends on smaller bundles. */
#ifndef WHITTLE_REPO_EFFORT_H
#define WHITTLE_REPO_EFFORT_H

/* In ascending order. LEAST is not for people: it is what is left of the others where memory does
 * not reach (memory.h). */
enum wh_effort { WH_EFFORT_LEAST, WH_EFFORT_FAST, WH_EFFORT_DEFAULT, WH_EFFORT_BEST };

#endif
