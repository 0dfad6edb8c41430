/* SPDX-License-Identifier: GPL-2.0-or-later */
/* post_test.c - one request to a backend, and all that may go wrong with it. */
#include "http_server.h"

#include <stdio.h>
#include <stdlib.h>

#include "backend/post.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/limits.h"

#define TEXT_OF(literal) ((struct wh_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

/* What the server does, and what comes of it. */
struct exchange {
    const char *status;
    const char *headers;
    struct wh_bytes body;
    const char *raw; /* in the place of all three */
    bool hangs;

    struct http_server server;
    struct wh_address address;
    struct wh_buffer answer;
};

static bool answer_as_told(void *context, const struct http_request *request, struct wh_buffer *out)
{
    const struct exchange *exchange = context;

    (void)request;
    if (exchange->raw)
        wh_buffer_append(out, exchange->raw, strlen(exchange->raw));
    else
        http_put(out, exchange->status, exchange->headers, exchange->body);
    return !exchange->hangs;
}

static void begin(struct exchange *exchange)
{
    http_start(&exchange->server, answer_as_told, exchange);
    if (!exchange->answer.ceiling)
        exchange->answer.ceiling = WH_INSTRUCTIONS_MAX;
    exchange->address.url = exchange->server.url;
    exchange->address.proxy = (char *)(uintptr_t) ""; /* whatever the environment says */
    exchange->address.connect_timeout = 5;
    exchange->address.timeout = 20;
}

static void end(struct exchange *exchange)
{
    http_end(&exchange->server);
    wh_buffer_clear(&exchange->answer);
}

static void is_told_what_came_back(void **state)
{
    wh_cleanup(end) struct exchange exchange = {
        .status = "200 OK", .headers = "Set-Cookie: who=you\r\n", .body = TEXT_OF("<answer/>")};

    (void)state;
    begin(&exchange);
    for (int i = 0; i < 2; i++) {
        exchange.answer.length = 0;
        OK(wh_post(&exchange.address, TEXT_OF("<request/>"), &exchange.answer, &err));
        assert_int_equal(exchange.answer.length, exchange.body.length);
        assert_memory_equal(exchange.answer.data, exchange.body.data, exchange.body.length);
    }
    http_stop(&exchange.server);
    assert_int_equal(exchange.server.request_count, 2);
    for (int i = 0; i < 2; i++) { /* the second is as the first: nothing is remembered */
        const struct http_request *request = &exchange.server.requests[i];
        assert_int_equal(strncmp(request->head, "POST /base/v1/upgrade HTTP/1.1\r\n", 32), 0);
        assert_int_equal(request->body.length, 10);
        assert_memory_equal(request->body.data, "<request/>", 10);
        assert_non_null(strstr(request->head, "\r\nContent-Type: application/xml\r\n"));
        assert_non_null(strstr(request->head, "\r\nAccept-Encoding: zstd\r\n"));
        assert_non_null(strstr(request->head, "\r\nUser-Agent: whittle/" WHITTLE_VERSION "\r\n"));
        assert_null(strstr(request->head, "Content-Encoding"));
        assert_null(strstr(request->head, "Cookie"));
        assert_null(strstr(request->head, "Expect"));
    }
    assert_string_equal(exchange.server.requests[0].head, exchange.server.requests[1].head);
}

