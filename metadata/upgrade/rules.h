/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules.h - what holds of both documents however they come: what a reader has read is checked by
 * it, and what a writer is to write. */
#ifndef WHITTLE_UPGRADE_RULES_H
#define WHITTLE_UPGRADE_RULES_H

#include "whittle/upgrade.h"

/* What messages call them. */
#define WH_REQUEST_NAME "upgrade request"
#define WH_INSTRUCTIONS_NAME "instructions"

WH_MUST_CHECK wh_status wh_upgrade_check(const struct wh_upgrade *upgrade, struct wh_error *err);
WH_MUST_CHECK wh_status wh_instructions_check(
    const struct wh_instructions *instructions, struct wh_error *err);

/* How a suggestion is spelled: one for each but WH_SUGGEST_NOTHING. */
#define WH_SUGGESTIONS (WH_SUGGEST_REBOOT + 1)
extern const char *const wh_suggestion_names[WH_SUGGESTIONS];
/* The elements of answers and operations, by kind. */
#define WH_ANSWER_KINDS (WH_ANSWER_LIST + 1)
extern const char *const wh_answer_names[WH_ANSWER_KINDS];
#define WH_OPERATION_KINDS (WH_OPERATION_REPLACE + 1)
extern const char *const wh_operation_names[WH_OPERATION_KINDS];

/* Printable ASCII from first on, at least one byte and at most ceiling? */
bool wh_is_printable(const char *text, char first, size_t ceiling);

/* A record's pkgid lies at its start; count records of size bytes. */
WH_MUST_CHECK wh_status wh_pkgids_check(
    const char *document, const void *records, uint32_t count, size_t size, struct wh_error *err);

#endif
