/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stand_in.c - coders that are still to come refuse. */
#include "packed/coders.h"
#include "packed/fields.h"

#define STAND_IN(name, first)                                                                      \
    __attribute__((weak)) wh_status name first                                                     \
    {                                                                                              \
        return wh_fail(err, WH_UNSUPPORTED, "not yet");                                            \
    }
#pragma GCC diagnostic ignored "-Wunused-parameter"
STAND_IN(wh_deflate_unpack, (struct wh_bytes p, struct wh_buffer *o, size_t *l, struct wh_error *err))
STAND_IN(wh_tokens_unpack, (struct wh_bytes p, struct wh_buffer *o, size_t *l, struct wh_error *err))
STAND_IN(wh_deflate_pack, (struct wh_bytes p, struct wh_bytes q, struct wh_buffer *o, struct wh_error *err))
STAND_IN(wh_tokens_pack, (struct wh_bytes p, struct wh_bytes q, struct wh_buffer *o, struct wh_error *err))
__attribute__((weak)) void wh_fields_debugdata(uint8_t *bytes, size_t length, const struct wh_placed *stream, struct wh_bytes build_id, bool restore) {}
__attribute__((weak)) void wh_fields_gzip(uint8_t *bytes, size_t length, const struct wh_placed *stream, uint32_t n, bool restore) {}
__attribute__((weak)) void wh_fields_zip(uint8_t *bytes, size_t length, const struct wh_placed *stream, uint32_t n, bool restore) {}
