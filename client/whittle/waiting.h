/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waiting.h - one request of `whittle select` on its way to its answer, and the list of those that
 * wait for a backend. */
#ifndef WHITTLE_WAITING_H
#define WHITTLE_WAITING_H

#include "protocol/request.h"
#include "select/settle.h"

struct waiting {
    struct wh_select_request request;
    struct wh_terms terms;
    struct wh_selection selection; /* of static bundles, until a backend has something better */
    bool is_listed;                /* in the index */
    bool has_prefix;
    uint8_t prefix[WH_SHA256_LENGTH];
    struct wh_question question; /* for request.backend */
    bool is_told;                /* answered */
    struct waiting *next;
};

void waiting_free(struct waiting *waiting);
void waiting_free_all(struct waiting *first);

/* Writes the answer line. trouble: see answer.h. */
void waiting_tell(struct waiting *waiting, const char *trouble);

/* What asking needs to know. */
struct asking {
    enum wh_reencode mode;
    struct wh_proof *proof;
    /* Gives the system below a root. */
    wh_status (*open)(
        void *context, const char *root, struct wh_system **out_system, struct wh_error *err);
    void *context;
};

/* Asks each backend once about all that wait for it, and tells what came of it. */
WH_MUST_CHECK wh_status waiting_ask(
    struct waiting *first, const struct asking *asking, struct wh_error *err);

#endif
