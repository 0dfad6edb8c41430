/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server.c - see server.h. */
#include "whittled/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittled/answers.h"
#include "whittled/exchange.h"
#include "whittled/patrol.h"

#define IDLE_SECONDS 75u         /* without a byte in either direction; proxies give up before */
#define CONNECTION_MEMORY 16384u /* bytes for a request's head */
#define IO_THREADS 4u
#define LAST_SECONDS 5u /* for sending what was answered late */
#define DRAINED_MAX                                                                                \
    (4u << 20) /* bytes of a body that is refused, read so that the client sees why */
#define HELD_MAX (256ull << 20) /* bytes of all bodies and answers at the same time */
#define RATE_MIN 1024u          /* bytes a second that a client must take an answer with */

struct wh_server {
    struct wh_server_options options;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    pthread_cond_t emptied;
    struct wh_exchange *first;
    struct wh_exchange **last;
    uint32_t waiting; /* for a desk */
    uint32_t working; /* at one */
    uint32_t open;    /* requests that have begun and not ended */
    bool stops;
    atomic_bool drains; /* it is to stop: no connection is kept for another request */
    atomic_uint_fast64_t held;
    struct wh_proofs proofs;
    struct wh_patrol *patrol;
    pthread_t *threads;
    uint32_t thread_count;
};

/* Counts what an exchange holds in memory now; false where it would be too much for all together.
 */
static bool hold(struct wh_server *server, struct wh_exchange *exchange)
{
    uint64_t bytes = (uint64_t)exchange->body.capacity + exchange->answer.capacity;
    uint64_t change = bytes - exchange->held; /* modulo 2^64 */
    bool fits = bytes <= exchange->held ||
                atomic_load(&server->held) + change <= HELD_MAX; /* about */

    (void)atomic_fetch_add(&server->held, change);
    exchange->held = bytes;
    return fits;
}

/* ---- desks --------------------------------------------------------------------------------- */

static struct wh_exchange *next_exchange(struct wh_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    while (!server->first && !server->stops)
        (void)pthread_cond_wait(&server->arrived, &server->lock);
    struct wh_exchange *exchange = server->first;
    if (exchange) {
        server->first = exchange->next;
        if (!server->first)
            server->last = &server->first;
        server->waiting--;
        server->working++;
    }
    (void)pthread_mutex_unlock(&server->lock);
    return exchange;
}

/* The connection's own thread goes on from here. */
static void hand_back(struct wh_server *server, struct wh_exchange *exchange)
{
    (void)pthread_mutex_lock(&server->lock);
    exchange->is_done = true;
    exchange->is_waiting = false;
    server->working--;
    (void)pthread_mutex_unlock(&server->lock);
    MHD_resume_connection(exchange->connection);
}

/* A thread's desk needs the catalogue, which may not be there when the thread begins. */
static bool has_desk(const struct wh_server *server, struct wh_desk **desk)
{
    struct wh_error error = {0};

    if (*desk || wh_desk_new(&server->options.desk, desk, &error) == WH_OK)
        return true;
    (void)fprintf(stderr, "whittled: %s\n", error.message);
    return false;
}

static void work_on(struct wh_server *server, struct wh_exchange *exchange, struct wh_desk **desk)
{
    bool lost;

    if (exchange->route == WH_ROUTE_BUNDLE) { /* the store's alone, but for what it has lost */
        wh_answer_bundle(exchange, server->options.store, &server->proofs, &lost);
        if (lost && has_desk(server, desk))
            wh_desk_forget(*desk, exchange->bundle);
    } else if (has_desk(server, desk)) {
        wh_answer_upgrade(exchange, *desk);
    } else {
        wh_answer_failure(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "the backend cannot answer now");
    }
}

static void *attend(void *context)
{
    struct wh_server *server = context;
    struct wh_desk *desk = NULL;
    struct wh_exchange *exchange;

    while ((exchange = next_exchange(server)) != NULL) {
        work_on(server, exchange, &desk);
        if (!hold(server, exchange))
            wh_answer_failure(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "the backend is busy");
        hand_back(server, exchange);
    }
    wh_desk_free(desk);
    return NULL;
}

