/* SPDX-License-Identifier: GPL-2.0-or-later */
/* effort.h - how much time the publisher spends on smaller bundles. */
#ifndef WHITTLE_REPO_EFFORT_H
#define WHITTLE_REPO_EFFORT_H

enum wh_effort { WH_EFFORT_FAST, WH_EFFORT_DEFAULT, WH_EFFORT_BEST };

#endif
