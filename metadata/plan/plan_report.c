/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_report.c - see whittle/plan.h. */
#include <stdlib.h>
#include <string.h>

#include "whittle/limits.h"
#include "whittle/plan.h"

wh_status wh_report_init(
    struct wh_report *out_report, const struct wh_header *old_header, struct wh_error *err)
{
    uint8_t *differs = wh_array(old_header->file_count, 1, WH_FILES_MAX, err);

    if (!differs)
        return wh_no_memory(err);
    *out_report = (struct wh_report){.file_count = old_header->file_count, .differs = differs};
    memcpy(out_report->header_id, old_header->id, sizeof out_report->header_id);
    return WH_OK;
}

void wh_report_clear(struct wh_report *report)
{
    free(report->differs);
    *report = (struct wh_report){0};
}
