/* SPDX-License-Identifier: GPL-2.0-or-later */
/* select_command.c - `whittle select`: request lines in, answer lines out. */
#include "select/select.h"

#include <errno.h>
#include <fcntl.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/answer.h"
#include "protocol/lines.h"
#include "protocol/request.h"
#include "whittle/cleanup.h"
#include "whittle/commands.h"
#include "whittle/limits.h"

static const char help[] =
    "Usage: whittle select < REQUESTS\n"
    "Says for each requested package which bundles lead to it from what is installed.\n"
    "Requests and answers are lines of JSON; see specs/format/commands.md.\n"
    "\n"
    "  --help     show this text\n"
    "\n"
    "Exit status: 0 all answered, 1 trouble, 2 bad arguments or request.\n";

/* Many packages come from one repository and one root: the last index and root stay open. */
struct session {
    char *index_path;
    struct wh_index index;
    wh_status index_status;
    struct wh_error index_error;
    struct wh_system *system;
};

static void clear_session(struct session *session)
{
    free(session->index_path);
    wh_index_clear(&session->index);
    wh_system_free(session->system);
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

static wh_status answer(
    struct session *session, const struct wh_select_request *request, struct wh_error *err)
{
    wh_cleanup(wh_selection_clear) struct wh_selection selection = {0};

    WH_TRY(use_index(session, request->index, err));
    WH_TRY(use_system(session, request->root, err));
    const struct wh_index_package *package = wh_index_find(&session->index, request->pkgid);
    WH_TRY(wh_select(session->system, package, request->nevra, &selection, err));
    if (selection.bundle_count > 0)
        wh_answer_select(request->id, &selection);
    else if (!package)
        wh_answer_none(request->id, "the index does not list the package");
    else
        wh_answer_none(request->id, "no bundle starts from what is installed");
    return WH_OK;
}

static wh_status take_line(void *context, struct wh_bytes line, struct wh_error *err)
{
    wh_cleanup(wh_select_request_clear) struct wh_select_request request = {0};
    struct wh_error refusal;

    WH_TRY(wh_select_request_parse(line, &request, err));
    if (answer(context, &request, &refusal) != WH_OK)
        wh_answer_refusal(request.id, refusal.message);
    return WH_OK;
}

int run_select(int argc, char **argv)
{
    wh_cleanup(clear_session) struct session session = {0};
    struct wh_error err;
    int status;

    if (no_options(argc, argv, 1, help, &status))
        return status;
    if (rpmReadConfigFiles(NULL, NULL) != 0) {
        (void)wh_fail(&err, WH_SYSTEM, "rpm's configuration cannot be read");
        return complain(EXIT_TROUBLE, argv[0], &err);
    }
    rpmSetVerbosity(RPMLOG_CRIT); /* answers say what counts */
    wh_status read = wh_lines_each(stdin, take_line, &session, &err);
    if (read == WH_MALFORMED || read == WH_OVER_LIMIT)
        return complain(EXIT_MISUSE, argv[0], &err);
    if (read != WH_OK)
        return complain(EXIT_TROUBLE, argv[0], &err);
    return wh_answers_written() ? EXIT_DONE : EXIT_TROUBLE;
}
