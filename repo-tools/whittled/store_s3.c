/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_s3.c - a store in a bucket of anything that speaks as S3 does. libcurl signs the requests;
 * connections are kept with the handles that made them. What comes back is hostile. */
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "whittle/cleanup.h"
#include "whittled/store_key.h"
#include "whittled/store_kind.h"

enum {
    IDLE_MAX = 16,        /* handles that are kept */
    CONNECT_SECONDS = 10, /* until a connection stands */
    STALL_SECONDS = 30,   /* with less than STALL_BYTES a second: it is given up */
    STALL_BYTES = 1024,
    REQUEST_SECONDS = 600, /* for all of one request */
    RETRY_MS = 200,
    URL_MAX = 1024,
};

struct state {
    char *url; /* of the bucket, and the prefix; no slash at its end */
    char signing[96];
    struct wh_store_key key;
    pthread_mutex_t lock;
    CURL *idle[IDLE_MAX];
    uint32_t idle_count;
};

/* One request, and what came of it. */
struct exchange {
    const char *method; /* NULL: GET */
    const uint8_t *sha256;
    struct wh_bytes sent; /* of a PUT */
    size_t at;            /* bytes of it that are sent */
    struct wh_buffer answer;
    long code;         /* HTTP's; 0: none came */
    curl_off_t length; /* that the answer says, or -1 */
    CURLcode result;
};

/* ---- opening ----------------------------------------------------------------------------------
 */

static void close_state(void *opaque)
{
    struct state *state = opaque;

    for (uint32_t i = 0; i < state->idle_count; i++)
        curl_easy_cleanup(state->idle[i]);
    (void)pthread_mutex_destroy(&state->lock);
    wh_store_key_clear(&state->key);
    free(state->url);
    free(state);
    curl_global_cleanup();
}

static void cleanup_state(struct state **state)
{
    if (*state)
        close_state(*state);
}

/* http(s)://host[:port]/bucket[/prefix]: no name and password, no query, nothing to be encoded. */
static wh_status take_url(struct state *state, const char *url, struct wh_error *err)
{
    const char *host = strstr(url, "://");
    size_t length = strlen(url);

    while (length > 0 && url[length - 1] == '/')
        length--;
    if ((strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) ||
        length >= URL_MAX || strcspn(url, "?#@\\\" ") < length || !strchr(host + 3, '/') ||
        host[3] == '/' || strchr(host + 3, '/') >= url + length)
        return wh_fail(err, WH_MALFORMED, "%.200s: not http(s)://HOST/BUCKET", url);
    for (size_t i = 0; i < length; i++)
        if (url[i] <= ' ' || url[i] > '~')
            return wh_fail(err, WH_MALFORMED, "a bucket's URL with a byte to be encoded");
    state->url = strndup(url, length);
    return state->url ? WH_OK : wh_no_memory(err);
}

static wh_status take_region(struct state *state, const char *region, struct wh_error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const char *used = region && region[0] ? region : "us-east-1"; /* what most others take */

    if (strlen(used) > 64 || used[strspn(used, allowed)] != '\0')
        return wh_fail(err, WH_MALFORMED, "%.64s: not a region", used);
    (void)snprintf(state->signing, sizeof state->signing, "aws:amz:%s:s3", used);
    return WH_OK;
}

static wh_status open_state(
    const struct wh_store_place *place, void **out_state, struct wh_error *err)
{
    wh_cleanup(cleanup_state) struct state *state = calloc(1, sizeof *state);

    if (!state || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(wh_take(state));
        return wh_no_memory(err);
    }
    (void)pthread_mutex_init(&state->lock, NULL);
    WH_TRY(take_url(state, place->bucket_url, err));
    WH_TRY(take_region(state, place->region, err));
    if (!place->key_file)
        return wh_fail(err, WH_MISSING, "%s: a bucket needs a key file", state->url);
    WH_TRY(wh_store_key_read(place->key_file, &state->key, err));
    *out_state = wh_take(state);
    return WH_OK;
}

/* ---- handles ----------------------------------------------------------------------------------
 */

static CURL *take_handle(struct state *state)
{
    CURL *handle = NULL;

    (void)pthread_mutex_lock(&state->lock);
    if (state->idle_count > 0)
        handle = state->idle[--state->idle_count];
    (void)pthread_mutex_unlock(&state->lock);
    if (!handle)
        return curl_easy_init();
    curl_easy_reset(handle); /* its connections stay */
    return handle;
}

