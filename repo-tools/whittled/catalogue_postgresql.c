/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalogue_postgresql.c - the catalogue in PostgreSQL, for the processes of several machines.
 * Values travel in libpq's binary form beside prepared statements. A connection that was lost
 * between two transactions is made again once. */
#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittled/catalogue_driver.h"

/* Types as PostgreSQL's catalogue pg_type numbers them. */
enum { TYPE_BYTEA = 17, TYPE_INT8 = 20 };
enum { BINARY = 1 };

/* Of COPY: rows are sent when so much has come together; one of them may be as long as that. */
#define COPY_PART (64u << 10)
#define COPY_MAX (64u << 20)

struct state {
    PGconn *connection;
    bool is_prepared[WH_QUERIES];
};

static void close_state(void *opaque)
{
    struct state *state = opaque;

    PQfinish(state->connection);
    free(state);
}

static void cleanup_state(struct state **state)
{
    if (*state)
        close_state(*state);
}

static void clear_result(PGresult **result)
{
    PQclear(*result);
}

/* libpq's messages have several lines. */
static wh_status fail(const struct state *state, struct wh_error *err)
{
    char message[400];

    (void)snprintf(message, sizeof message, "%s", PQerrorMessage(state->connection));
    for (char *at = message; *at; at++)
        if (*at == '\n')
            *at = at[1] ? ' ' : '\0';
    return wh_fail(err, WH_SYSTEM, "PostgreSQL: %s", message);
}

/* Statements of this file's own; results are not looked at. */
static wh_status execute(struct state *state, const char *text, struct wh_error *err)
{
    wh_cleanup(clear_result) PGresult *result = PQexec(state->connection, text);
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? WH_OK : fail(state, err);
}

/* ---- connecting -------------------------------------------------------------------------------
 */

static void be_quiet(void *context, const char *message)
{
    (void)context;
    (void)message;
}

/* Two processes that make the same table at the same time would fail: one at a time. Where they are
 * made nothing is locked, and no right to make them needed. */
static wh_status make_tables(struct state *state, struct wh_error *err)
{
    wh_cleanup(clear_result) PGresult *result = PQexec(state->connection, wh_is_made_text());

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return fail(state, err);
    if (PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), "t") == 0)
        return WH_OK;
    WH_TRY(execute(state, "BEGIN; SELECT pg_advisory_xact_lock(30052025)", err));
    WH_TRY(execute(state, wh_schema_text(WH_DIALECT_POSTGRESQL), err));
    return execute(state, "COMMIT", err);
}

static wh_status set_up(struct state *state, struct wh_error *err)
{
    if (PQstatus(state->connection) != CONNECTION_OK)
        return fail(state, err);
    memset(state->is_prepared, 0, sizeof state->is_prepared);
    (void)PQsetNoticeProcessor(state->connection, be_quiet, NULL);
    WH_TRY(execute(state,
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;"
        "SET statement_timeout = '120s'",
        err));
    return make_tables(state, err);
}

static wh_status open_state(const char *where, void **out_state, struct wh_error *err)
{
    /* What the address says itself comes later, and wins. */
    static const char *const names[] = {
        "connect_timeout", "tcp_user_timeout", "application_name", "dbname", NULL};
    const char *const values[] = {"10", "15000", "whittled", where, NULL};
    wh_cleanup(cleanup_state) struct state *state = calloc(1, sizeof *state);

    if (!state)
        return wh_no_memory(err);
    state->connection = PQconnectdbParams(names, values, 1);
    if (!state->connection)
        return wh_no_memory(err);
    WH_TRY(set_up(state, err));
    *out_state = wh_take(state);
    return WH_OK;
}

/* After a failure: may it be tried again on a new connection? */
static bool has_reconnected(struct state *state)
{
    if (PQstatus(state->connection) != CONNECTION_BAD)
        return false;
    PQreset(state->connection);
    return set_up(state, NULL) == WH_OK;
}

/* ---- asking -----------------------------------------------------------------------------------
 */

/* Values as libpq takes them. */
struct parameters {
    uint64_t numbers[WH_COLUMNS_MAX]; /* big-endian */
    const char *values[WH_COLUMNS_MAX];
    int lengths[WH_COLUMNS_MAX];
    int formats[WH_COLUMNS_MAX];
    Oid types[WH_COLUMNS_MAX];
};

