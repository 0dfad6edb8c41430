/* SPDX-License-Identifier: GPL-2.0-or-later */
/* question.h - what a backend is told of one package, and what it answered. This is all that is
 * ever reported: `whittle report` prints what wh_questions_write() gives. */
#ifndef WHITTLE_QUESTION_H
#define WHITTLE_QUESTION_H

#include "observe/system.h"
#include "whittle/upgrade.h"

struct wh_question {
    char *name; /* of the package */
    char *from; /* NEVRA of what is installed */
    struct wh_upgrade_package package;
    bool is_answered;
    struct wh_package_instructions answer; /* its own; never WH_ANSWER_LIST */
};

/* The short form. WH_MISSING: no version of it is installed. pkgid, nevra: of the package that
 * comes. Free with wh_question_clear(). */
WH_MUST_CHECK wh_status wh_question_make(struct wh_system *system, const char *pkgid,
    const char *nevra, struct wh_question *out_question, struct wh_error *err);
/* The long form of the same. WH_MISSING: there is nothing to list. */
WH_MUST_CHECK wh_status wh_question_lengthen(
    struct wh_system *system, struct wh_question *question, struct wh_error *err);
/* Forgets the answer. */
void wh_question_forget(struct wh_question *question);
void wh_question_clear(struct wh_question *question);

/* The request that holds these questions. WH_OVER_LIMIT: they are too many for one. */
WH_MUST_CHECK wh_status wh_questions_write(struct wh_question *const *questions, uint32_t count,
    bool without_liblzma, struct wh_buffer *out_xml, struct wh_error *err);

#endif
