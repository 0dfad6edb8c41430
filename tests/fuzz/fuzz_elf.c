/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_elf.c - see fuzz_elf.h. */
#include "fuzz_elf.h"

#include <stdlib.h>
#include <string.h>

enum { INSERTED = 64 };

static const struct made_recipe kinds[FUZZ_ELF_KINDS] = {
    {WH_EM_X86_64, WH_ET_REL, MADE_ALL | MADE_TYPES, 0, false},
    {WH_EM_X86_64, WH_ET_EXEC, MADE_ALL, 0, false},
    {WH_EM_X86_64, MADE_ET_DYN, MADE_ALL, 0, false},
    {WH_EM_AARCH64, WH_ET_REL, MADE_ALL | MADE_TYPES, 0, false},
    {WH_EM_AARCH64, WH_ET_EXEC, MADE_ALL, 0, false},
    {WH_EM_AARCH64, MADE_ET_DYN, MADE_ALL, 0, false},
    {WH_EM_386, WH_ET_REL, MADE_ALL, 0, false},
    {WH_EM_386, WH_ET_EXEC, MADE_ALL, 0, false},
    {WH_EM_386, MADE_ET_DYN, MADE_ALL, 0, false},
    {WH_EM_X86_64, WH_ET_EXEC, MADE_CALLS | MADE_GO, 0, false},
    {WH_EM_X86_64, MADE_ET_DYN, MADE_CALLS | MADE_GO, 0, false},
    {WH_EM_AARCH64, WH_ET_EXEC, MADE_CALLS | MADE_GO, 0, false},
};

const struct fuzz_builds *fuzz_builds(unsigned kind)
{
    static struct fuzz_builds made[FUZZ_ELF_KINDS];
    struct fuzz_builds *builds = &made[kind];
    struct made_recipe recipe = kinds[kind];

    if (builds->copy_count > 0)
        return builds;
    made_elf_make(&recipe, &builds->old);
    recipe.inserted = INSERTED;
    recipe.added = true;
    made_elf_make(&recipe, &builds->fresh);
    builds->copy_count = made_elf_copies(&builds->old, &builds->fresh, builds->copies);
    return builds;
}

size_t fuzz_take16(struct wh_bytes *input)
{
    size_t low = fuzz_take(input);

    return low | (size_t)fuzz_take(input) << 8;
}

static size_t start_of(const struct made_elf *elf, uint8_t section)
{
    if (section == 255)
        return elf->sections_at;
    return (size_t)elf->sections[section % MADE_SECTIONS].offset;
}

uint8_t *fuzz_elf_changed(const struct made_elf *elf, struct wh_bytes *input)
{
    struct wh_bytes file = made_elf_file(elf);
    uint8_t *bytes = malloc(file.length);

    if (!bytes)
        abort();
    memcpy(bytes, file.data, file.length);
    for (unsigned left = fuzz_take(input); left > 0 && input->length > 0; left--) {
        size_t at = start_of(elf, fuzz_take(input));
        at += fuzz_take16(input);
        for (int i = 0; i < 4; i++) {
            uint8_t byte = fuzz_take(input);
            if (at < file.length)
                bytes[at++] = byte;
        }
    }
    return bytes;
}
