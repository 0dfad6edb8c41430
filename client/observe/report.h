/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.h - lays an installed package against the disk. */
#ifndef WHITTLE_OBSERVE_REPORT_H
#define WHITTLE_OBSERVE_REPORT_H

#include "observe/disk.h"
#include "whittle/plan.h"

enum wh_care {
    WH_CARE_SIZES, /* presence, kind and size of every file */
    WH_CARE_TIMES, /* and the content of those that were written since they were installed */
};

/* Which files differ from what was packaged. Cheap: beside what the care says, the content of
 * %config files only, which people edit; whatever a plan keeps is hashed again while it is copied.
 * Free with wh_report_clear(). */
WH_MUST_CHECK wh_status wh_report_observe(const struct wh_system *system,
    const struct wh_installed *installed, enum wh_care care, struct wh_report *out_report,
    struct wh_error *err);

/* Does a file with one of these flags (WH_FILE_CONFIG, WH_FILE_DOC) differ? */
bool wh_report_has(const struct wh_report *report, const struct wh_header *header, uint32_t flags);
/* Does one with none of them? */
bool wh_report_has_beside(
    const struct wh_report *report, const struct wh_header *header, uint32_t flags);

#endif
