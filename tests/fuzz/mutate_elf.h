/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutate_elf.h - changes an ELF file where it hurts: numbers of its headers become those of other
 * headers, or ones at the edge; and what mutators of inputs with several parts share. */
#ifndef WHITTLE_TESTS_MUTATE_ELF_H
#define WHITTLE_TESTS_MUTATE_ELF_H

#include "whittle/bytes.h"

/* libFuzzer's side. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* In place; false where it is no ELF file that has section headers. */
bool mutate_elf(uint8_t *bytes, size_t length, unsigned seed);

/* Changes a part of an input by itself: as an ELF file, or any bytes of it. */
void mutate_part(struct wh_buffer *part, unsigned seed);

#endif