/* False where too many wait already. */
static bool queue(struct wh_server *server, struct wh_exchange *exchange)
{
    (void)pthread_mutex_lock(&server->lock);
    bool fits = !server->stops && server->waiting < server->options.waiting_max;
    if (fits) {
        exchange->is_waiting = true;
        MHD_suspend_connection(exchange->connection);
        *server->last = exchange;
        server->last = &exchange->next;
        server->waiting++;
        (void)pthread_cond_signal(&server->arrived);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return fits;
}

/* ---- requests ------------------------------------------------------------------------------ */

static char *printable_line(const char *method, const char *url)
{
    enum { LONGEST = 256 };
    char *line;

    if (asprintf(&line, "%.16s %.*s", method, LONGEST, url) < 0)
        return NULL;
    for (char *at = line; *at; at++)
        if (*at < ' ' || *at > '~' || *at == '"')
            *at = '?';
    return line;
}

static struct wh_watch *watch_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

/* From here on the client has as long as the answer's length allows. */
static enum MHD_Result send_answer(struct wh_server *server, struct wh_exchange *exchange)
{
    enum MHD_Result result;

    exchange->is_last = exchange->is_last || server->drains;
    if (exchange->is_proved)
        result = wh_answer_bundle_file(exchange, server->options.store);
    else
        result = wh_answer_send(exchange);
    wh_patrol_allow(server->patrol, watch_of(exchange->connection),
        server->options.desk.deadline + exchange->sent / RATE_MIN);
    return result;
}

static bool announces_too_much(struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(
        connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t value;

    return length && !wh_decimal(length, DRAINED_MAX, &value);
}

static enum MHD_Result begin(struct wh_server *server, struct MHD_Connection *connection,
    const char *method, const char *url, void **state)
{
    struct wh_exchange *exchange = calloc(1, sizeof *exchange);

    if (!exchange)
        return MHD_NO;
    exchange->connection = connection;
    exchange->body.ceiling = WH_UPGRADE_STORED_MAX;
    (void)clock_gettime(CLOCK_MONOTONIC, &exchange->start);
    exchange->line = printable_line(method, url);
    wh_exchange_route(exchange, method, url);
    *state = exchange;
    (void)pthread_mutex_lock(&server->lock);
    server->open++;
    (void)pthread_mutex_unlock(&server->lock);
    if (!announces_too_much(connection))
        return MHD_YES;
    exchange->too_long = true; /* answered before it comes */
    exchange->is_last = true;
    wh_answer_failure(exchange, MHD_HTTP_CONTENT_TOO_LARGE, WH_TOO_LONG_TEXT);
    return send_answer(server, exchange);
}

/* What is not wanted is read to its end, if that comes soon, but not kept: the client can then read
 * why. */
static enum MHD_Result take_part(
    struct wh_server *server, struct wh_exchange *exchange, const char *data, size_t length)
{
    exchange->taken += length;
    if (exchange->taken > DRAINED_MAX)
        return MHD_NO;
    if (exchange->route != WH_ROUTE_UPGRADE || exchange->wrong_method || exchange->too_long ||
        exchange->no_room)
        return MHD_YES;
    wh_buffer_append(&exchange->body, data, length);
    exchange->too_long = exchange->body.failed && exchange->body.full;
    exchange->no_room = !hold(server, exchange) || (exchange->body.failed && !exchange->too_long);
    if (exchange->too_long || exchange->no_room) {
        wh_buffer_clear(&exchange->body);
        (void)hold(server, exchange);
    }
    return MHD_YES;
}

static enum MHD_Result be_busy(struct wh_server *server, struct wh_exchange *exchange)
{
    wh_metric_add(server->options.metrics, WH_METRIC_BUSY, 1);
    wh_answer_failure(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "the backend is busy");
    return send_answer(server, exchange);
}

/* A desk's time has a limit of its own. */
static enum MHD_Result queue_or_refuse(struct wh_server *server, struct wh_exchange *exchange)
{
    wh_patrol_allow(server->patrol, watch_of(exchange->connection), 0);
    return queue(server, exchange) ? MHD_YES : be_busy(server, exchange);
}

static enum MHD_Result send_bundle(struct wh_server *server, struct wh_exchange *exchange)
{
    if (wh_answer_has_it(exchange)) {
        wh_answer_not_modified(exchange);
        return send_answer(server, exchange);
    }
    exchange->is_proved = wh_is_proved(&server->proofs, exchange->bundle);
    return exchange->is_proved ? send_answer(server, exchange) : queue_or_refuse(server, exchange);
}

static void answer_metrics(struct wh_server *server, struct wh_exchange *exchange)
{
    struct wh_error error;

    (void)pthread_mutex_lock(&server->lock);
    const struct wh_gauges gauges = {
        .known_packages = wh_library_packages(server->options.library),
        .publications = wh_library_publications(server->options.library),
        .waiting_requests = (uint64_t)server->waiting + server->working,
    };
    (void)pthread_mutex_unlock(&server->lock);
    exchange->answer.ceiling = 1 << 16;
    exchange->status = MHD_HTTP_OK;
    exchange->content_type = "text/plain; version=0.0.4";
    if (wh_metrics_write(server->options.metrics, &gauges, &exchange->answer, &error) != WH_OK)
        wh_answer_failure(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, error.message);
}

static enum MHD_Result answer(struct wh_server *server, struct wh_exchange *exchange)
{
    if (exchange->is_done)
        return send_answer(server, exchange);
    if (exchange->route == WH_ROUTE_UNKNOWN) {
        wh_answer_failure(exchange, MHD_HTTP_NOT_FOUND, "there is nothing here");
    } else if (exchange->wrong_method) {
        wh_answer_failure(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, "not by this method");
    } else if (exchange->route == WH_ROUTE_HEALTH) {
        wh_answer_failure(exchange, MHD_HTTP_OK, "ok");
    } else if (exchange->route == WH_ROUTE_METRICS) {
        answer_metrics(server, exchange);
    } else if (exchange->route == WH_ROUTE_BUNDLE) {
        return send_bundle(server, exchange);
    } else if (wh_answer_refuse_body(exchange)) {
        return send_answer(server, exchange);
    } else {
        return exchange->no_room ? be_busy(server, exchange) : queue_or_refuse(server, exchange);
    }
    return send_answer(server, exchange);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload_data, size_t *upload_data_size,
    void **state)
{
    struct wh_exchange *exchange = *state;

    (void)version;
    if (!exchange)
        return begin(context, connection, method, url, state);
    if (*upload_data_size > 0) {
        enum MHD_Result taken = take_part(context, exchange, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return taken;
    }
    return answer(context, exchange);
}

/* ---- the end of a request ------------------------------------------------------------------ */

static void log_line(const struct wh_server *server, const struct wh_exchange *exchange)
{
    struct timespec now;
    struct tm broken;
    time_t seconds = time(NULL);
    char stamp[32];
    char peer[64];

    if (!server->options.access_log)
        return;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    long long took = (now.tv_sec - exchange->start.tv_sec) * 1000ll +
                     (now.tv_nsec - exchange->start.tv_nsec) / 1000000;
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &broken));
    wh_answer_peer(exchange->connection, peer, sizeof peer);
    (void)fprintf(server->options.access_log, "%s [%s] \"%s\" %u %llu %lld\n", peer, stamp,
        exchange->line ? exchange->line : "?", exchange->status, (unsigned long long)exchange->sent,
        took);
    (void)fflush(server->options.access_log);
}

static void end(void *context, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
    struct wh_server *server = context;
    struct wh_exchange *exchange = *state;

    if (!exchange)
        return;
    wh_patrol_allow(server->patrol, watch_of(connection),
        (uint64_t)IDLE_SECONDS + server->options.desk.deadline);
    wh_metric_add(server->options.metrics, WH_METRIC_REQUESTS, 1);
    if (exchange->status >= 400)
        wh_metric_add(server->options.metrics, WH_METRIC_REFUSED, 1);
    if (exchange->is_head)
        exchange->sent = 0;
    if (exchange->route == WH_ROUTE_BUNDLE && exchange->status == MHD_HTTP_OK &&
        !exchange->is_head && code == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
        wh_metric_add(server->options.metrics, WH_METRIC_SENT_BUNDLES, 1);
        wh_metric_add(server->options.metrics, WH_METRIC_SENT_BYTES, exchange->sent);
    }
    log_line(server, exchange);
    wh_buffer_clear(&exchange->body);
    wh_buffer_clear(&exchange->answer);
    (void)hold(server, exchange);
    free(exchange->line);
    free(exchange);
    *state = NULL;
    (void)pthread_mutex_lock(&server->lock);
    server->open--;
    (void)pthread_cond_broadcast(&server->emptied);
    (void)pthread_mutex_unlock(&server->lock);
}

/* A connection comes or goes; its socket is open still. */
static void meet(void *context, struct MHD_Connection *connection, void **socket_context,
    enum MHD_ConnectionNotificationCode code)
{
    struct wh_server *server = context;
    const union MHD_ConnectionInfo *info;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        wh_patrol_remove(server->patrol, *socket_context);
        *socket_context = NULL;
        return;
    }
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = info ? wh_patrol_add(
                                 server->patrol, info->connect_fd, server->options.desk.deadline)
                           : NULL;
}