static void give_handle(struct state *state, CURL *handle)
{
    (void)pthread_mutex_lock(&state->lock);
    if (state->idle_count < IDLE_MAX)
        state->idle[state->idle_count++] = wh_take(handle);
    (void)pthread_mutex_unlock(&state->lock);
    curl_easy_cleanup(handle);
}

/* ---- one request ------------------------------------------------------------------------------
 */

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;

    wh_buffer_append(&exchange->answer, data, size * count);
    return exchange->answer.failed ? 0 : size * count;
}

static size_t give_sent(char *out, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    size_t left = exchange->sent.length - exchange->at;
    size_t length = left < size * count ? left : size * count;

    if (length > 0)
        memcpy(out, exchange->sent.data + exchange->at, length);
    exchange->at += length;
    return length;
}

/* A connection that was kept may turn out to be dead when all has been read already. */
static int seek_sent(void *context, curl_off_t offset, int origin)
{
    struct exchange *exchange = context;

    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > exchange->sent.length)
        return CURL_SEEKFUNC_FAIL;
    exchange->at = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static void free_list(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

/* The digest that names an object is the one that S3 checks; libcurl signs it as it is given. Every
 * request has one, of no bytes where it has no body. */
static struct curl_slist *headers_of(const struct exchange *exchange)
{
    static const char name[] = "x-amz-content-sha256: ";
    char digest[sizeof name + 2 * WH_SHA256_LENGTH] =
        "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    if (exchange->sent.data)
        wh_hex(exchange->sha256, WH_SHA256_LENGTH, digest + sizeof name - 1);
    wh_cleanup(free_list) struct curl_slist *list = curl_slist_append(NULL, digest);
    if (!list || !exchange->sent.data)
        return wh_take(list);
    struct curl_slist *longer = curl_slist_append(list, "Content-Type: application/octet-stream");
    if (longer)
        list = NULL; /* is a part of it */
    return longer;
}

static void set_limits(CURL *handle)
{
    (void)curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    (void)curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES);
    (void)curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
    (void)curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)REQUEST_SECONDS);
}

/* False where there is no memory. */
static bool set_request(CURL *handle, const struct state *state, struct exchange *exchange)
{
    char name[WH_OBJECT_NAME_LENGTH];
    char url[URL_MAX + 1 + WH_OBJECT_NAME_LENGTH];

    wh_object_name(exchange->sha256, name);
    (void)snprintf(url, sizeof url, "%s/%s", state->url, name);
    (void)curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_answer);
    (void)curl_easy_setopt(handle, CURLOPT_WRITEDATA, exchange);
    if (exchange->sent.data) {
        (void)curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
        (void)curl_easy_setopt(handle, CURLOPT_READFUNCTION, give_sent);
        (void)curl_easy_setopt(handle, CURLOPT_READDATA, exchange);
        (void)curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, seek_sent);
        (void)curl_easy_setopt(handle, CURLOPT_SEEKDATA, exchange);
        (void)curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)exchange->sent.length);
    } else if (exchange->method && strcmp(exchange->method, "HEAD") == 0) {
        (void)curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else if (exchange->method) {
        (void)curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, exchange->method);
    } else {
        (void)curl_easy_setopt(
            handle, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)exchange->answer.ceiling);
    }
    return curl_easy_setopt(handle, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_AWS_SIGV4, state->signing) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_USERNAME, state->key.id) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_PASSWORD, state->key.secret) == CURLE_OK;
}

static void perform(struct state *state, struct exchange *exchange)
{
    wh_cleanup(free_list) struct curl_slist *headers = NULL;
    CURL *handle = take_handle(state);

    exchange->result = CURLE_OUT_OF_MEMORY;
    exchange->code = 0;
    exchange->at = 0;
    exchange->answer.length = 0;
    if (!handle)
        return;
    set_limits(handle);
    headers = headers_of(exchange);
    if (headers && set_request(handle, state, exchange) &&
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers) == CURLE_OK) {
        exchange->result = curl_easy_perform(handle);
        (void)curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &exchange->code);
        (void)curl_easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &exchange->length);
    }
    give_handle(state, handle);
}

