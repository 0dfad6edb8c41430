/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answers.c - see answers.h. */
#include "whittled/answers.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "files.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"

#define COMPRESS_FROM 512u /* bytes */
#define RETRY_SECONDS "5"
#define NOT_HERE "the bundle is not here; ask again"

static const char immutable[] = "public, max-age=31536000, immutable";
static const char bundle_type[] = "application/octet-stream";

void wh_answer_failure(struct wh_exchange *exchange, unsigned status, const char *sentence)
{
    wh_buffer_clear(&exchange->answer);
    exchange->answer.ceiling = 1024;
    wh_buffer_append(&exchange->answer, sentence, strlen(sentence));
    wh_buffer_u8(&exchange->answer, '\n');
    exchange->status = status;
    exchange->content_type = "text/plain; charset=utf-8";
}

static const char *header(const struct wh_exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

/* Is it this one word, whatever follows behind a semicolon? */
static bool is_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    return text && strncasecmp(text, word, length) == 0 &&
           (text[length + strspn(text + length, " \t")] == '\0' ||
               text[length + strspn(text + length, " \t")] == ';');
}

/* Is this word in a list of them? Behind a semicolon may be what weighs it: q=0 is none of it. */
static bool lists(const char *list, const char *word)
{
    size_t length = strlen(word);

    while (list && *list) {
        list += strspn(list, " \t,");
        size_t here = strcspn(list, " \t,;");
        const char *more = list + here + strspn(list + here, " \t;");
        bool refused = strncmp(more, "q=0", 3) == 0 &&
                       strspn(more + 3, ".0") == strcspn(more + 3, " \t,");
        if (here == length && strncasecmp(list, word, length) == 0)
            return !refused;
        list += strcspn(list, ",");
    }
    return false;
}

bool wh_answer_refuse_body(struct wh_exchange *exchange)
{
    const char *type = header(exchange, MHD_HTTP_HEADER_CONTENT_TYPE);
    const char *coding = header(exchange, MHD_HTTP_HEADER_CONTENT_ENCODING);

    if (!is_word(type, "application/xml") && !is_word(type, "text/xml"))
        wh_answer_failure(
            exchange, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "an upgrade request is application/xml");
    else if (coding && !is_word(coding, "zstd") && !is_word(coding, "identity"))
        wh_answer_failure(exchange, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
            "an upgrade request is plain or encoded with zstd");
    else if (exchange->too_long)
        wh_answer_failure(exchange, MHD_HTTP_CONTENT_TOO_LARGE, WH_TOO_LONG_TEXT);
    else
        return false;
    return true;
}

/* ---- upgrade ------------------------------------------------------------------------------- */

static unsigned status_of(wh_status status)
{
    if (status == WH_OVER_LIMIT)
        return MHD_HTTP_CONTENT_TOO_LARGE;
    return status == WH_MALFORMED || status == WH_UNSUPPORTED ? MHD_HTTP_BAD_REQUEST
                                                              : MHD_HTTP_SERVICE_UNAVAILABLE;
}

void wh_answer_upgrade(struct wh_exchange *exchange, struct wh_desk *desk)
{
    struct wh_error error = {0};

    exchange->answer = (struct wh_buffer){.ceiling = WH_INSTRUCTIONS_MAX};
    wh_status status = wh_desk_answer(
        desk, wh_buffer_bytes(&exchange->body), &exchange->answer, &error);
    wh_buffer_clear(&exchange->body);
    if (status != WH_OK && status_of(status) == MHD_HTTP_SERVICE_UNAVAILABLE) {
        (void)fprintf(stderr, "whittled: %s\n", error.message);
        wh_answer_failure(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "the backend cannot answer now");
        return;
    }
    if (status != WH_OK) { /* the request's fault */
        wh_answer_failure(exchange, status_of(status), error.message);
        return;
    }
    exchange->status = MHD_HTTP_OK;
    exchange->content_type = "application/xml";
}

/* ---- bundles ------------------------------------------------------------------------------- */

static atomic_uint_fast64_t *slot_of(struct wh_proofs *proofs, const uint8_t *sha256)
{
    return &proofs->slots[(sha256[0] << 4 | sha256[1] >> 4) & 0xfff];
}

static uint64_t mark_of(const uint8_t *sha256)
{
    uint64_t mark;

    memcpy(&mark, sha256 + 8, sizeof mark);
    return mark;
}

bool wh_is_proved(const struct wh_proofs *proofs, const uint8_t sha256[WH_SHA256_LENGTH])
{
    return *slot_of((struct wh_proofs *)(uintptr_t)proofs, sha256) == mark_of(sha256);
}

/* Is the store's file what its name says? What is wrong is found again, and removed, by reading it
 * whole. */
static bool prove(
    const struct wh_exchange *exchange, struct wh_store *store, struct wh_proofs *proofs)
{
    wh_autoclose int fd = -1;
    struct wh_digest digest;
    uint64_t size;

    if (wh_store_open_file(store, exchange->bundle, &fd, &size, NULL) != WH_OK ||
        wh_file_digest(fd, "a bundle", WH_SHA256, &digest, NULL) != WH_OK ||
        memcmp(digest.bytes, exchange->bundle, WH_SHA256_LENGTH) != 0)
        return false;
    *slot_of(proofs, exchange->bundle) = mark_of(exchange->bundle);
    return true;
}

