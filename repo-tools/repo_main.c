/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repo_main.c - whittle-repo: runs a command and says how it went. */
#include <inttypes.h>
#include <libxml/parser.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "explain.h"
#include "gate.h"
#include "history_say.h"
#include "repo_options.h"
#include "single.h"
#include "summary.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

enum { DONE = 0, FAILURE = 1, USAGE = 2 };

static int complain(const struct wh_error *error, int status)
{
    (void)fprintf(stderr, "whittle-repo: %s\n", error->message);
    return status;
}

/* None where nobody looks. */
static struct wh_progress *progress_for_people(void)
{
    return isatty(STDERR_FILENO) ? wh_progress_new(stderr) : NULL;
}

static int publish(const struct wh_repo_options *options)
{
    const struct wh_publish_options publish_options = {
        .repository = options->operands[0],
        .backend = options->backend,
        .previous = options->previous,
        .previous_count = options->previous_count,
        .versions = options->versions,
        .threads = options->jobs,
        .memory = options->memory,
        .effort = options->effort,
        .supplement_docs = options->supplement_docs,
        .no_reinstall = options->no_reinstall,
        .no_reencode = options->no_reencode,
        .reencode_limit = options->reencode_limit,
        .progress = progress_for_people(),
    };
    wh_cleanup(wh_publish_result_clear) struct wh_publish_result result = {0};
    struct wh_error error;

    wh_status status = wh_publish(&publish_options, &result, &error);
    wh_progress_free(publish_options.progress);
    if (status != WH_OK)
        return complain(&error, FAILURE);
    (options->json ? wh_summary_publish_json : wh_summary_publish)(stdout, &result);
    for (uint32_t i = 0; i < result.failure_count; i++)
        (void)fprintf(stderr, "whittle-repo: internal error: a bundle of %s is not listed: %s\n",
            result.failures[i].package, result.failures[i].error.message);
    return result.failure_count > 0 ? FAILURE : DONE;
}

static int verify(const struct wh_repo_options *options)
{
    const struct wh_verify_options verify_options = {
        .repository = options->operands[0],
        .previous = options->previous,
        .previous_count = options->previous_count,
        .threads = options->jobs,
        .progress = progress_for_people(),
    };
    wh_cleanup(wh_verify_result_clear) struct wh_verify_result result = {0};
    struct wh_error error;

    wh_status status = wh_verify(&verify_options, &result, &error);
    wh_progress_free(verify_options.progress);
    if (status != WH_OK)
        return complain(&error, FAILURE);
    (options->json ? wh_summary_verify_json : wh_summary_verify)(stdout, &result);
    for (uint32_t i = 0; i < result.verdict_count; i++)
        if (result.verdicts[i].kind == WH_VERDICT_BAD)
            (void)fprintf(stderr, "whittle-repo: %s: %s\n", result.verdicts[i].package,
                result.verdicts[i].text);
    return result.bad > 0 ? FAILURE : DONE;
}

static struct wh_means means_of(const struct wh_repo_options *options)
{
    return (struct wh_means){
        .effort = options->effort,
        .memory = (uint64_t)options->memory << 20,
        .stored_max = WH_BUNDLE_MAX,
    };
}