/* ---- its life ------------------------------------------------------------------------------ */

static wh_status start_desks(struct wh_server *server, struct wh_error *err)
{
    server->threads = wh_array(server->options.desks, sizeof *server->threads, SIZE_MAX, err);
    if (!server->threads)
        return wh_no_memory(err);
    for (; server->thread_count < server->options.desks; server->thread_count++) {
        int failed = pthread_create(&server->threads[server->thread_count], NULL, attend, server);
        if (failed) {
            errno = failed;
            return wh_fail_errno(err, "a thread for requests");
        }
    }
    return WH_OK;
}

static wh_status start_listening(struct wh_server *server, struct wh_error *err)
{
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL,
        handle, server, MHD_OPTION_LISTEN_SOCKET, server->options.listener,
        MHD_OPTION_NOTIFY_COMPLETED, end, server, MHD_OPTION_NOTIFY_CONNECTION, meet, server,
        MHD_OPTION_THREAD_POOL_SIZE, IO_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        server->options.connections_max, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    return server->daemon ? WH_OK
                          : wh_fail(err, WH_SYSTEM, "libmicrohttpd cannot serve this socket");
}

wh_status wh_server_new(
    const struct wh_server_options *options, struct wh_server **out_server, struct wh_error *err)
{
    struct wh_server *server = calloc(1, sizeof *server);

    if (!server)
        return wh_no_memory(err);
    server->options = *options;
    server->last = &server->first;
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_cond_init(&server->arrived, NULL);
    (void)pthread_cond_init(&server->emptied, NULL);
    wh_status status = wh_patrol_new(&server->patrol, err);
    if (status == WH_OK)
        status = start_desks(server, err);
    if (status == WH_OK)
        status = start_listening(server, err);
    if (status != WH_OK) {
        wh_server_stop(server, 0);
        return status;
    }
    *out_server = server;
    return WH_OK;
}

