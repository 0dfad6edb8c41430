/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assemble_command.c - `whittle assemble`: a queue of requests between the line reader and the
 * workers. */
#include <getopt.h>
#include <pthread.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assemble/package.h"
#include "canary/canary.h"
#include "protocol/lines.h"
#include "whittle/cleanup.h"
#include "whittle/commands.h"

static const char help[] =
    "Usage: whittle assemble [--jobs N] < REQUESTS\n"
    "Writes each requested package from its bundles and the installed files, and\n"
    "proves it. Requests and answers are lines of JSON; see specs/format/commands.md.\n"
    "\n"
    "  --jobs N   packages worked on at a time (default: one a processor)\n"
    "  --help     show this text\n"
    "\n"
    "Exit status: 0 all answered, 1 trouble, 2 bad arguments or request.\n";

struct queued {
    struct wh_assemble_request request;
    struct queued *next;
};

/* Shared by the reader and the workers; the mutex guards the list, the end and the systems. */
struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct queued *first;
    struct queued **last;
    bool ended;
    struct wh_system *system; /* of the one root that a run has */
    const char *canary;       /* why not, or NULL */
};

static wh_status take_line(void *context, struct wh_bytes line, struct wh_error *err)
{
    struct queue *queue = context;
    struct wh_assemble_request request;

    WH_TRY(wh_assemble_request_parse(line, &request, err));
    struct queued *item = calloc(1, sizeof *item);
    if (!item) {
        wh_assemble_request_clear(&request);
        return wh_no_memory(err);
    }
    item->request = request;
    (void)pthread_mutex_lock(&queue->mutex);
    *queue->last = item;
    queue->last = &item->next;
    (void)pthread_cond_signal(&queue->changed);
    (void)pthread_mutex_unlock(&queue->mutex);
    return WH_OK;
}

/* The next request, or NULL when there will be none. */
static struct queued *next_item(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->mutex);
    while (!queue->first && !queue->ended)
        (void)pthread_cond_wait(&queue->changed, &queue->mutex);
    struct queued *item = queue->first;
    if (item) {
        queue->first = item->next;
        if (!queue->first)
            queue->last = &queue->first;
    }
    (void)pthread_mutex_unlock(&queue->mutex);
    return item;
}

static wh_status open_system(struct queue *queue, const char *root, struct wh_error *err)
{
    wh_status status = WH_OK;

    (void)pthread_mutex_lock(&queue->mutex);
    if (!queue->system)
        status = wh_system_open(root, &queue->system, err);
    else if (strcmp(queue->system->root, root) != 0)
        status = wh_fail(err, WH_UNSUPPORTED, "%s: another root than before in one run", root);
    (void)pthread_mutex_unlock(&queue->mutex);
    return status;
}

static void answer(struct queue *queue, const struct wh_assemble_request *request)
{
    struct wh_assembled assembled;
    struct wh_error err = {0};
    wh_status status = open_system(queue, request->root, &err);

    if (status == WH_OK) {
        struct wh_run run = {queue->system, queue->canary};
        status = wh_package_assemble(&run, request, &assembled, &err);
    }
    if (status == WH_OK)
        wh_answer_assembled(request->id, &assembled);
    else
        wh_answer_refusal(request->id, status, err.message);
}

static void *work(void *context)
{
    struct queue *queue = context;
    struct queued *item;

    while ((item = next_item(queue)) != NULL) {
        answer(queue, &item->request);
        wh_assemble_request_clear(&item->request);
        free(item);
    }
    return NULL;
}

/* Workers beside the reader; the caller's thread reads. Fewer threads than asked for are fine,
 * none are not. */
static wh_status run_queue(struct queue *queue, long jobs, struct wh_error *err)
{
    pthread_t workers[JOBS_MAX];
    long started = 0;

    while (started < jobs && pthread_create(&workers[started], NULL, work, queue) == 0)
        started++;
    wh_status status = started > 0 ? wh_lines_each(stdin, take_line, queue, err)
                                   : wh_fail(err, WH_SYSTEM, "no thread can be started");
    (void)pthread_mutex_lock(&queue->mutex);
    queue->ended = true;
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->mutex);
    while (started > 0)
        (void)pthread_join(workers[--started], NULL);
    return status;
}

/* False when the command is over, with out_status. */
static bool parse_options(int argc, char **argv, long *out_jobs, int *out_status)
{
    static const struct option options[] = {
        {"jobs", required_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
    int option;

    *out_jobs = default_jobs();
    opterr = 0;
    for (int at = optind; (option = getopt_long(argc, argv, "+:", options, NULL)) != -1;
         at = optind) {
        if (option == 'h') {
            *out_status = say(help);
            return false;
        }
        if (option == 'j' && parse_jobs(optarg, out_jobs))
            continue;
        if (option == 'j' || option == ':')
            (void)fprintf(
                stderr, "whittle assemble: --jobs takes a number from 1 to %d\n", JOBS_MAX);
        else
            (void)fprintf(stderr, "whittle assemble: unknown option %s\n", argv[at]);
        *out_status = EXIT_MISUSE;
        return false;
    }
    if (optind < argc) {
        (void)fprintf(stderr, "whittle assemble: unknown argument %s\n", argv[optind]);
        *out_status = EXIT_MISUSE;
        return false;
    }
    return true;
}

int run_assemble(int argc, char **argv)
{
    struct queue queue = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct wh_error canary_error;
    struct wh_error err;
    long jobs;
    int exit_status;

    if (!parse_options(argc, argv, &jobs, &exit_status))
        return exit_status;
    queue.last = &queue.first;
    if (rpmReadConfigFiles(NULL, NULL) != 0) {
        (void)wh_fail(&err, WH_SYSTEM, "rpm's configuration cannot be read");
        return complain(EXIT_TROUBLE, argv[0], &err);
    }
    rpmSetVerbosity(RPMLOG_CRIT);                /* answers say what counts */
    if (wh_canary_prove(&canary_error) != WH_OK) /* forks: before the threads */
        queue.canary = canary_error.message;

    wh_status status = run_queue(&queue, jobs, &err);
    wh_system_free(queue.system);
    if (status == WH_MALFORMED || status == WH_OVER_LIMIT)
        return complain(EXIT_MISUSE, argv[0], &err);
    if (status != WH_OK)
        return complain(EXIT_TROUBLE, argv[0], &err);
    return wh_answers_written() ? EXIT_DONE : EXIT_TROUBLE;
}
