/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bytes.h - byte ranges: borrowed, growing with a ceiling, and read by a sticky reader. */
#ifndef WHITTLE_BYTES_H
#define WHITTLE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whittle/error.h"

/* A borrowed range; says nothing about trust. */
struct wh_bytes {
    const uint8_t *data;
    size_t length;
};

/* An owned, growing buffer. Start with {.ceiling = n}; the first append that would pass the
 * ceiling or finds no memory sets failed, and every later append does nothing. */
struct wh_buffer {
    uint8_t *data;
    size_t length;
    size_t capacity;
    size_t ceiling;
    bool failed;
    bool full; /* it failed because of the ceiling */
};

void wh_buffer_clear(struct wh_buffer *buffer);
void wh_buffer_append(struct wh_buffer *buffer, const void *data, size_t length);
void wh_buffer_fill(struct wh_buffer *buffer, uint8_t byte, size_t length);
void wh_buffer_u8(struct wh_buffer *buffer, uint8_t value);
void wh_buffer_be32(struct wh_buffer *buffer, uint32_t value);
void wh_buffer_le32(struct wh_buffer *buffer, uint32_t value);
void wh_buffer_le64(struct wh_buffer *buffer, uint64_t value);
/* Seven bits a byte, lowest first, high bit = more follows; no padded spellings. */
void wh_buffer_varint(struct wh_buffer *buffer, uint64_t value);
/* Zigzag: 2n for n >= 0, -2n - 1 for n < 0, as a varint. */
void wh_buffer_signed(struct wh_buffer *buffer, int64_t value);
/* WH_OVER_LIMIT or WH_NO_MEMORY if an append failed. */
WH_MUST_CHECK wh_status wh_buffer_check(const struct wh_buffer *buffer, struct wh_error *err);
struct wh_bytes wh_buffer_bytes(const struct wh_buffer *buffer);

/* Reads hostile bytes, never past the end. After the first bad read everything returns zero or
 * NULL and failed stays set, so that a record is read field by field and tested once. */
struct wh_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

struct wh_reader wh_reader_over(struct wh_bytes bytes);
uint8_t wh_read_u8(struct wh_reader *reader);
uint16_t wh_read_be16(struct wh_reader *reader);
uint32_t wh_read_be32(struct wh_reader *reader);
uint32_t wh_read_le32(struct wh_reader *reader);
uint64_t wh_read_le64(struct wh_reader *reader);
/* Fails on a value above ceiling and on a padded spelling. */
uint64_t wh_read_varint(struct wh_reader *reader, uint64_t ceiling);
/* Fails on a value that is further than ceiling from 0. */
int64_t wh_read_signed(struct wh_reader *reader, uint64_t ceiling);
struct wh_bytes wh_read_bytes(struct wh_reader *reader, uint64_t length);
bool wh_reader_at_end(const struct wh_reader *reader); /* nothing left and not failed */

/* A decimal number in its shortest spelling, at most ceiling. text: hostile, terminated. */
bool wh_decimal(const char *text, uint64_t ceiling, uint64_t *out_value);

/* malloc(count * size), or NULL with err filled: WH_OVER_LIMIT when the product wraps or passes
 * ceiling bytes. Memory is zeroed; a count of 0 still gives a pointer. The caller frees. */
void *wh_array(uint64_t count, size_t size, uint64_t ceiling, struct wh_error *err);

/* Room for one more record at the end of an array that only this makes longer: its new place, or
 * NULL, and it stays as it was. */
void *wh_grown(void *array, uint32_t count, size_t size);

#endif