static void wait_until_empty(struct wh_server *server, uint32_t patience)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += patience;
    (void)pthread_mutex_lock(&server->lock);
    while (server->open > 0 &&
           pthread_cond_timedwait(&server->emptied, &server->lock, &until) != ETIMEDOUT)
        ;
    (void)pthread_mutex_unlock(&server->lock);
}

static void stop_desks(struct wh_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->stops = true;
    (void)pthread_cond_broadcast(&server->arrived);
    (void)pthread_mutex_unlock(&server->lock);
}

void wh_server_stop(struct wh_server *server, uint32_t patience)
{
    MHD_socket listener = MHD_INVALID_SOCKET;

    server->drains = true;
    if (server->daemon)
        listener = MHD_quiesce_daemon(server->daemon);
    wait_until_empty(server, patience);
    stop_desks(server);
    for (uint32_t i = 0; i < server->thread_count;
         i++) /* each finishes what it has, and the rest */
        (void)pthread_join(server->threads[i], NULL);
    if (server->daemon && server->thread_count > 0)
        wait_until_empty(server, LAST_SECONDS); /* what they answered is sent */
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    if (listener != MHD_INVALID_SOCKET)
        (void)close(listener);
    wh_patrol_free(server->patrol);
    free(server->threads);
    (void)pthread_cond_destroy(&server->arrived);
    (void)pthread_cond_destroy(&server->emptied);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}
