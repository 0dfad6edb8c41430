/* SPDX-License-Identifier: GPL-2.0-or-later */
/* post.c - see post.h. */
#include "backend/post.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/limits.h"

#define FRAME_LEVEL 9

static const uint8_t frame_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

wh_status wh_post_encode(struct wh_bytes xml, struct wh_buffer *out_body, struct wh_error *err)
{
    if (xml.length > WH_POST_PLAIN_MAX)
        return wh_frame_write(xml, (struct wh_bytes){0}, FRAME_LEVEL, out_body, err);
    wh_buffer_append(out_body, xml.data, xml.length);
    return wh_buffer_check(out_body, err);
}

static void free_handle(CURL **handle)
{
    curl_easy_cleanup(*handle);
}

static void free_list(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* A body that is too long ends the transfer. */
static size_t take(char *data, size_t size, size_t count, void *context)
{
    struct wh_buffer *answer = context;

    wh_buffer_append(answer, data, size * count);
    return answer->failed ? 0 : size * count;
}

static wh_status make_headers(
    struct wh_bytes body, struct curl_slist **out_headers, struct wh_error *err)
{
    bool is_frame = body.length >= sizeof frame_magic &&
                    memcmp(body.data, frame_magic, sizeof frame_magic) == 0;
    const char *const lines[] = {"Content-Type: application/xml", "Accept-Encoding: zstd",
        "Expect:", is_frame ? "Content-Encoding: zstd" : NULL};

    for (size_t i = 0; i < sizeof lines / sizeof *lines && lines[i]; i++) {
        struct curl_slist *grown = curl_slist_append(*out_headers, lines[i]);
        if (!grown)
            return wh_no_memory(err);
        *out_headers = grown;
    }
    return WH_OK;
}

/* Each says whether libcurl took the options; one that it does not know stops everything. */
static bool set_limits(CURL *handle, const struct wh_address *address)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    CURLcode schemes = curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    CURLcode schemes = curl_easy_setopt(
        handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    return schemes == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, (long)address->connect_timeout) ==
               CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)address->timeout) == CURLE_OK;
}

static bool set_way(CURL *handle, const struct wh_address *address)
{
    const struct {
        CURLoption option;
        const char *text;
    } texts[] = {
        {CURLOPT_PROXY, address->proxy},
        {CURLOPT_PROXYUSERNAME, address->proxy_user},
        {CURLOPT_PROXYPASSWORD, address->proxy_password},
        {CURLOPT_CAINFO, address->ca_file},
    };
    long verify = address->skip_verify ? 0 : 1;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text && curl_easy_setopt(handle, texts[i].option, texts[i].text) != CURLE_OK)
            return false;
    if (address->proxy_user &&
        curl_easy_setopt(handle, CURLOPT_PROXYAUTH, (long)CURLAUTH_ANY) != CURLE_OK)
        return false;
    return curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, verify) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2 * verify) == CURLE_OK;
}

static bool set_body(CURL *handle, struct wh_bytes body, struct wh_buffer *answer)
{
    return curl_easy_setopt(handle, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_POSTFIELDS, (const char *)body.data) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.length) ==
               CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer) == CURLE_OK;
}

static wh_status perform(
    CURL *handle, const char *url, const struct wh_buffer *answer, struct wh_error *err)
{
    char reason[CURL_ERROR_SIZE] = "";
    long status = 0;

    (void)curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
    CURLcode code = curl_easy_perform(handle);
    (void)curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, NULL);
    if (answer->full)
        return wh_fail(
            err, WH_MISSING, "%s: its answer has more than %zu bytes", url, answer->ceiling);
    if (code != CURLE_OK)
        return wh_fail(
            err, WH_MISSING, "%s: %s", url, reason[0] ? reason : curl_easy_strerror(code));
    if (curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
        return wh_fail(err, WH_MISSING, "%s: it answers with status %ld", url, status);
    return WH_OK;
}

wh_status wh_post(const struct wh_address *address, struct wh_bytes body,
    struct wh_buffer *out_answer, struct wh_error *err)
{
    wh_cleanup(free_list) struct curl_slist *headers = NULL;
    wh_autofree char *url = NULL;

    (void)pthread_once(&curl_once, start_curl);
    wh_cleanup(free_handle) CURL *handle = curl_easy_init();
    if (!handle || asprintf(&url, "%sv1/upgrade", address->url) < 0)
        return wh_no_memory(err);
    WH_TRY(make_headers(body, &headers, err));
    if (curl_easy_setopt(handle, CURLOPT_URL, url) != CURLE_OK ||
        curl_easy_setopt(handle, CURLOPT_USERAGENT, "whittle/" WHITTLE_VERSION) != CURLE_OK ||
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
        !set_limits(handle, address) || !set_way(handle, address) ||
        !set_body(handle, body, out_answer))
        return wh_fail(err, WH_MISSING, "%s: libcurl does not take the settings", address->url);
    return perform(handle, address->url, out_answer, err);
}