static void only_long_bodies_are_frames(void **state)
{
    wh_cleanup(end) struct exchange exchange = {
        .status = "200 OK", .headers = "", .body = TEXT_OF("")};
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 1 << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer plain = {.ceiling = 1 << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = 1 << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer read = {.ceiling = 1 << 20};

    (void)state;
    wh_buffer_fill(&xml, 'x', WH_POST_PLAIN_MAX);
    OK(wh_post_encode(wh_buffer_bytes(&xml), &plain, &err));
    assert_int_equal(plain.length, xml.length);
    wh_buffer_u8(&xml, 'y');
    OK(wh_post_encode(wh_buffer_bytes(&xml), &frame, &err));
    assert_true(frame.length < xml.length / 4);
    begin(&exchange);
    OK(wh_post(&exchange.address, wh_buffer_bytes(&frame), &exchange.answer, &err));
    http_stop(&exchange.server);
    const struct http_request *request = &exchange.server.requests[0];
    assert_non_null(strstr(request->head, "\r\nContent-Encoding: zstd\r\n"));
    OK(wh_frame_read_all(wh_buffer_bytes(&request->body), &read, &err));
    assert_int_equal(read.length, xml.length);
    assert_memory_equal(read.data, xml.data, xml.length);
}

static void a_body_that_no_backend_takes_is_not_made(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 1 << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer body = {.ceiling = 1 << 10};
    uint32_t random = 1;

    (void)state;
    for (int i = 0; i < 8000; i++) {
        random = random * 1103515245 + 12345;
        wh_buffer_u8(&xml, (uint8_t)(random >> 16));
    }
    REFUSED(
        WH_OVER_LIMIT, "more than 1024 bytes", wh_post_encode(wh_buffer_bytes(&xml), &body, &err));
}

static void anything_but_an_answer_is_no_backend(void **state)
{
    static const struct {
        const char *part;
        struct exchange exchange;
    } cases[] = {
        {"status 503", {.status = "503 Busy", .headers = "Retry-After: 1\r\n"}},
        {"status 500", {.status = "500 Broken", .headers = ""}},
        {"status 400", {.status = "400 Bad", .headers = ""}},
        {"status 404", {.status = "404 None", .headers = ""}},
        {"status 204", {.raw = "HTTP/1.1 204 Nothing\r\nConnection: close\r\n\r\n"}},
        {"status 301", {.status = "301 Moved", .headers = "Location: http://127.0.0.1:9/\r\n"}},
        {"status 307", {.status = "307 Moved", .headers = "Location: /base/v1/elsewhere\r\n"}},
        {"status 302", {.status = "302 Moved", .headers = "Location: file:///etc/passwd\r\n"}},
        {"", {.raw = "no HTTP\r\n\r\n"}},
        {"", {.raw = ""}},
        {"", {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut short"}},
        {"", {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        wh_cleanup(end) struct exchange exchange = cases[i].exchange;
        begin(&exchange);
        REFUSED(WH_MISSING, cases[i].part,
            wh_post(&exchange.address, TEXT_OF("x"), &exchange.answer, &err));
        REFUSED(WH_MISSING, exchange.server.url,
            wh_post(&exchange.address, TEXT_OF("x"), &exchange.answer, &err));
        http_stop(&exchange.server);
        assert_int_equal(exchange.server.request_count, 2); /* no other place was asked */
    }
}

static void a_server_that_never_answers_is_given_up(void **state)
{
    wh_cleanup(end) struct exchange exchange = {.raw = "", .hangs = true};

    (void)state;
    begin(&exchange);
    exchange.address.timeout = 1;
    REFUSED(
        WH_MISSING, "timed out", wh_post(&exchange.address, TEXT_OF("x"), &exchange.answer, &err));
}

static void nobody_there(void **state)
{
    wh_cleanup(end) struct exchange exchange = {.raw = ""};
    char url[64];

    (void)state;
    begin(&exchange);
    http_nobody(url);
    exchange.address.url = url;
    REFUSED(WH_MISSING, url, wh_post(&exchange.address, TEXT_OF("x"), &exchange.answer, &err));
    http_stop(&exchange.server);
    assert_int_equal(exchange.server.request_count, 0);
}

/* Whether it says so beforehand or not. */
static void a_huge_answer_is_cut_off(void **state)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer body = {.ceiling = 1 << 20};
    wh_cleanup(wh_buffer_clear) struct wh_buffer raw = {.ceiling = 1 << 20};
    static const char head[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";

    (void)state;
    wh_buffer_fill(&body, 'x', 200001);
    wh_buffer_append(&raw, head, sizeof head - 1);
    wh_buffer_fill(&raw, 'x', 200001);
    wh_buffer_u8(&raw, '\0');
    for (int i = 0; i < 2; i++) {
        wh_cleanup(end) struct exchange exchange = {.status = "200 OK",
            .headers = "",
            .body = wh_buffer_bytes(&body),
            .raw = i ? (const char *)raw.data : NULL,
            .answer = {.ceiling = 200000}};
        begin(&exchange);
        REFUSED(WH_MISSING, "more than 200000 bytes",
            wh_post(&exchange.address, TEXT_OF("x"), &exchange.answer, &err));
        wh_buffer_clear(&exchange.answer);
        exchange.answer.ceiling = 200001;
        OK(wh_post(&exchange.address, TEXT_OF("x"), &exchange.answer, &err));
        assert_int_equal(exchange.answer.length, 200001);
    }
}

static void no_other_scheme_is_used(void **state)
{
    static const char *const urls[] = {"file:///etc/", "ftp://127.0.0.1/", "gopher://127.0.0.1/"};

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        const struct wh_address address = {
            .url = (char *)(uintptr_t)urls[i], .connect_timeout = 1, .timeout = 1};
        wh_cleanup(wh_buffer_clear) struct wh_buffer answer = {.ceiling = 1000};
        REFUSED(WH_MISSING, "rotocol", wh_post(&address, TEXT_OF("x"), &answer, &err));
        assert_int_equal(answer.length, 0);
    }
}

/* Which is given, and what the environment says is not used then. */
static bool answer_as_a_proxy(
    void *context, const struct http_request *request, struct wh_buffer *out)
{
    static const char password[] = "\r\nProxy-Authorization: Basic d2hvOnNlY3JldA==\r\n";

    (void)context;
    if (strstr(request->head, password))
        http_put(out, "200 OK", "", TEXT_OF("<answer/>"));
    else
        http_put(out, "407 Who", "Proxy-Authenticate: Basic realm=\"x\"\r\n", TEXT_OF(""));
    return true;
}

static void goes_through_a_proxy_with_its_password(void **state)
{
    static const char line[] = "POST http://backend.invalid/w/v1/upgrade HTTP/1.1\r\n";
    wh_cleanup(end) struct exchange exchange = {.raw = ""};
    char proxy[64];
    char nobody[64];

    (void)state;
    begin(&exchange);
    http_nobody(nobody);
    exchange.server.answer = answer_as_a_proxy;
    (void)snprintf(proxy, sizeof proxy, "%s", exchange.server.url);
    exchange.address.url = (char *)(uintptr_t) "http://backend.invalid/w/";
    exchange.address.proxy = proxy;
    exchange.address.proxy_user = (char *)(uintptr_t) "who";
    exchange.address.proxy_password = (char *)(uintptr_t) "secret";
    assert_int_equal(setenv("http_proxy", nobody, 1), 0);
    OK(wh_post(&exchange.address, TEXT_OF("x"), &exchange.answer, &err));
    assert_int_equal(unsetenv("http_proxy"), 0);
    http_stop(&exchange.server);
    const struct http_request *last = &exchange.server.requests[exchange.server.request_count - 1];
    assert_int_equal(strncmp(last->head, line, sizeof line - 1), 0);
    assert_int_equal(last->body.length, 1);
    assert_int_equal(exchange.answer.length, 9);
}

/* The certificates in their file are none: a check that is skipped does not read them. */
static void certificates_are_read_where_they_count(void **state)
{
    wh_cleanup(end) struct exchange exchange = {.raw = ""};
    char url[64];

    (void)state;
    begin(&exchange);
    (void)snprintf(url, sizeof url, "https%s", exchange.server.url + 4);
    exchange.address.url = url;
    exchange.address.ca_file = (char *)(uintptr_t) "/nonexistent/certificates";
    REFUSED(WH_MISSING, "/nonexistent/certificates",
        wh_post(&exchange.address, TEXT_OF("x"), &exchange.answer, &err));
}

static void addresses_are_compared_whole(void **state)
{
    const struct wh_address one = {.url = (char *)(uintptr_t) "u", .connect_timeout = 1};
    struct wh_address other = one;

    (void)state;
    char copy[] = "u";
    other.url = copy;
    assert_true(wh_address_equal(&one, &other));
    char *const *const strings[] = {
        &other.proxy, &other.proxy_user, &other.proxy_password, &other.ca_file};
    for (size_t i = 0; i < COUNT(strings); i++) {
        char **string = (char **)(uintptr_t)strings[i];
        *string = copy;
        assert_false(wh_address_equal(&one, &other));
        *string = NULL;
    }
    other.skip_verify = true;
    assert_false(wh_address_equal(&one, &other));
    other.skip_verify = false;
    other.timeout = 1;
    assert_false(wh_address_equal(&one, &other));
    other = one;
    other.connect_timeout = 2;
    assert_false(wh_address_equal(&one, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_told_what_came_back),
        cmocka_unit_test(only_long_bodies_are_frames),
        cmocka_unit_test(a_body_that_no_backend_takes_is_not_made),
        cmocka_unit_test(anything_but_an_answer_is_no_backend),
        cmocka_unit_test(a_server_that_never_answers_is_given_up),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(a_huge_answer_is_cut_off),
        cmocka_unit_test(no_other_scheme_is_used),
        cmocka_unit_test(goes_through_a_proxy_with_its_password),
        cmocka_unit_test(certificates_are_read_where_they_count),
        cmocka_unit_test(addresses_are_compared_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
