/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.h - the answer lines of specs/format/commands.md. Safe to call from any thread. */
#ifndef WHITTLE_ANSWER_H
#define WHITTLE_ANSWER_H

#include "select/select.h"
#include "whittle/operations.h"

/* What `assembled` says of a package. */
struct wh_assembled {
    uint64_t bytes;
    uint32_t kept;
    uint32_t patched;
    uint32_t fetched;
    bool attributes;
};

/* What an answer has beside bundles or a reason; NULL where there is nothing. */
struct wh_notes {
    const uint8_t *prefix;                  /* SHA-256 of the package's prefix */
    const char *trouble;                    /* with a backend: a sentence for people */
    const struct wh_operations *operations; /* that a backend tells of; hostile */
};

void wh_answer_select(
    int64_t id, const struct wh_selection *selection, const struct wh_notes *notes);
void wh_answer_none(int64_t id, const char *reason, const struct wh_notes *notes);
/* status: of the failure that has this reason. */
void wh_answer_refusal(int64_t id, wh_status status, const char *reason);
void wh_answer_progress(int64_t id, uint64_t done, uint64_t total);
void wh_answer_assembled(int64_t id, const struct wh_assembled *assembled);

/* Did every answer reach standard output? */
bool wh_answers_written(void);

#endif
