/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutate_header.h - changes one tag of an rpm main header and builds the header anew around it:
 * librpm refuses one whose index and data do not fit together, so plain changes rarely get in. */
#ifndef WHITTLE_TESTS_MUTATE_HEADER_H
#define WHITTLE_TESTS_MUTATE_HEADER_H

#include "whittle/bytes.h"

/* libFuzzer's own changes of some bytes in place; gives their new length. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* header: magic included. False where it is not in order to begin with. */
bool mutate_header(struct wh_bytes header, unsigned seed, struct wh_buffer *out);

#endif
