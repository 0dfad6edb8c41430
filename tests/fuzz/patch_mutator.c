/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch_mutator.c - changes one part of an input of patch_fuzz.c, the old content or a stream, and
 * mends the lengths before them. */
#include <string.h>

#include "fuzz_elf.h"
#include "mutate_elf.h"
#include "whittle/cleanup.h"
#include "whittle/patch.h"

enum { ROOM = 1 << 17, PADDED = 0x40, CHANGE = 7, OLD = WH_STREAMS, PARTS };
enum { LENGTHS = 2 * (WH_STREAMS - 1) }; /* bytes */

/* An input taken apart: what comes before the old content, and the parts. */
struct input {
    uint8_t *head;
    size_t head_length;
    bool raw; /* the old content is in the input */
    struct wh_buffer parts[PARTS];
};

static void clear_input(struct input *input)
{
    for (int i = 0; i < PARTS; i++)
        wh_buffer_clear(&input->parts[i]);
}

static size_t get16(const uint8_t *at)
{
    return at[0] | (size_t)at[1] << 8;
}

static void take(struct wh_bytes *rest, size_t length, struct wh_buffer *part)
{
    if (length > rest->length)
        length = rest->length;
    wh_buffer_append(part, rest->data, length);
    *rest = (struct wh_bytes){rest->data + length, rest->length - length};
}

static bool open_input(uint8_t *data, size_t size, struct input *input)
{
    *input = (struct input){.head = data, .head_length = 5};
    for (int i = 0; i < PARTS; i++)
        input->parts[i].ceiling = ROOM;
    if (size < 2)
        return false;
    input->raw = (uint8_t)(data[0] & ~PADDED) >= FUZZ_ELF_KINDS;
    if (!input->raw)
        input->head_length = 2 + CHANGE * (size_t)data[1];
    if (size < input->head_length)
        return false;
    struct wh_bytes rest = {data + input->head_length, size - input->head_length};
    if (input->raw)
        take(&rest, get16(data + 1), &input->parts[OLD]);
    const uint8_t *lengths = rest.data;
    if (rest.length < LENGTHS)
        return false;
    rest = (struct wh_bytes){rest.data + LENGTHS, rest.length - LENGTHS};
    for (size_t i = 0; i < WH_STREAMS; i++)
        take(&rest, i == WH_STREAM_EXTRA ? SIZE_MAX : get16(lengths + 2 * i), &input->parts[i]);
    return true;
}

static void put16(struct wh_buffer *out, size_t value)
{
    wh_buffer_u8(out, (uint8_t)value);
    wh_buffer_u8(out, (uint8_t)(value >> 8));
}

static void close_input(const struct input *input, struct wh_buffer *out)
{
    wh_buffer_append(out, input->head, input->head_length);
    wh_buffer_append(out, input->parts[OLD].data, input->parts[OLD].length);
    for (int i = 0; i < WH_STREAM_EXTRA; i++)
        put16(out, input->parts[i].length);
    for (int i = 0; i < WH_STREAMS; i++)
        wh_buffer_append(out, input->parts[i].data, input->parts[i].length);
    if (input->raw) {
        out->data[1] = (uint8_t)input->parts[OLD].length;
        out->data[2] = (uint8_t)(input->parts[OLD].length >> 8);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    wh_cleanup(clear_input) struct input input;
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = 2 * ROOM};
    unsigned choice = seed % 8;

    if (!open_input(data, size, &input) || choice > PARTS)
        return LLVMFuzzerMutate(data, size, max_size);
    if (choice == PARTS || (choice == OLD && !input.raw)) {
        (void)LLVMFuzzerMutate(data + 1, input.head_length - 1, input.head_length - 1);
        return size;
    }
    mutate_part(&input.parts[choice], choice == OLD ? seed / 8 | 1 : seed / 8);
    for (int i = 0; i < PARTS; i++)
        if (input.parts[i].length > UINT16_MAX)
            return size;
    close_input(&input, &made);
    if (made.failed || made.length > max_size)
        return size;
    memcpy(data, made.data, made.length);
    return made.length;
}
