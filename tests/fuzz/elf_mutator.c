/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf_mutator.c - changes headers of the file that an input is, or any byte of it. */
#include "fuzz_elf.h"
#include "mutate_elf.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    if (seed % 4 > 0 && size > 1 && data[0] >= FUZZ_ELF_KINDS &&
        mutate_elf(data + 1, size - 1, seed / 4))
        return size;
    return LLVMFuzzerMutate(data, size, max_size);
}
