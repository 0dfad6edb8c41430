/* SPDX-License-Identifier: GPL-2.0-or-later */
/* differs.h - ascending file numbers as text: "4 17-19". */
#ifndef WHITTLE_UPGRADE_DIFFERS_H
#define WHITTLE_UPGRADE_DIFFERS_H

#include "whittle/bytes.h"

void wh_differs_put(struct wh_buffer *out, const uint32_t *numbers, uint32_t count);
/* text: hostile. WH_MALFORMED: another spelling, or numbers that no file has; WH_OVER_LIMIT: more
 * than ceiling of them. The caller frees. */
WH_MUST_CHECK wh_status wh_differs_read(const char *text, uint32_t ceiling, uint32_t **out_numbers,
    uint32_t *out_count, struct wh_error *err);

#endif
