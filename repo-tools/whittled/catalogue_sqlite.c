/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalogue_sqlite.c - the catalogue in one file of SQLite, for all processes of one machine.
 * Who opens it while nobody else has it open inspects it, and makes it anew where it is damaged or
 * of another version; a lock file beside it says who has it open. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "whittle/cleanup.h"
#include "whittled/catalogue_driver.h"

enum { BUSY_MS = 20000 };

struct state {
    char *path;
    int lock; /* shared while the file is open */
    sqlite3 *database;
    sqlite3_stmt *statements[WH_QUERIES]; /* prepared when first asked for */
};

static void close_database(struct state *state)
{
    for (uint32_t i = 0; i < WH_QUERIES; i++) {
        (void)sqlite3_finalize(state->statements[i]);
        state->statements[i] = NULL;
    }
    (void)sqlite3_close(state->database);
    state->database = NULL;
}

static void close_state(void *opaque)
{
    struct state *state = opaque;

    close_database(state);
    wh_close_fd(&state->lock);
    free(state->path);
    free(state);
}

static void cleanup_state(struct state **state)
{
    if (*state)
        close_state(*state);
}

static wh_status fail(const struct state *state, int code, struct wh_error *err)
{
    int kind = code & 0xff;

    if (kind == SQLITE_NOMEM)
        return wh_no_memory(err);
    return wh_fail(err, kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB ? WH_MALFORMED : WH_SYSTEM,
        "%s: %s", state->path,
        state->database ? sqlite3_errmsg(state->database) : sqlite3_errstr(code));
}