static wh_status fill(
    struct parameters *out, const struct wh_question *question, struct wh_error *err)
{
    for (uint32_t i = 0; i < question->value_count; i++) {
        const struct wh_value *value = &question->values[i];
        if (value->length > COPY_MAX)
            return wh_fail(err, WH_OVER_LIMIT, "a value of %zu bytes", value->length);
        out->numbers[i] = htobe64((uint64_t)value->number);
        out->values[i] = value->bytes ? value->bytes : (const char *)&out->numbers[i];
        out->lengths[i] = value->bytes ? (int)value->length : (int)sizeof out->numbers[i];
        out->formats[i] = BINARY;
        out->types[i] = value->bytes ? TYPE_BYTEA : TYPE_INT8;
    }
    return WH_OK;
}

static wh_status prepare(struct state *state, const struct wh_question *question, const char *name,
    const struct parameters *parameters, struct wh_error *err)
{
    if (state->is_prepared[question->query])
        return WH_OK;
    wh_cleanup(clear_result) PGresult *result = PQprepare(state->connection, name,
        wh_query_text(question->query, WH_DIALECT_POSTGRESQL), (int)question->value_count,
        parameters->types);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return fail(state, err);
    state->is_prepared[question->query] = true;
    return WH_OK;
}

static wh_status take_row(
    const PGresult *result, int at, const struct wh_question *question, struct wh_error *err)
{
    struct wh_value row[WH_COLUMNS_MAX] = {0};
    int columns = PQnfields(result);

    if (columns > (int)WH_COLUMNS_MAX)
        return wh_fail(err, WH_MALFORMED, "the catalogue has other columns");
    for (int i = 0; i < columns; i++) {
        uint64_t number;
        row[i].bytes = PQgetvalue(result, at, i); /* never NULL */
        row[i].length = (size_t)PQgetlength(result, at, i);
        if (PQftype(result, i) != TYPE_INT8 || row[i].length != sizeof number)
            continue;
        memcpy(&number, row[i].bytes, sizeof number);
        row[i] = (struct wh_value){.number = (int64_t)be64toh(number)};
    }
    return question->take(question->context, row, (uint32_t)columns, err);
}

static wh_status take_result(
    const PGresult *result, struct wh_question *question, struct wh_error *err)
{
    char *changed = PQcmdTuples((PGresult *)(uintptr_t)result);

    for (int i = 0; question->take && i < PQntuples(result); i++)
        WH_TRY(take_row(result, i, question, err));
    question->changed = 0;
    if (changed[0])
        (void)wh_decimal(changed, UINT64_MAX, &question->changed);
    return WH_OK;
}

static wh_status ask_once(struct state *state, const struct wh_question *question,
    PGresult **out_result, struct wh_error *err)
{
    struct parameters parameters = {0};
    char name[16];

    (void)snprintf(name, sizeof name, "query%d", (int)question->query);
    WH_TRY(fill(&parameters, question, err));
    WH_TRY(prepare(state, question, name, &parameters, err));
    wh_cleanup(clear_result)
        PGresult *result = PQexecPrepared(state->connection, name, (int)question->value_count,
            parameters.values, parameters.lengths, parameters.formats, BINARY);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        return fail(state, err);
    *out_result = wh_take(result);
    return WH_OK;
}

static wh_status ask(void *opaque, struct wh_question *question, struct wh_error *err)
{
    struct state *state = opaque;
    wh_cleanup(clear_result) PGresult *result = NULL;
    bool is_alone = PQtransactionStatus(state->connection) == PQTRANS_IDLE ||
                    PQstatus(state->connection) == CONNECTION_BAD;

    wh_status status = ask_once(state, question, &result, err);
    if (status != WH_OK && is_alone && has_reconnected(state))
        status = ask_once(state, question, &result, err);
    WH_TRY(status);
    return take_result(result, question, err);
}

/* ---- transactions -----------------------------------------------------------------------------
 */

static void undo(void *opaque)
{
    struct state *state = opaque;

    if (PQtransactionStatus(state->connection) != PQTRANS_IDLE)
        (void)execute(state, "ROLLBACK", NULL);
}