void wh_answer_bundle(
    struct wh_exchange *exchange, struct wh_store *store, struct wh_proofs *proofs, bool *out_lost)
{
    struct wh_error error = {0};

    *out_lost = false;
    exchange->is_proved = prove(exchange, store, proofs);
    if (exchange->is_proved)
        return;
    exchange->answer = (struct wh_buffer){.ceiling = WH_BUNDLE_MAX};
    wh_status status = wh_store_get(store, exchange->bundle, &exchange->answer, &error);
    if (status == WH_MISSING || status == WH_MISMATCH) {
        *out_lost = true;
        wh_answer_failure(exchange, MHD_HTTP_NOT_FOUND, NOT_HERE);
    } else if (status != WH_OK) {
        (void)fprintf(stderr, "whittled: %s\n", error.message);
        wh_answer_failure(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "the store does not answer");
    } else {
        exchange->status = MHD_HTTP_OK;
        exchange->content_type = bundle_type;
    }
}

static void entity_tag(const struct wh_exchange *exchange, char out[2 * WH_SHA256_LENGTH + 3])
{
    out[0] = '"';
    wh_hex(exchange->bundle, WH_SHA256_LENGTH, out + 1);
    memcpy(out + 1 + 2 * WH_SHA256_LENGTH, "\"", 2);
}

static void add_bundle_headers(const struct wh_exchange *exchange, struct MHD_Response *response)
{
    char tag[2 * WH_SHA256_LENGTH + 3];

    entity_tag(exchange, tag);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, tag);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, immutable);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, bundle_type);
}

static enum MHD_Result send_response(
    struct wh_exchange *exchange, unsigned status, struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    if (exchange->is_last)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    exchange->status = status;
    enum MHD_Result result = MHD_queue_response(exchange->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

bool wh_answer_has_it(const struct wh_exchange *exchange)
{
    char tag[2 + 2 * WH_SHA256_LENGTH + 3] = "W/"; /* proxies that compress weaken it */
    const char *known = header(exchange, MHD_HTTP_HEADER_IF_NONE_MATCH);

    entity_tag(exchange, tag + 2);
    return lists(known, tag + 2) || lists(known, tag);
}

void wh_answer_not_modified(struct wh_exchange *exchange)
{
    exchange->status = MHD_HTTP_NOT_MODIFIED;
}

enum MHD_Result wh_answer_bundle_file(struct wh_exchange *exchange, struct wh_store *store)
{
    uint64_t size = 0;
    int fd = -1;

    if (wh_store_open_file(store, exchange->bundle, &fd, &size, NULL) != WH_OK) {
        wh_answer_failure(exchange, MHD_HTTP_NOT_FOUND, NOT_HERE);
        return wh_answer_send(exchange);
    }
    struct MHD_Response *response = MHD_create_response_from_fd64(size, fd); /* takes it over */
    if (!response) {
        wh_close_fd(&fd);
        return MHD_NO;
    }
    add_bundle_headers(exchange, response);
    exchange->sent = size;
    return send_response(exchange, MHD_HTTP_OK, response);
}

/* ---- sending ------------------------------------------------------------------------------- */

static void compress(struct wh_exchange *exchange, bool *out_compressed)
{
    struct wh_buffer frame = {.ceiling = exchange->answer.length};

    *out_compressed = false;
    if (exchange->route != WH_ROUTE_UPGRADE || exchange->status != MHD_HTTP_OK ||
        exchange->answer.length < COMPRESS_FROM ||
        !lists(header(exchange, MHD_HTTP_HEADER_ACCEPT_ENCODING), "zstd"))
        return;
    if (wh_frame_write(wh_buffer_bytes(&exchange->answer), (struct wh_bytes){0}, 3, &frame, NULL) !=
        WH_OK) {
        wh_buffer_clear(&frame);
        return;
    }
    wh_buffer_clear(&exchange->answer);
    exchange->answer = frame;
    *out_compressed = true;
}

static void add_headers(
    const struct wh_exchange *exchange, struct MHD_Response *response, bool compressed)
{
    bool is_bundle = exchange->status == MHD_HTTP_OK || exchange->status == MHD_HTTP_NOT_MODIFIED;

    if (exchange->route == WH_ROUTE_BUNDLE && is_bundle) {
        add_bundle_headers(exchange, response);
        return;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, exchange->content_type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (compressed)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "zstd");
    if (exchange->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, exchange->allowed);
    if (exchange->status == MHD_HTTP_SERVICE_UNAVAILABLE)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_SECONDS);
}

enum MHD_Result wh_answer_send(struct wh_exchange *exchange)
{
    bool compressed;

    compress(exchange, &compressed);
    exchange->sent = exchange->answer.length;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        exchange->answer.length, exchange->answer.data, MHD_RESPMEM_MUST_FREE);
    if (!response)
        return MHD_NO;
    exchange->answer = (struct wh_buffer){0}; /* the response's now */
    add_headers(exchange, response, compressed);
    return send_response(exchange, exchange->status, response);
}

void wh_answer_peer(struct MHD_Connection *connection, char *out, size_t size)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    socklen_t length = sizeof(struct sockaddr_in6);

    if (address && address->sa_family == AF_INET)
        length = sizeof(struct sockaddr_in);
    if (!address || getnameinfo(address, length, out, (socklen_t)size, NULL, 0, NI_NUMERICHOST))
        (void)snprintf(out, size, "-");
}
