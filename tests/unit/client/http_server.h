/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http_server.h - a backend of a test, in a thread: what it answers is right or wrong as the test
 * wants it, and what it was asked is kept. One request a connection, one after the other. */
#ifndef WHITTLE_TESTS_CLIENT_HTTP_SERVER_H
#define WHITTLE_TESTS_CLIENT_HTTP_SERVER_H

#include <pthread.h>

#include "check.h"
#include "whittle/bytes.h"

#define HTTP_REQUESTS_MAX 8

struct http_request {
    char *head; /* request line and headers */
    struct wh_buffer body;
};

/* Fills out with all bytes of the answer; false: nothing is sent, and the connection stays open. */
typedef bool http_answer_fn(
    void *context, const struct http_request *request, struct wh_buffer *out);

struct http_server {
    char url[64]; /* base URL */
    http_answer_fn *answer;
    void *context;
    struct http_request requests[HTTP_REQUESTS_MAX];
    unsigned request_count; /* read after http_stop(), or after the answer came */

    int listener;
    int open[HTTP_REQUESTS_MAX];
    pthread_t thread;
};

void http_start(struct http_server *server, http_answer_fn *answer, void *context);
/* Ends the thread; the requests stay. */
void http_stop(struct http_server *server);
/* Both, and forgets the requests. */
void http_end(struct http_server *server);

/* An answer with a body; headers: whole lines, or "". */
void http_put(struct wh_buffer *out, const char *status, const char *headers, struct wh_bytes body);

/* A base URL where nobody listens. */
void http_nobody(char out_url[64]);

#endif