/* Two that replace one folder at the same time would both add to it. Readers are not kept off. */
static wh_status begin(void *opaque, struct wh_error *err)
{
    struct state *state = opaque;

    wh_status status = execute(state, wh_begin_text(), err);
    if (status != WH_OK && has_reconnected(state))
        status = execute(state, wh_begin_text(), err);
    if (status != WH_OK)
        undo(state);
    return status;
}

/* Rows in the binary form of COPY: its documentation gives the layout. */
static void append_header(struct wh_buffer *buffer)
{
    static const char signature[] = "PGCOPY\n\377\r\n"; /* and its NUL */

    wh_buffer_append(buffer, signature, sizeof signature);
    wh_buffer_be32(buffer, 0); /* flags */
    wh_buffer_be32(buffer, 0); /* no extension */
}

static void append_columns(struct wh_buffer *buffer, uint16_t columns)
{
    wh_buffer_u8(buffer, (uint8_t)(columns >> 8));
    wh_buffer_u8(buffer, (uint8_t)columns);
}

static void append_row(struct wh_buffer *buffer, const struct wh_value *row, uint16_t columns)
{
    append_columns(buffer, columns);
    for (uint16_t i = 0; i < columns; i++) {
        uint64_t number = htobe64((uint64_t)row[i].number);
        size_t length = row[i].bytes ? row[i].length : sizeof number;
        wh_buffer_be32(buffer, (uint32_t)length);
        wh_buffer_append(buffer, row[i].bytes ? row[i].bytes : &number, length);
    }
}

static wh_status send_rows(struct state *state, struct wh_buffer *buffer, struct wh_error *err)
{
    WH_TRY(wh_buffer_check(buffer, err));
    if (PQputCopyData(state->connection, (const char *)buffer->data, (int)buffer->length) != 1)
        return fail(state, err);
    buffer->length = 0;
    return WH_OK;
}

static wh_status copy_rows(struct state *state, const char *folder,
    const struct wh_known_package *packages, uint32_t count, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer buffer = {.ceiling = COPY_MAX};
    struct wh_value row[WH_PACKAGE_COLUMNS];

    append_header(&buffer);
    for (uint32_t i = 0; i < count; i++) {
        wh_package_values(folder, &packages[i], row);
        append_row(&buffer, row, WH_PACKAGE_COLUMNS);
        if (buffer.length >= COPY_PART)
            WH_TRY(send_rows(state, &buffer, err));
    }
    append_columns(&buffer, UINT16_MAX); /* the end */
    return send_rows(state, &buffer, err);
}

static wh_status end_copy(struct state *state, const char *why_not, struct wh_error *err)
{
    wh_status status = WH_OK;
    PGresult *result;

    if (PQputCopyEnd(state->connection, why_not) != 1)
        status = fail(state, err);
    while ((result = PQgetResult(state->connection)) != NULL) {
        if (status == WH_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
            status = fail(state, err);
        PQclear(result);
    }
    return status;
}

static wh_status add(void *opaque, const char *folder, const struct wh_known_package *packages,
    uint32_t count, struct wh_error *err)
{
    struct state *state = opaque;
    wh_cleanup(clear_result) PGresult *result = PQexec(state->connection, wh_copy_text());

    if (PQresultStatus(result) != PGRES_COPY_IN)
        return fail(state, err);
    wh_status status = copy_rows(state, folder, packages, count, err);
    if (status != WH_OK) {
        (void)end_copy(state, "given up", NULL);
        return status;
    }
    return end_copy(state, NULL, err);
}

/* A transaction that has failed answers COMMIT with a rollback, and no error. */
static wh_status commit(void *opaque, struct wh_error *err)
{
    struct state *state = opaque;
    wh_cleanup(clear_result) PGresult *result = PQexec(state->connection, "COMMIT");

    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return fail(state, err);
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
        return wh_fail(err, WH_SYSTEM, "PostgreSQL: the transaction was undone");
    return WH_OK;
}

const struct wh_catalogue_driver wh_catalogue_postgresql = {
    .open = open_state,
    .close = close_state,
    .ask = ask,
    .begin = begin,
    .add = add,
    .commit = commit,
    .undo = undo,
};