/* Prints what a command has to say, and frees it. */
static void say(const struct wh_repo_options *options, struct json_object *object,
    void (*print)(FILE *out, struct json_object *object))
{
    if (options->json)
        (void)printf("%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
    else
        print(stdout, object);
    (void)json_object_put(object);
}

static int explain(const struct wh_repo_options *options)
{
    const struct wh_explain_options explain_options = {
        .bundle = options->operands[0],
        .old_package = options->operands[1],
        .new_package = options->operands[2],
        .means = means_of(options),
    };
    struct json_object *object = NULL;
    struct wh_error error;

    if (wh_explain(&explain_options, &object, &error) != WH_OK)
        return complain(&error, FAILURE);
    say(options, object, wh_explain_print);
    return DONE;
}

static int diff(const struct wh_repo_options *options)
{
    const struct wh_single_files files = {
        options->operands[0], options->operands[1], options->operands[2]};
    const struct wh_means means = means_of(options);
    struct json_object *object = NULL;
    struct wh_error error;

    if (wh_single_diff(&files, &means, &object, &error) != WH_OK)
        return complain(&error, FAILURE);
    say(options, object, wh_single_print);
    return DONE;
}

/* The file that was written is all there is to say to people. */
static void say_nothing(FILE *out, struct json_object *object)
{
    (void)out;
    (void)object;
}

static int patch(const struct wh_repo_options *options)
{
    const struct wh_single_files files = {
        options->operands[0], options->operands[2], options->operands[1]};
    struct json_object *object = NULL;
    struct wh_error error;

    if (wh_single_patch(&files, &object, &error) != WH_OK)
        return complain(&error, FAILURE);
    say(options, object, say_nothing);
    return DONE;
}

static int history_add(const struct wh_repo_options *options)
{
    const struct wh_history_options history_options = {
        .repository = options->operands[0],
        .history = options->operands[1],
        .keep_count = options->keep_count,
        .keep_days = options->keep_age,
        .threads = options->jobs,
        .progress = progress_for_people(),
    };
    wh_cleanup(wh_history_result_clear) struct wh_history_result result = {0};
    struct wh_error error;

    wh_status status = wh_history_add(&history_options, &result, &error);
    wh_progress_free(history_options.progress);
    if (status != WH_OK)
        return complain(&error, FAILURE);
    say(options, wh_history_added_object(&result), wh_history_added_print);
    return DONE;
}

static int history_list(const struct wh_repo_options *options)
{
    wh_cleanup(wh_history_close) struct wh_history history = {.folder = -1};
    wh_cleanup(wh_kept_packages_clear) struct wh_kept_packages packages = {0};
    struct wh_error error;

    if (wh_history_open(options->operands[0], WH_HISTORY_READ, &history, &error) != WH_OK ||
        wh_history_list(&history, &packages, &error) != WH_OK)
        return complain(&error, FAILURE);
    say(options, wh_history_list_object(&packages), wh_history_list_print);
    return DONE;
}

static int history_verify(const struct wh_repo_options *options)
{
    wh_cleanup(wh_history_verdicts_clear) struct wh_history_verdicts verdicts = {0};
    struct wh_progress *progress = progress_for_people();
    struct wh_error error;

    wh_status status = wh_history_verify(
        options->operands[0], options->jobs, progress, &verdicts, &error);
    wh_progress_free(progress);
    if (status != WH_OK)
        return complain(&error, FAILURE);
    say(options, wh_history_verdicts_object(&verdicts), wh_history_verdicts_print);
    for (uint32_t i = 0; i < verdicts.bad_count; i++)
        (void)fprintf(stderr, "whittle-repo: %s: %s\n", verdicts.bad[i].location,
            verdicts.bad[i].error.message);
    return verdicts.bad_count > 0 ? FAILURE : DONE;
}

static int run(const struct wh_repo_options *options)
{
    switch (options->command) {
    case WH_REPO_PUBLISH:
        return publish(options);
    case WH_REPO_VERIFY:
        return verify(options);
    case WH_REPO_EXPLAIN:
        return explain(options);
    case WH_REPO_DIFF:
        return diff(options);
    case WH_REPO_PATCH:
        return patch(options);
    case WH_REPO_HISTORY_ADD:
        return history_add(options);
    case WH_REPO_HISTORY_LIST:
        return history_list(options);
    case WH_REPO_HISTORY_VERIFY:
        return history_verify(options);
    case WH_REPO_HELP:
        wh_repo_options_help(stdout);
        return DONE;
    case WH_REPO_VERSION:
        (void)puts("whittle-repo " WHITTLE_VERSION);
        return DONE;
    }
    return USAGE;
}

/* What is freed shall not count any more: large blocks go back to the system at once, however many
 * threads there are. */
static void set_up_memory(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 20);
#endif
}

/* librpm's configuration is read for packages only. */
static bool has_packages(enum wh_repo_command command)
{
    return command == WH_REPO_PUBLISH || command == WH_REPO_VERIFY || command == WH_REPO_EXPLAIN ||
           command == WH_REPO_HISTORY_ADD || command == WH_REPO_HISTORY_LIST ||
           command == WH_REPO_HISTORY_VERIFY;
}

int main(int argc, char **argv)
{
    wh_cleanup(wh_repo_options_clear) struct wh_repo_options options = {0};
    struct wh_error error;

    if (wh_repo_options_parse(argc, argv, &options, &error) != WH_OK)
        return complain(&error, USAGE);
    bool with_rpm = has_packages(options.command);
    if (with_rpm && wh_gate_begin(&error) != WH_OK)
        return complain(&error, FAILURE);
    set_up_memory();
    xmlInitParser();
    int status = run(&options);
    xmlCleanupParser();
    if (with_rpm)
        wh_gate_end();
    if (fflush(stdout) != 0 && status == DONE) {
        (void)fputs("whittle-repo: standard output cannot be written\n", stderr);
        return FAILURE;
    }
    return status;
}
