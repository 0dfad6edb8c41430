/* SPDX-License-Identifier: GPL-2.0-or-later */
/* masking.h - a view in the making. Two passes: the first hides every field, the second puts labels
 * there, which are hashes of what stands at the target with its own fields hidden. */
#ifndef WHITTLE_REPO_MASKING_H
#define WHITTLE_REPO_MASKING_H

#include "diff/names.h"
#include "whittle/word.h"

struct wh_masking {
    const struct wh_elf *elf;
    uint8_t *view;
    uint8_t *hidden; /* one bit a byte of the file */
    struct wh_names names;
    uint32_t *btf_fields; /* see whittle/btf.h */
    size_t btf_count;
    bool with_names;
    bool labels; /* the second pass */
    uint64_t got;
    struct wh_stubs stubs;
};

/* A field of four or eight bytes that refers to an address. */
void wh_mask_put(struct wh_masking *mask, size_t at, unsigned width, uint64_t target);
/* The same where only some bits of a word refer to it. */
void wh_mask_put_bits(
    struct wh_masking *mask, size_t at, uint32_t word, uint32_t bits, uint64_t target);
/* A field that gets a value which depends on no address. */
void wh_mask_put_constant(struct wh_masking *mask, size_t at, unsigned width, uint32_t value);

static inline bool wh_mask_in_image(const struct wh_masking *mask, uint64_t address)
{
    return address - mask->elf->low < mask->elf->high - mask->elf->low;
}

/* One function for each kind of region. */
void wh_mask_code(struct wh_masking *mask, const struct wh_region *region);
void wh_mask_stubs(struct wh_masking *mask, const struct wh_region *region);
void wh_mask_pointers(struct wh_masking *mask, const struct wh_region *region);
void wh_mask_symbols(struct wh_masking *mask, const struct wh_region *region);
void wh_mask_relocations(struct wh_masking *mask, const struct wh_region *region);
void wh_mask_frames(struct wh_masking *mask, const struct wh_region *region);
void wh_mask_frame_index(struct wh_masking *mask, const struct wh_region *region);
void wh_mask_constants(struct wh_masking *mask, const struct wh_region *region);
void wh_mask_btf(struct wh_masking *mask, const struct wh_region *region);
/* Words that linkers fill, wherever they are. */
void wh_mask_slots(struct wh_masking *mask);

#endif