/* Is it worth another try? */
static bool was_passing(const struct exchange *exchange)
{
    if (exchange->result == CURLE_OK)
        return exchange->code >= 500;
    return !exchange->answer.failed && exchange->result != CURLE_FILESIZE_EXCEEDED &&
           exchange->result != CURLE_OUT_OF_MEMORY && exchange->result != CURLE_OPERATION_TIMEDOUT;
}

static void exchange_with(struct state *state, struct exchange *exchange)
{
    static const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};

    perform(state, exchange);
    if (was_passing(exchange)) {
        (void)nanosleep(&pause, NULL);
        perform(state, exchange);
    }
}

/* ---- what came of it --------------------------------------------------------------------------
 */

/* What S3 calls the error: <Code>...</Code>, an identifier. */
static void error_code(const struct wh_buffer *answer, char out_code[64])
{
    static const char start[] = "<Code>";
    const char *at = answer->length > 0 ? memmem(answer->data, answer->length, start, 6) : NULL;
    const char *end = at ? (const char *)answer->data + answer->length : NULL;
    size_t length = 0;

    for (at = at ? at + sizeof start - 1 : NULL; at && at < end && length < 63; at++) {
        if (!((*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z')))
            break;
        out_code[length++] = *at;
    }
    out_code[length] = '\0';
}

static wh_status outcome(
    const struct state *state, const struct exchange *exchange, struct wh_error *err)
{
    char name[WH_OBJECT_NAME_LENGTH];
    char code[64];

    wh_object_name(exchange->sha256, name);
    if (exchange->answer.failed)
        return wh_buffer_check(&exchange->answer, err);
    if (exchange->result == CURLE_OUT_OF_MEMORY)
        return wh_no_memory(err);
    if (exchange->result == CURLE_FILESIZE_EXCEEDED)
        return wh_fail(err, WH_OVER_LIMIT, "%s/%s: larger than a bundle", state->url, name);
    if (exchange->result != CURLE_OK)
        return wh_fail(
            err, WH_SYSTEM, "%s/%s: %s", state->url, name, curl_easy_strerror(exchange->result));
    if (exchange->code >= 200 && exchange->code < 300)
        return WH_OK;
    error_code(&exchange->answer, code);
    return wh_fail(err, exchange->code == 404 ? WH_MISSING : WH_SYSTEM, "%s/%s: status %ld %s",
        state->url, name, exchange->code, code);
}

static void clear_exchange(struct exchange *exchange)
{
    wh_buffer_clear(&exchange->answer);
}

#define ANSWER_MAX (64u << 10) /* bytes of an answer that is no object */

static bool has_object(struct state *state, const uint8_t *sha256, size_t length)
{
    wh_cleanup(clear_exchange) struct exchange exchange = {
        .method = "HEAD", .sha256 = sha256, .answer.ceiling = ANSWER_MAX};

    exchange_with(state, &exchange);
    return outcome(state, &exchange, NULL) == WH_OK && exchange.length == (curl_off_t)length;
}

static wh_status put(
    void *opaque, const uint8_t *sha256, struct wh_bytes bytes, struct wh_error *err)
{
    struct state *state = opaque;
    wh_cleanup(clear_exchange) struct exchange exchange = {
        .method = "PUT", .sha256 = sha256, .answer.ceiling = ANSWER_MAX, .sent = bytes};

    if (has_object(state, sha256, bytes.length))
        return WH_OK;
    exchange_with(state, &exchange);
    return outcome(state, &exchange, err); /* WH_MISSING: the bucket is not there */
}

static wh_status get(
    void *opaque, const uint8_t *sha256, struct wh_buffer *out_bytes, struct wh_error *err)
{
    wh_cleanup(clear_exchange) struct exchange exchange = {
        .sha256 = sha256, .answer.ceiling = out_bytes->ceiling};

    exchange_with(opaque, &exchange);
    WH_TRY(outcome(opaque, &exchange, err));
    *out_bytes = exchange.answer;
    exchange.answer = (struct wh_buffer){0};
    return WH_OK;
}

static void remove_object(void *opaque, const uint8_t *sha256)
{
    wh_cleanup(clear_exchange) struct exchange exchange = {
        .method = "DELETE", .sha256 = sha256, .answer.ceiling = ANSWER_MAX};

    exchange_with(opaque, &exchange);
}

const struct wh_store_kind wh_store_s3 = {
    .open = open_state,
    .close = close_state,
    .put = put,
    .get = get,
    .remove = remove_object,
};
