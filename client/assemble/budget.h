/* SPDX-License-Identifier: GPL-2.0-or-later */
/* budget.h - bytes of disk that the assembled files of one run share. Thread-safe. */
#ifndef WHITTLE_BUDGET_H
#define WHITTLE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "whittle/error.h"

/* Takes size bytes; ceiling is the request's budget, and the smallest one of a run counts. */
WH_MUST_CHECK wh_status wh_budget_take(
    uint64_t size, uint64_t ceiling, const char *name, struct wh_error *err);

/* Gives back what a refused package had taken. */
void wh_budget_return(uint64_t size);

#endif
