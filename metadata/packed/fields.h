/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields.h - what a container says about its streams and follows from them: taken out of the older
 * content, so that it is no difference, and put into the new one. Both directions are one walk, so
 * that they cannot drift apart: each field is less, or more, by what follows. Whatever does not fit
 * is left as it is. Specification: specs/format/packed.md. */
#ifndef WHITTLE_PACKED_FIELDS_H
#define WHITTLE_PACKED_FIELDS_H

#include "whittle/bytes.h"

/* A stream that lies in its container. */
struct wh_placed {
    size_t start; /* in the whole content, ascending */
    size_t packed_length;
    size_t plain_length; /* what it holds, as the container would say it */
    uint32_t crc;        /* CRC-32 (ISO 3309) of that */
};

/* bytes: a whole content, its streams in their places; hostile. restore: adds, else subtracts. */
typedef void wh_fields_fn(
    uint8_t *bytes, size_t length, const struct wh_placed *streams, uint32_t count, bool restore);

wh_fields_fn wh_fields_gzip; /* the trailer's CRC and length */
wh_fields_fn wh_fields_zip;  /* local headers, data descriptors, the central directory */

/* An ELF file with its one stream: the section's length, offsets behind it; and the build-id, if
 * the package's header tells one of this file (empty otherwise). */
void wh_fields_debugdata(uint8_t *bytes, size_t length, const struct wh_placed *stream,
    struct wh_bytes build_id, bool restore);

#endif
