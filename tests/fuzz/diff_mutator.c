/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff_mutator.c - changes one of the two contents of an input by itself. */
#include <string.h>

#include "fuzz_elf.h"
#include "mutate_elf.h"
#include "whittle/cleanup.h"

enum { HEAD = 4, ROOM = 1 << 17 };

/* The old content goes into the new one's place, or the reverse. */
static void copy_over(struct wh_buffer *to, const struct wh_buffer *from)
{
    to->length = 0;
    wh_buffer_append(to, from->data, from->length);
}

static void mutate_one(struct wh_buffer parts[2], unsigned seed)
{
    unsigned chosen = seed % 2;

    if (seed / 2 % 32 == 0)
        copy_over(&parts[chosen], &parts[!chosen]);
    else
        mutate_part(&parts[chosen], seed / 64);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer old = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer fresh = {.ceiling = ROOM};

    if (seed % 8 == 0 || size <= HEAD || data[1] < FUZZ_ELF_KINDS)
        return LLVMFuzzerMutate(data, size, max_size);
    size_t length = data[2] | (size_t)data[3] << 8;
    if (length > size - HEAD)
        length = size - HEAD;
    struct wh_buffer parts[2] = {old, fresh};
    wh_buffer_append(&parts[0], data + HEAD, length);
    wh_buffer_append(&parts[1], data + HEAD + length, size - HEAD - length);
    mutate_one(parts, seed / 8);
    old = parts[0];
    fresh = parts[1];
    if (old.length > UINT16_MAX || HEAD + old.length + fresh.length > max_size)
        return size;
    data[2] = (uint8_t)old.length;
    data[3] = (uint8_t)(old.length >> 8);
    if (old.length > 0)
        memcpy(data + HEAD, old.data, old.length);
    if (fresh.length > 0)
        memcpy(data + HEAD + old.length, fresh.data, fresh.length);
    return HEAD + old.length + fresh.length;
}
