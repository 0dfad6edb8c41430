/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waiting.c - see waiting.h. */
#include "whittle/waiting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/consult.h"
#include "protocol/answer.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"
#include "whittle/xz.h"

void waiting_free(struct waiting *waiting)
{
    if (!waiting)
        return;
    wh_select_request_clear(&waiting->request);
    wh_selection_clear(&waiting->selection);
    wh_question_clear(&waiting->question);
    free(waiting);
}

void waiting_free_all(struct waiting *first)
{
    while (first) {
        struct waiting *next = first->next;
        waiting_free(first);
        first = next;
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Why no bundle is selected. */
static void explain(const struct waiting *waiting, char *out_reason, size_t size)
{
    static const char *const reasons[] = {
        [WH_CHOICE_NONE] = "no bundle starts from what is installed",
        [WH_CHOICE_SWITCHED] = "its bundle needs re-encoding, which is switched off",
        [WH_CHOICE_TOO_SLOW] =
            "its bundle needs re-encoding that takes longer than the download it saves",
    };
    const struct wh_question *question = &waiting->question;

    if (question->is_answered && question->answer.kind == WH_ANSWER_WHOLE)
        (void)snprintf(out_reason, size, "the backend: %s", question->answer.reason);
    else if (waiting->selection.choice == WH_CHOICE_UNPROVED)
        (void)snprintf(out_reason, size,
            "its bundle needs re-encoding, and liblzma %.60s does not encode as the publisher's "
            "did",
            wh_xz_version());
    else if (!waiting->is_listed && waiting->selection.choice == WH_CHOICE_NONE)
        (void)snprintf(out_reason, size, "the index does not list the package");
    else
        (void)snprintf(out_reason, size, "%s", reasons[waiting->selection.choice]);
}

void waiting_tell(struct waiting *waiting, const char *trouble)
{
    const struct wh_question *question = &waiting->question;
    const struct wh_notes notes = {
        .prefix = waiting->has_prefix ? waiting->prefix : NULL,
        .trouble = trouble,
        .operations = question->is_answered ? &question->answer.operations : NULL,
    };
    char reason[WH_REASON_MAX + 32];

    waiting->is_told = true;
    if (waiting->selection.bundle_count > 0) {
        wh_answer_select(waiting->request.id, &waiting->selection, &notes);
        return;
    }
    explain(waiting, reason, sizeof reason);
    wh_answer_none(waiting->request.id, reason, &notes);
}

/* ---- backends -------------------------------------------------------------------------------- */

static bool goes_along(const struct waiting *a, const struct waiting *b)
{
    return wh_address_equal(&a->request.backend, &b->request.backend) &&
           strcmp(a->request.root, b->request.root) == 0;
}

static wh_status lengthen(void *context, struct wh_question *question, struct wh_error *err)
{
    return wh_question_lengthen(context, question, err);
}

/* Those that wait for the same backend as the first, which is among them. */
static wh_status gather(struct waiting *first, struct wh_question ***out_questions,
    uint32_t *out_count, struct wh_error *err)
{
    uint32_t count = 0;

    for (struct waiting *at = first; at; at = at->next)
        count += goes_along(at, first);
    struct wh_question **questions = wh_array(count, sizeof *questions, UINT32_MAX, err);
    if (!questions)
        return wh_no_memory(err);
    *out_questions = questions;
    *out_count = count;
    for (struct waiting *at = first; at; at = at->next)
        if (goes_along(at, first))
            *questions++ = &at->question;
    return WH_OK;
}

static wh_status consult(
    struct waiting *first, const struct asking *asking, bool without_liblzma, struct wh_error *err)
{
    wh_autofree struct wh_question **questions = NULL;
    uint32_t count = 0;
    struct wh_consultation consultation = {
        .address = &first->request.backend,
        .without_liblzma = without_liblzma,
        .lengthen = lengthen,
    };
    struct wh_system *system = NULL;

    WH_TRY(gather(first, &questions, &count, err));
    WH_TRY(asking->open(asking->context, first->request.root, &system, err));
    consultation.context = system;
    return wh_consult(&consultation, questions, count, err);
}

wh_status waiting_ask(struct waiting *first, const struct asking *asking, struct wh_error *err)
{
    for (; first; first = first->next) {
        if (first->is_told)
            continue;
        bool without_liblzma = asking->mode == WH_REENCODE_NEVER || !wh_proof_holds(asking->proof);
        struct wh_error trouble = {0};
        const char *said = NULL;
        if (consult(first, asking, without_liblzma, &trouble) != WH_OK)
            said = trouble.message;
        for (struct waiting *at = first; at; at = at->next) {
            const struct wh_settling settling = {
                &at->terms, without_liblzma, at->request.backend.url, &at->question};
            if (at->is_told || !goes_along(at, first))
                continue;
            WH_TRY(wh_settle(&settling, &at->selection, err));
            waiting_tell(at, said);
            said = NULL;
        }
    }
    return WH_OK;
}
