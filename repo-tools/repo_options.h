/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repo_options.h - the command line of whittle-repo. */
#ifndef WHITTLE_REPO_OPTIONS_H
#define WHITTLE_REPO_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "effort.h"
#include "whittle/error.h"

enum wh_repo_command {
    WH_REPO_PUBLISH,
    WH_REPO_VERIFY,
    WH_REPO_EXPLAIN,
    WH_REPO_DIFF,
    WH_REPO_PATCH,
    WH_REPO_HISTORY_ADD,
    WH_REPO_HISTORY_LIST,
    WH_REPO_HISTORY_VERIFY,
    WH_REPO_HELP,
    WH_REPO_VERSION
};

#define WH_REPO_OPERANDS_MAX 3

struct wh_repo_options {
    enum wh_repo_command command;
    const char *operands[WH_REPO_OPERANDS_MAX]; /* in their order; NULL for those not given */
    const char **previous;                      /* owned array of borrowed strings */
    uint32_t previous_count;
    char *backend; /* owned; a base URL, or NULL */
    uint32_t versions;
    uint32_t jobs;   /* 0: as many as there are processors */
    uint32_t memory; /* MiB */
    enum wh_effort effort;
    bool supplement_docs;
    bool no_reinstall;
    bool no_reencode;
    uint32_t reencode_limit; /* CPU-seconds */
    uint32_t keep_count;     /* 0: all */
    uint32_t keep_age;       /* days; 0: for ever */
    bool json;
};

/* argv is borrowed. WH_MALFORMED: not understood; the message says what. Free with
 * wh_repo_options_clear(). */
WH_MUST_CHECK wh_status wh_repo_options_parse(
    int argc, char **argv, struct wh_repo_options *out_options, struct wh_error *err);
void wh_repo_options_clear(struct wh_repo_options *options);

void wh_repo_options_help(FILE *out);

#endif
