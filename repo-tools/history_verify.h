/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_verify.h - makes every kept package's payload again and says which cannot be. */
#ifndef WHITTLE_REPO_HISTORY_VERIFY_H
#define WHITTLE_REPO_HISTORY_VERIFY_H

#include "history.h"
#include "progress.h"

struct wh_history_verdicts {
    uint32_t packages;
    uint32_t good;
    struct wh_kept_damage *bad;
    uint32_t bad_count;
};

/* Waits for a run that changes the history, and keeps the next from it. threads: 0: processors.
 * Free with wh_history_verdicts_clear(). */
WH_MUST_CHECK wh_status wh_history_verify(const char *path, uint32_t threads,
    struct wh_progress *progress, struct wh_history_verdicts *out_verdicts, struct wh_error *err);
void wh_history_verdicts_clear(struct wh_history_verdicts *verdicts);

#endif
