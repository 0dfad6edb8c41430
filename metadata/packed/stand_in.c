/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stand_in.c - what is still to come. */
#include "packed/fields.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"
__attribute__((weak)) void wh_fields_debugdata(uint8_t *bytes, size_t length,
    const struct wh_placed *stream, struct wh_bytes build_id, bool restore)
{
}