static wh_status execute(struct state *state, const char *text, struct wh_error *err)
{
    int code = sqlite3_exec(state->database, text, NULL, NULL, NULL);

    return code == SQLITE_OK ? WH_OK : fail(state, code, err);
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static wh_status connect_to(struct state *state, struct wh_error *err)
{
    int code = sqlite3_open_v2(state->path, &state->database,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

    if (code != SQLITE_OK)
        return fail(state, code, err);
    (void)sqlite3_busy_timeout(state->database, BUSY_MS);
    return execute(state, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", err);
}

/* The first column of the one row that a pragma answers with. */
static wh_status ask_pragma(
    struct state *state, const char *text, char out_answer[16], struct wh_error *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(state->database, text, -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        (void)snprintf(out_answer, 16, "%s", (const char *)sqlite3_column_text(statement, 0));
    wh_status status = code == SQLITE_ROW ? WH_OK : fail(state, code, err);
    (void)sqlite3_finalize(statement);
    return status;
}

static wh_status check_version(struct state *state, struct wh_error *err)
{
    char wanted[16], found[16];

    (void)snprintf(wanted, sizeof wanted, "%d", WH_SCHEMA_VERSION);
    WH_TRY(ask_pragma(state, "PRAGMA user_version", found, err));
    if (strcmp(found, wanted) != 0)
        return wh_fail(err, WH_UNSUPPORTED, "%s: of version %s", state->path, found);
    return WH_OK;
}

static wh_status make_tables(struct state *state, struct wh_error *err)
{
    char version[64];

    (void)snprintf(version, sizeof version, "PRAGMA user_version = %d", WH_SCHEMA_VERSION);
    WH_TRY(execute(state, wh_schema_text(WH_DIALECT_SQLITE), err));
    return execute(state, version, err);
}

static wh_status inspect(struct state *state, struct wh_error *err)
{
    char found[16];

    WH_TRY(connect_to(state, err));
    WH_TRY(check_version(state, err));
    WH_TRY(ask_pragma(state, "PRAGMA quick_check(1)", found, err));
    if (strcmp(found, "ok") != 0)
        return wh_fail(err, WH_MALFORMED, "%s: damaged", state->path);
    return WH_OK;
}

static wh_status remove_file(const char *path, const char *suffix, struct wh_error *err)
{
    wh_autofree char *name = NULL;

    if (asprintf(&name, "%s%s", path, suffix) < 0) {
        name = NULL;
        return wh_no_memory(err);
    }
    return unlink(name) == 0 || errno == ENOENT ? WH_OK : wh_fail_errno(err, "%s", name);
}

/* Nobody else has it open. */
static wh_status open_alone(struct state *state, struct wh_error *err)
{
    wh_status status = inspect(state, err);

    if (status != WH_MALFORMED && status != WH_UNSUPPORTED)
        return status;
    close_database(state);
    WH_TRY(remove_file(state->path, "-wal", err));
    WH_TRY(remove_file(state->path, "-shm", err));
    WH_TRY(remove_file(state->path, "", err));
    WH_TRY(connect_to(state, err));
    return make_tables(state, err);
}

static wh_status take_lock(struct state *state, int kind, struct wh_error *err)
{
    while (flock(state->lock, kind) < 0)
        if (errno != EINTR)
            return wh_fail_errno(err, "%s.lock", state->path);
    return WH_OK;
}

static wh_status open_locked(struct state *state, struct wh_error *err)
{
    if (flock(state->lock, LOCK_EX | LOCK_NB) == 0) {
        WH_TRY(open_alone(state, err));
        return take_lock(state, LOCK_SH, err);
    }
    WH_TRY(take_lock(state, LOCK_SH, err)); /* after whoever inspects it now */
    WH_TRY(connect_to(state, err));
    return check_version(state, err);
}

static wh_status open_state(const char *where, void **out_state, struct wh_error *err)
{
    wh_cleanup(cleanup_state) struct state *state = calloc(1, sizeof *state);
    wh_autofree char *lock = NULL;

    if (!state)
        return wh_no_memory(err);
    state->lock = -1;
    state->path = strdup(where);
    if (!state->path || asprintf(&lock, "%s.lock", where) < 0) {
        lock = NULL;
        return wh_no_memory(err);
    }
    state->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (state->lock < 0)
        return wh_fail_errno(err, "%s", lock);
    WH_TRY(open_locked(state, err));
    *out_state = wh_take(state);
    return WH_OK;
}

/* ---- asking -----------------------------------------------------------------------------------
 */

static wh_status prepare(
    struct state *state, enum wh_query query, sqlite3_stmt **out_statement, struct wh_error *err)
{
    sqlite3_stmt **statement = &state->statements[query];
    int code = SQLITE_OK;

    if (!*statement)
        code = sqlite3_prepare_v3(state->database, wh_query_text(query, WH_DIALECT_SQLITE), -1,
            SQLITE_PREPARE_PERSISTENT, statement, NULL);
    *out_statement = *statement;
    return code == SQLITE_OK ? WH_OK : fail(state, code, err);
}

/* The values outlive the statement's run: nothing is copied. */
static int bind(sqlite3_stmt *statement, const struct wh_value *values, uint32_t count)
{
    int code = SQLITE_OK;

    for (uint32_t i = 0; i < count && code == SQLITE_OK; i++) {
        int at = (int)i + 1;
        if (values[i].bytes)
            code = sqlite3_bind_blob64(
                statement, at, values[i].bytes, values[i].length, SQLITE_STATIC);
        else
            code = sqlite3_bind_int64(statement, at, values[i].number);
    }
    return code;
}

static wh_status take_row(
    sqlite3_stmt *statement, const struct wh_question *question, struct wh_error *err)
{
    struct wh_value row[WH_COLUMNS_MAX] = {0};
    uint32_t columns = (uint32_t)sqlite3_column_count(statement);

    if (columns > WH_COLUMNS_MAX)
        return wh_fail(err, WH_MALFORMED, "the catalogue has other columns");
    for (uint32_t i = 0; i < columns; i++) {
        if (sqlite3_column_type(statement, (int)i) == SQLITE_INTEGER) {
            row[i].number = sqlite3_column_int64(statement, (int)i);
            continue;
        }
        row[i].bytes = sqlite3_column_blob(statement, (int)i);
        row[i].length = (size_t)sqlite3_column_bytes(statement, (int)i);
        if (!row[i].bytes)
            row[i].bytes = ""; /* what SQLite gives of no bytes */
    }
    return question->take(question->context, row, columns, err);
}

static wh_status run(struct state *state, sqlite3_stmt *statement, struct wh_question *question,
    struct wh_error *err)
{
    int code = bind(statement, question->values, question->value_count);

    if (code != SQLITE_OK)
        return fail(state, code, err);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (question->take)
            WH_TRY(take_row(statement, question, err));
    if (code != SQLITE_DONE)
        return fail(state, code, err);
    question->changed = (uint64_t)sqlite3_changes(state->database);
    return WH_OK;
}

static wh_status ask(void *opaque, struct wh_question *question, struct wh_error *err)
{
    struct state *state = opaque;
    sqlite3_stmt *statement;

    WH_TRY(prepare(state, question->query, &statement, err));
    wh_status status = run(state, statement, question, err);
    (void)sqlite3_reset(statement); /* a statement that is not reset keeps the file from others */
    (void)sqlite3_clear_bindings(statement);
    return status;
}

/* ---- transactions -----------------------------------------------------------------------------
 */

static wh_status begin(void *opaque, struct wh_error *err)
{
    return execute(opaque, "BEGIN IMMEDIATE", err);
}

static wh_status add(void *opaque, const char *folder, const struct wh_known_package *packages,
    uint32_t count, struct wh_error *err)
{
    struct wh_value values[WH_PACKAGE_COLUMNS];
    struct wh_question question = {
        .query = WH_QUERY_ADD, .values = values, .value_count = WH_PACKAGE_COLUMNS};

    for (uint32_t i = 0; i < count; i++) {
        wh_package_values(folder, &packages[i], values);
        WH_TRY(ask(opaque, &question, err));
    }
    return WH_OK;
}

static wh_status commit(void *opaque, struct wh_error *err)
{
    return execute(opaque, "COMMIT", err);
}

static void undo(void *opaque)
{
    struct state *state = opaque;

    if (!sqlite3_get_autocommit(state->database))
        (void)sqlite3_exec(state->database, "ROLLBACK", NULL, NULL, NULL);
}

const struct wh_catalogue_driver wh_catalogue_sqlite = {
    .open = open_state,
    .close = close_state,
    .ask = ask,
    .begin = begin,
    .add = add,
    .commit = commit,
    .undo = undo,
};
