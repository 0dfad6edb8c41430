/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header_mutator.c - changes a main header so that it stays one, or any byte of it. */
#include <string.h>

#include "mutate_header.h"
#include "whittle/cleanup.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer made = {.ceiling = max_size};

    if (seed % 4 == 0 || !mutate_header((struct wh_bytes){data, size}, seed / 4, &made))
        return LLVMFuzzerMutate(data, size, max_size);
    memcpy(data, made.data, made.length);
    return made.length;
}
