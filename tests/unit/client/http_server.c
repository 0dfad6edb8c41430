/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http_server.c - see http_server.h. */
#include "http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "whittle/cleanup.h"

enum { HEAD_MAX = 1 << 13, BODY_MAX = 1 << 24 };

/* Whole head, then as much of the body as it says. */
static bool read_request(int fd, struct http_request *request)
{
    char head[HEAD_MAX + 1];
    size_t length = 0;

    while (length < HEAD_MAX && read(fd, head + length, 1) == 1) {
        head[++length] = '\0';
        if (length >= 4 && strcmp(head + length - 4, "\r\n\r\n") == 0)
            break;
    }
    request->head = strndup(head, length);
    request->body = (struct wh_buffer){.ceiling = BODY_MAX};
    const char *announced = length > 0 ? strcasestr(head, "\r\nContent-Length: ") : NULL;
    size_t left = 0;
    for (announced = announced ? announced + 18 : ""; *announced >= '0'; announced++)
        left = 10 * left + (size_t)(*announced - '0');
    while (left > 0) {
        uint8_t chunk[4096];
        ssize_t count = read(fd, chunk, left < sizeof chunk ? left : sizeof chunk);
        if (count <= 0)
            return false;
        wh_buffer_append(&request->body, chunk, (size_t)count);
        left -= (size_t)count;
    }
    return length > 0;
}

static void write_all(int fd, const struct wh_buffer *bytes)
{
    size_t done = 0;

    while (done < bytes->length) {
        ssize_t count = send(fd, bytes->data + done, bytes->length - done, MSG_NOSIGNAL);
        if (count <= 0) /* who asked has had enough */
            return;
        done += (size_t)count;
    }
}

static void serve(struct http_server *server, int fd)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer answer = {.ceiling = 1u << 26};
    struct http_request *request = &server->requests[server->request_count];

    if (!read_request(fd, request))
        return;
    unsigned number = server->request_count++;
    if (server->answer(server->context, request, &answer)) {
        write_all(fd, &answer);
        (void)shutdown(fd, SHUT_WR);
        return;
    }
    server->open[number] = dup(fd);
}

static void *run(void *context)
{
    struct http_server *server = context;

    while (server->request_count < HTTP_REQUESTS_MAX) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0)
            break;
        serve(server, fd);
        (void)close(fd);
    }
    return NULL;
}

static int listen_anywhere(char out_url[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    (void)snprintf(out_url, 64, "http://127.0.0.1:%u/base/", (unsigned)ntohs(address.sin_port));
    return fd;
}

void http_start(struct http_server *server, http_answer_fn *answer, void *context)
{
    *server = (struct http_server){.answer = answer, .context = context};
    for (int i = 0; i < HTTP_REQUESTS_MAX; i++)
        server->open[i] = -1;
    server->listener = listen_anywhere(server->url);
    assert_int_equal(listen(server->listener, 16), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
}

void http_stop(struct http_server *server)
{
    if (server->listener < 0)
        return;
    (void)shutdown(server->listener, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->listener);
    server->listener = -1;
    for (int i = 0; i < HTTP_REQUESTS_MAX; i++)
        wh_close_fd(&server->open[i]);
}

void http_end(struct http_server *server)
{
    http_stop(server);
    for (unsigned i = 0; i < HTTP_REQUESTS_MAX; i++) {
        free(server->requests[i].head);
        wh_buffer_clear(&server->requests[i].body);
    }
}

void http_put(struct wh_buffer *out, const char *status, const char *headers, struct wh_bytes body)
{
    wh_autofree char *head = NULL;

    assert_true(asprintf(&head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n",
                    status, body.length, headers) > 0);
    wh_buffer_append(out, head, strlen(head));
    wh_buffer_append(out, body.data, body.length);
}

void http_nobody(char out_url[64])
{
    assert_int_equal(close(listen_anywhere(out_url)), 0);
}
