/* SPDX-License-Identifier: GPL-2.0-or-later */
/* carrier.h - reads the carrier of an assembled package; specs/format/carrier.md. */
#ifndef WHITTLE_RPM_CARRIER_H
#define WHITTLE_RPM_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARRIER_MAX (64u << 10) /* bytes; larger ones are passed over */
#define CARRIER_ENTRIES_MAX 32u

struct carrier_entry {
    uint32_t tag;
    uint32_t length;
    const uint8_t *bytes; /* inside the carrier's */
};

struct carrier {
    struct carrier_entry entries[CARRIER_ENTRIES_MAX];
    uint32_t count;
};

/* Parses the data of a reserved tag. bytes: hostile. False when it is no carrier of this version or
 * breaks a rule; nothing of it may be used then. */
bool carrier_parse(const uint8_t *bytes, size_t length, struct carrier *out_carrier);

/* Where the data of the reserved tag lies in a signature header: offset and length within bytes,
 * which begin with the header's magic. bytes: hostile. */
bool carrier_locate(const uint8_t *bytes, size_t length, size_t *out_offset, size_t *out_length);

#endif
