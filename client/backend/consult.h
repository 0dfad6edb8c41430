/* SPDX-License-Identifier: GPL-2.0-or-later */
/* consult.h - asks a backend about all packages of a run (specs/format/protocol.md). */
#ifndef WHITTLE_CONSULT_H
#define WHITTLE_CONSULT_H

#include "backend/address.h"
#include "backend/question.h"

/* wh_question_lengthen() with the system that the question is about. */
typedef wh_status wh_lengthen_fn(void *context, struct wh_question *question, struct wh_error *err);

struct wh_consultation {
    const struct wh_address *address;
    bool without_liblzma;
    wh_lengthen_fn *lengthen;
    void *context;
};

/* Asks in one request, or in as few as the protocol's limits allow, and in another one in the long
 * form where the backend wants that. Whatever a question cannot be answered for is WH_ANSWER_WHOLE
 * with a reason. WH_MISSING, WH_MALFORMED, ...: the backend cannot be used; message begins with its
 * address, and questions that were answered before stay so. */
WH_MUST_CHECK wh_status wh_consult(const struct wh_consultation *consultation,
    struct wh_question *const *questions, uint32_t count, struct wh_error *err);

#endif
