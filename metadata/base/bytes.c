/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bytes.c - see whittle/bytes.h. */
#include "whittle/bytes.h"

#include <stdlib.h>
#include <string.h>

void wh_buffer_clear(struct wh_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct wh_buffer){.ceiling = buffer->ceiling};
}

/* Makes room for length more bytes; false once the buffer has failed. */
static bool reserve(struct wh_buffer *buffer, size_t length)
{
    if (buffer->failed)
        return false;
    if (length > buffer->ceiling - buffer->length) {
        buffer->failed = buffer->full = true;
        return false;
    }
    if (length <= buffer->capacity - buffer->length)
        return true;

    size_t needed = buffer->length + length;
    size_t grown = buffer->capacity < buffer->ceiling / 2 ? buffer->capacity * 2 : buffer->ceiling;
    size_t capacity = grown > needed ? grown : needed;
    if (capacity < 64 && buffer->ceiling >= 64)
        capacity = 64;
    uint8_t *data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void wh_buffer_append(struct wh_buffer *buffer, const void *data, size_t length)
{
    if (length == 0 || !reserve(buffer, length))
        return;
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
}

void wh_buffer_fill(struct wh_buffer *buffer, uint8_t byte, size_t length)
{
    if (length == 0 || !reserve(buffer, length))
        return;
    memset(buffer->data + buffer->length, byte, length);
    buffer->length += length;
}

void wh_buffer_u8(struct wh_buffer *buffer, uint8_t value)
{
    wh_buffer_append(buffer, &value, 1);
}

void wh_buffer_be32(struct wh_buffer *buffer, uint32_t value)
{
    uint8_t bytes[4] = {
        (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

    wh_buffer_append(buffer, bytes, sizeof bytes);
}

void wh_buffer_le32(struct wh_buffer *buffer, uint32_t value)
{
    uint8_t bytes[4] = {
        (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};

    wh_buffer_append(buffer, bytes, sizeof bytes);
}

void wh_buffer_le64(struct wh_buffer *buffer, uint64_t value)
{
    wh_buffer_le32(buffer, (uint32_t)value);
    wh_buffer_le32(buffer, (uint32_t)(value >> 32));
}

void wh_buffer_varint(struct wh_buffer *buffer, uint64_t value)
{
    while (value >= 0x80) {
        wh_buffer_u8(buffer, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    wh_buffer_u8(buffer, (uint8_t)value);
}

void wh_buffer_signed(struct wh_buffer *buffer, int64_t value)
{
    wh_buffer_varint(buffer, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

wh_status wh_buffer_check(const struct wh_buffer *buffer, struct wh_error *err)
{
    if (!buffer->failed)
        return WH_OK;
    if (buffer->full)
        return wh_fail(err, WH_OVER_LIMIT, "more than %zu bytes", buffer->ceiling);
    return wh_no_memory(err);
}

struct wh_bytes wh_buffer_bytes(const struct wh_buffer *buffer)
{
    return (struct wh_bytes){buffer->data, buffer->length};
}

struct wh_reader wh_reader_over(struct wh_bytes bytes)
{
    static const uint8_t nothing[1];
    const uint8_t *start = bytes.data ? bytes.data : nothing;

    return (struct wh_reader){.at = start, .end = start + bytes.length};
}

struct wh_bytes wh_read_bytes(struct wh_reader *reader, uint64_t length)
{
    if (reader->failed || length > (uint64_t)(reader->end - reader->at)) {
        reader->failed = true;
        return (struct wh_bytes){0};
    }
    struct wh_bytes bytes = {reader->at, (size_t)length};
    reader->at += length;
    return bytes;
}

uint8_t wh_read_u8(struct wh_reader *reader)
{
    struct wh_bytes bytes = wh_read_bytes(reader, 1);

    return bytes.data ? bytes.data[0] : 0;
}

uint16_t wh_read_be16(struct wh_reader *reader)
{
    struct wh_bytes bytes = wh_read_bytes(reader, 2);

    return (uint16_t)(bytes.data ? bytes.data[0] << 8 | bytes.data[1] : 0);
}

uint32_t wh_read_be32(struct wh_reader *reader)
{
    uint32_t high = wh_read_be16(reader);

    return high << 16 | wh_read_be16(reader);
}

uint32_t wh_read_le32(struct wh_reader *reader)
{
    struct wh_bytes bytes = wh_read_bytes(reader, 4);

    if (!bytes.data)
        return 0;
    return (uint32_t)bytes.data[0] | (uint32_t)bytes.data[1] << 8 | (uint32_t)bytes.data[2] << 16 |
           (uint32_t)bytes.data[3] << 24;
}

uint64_t wh_read_le64(struct wh_reader *reader)
{
    uint64_t low = wh_read_le32(reader);

    return low | (uint64_t)wh_read_le32(reader) << 32;
}

uint64_t wh_read_varint(struct wh_reader *reader, uint64_t ceiling)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = wh_read_u8(reader);
        uint64_t bits = byte & 0x7f;
        bool wraps = shift == 63 && bits > 1;
        bool padded = byte == 0 && shift > 0;
        if (reader->failed || wraps || padded)
            break;
        value |= bits << shift;
        if (byte < 0x80) {
            if (value > ceiling)
                break;
            return value;
        }
    }
    reader->failed = true;
    return 0;
}

int64_t wh_read_signed(struct wh_reader *reader, uint64_t ceiling)
{
    uint64_t value = wh_read_varint(reader, ceiling > UINT64_MAX / 2 ? UINT64_MAX : 2 * ceiling);

    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

bool wh_reader_at_end(const struct wh_reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}

bool wh_decimal(const char *text, uint64_t ceiling, uint64_t *out_value)
{
    uint64_t value = 0;

    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value) || value > ceiling)
            return false;
    }
    *out_value = value;
    return true;
}

void *wh_array(uint64_t count, size_t size, uint64_t ceiling, struct wh_error *err)
{
    if (count > ceiling / size) {
        (void)wh_fail(err, WH_OVER_LIMIT, "%llu records of %zu bytes are over the limit",
            (unsigned long long)count, size);
        return NULL;
    }
    void *array = calloc(count ? (size_t)count : 1, size);
    if (!array)
        (void)wh_no_memory(err);
    return array;
}

void *wh_grown(void *array, uint32_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0; /* capacity doubles at the powers of two */

    return full ? realloc(array, (count ? 2 * (size_t)count : 1) * size) : array;
}
