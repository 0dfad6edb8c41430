/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed_patches.c - patches between two builds of every kind of ELF file. Corrections are left out:
 * a decoder that has none makes another content, which is one to fuzz all the same. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz_elf.h"
#include "seeds.h"
#include "whittle/cleanup.h"

enum { CEILING = 1 << 20, PADDED = 0x40, RAW = 0x80 };

static void put16(struct wh_buffer *out, size_t value)
{
    wh_buffer_u8(out, (uint8_t)value);
    wh_buffer_u8(out, (uint8_t)(value >> 8));
}

/* The one run that says that nothing is to be corrected. */
static void put_no_corrections(
    struct wh_buffer *gaps, const struct wh_copy *copies, size_t copy_count)
{
    uint64_t copied = 0;

    for (size_t i = 0; i < copy_count; i++)
        copied += copies[i].length;
    wh_buffer_varint(gaps, copied);
}

static void seed_build(uint8_t kind)
{
    const struct fuzz_builds *builds = fuzz_builds(kind);
    wh_cleanup(wh_buffer_clear) struct wh_buffer control = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer gaps = {.ceiling = CEILING};
    wh_cleanup(wh_buffer_clear) struct wh_buffer whole = {.ceiling = CEILING};
    struct wh_bytes fresh = made_elf_file(&builds->fresh);
    wh_autofree uint8_t *predicted = calloc(fresh.length, 1);
    struct wh_error err;
    char name[16];

    if (!predicted)
        abort();
    seed_must(wh_patch_predict(WH_PATCH_ELF, made_elf_file(&builds->old), fresh, builds->copies,
                  builds->copy_count, &control, predicted, &err),
        &err);
    put_no_corrections(&gaps, builds->copies, builds->copy_count);
    wh_buffer_u8(&whole, kind | PADDED);
    wh_buffer_u8(&whole, 0); /* changes */
    put16(&whole, control.length);
    put16(&whole, gaps.length);
    put16(&whole, 0);
    wh_buffer_append(&whole, control.data, control.length);
    wh_buffer_append(&whole, gaps.data, gaps.length);
    (void)snprintf(name, sizeof name, "elf-%u", kind);
    seed("patch", name, wh_buffer_bytes(&whole));
    seed("predict", name, CHOICES(kind, 0, 0));
}

void seed_patches(void)
{
    static const uint8_t plain[] = {RAW, 8, 0, 8, 0, /* both contents have eight bytes */
        'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h',      /* the old one */
        5, 0, 3, 0, 1, 0,                            /* lengths of three streams */
        0, 1, 0, 0, 4,                               /* the first five bytes are copied */
        2, 0, 2,                                     /* one is corrected, two on, and then none */
        1, 'x', 'y', 'z'};

    for (uint8_t kind = 0; kind < FUZZ_ELF_KINDS; kind++)
        seed_build(kind);
    seed("patch", "plain", (struct wh_bytes){plain, sizeof plain});
}
