/* SPDX-License-Identifier: GPL-2.0-or-later */
/* consult.c - see consult.h. */
#include "backend/consult.h"

#include <stdlib.h>
#include <string.h>

#include "backend/post.h"
#include "whittle/cleanup.h"
#include "whittle/file_list.h"
#include "whittle/limits.h"

/* ---- the request ----------------------------------------------------------------------------- */

/* A package that two repositories have is asked for twice, and not in one request. */
static uint32_t count_distinct(struct wh_question *const *questions, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(questions[i]->package.pkgid, questions[k]->package.pkgid) == 0)
                return i;
    return count;
}

static wh_status write_body(const struct wh_consultation *consultation,
    struct wh_question *const *questions, uint32_t count, struct wh_buffer *out_body,
    struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {0};

    wh_buffer_clear(out_body);
    out_body->ceiling = WH_UPGRADE_STORED_MAX;
    WH_TRY(wh_questions_write(questions, count, consultation->without_liblzma, &xml, err));
    return wh_post_encode(wh_buffer_bytes(&xml), out_body, err);
}

/* As many of the first as fit. */
static wh_status fill_body(const struct wh_consultation *consultation,
    struct wh_question *const *questions, uint32_t *count, struct wh_buffer *out_body,
    struct wh_error *err)
{
    if (*count > WH_UPGRADE_PACKAGES_MAX)
        *count = WH_UPGRADE_PACKAGES_MAX;
    *count = count_distinct(questions, *count);
    wh_status status = write_body(consultation, questions, *count, out_body, err);
    while (status == WH_OVER_LIMIT && *count > 1) {
        *count = (*count + 1) / 2;
        status = write_body(consultation, questions, *count, out_body, err);
    }
    return status;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static wh_status refuse(struct wh_question *question, const char *reason, struct wh_error *err)
{
    struct wh_package_instructions *answer = &question->answer;

    free(answer->reason);
    answer->kind = WH_ANSWER_WHOLE;
    answer->reason = strdup(reason);
    return answer->reason ? WH_OK : wh_no_memory(err);
}

/* What a bundle must start from to be of use here. */
static wh_status start_of(
    const struct wh_question *question, uint8_t out_id[WH_SHA256_LENGTH], struct wh_error *err)
{
    const struct wh_upgrade_package *package = &question->package;

    if (package->is_listed)
        return wh_file_list_id(package->files, package->file_count, out_id, err);
    memcpy(out_id, package->header_id, WH_SHA256_LENGTH);
    return WH_OK;
}

static wh_status judge(
    const struct wh_consultation *consultation, struct wh_question *question, struct wh_error *err)
{
    const struct wh_package_instructions *answer = &question->answer;
    uint8_t start[WH_SHA256_LENGTH];

    if (answer->kind == WH_ANSWER_LIST)
        return question->package.is_listed
                   ? refuse(question, "it asks for the list of files that it was sent", err)
                   : WH_OK;
    if (answer->kind == WH_ANSWER_WHOLE)
        return WH_OK;
    WH_TRY(start_of(question, start, err));
    if (memcmp(answer->bundle.from, start, sizeof answer->bundle.from) != 0)
        return refuse(question, "its bundle starts from something else", err);
    if (consultation->without_liblzma && answer->bundle.cpu_ms > 0)
        return refuse(question, "its bundle needs re-encoding, which was ruled out", err);
    return WH_OK;
}

static void clear_instructions(struct wh_instructions *instructions)
{
    wh_instructions_clear(instructions);
}

/* An answer that is not about just these packages is none. */
static wh_status take_answers(const struct wh_consultation *consultation, struct wh_bytes bytes,
    struct wh_question *const *questions, uint32_t count, struct wh_error *err)
{
    wh_cleanup(clear_instructions) struct wh_instructions instructions = {0};
    const char *url = consultation->address->url;
    struct wh_error reason = {0};

    wh_status status = wh_instructions_read(bytes, &instructions, &reason);
    if (status != WH_OK)
        return wh_fail(err, status, "%s: %s", url, reason.message);
    for (uint32_t i = 0; i < count; i++)
        if (instructions.package_count != count ||
            strcmp(instructions.packages[i].pkgid, questions[i]->package.pkgid) != 0)
            return wh_fail(
                err, WH_MALFORMED, "%s: it answers for other packages than it was asked for", url);
    for (uint32_t i = 0; i < count; i++) {
        wh_question_forget(questions[i]);
        questions[i]->answer = instructions.packages[i];
        instructions.packages[i] = (struct wh_package_instructions){0};
        WH_TRY(judge(consultation, questions[i], err));
        questions[i]->is_answered = questions[i]->answer.kind != WH_ANSWER_LIST;
    }
    return WH_OK;
}

static wh_status ask(const struct wh_consultation *consultation,
    struct wh_question *const *questions, uint32_t count, struct wh_error *err)
{
    for (uint32_t done = 0; done < count;) {
        wh_cleanup(wh_buffer_clear) struct wh_buffer body = {0};
        wh_cleanup(wh_buffer_clear) struct wh_buffer answer = {.ceiling = WH_INSTRUCTIONS_MAX};
        uint32_t some = count - done;
        WH_TRY(fill_body(consultation, questions + done, &some, &body, err));
        WH_TRY(wh_post(consultation->address, wh_buffer_bytes(&body), &answer, err));
        WH_TRY(take_answers(consultation, wh_buffer_bytes(&answer), questions + done, some, err));
        done += some;
    }
    return WH_OK;
}

wh_status wh_consult(const struct wh_consultation *consultation,
    struct wh_question *const *questions, uint32_t count, struct wh_error *err)
{
    wh_autofree struct wh_question **listed = wh_array(count, sizeof *listed, UINT32_MAX, err);
    uint32_t listed_count = 0;

    if (!listed)
        return wh_no_memory(err);
    WH_TRY(ask(consultation, questions, count, err));
    for (uint32_t i = 0; i < count; i++) {
        struct wh_error reason = {0};
        if (questions[i]->is_answered)
            continue;
        if (consultation->lengthen(consultation->context, questions[i], &reason) == WH_OK) {
            listed[listed_count++] = questions[i];
            continue;
        }
        WH_TRY(refuse(questions[i], reason.message, err));
        questions[i]->is_answered = true;
    }
    return ask(consultation, listed, listed_count, err);
}
