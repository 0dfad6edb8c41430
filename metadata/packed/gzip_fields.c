/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gzip_fields.c - the trailer of a gzip member: CRC-32, and length modulo 2^32. See fields.h. */
#include "packed/fields.h"
#include "packed/shift.h"

enum { TRAILER = 8, LENGTH_AT = 4 };

void wh_fields_gzip(
    uint8_t *bytes, size_t length, const struct wh_placed *streams, uint32_t count, bool restore)
{
    if (count != 1 || streams->start > length || streams->packed_length > length - streams->start)
        return;
    size_t end = streams->start + streams->packed_length;
    if (length - end < TRAILER)
        return;
    (void)wh_field_shift(bytes + end, streams->crc, restore);
    (void)wh_field_shift(bytes + end + LENGTH_AT, streams->plain_length, restore);
}
