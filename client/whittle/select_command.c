/* SPDX-License-Identifier: GPL-2.0-or-later */
/* select_command.c - `whittle select`: request lines in, answer lines out. */
#include "select/select.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/answer.h"
#include "protocol/lines.h"
#include "whittle/cleanup.h"
#include "whittle/commands.h"
#include "whittle/limits.h"
#include "whittle/waiting.h"

static const char help[] =
    "Usage: whittle select [--jobs N] [--reencode MODE] [--state FOLDER] < REQUESTS\n"
    "Says for each requested package which bundles lead to it from what is installed.\n"
    "Asks the backend that an index or a request names, if the request allows it.\n"
    "Requests and answers are lines of JSON; see specs/format/commands.md.\n"
    "\n"
    "  --jobs N         packages that will be assembled at a time (default: one a\n"
    "                   processor)\n"
    "  --reencode MODE  take bundles that need contents to be re-encoded by liblzma:\n"
    "                   auto (where they save time, the default), never, always\n"
    "  --state FOLDER   remember there whether liblzma encodes as the publisher's did\n"
    "  --help           show this text\n"
    "\n"
    "Exit status: 0 all answered, 1 trouble, 2 bad arguments or request.\n";

/* Many packages come from one repository and one root: the last index and root stay open. */
struct session {
    char *index_path;
    struct wh_index index;
    wh_status index_status;
    struct wh_error index_error;
    struct wh_system *system;
    enum wh_reencode mode;
    uint32_t jobs;
    struct wh_proof proof;
    struct waiting *first; /* for a backend */
    struct waiting **last;
};

static void clear_session(struct session *session)
{
    free(session->index_path);
    wh_index_clear(&session->index);
    wh_system_free(session->system);
    waiting_free_all(session->first);
}

static wh_status read_file(const char *path, struct wh_buffer *out, struct wh_error *err)
{
    wh_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    wh_autofree uint8_t *chunk = malloc(1 << 16);
    ssize_t count;

    if (fd < 0)
        return wh_fail_errno(err, "%s", path);
    if (!chunk)
        return wh_no_memory(err);
    while ((count = read(fd, chunk, 1 << 16)) > 0)
        wh_buffer_append(out, chunk, (size_t)count);
    if (count < 0)
        return wh_fail_errno(err, "%s", path);
    return wh_buffer_check(out, err);
}

static wh_status load_index(struct session *session, const char *path, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_INDEX_MAX};
    struct wh_error reason = {0};

    WH_TRY(read_file(path, &bytes, err));
    wh_status status = wh_index_read(wh_buffer_bytes(&bytes), &session->index, &reason);
    return status == WH_OK ? WH_OK : wh_fail(err, status, "%s: %s", path, reason.message);
}

static wh_status use_index(struct session *session, const char *path, struct wh_error *err)
{
    if (!session->index_path || strcmp(session->index_path, path) != 0) {
        free(session->index_path);
        wh_index_clear(&session->index);
        session->index_path = strdup(path);
        if (!session->index_path)
            return wh_no_memory(err);
        session->index_status = load_index(session, path, &session->index_error);
    }
    if (session->index_status != WH_OK)
        *err = session->index_error;
    return session->index_status;
}

static wh_status use_system(struct session *session, const char *root, struct wh_error *err)
{
    if (session->system && strcmp(session->system->root, root) == 0)
        return WH_OK;
    wh_system_free(session->system);
    session->system = NULL;
    return wh_system_open(root, &session->system, err);
}

/* The selection is that of the index's own bundles. */
static wh_status consider(struct session *session, struct waiting *waiting, struct wh_error *err)
{
    const struct wh_select_request *request = &waiting->request;
    const struct wh_index_package *package = NULL;

    if (request->index) {
        WH_TRY(use_index(session, request->index, err));
        package = wh_index_find(&session->index, request->pkgid);
    }
    WH_TRY(use_system(session, request->root, err));
    waiting->is_listed = package != NULL;
    waiting->has_prefix = package && package->has_prefix;
    if (waiting->has_prefix)
        memcpy(waiting->prefix, package->prefix, sizeof waiting->prefix);
    waiting->terms = (struct wh_terms){session->mode, session->jobs, request->rate, request->size};
    const struct wh_wish wish = {package, request->nevra, waiting->terms};
    return wh_select(session->system, &wish, &session->proof, &waiting->selection, err);
}

/* Is there a backend to ask, may it be asked, and is there anything to tell it? The one that the
 * index names goes first. What it cuts must be bound to the package by the index, or by a signature
 * that will be checked. */
static bool has_question(struct session *session, struct waiting *waiting)
{
    struct wh_select_request *request = &waiting->request;

    if (!request->may_ask || !(waiting->has_prefix || request->is_signed))
        return false;
    if (request->index && session->index.backend) {
        free(request->backend.url);
        request->backend.url = strdup(session->index.backend);
    }
    return request->backend.url && wh_question_make(session->system, request->pkgid, request->nevra,
                                       &waiting->question, NULL) == WH_OK;
}

