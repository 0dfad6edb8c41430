/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_elf.h - ELF files for the harnesses of patches: two builds of each kind, and changes of them
 * that an input of a few bytes can hold. */
#ifndef WHITTLE_TESTS_FUZZ_ELF_H
#define WHITTLE_TESTS_FUZZ_ELF_H

#include "fuzz.h"
#include "made_elf.h"

#define FUZZ_ELF_KINDS 12u

struct fuzz_builds {
    struct made_elf old;
    struct made_elf fresh;
    struct wh_copy copies[MADE_COPIES_MAX]; /* perfect ones */
    size_t copy_count;
};

/* Made at first use and kept; kind below FUZZ_ELF_KINDS. */
const struct fuzz_builds *fuzz_builds(unsigned kind);

/* A copy of the file; the caller frees. Its changes are taken off the front of input: their number,
 * then for each a section (0 the headers, 255 the section headers), an offset in it of two bytes,
 * and a word. */
uint8_t *fuzz_elf_changed(const struct made_elf *elf, struct wh_bytes *input);

size_t fuzz_take16(struct wh_bytes *input);

#endif
