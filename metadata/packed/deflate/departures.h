/* SPDX-License-Identifier: GPL-2.0-or-later */
/* departures.h - symbols that are not the predicted ones. Format: specs/format/deflate.md,
 * "Symbols". */
#ifndef WHITTLE_PACKED_DEFLATE_DEPARTURES_H
#define WHITTLE_PACKED_DEFLATE_DEPARTURES_H

#include "whittle/deflate.h"

/* Appends the true symbol in the light of the predicted one, which differs. */
void wh_departure_write(struct wh_buffer *out, struct wh_token predicted, struct wh_token token);

/* The symbol that stands there instead of the predicted one. reader: hostile. WH_MALFORMED also
 * where it would not give the bytes at `at`. */
WH_MUST_CHECK wh_status wh_departure_read(struct wh_reader *reader, struct wh_bytes plain,
    size_t at, struct wh_token predicted, struct wh_token *out_token, struct wh_error *err);

#endif