static void free_waiting(struct waiting **waiting)
{
    waiting_free(*waiting);
}

static wh_status take_line(void *context, struct wh_bytes line, struct wh_error *err)
{
    struct session *session = context;
    wh_cleanup(free_waiting) struct waiting *waiting = calloc(1, sizeof *waiting);
    struct wh_error refusal;

    if (!waiting)
        return wh_no_memory(err);
    WH_TRY(wh_select_request_parse(line, &waiting->request, err));
    wh_status status = consider(session, waiting, &refusal);
    if (status != WH_OK) {
        wh_answer_refusal(waiting->request.id, status, refusal.message);
    } else if (has_question(session, waiting)) {
        *session->last = waiting;
        session->last = &waiting->next;
        waiting = NULL;
    } else {
        waiting_tell(waiting, NULL);
    }
    return WH_OK;
}

static wh_status open_root(
    void *context, const char *root, struct wh_system **out_system, struct wh_error *err)
{
    struct session *session = context;

    WH_TRY(use_system(session, root, err));
    *out_system = session->system;
    return WH_OK;
}

/* Lines up to the end, then the backends, also for what came before a bad line. */
static wh_status run_session(struct session *session, struct wh_error *err)
{
    const struct asking asking = {session->mode, &session->proof, open_root, session};
    struct wh_error later = {0};

    wh_status read = wh_lines_each(stdin, take_line, session, err);
    wh_status asked = waiting_ask(session->first, &asking, &later);
    if (read == WH_OK && asked != WH_OK)
        *err = later;
    return read == WH_OK ? asked : read;
}

static bool parse_mode(const char *text, enum wh_reencode *out_mode)
{
    static const char *const names[] = {[WH_REENCODE_AUTO] = "auto",
        [WH_REENCODE_NEVER] = "never",
        [WH_REENCODE_ALWAYS] = "always"};

    for (unsigned mode = 0; mode < sizeof names / sizeof *names; mode++)
        if (strcmp(text, names[mode]) == 0) {
            *out_mode = (enum wh_reencode)mode;
            return true;
        }
    return false;
}

/* Takes one option's argument; false when it is none of its kind. */
static bool take_option(int option, const char *argument, struct session *session)
{
    long jobs = 0;

    if (option == 's') {
        session->proof.folder = argument;
        return argument[0] != '\0';
    }
    if (option == 'r')
        return parse_mode(argument, &session->mode);
    if (!parse_jobs(argument, &jobs))
        return false;
    session->jobs = (uint32_t)jobs;
    return true;
}

static int misuse(const char *text, const char *what)
{
    (void)fprintf(stderr, "whittle select: %s%s\n", text, what);
    return EXIT_MISUSE;
}

/* False when the command is over, with out_status. */
static bool parse_options(int argc, char **argv, struct session *session, int *out_status)
{
    static const struct option options[] = {{"jobs", required_argument, NULL, 'j'},
        {"reencode", required_argument, NULL, 'r'}, {"state", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'}, {0}};
    static const char *const takes[] = {['j'] = "--jobs takes a number from 1 to 256",
        ['r'] = "--reencode takes auto, never or always",
        ['s'] = "--state takes a folder"};
    int option;

    opterr = 0;
    for (int at = optind; (option = getopt_long(argc, argv, "+:", options, NULL)) != -1;
         at = optind) {
        int bad = option == ':' ? optopt : option;
        if (option == 'h') {
            *out_status = say(help);
            return false;
        }
        if (option != ':' && option != '?' && take_option(option, optarg, session))
            continue;
        *out_status = option == '?' ? misuse("unknown option ", argv[at]) : misuse(takes[bad], "");
        return false;
    }
    if (optind == argc)
        return true;
    *out_status = misuse("unknown argument ", argv[optind]);
    return false;
}

int run_select(int argc, char **argv)
{
    wh_cleanup(clear_session) struct session session = {.jobs = (uint32_t)default_jobs()};
    struct wh_error err;
    int status;

    if (!parse_options(argc, argv, &session, &status))
        return status;
    if (rpmReadConfigFiles(NULL, NULL) != 0) {
        (void)wh_fail(&err, WH_SYSTEM, "rpm's configuration cannot be read");
        return complain(EXIT_TROUBLE, argv[0], &err);
    }
    rpmSetVerbosity(RPMLOG_CRIT); /* answers say what counts */
    session.last = &session.first;
    wh_status read = run_session(&session, &err);
    if (read == WH_MALFORMED || read == WH_OVER_LIMIT)
        return complain(EXIT_MISUSE, argv[0], &err);
    if (read != WH_OK)
        return complain(EXIT_TROUBLE, argv[0], &err);
    return wh_answers_written() ? EXIT_DONE : EXIT_TROUBLE;
}
