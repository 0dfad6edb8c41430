/* SPDX-License-Identifier: GPL-2.0-or-later */
/* departures.c - see packed/deflate/departures.h. */
#include "packed/deflate/departures.h"

#include <string.h>

/* A literal is 0; a match is twice its length less FORM_MATCH, and 1 more where its distance
 * follows, as another one than predicted. */
enum { FORM_MATCH = 2 * WH_DEFLATE_MATCH_MIN - 1 };

void wh_departure_write(struct wh_buffer *out, struct wh_token predicted, struct wh_token token)
{
    bool is_far = predicted.length == 1 || predicted.value != token.value;

    if (token.length == 1) {
        wh_buffer_u8(out, 0);
        return;
    }
    wh_buffer_varint(out, 2u * token.length - FORM_MATCH + (is_far ? 1u : 0u));
    if (is_far)
        wh_buffer_varint(out, token.value - 1u);
}

static bool read_match(
    struct wh_reader *reader, unsigned form, struct wh_token predicted, struct wh_token *out_token)
{
    bool is_far = (form + FORM_MATCH) % 2;
    struct wh_token token = {(uint16_t)((form + FORM_MATCH) / 2), predicted.value};

    if (is_far)
        token.value = (uint16_t)(wh_read_varint(reader, WH_DEFLATE_WINDOW - 1) + 1);
    *out_token = token;
    /* One spelling: a distance is sent where it must be. */
    return !reader->failed && is_far == (predicted.length == 1 || predicted.value != token.value);
}

static bool fits(struct wh_bytes plain, size_t at, struct wh_token token)
{
    return token.length == 1 ||
           (token.value <= at && token.length <= plain.length - at &&
               memcmp(plain.data + at, plain.data + at - token.value, token.length) == 0);
}

wh_status wh_departure_read(struct wh_reader *reader, struct wh_bytes plain, size_t at,
    struct wh_token predicted, struct wh_token *out_token, struct wh_error *err)
{
    const unsigned most = 2 * WH_DEFLATE_MATCH_MAX - FORM_MATCH + 1;
    unsigned form = (unsigned)wh_read_varint(reader, most);
    struct wh_token token = {1, plain.data[at]};

    bool is_sound = !reader->failed && (form == 0 || read_match(reader, form, predicted, &token));
    if (!is_sound || (token.length == predicted.length && token.value == predicted.value))
        return wh_fail(err, WH_MALFORMED, "deflate: the departures of symbols are garbled");
    if (!fits(plain, at, token))
        return wh_fail(err, WH_MALFORMED, "deflate: a symbol does not give what the stream holds");
    *out_token = token;
    return WH_OK;
}
