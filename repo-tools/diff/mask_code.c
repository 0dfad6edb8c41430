/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mask_code.c - references in machine code. */
#include "diff/masking.h"
#include "whittle/code.h"

enum { NEAR = 256 };

static struct wh_code code_of(const struct wh_masking *mask, const struct wh_region *region)
{
    return (struct wh_code){
        .bytes = mask->elf->bytes.data,
        .end = region->offset + region->length,
        .shift = region->address - region->offset,
        .low = mask->elf->low,
        .span = mask->elf->high - mask->elf->low,
        .got = mask->got,
    };
}

/* A near target keeps its distance: code in between moves along. */
static void put_in_code(struct wh_masking *mask, size_t at, uint64_t address, uint64_t target)
{
    if (target - address + NEAR < 2 * NEAR)
        return;
    wh_mask_put(mask, at, 4, target);
}

static void mask_x86(struct wh_masking *mask, const struct wh_region *region)
{
    const struct wh_code code = code_of(mask, region);
    uint64_t target = 0;

    for (size_t at = wh_x86_next(&code, region->offset, &target); at < code.end;
         at = wh_x86_next(&code, at + 4, &target))
        put_in_code(mask, at, at + code.shift, target);
}

static void mask_i386(struct wh_masking *mask, const struct wh_region *region)
{
    const struct wh_code code = code_of(mask, region);
    uint64_t target = 0;
    bool from_got = false;

    for (size_t at = wh_i386_next(&code, region->offset, &target, &from_got); at < code.end;
         at = wh_i386_next(&code, at + 4, &target, &from_got)) {
        if (from_got)
            wh_mask_put(mask, at, 4, target);
        else
            put_in_code(mask, at, at + code.shift, target);
    }
}

static void mask_arm_word(
    struct wh_masking *mask, size_t at, uint64_t shift, uint64_t *pages, uint32_t *known)
{
    enum { BRANCH_BITS = 0x03ffffff, PAGE_BITS = 0x60ffffe0, LOW_BITS = 0x003ffc00 };
    uint32_t word = wh_load32(mask->elf->bytes.data + at);
    struct wh_arm_word arm = wh_arm_decode(word);
    uint64_t address = at + shift;

    if (arm.kind == WH_ARM_BRANCH) {
        uint64_t target = wh_arm_branch_target(word, address);
        if (wh_mask_in_image(mask, target) && target - address + NEAR >= 2 * NEAR)
            wh_mask_put_bits(mask, at, word, BRANCH_BITS, target);
        return;
    }
    if (arm.kind == WH_ARM_PAGE) {
        uint64_t page = wh_arm_page_target(word, address);
        *known &= ~(1u << arm.target_register);
        if (!wh_mask_in_image(mask, page) && !wh_mask_in_image(mask, page + 0xfff))
            return;
        pages[arm.target_register] = page;
        *known |= 1u << arm.target_register;
        wh_mask_put_bits(mask, at, word, PAGE_BITS, 0); /* no address of the image: a constant */
        return;
    }
    if (arm.kind == WH_ARM_LOW && *known >> arm.base & 1)
        wh_mask_put_bits(
            mask, at, word, LOW_BITS, pages[arm.base] + wh_arm_low_bits(word, arm.scale));
    if (arm.target_register < 32)
        *known &= ~(1u << arm.target_register);
}

static void mask_aarch64(struct wh_masking *mask, const struct wh_region *region)
{
    uint64_t pages[32] = {0};
    uint32_t known = 0;
    size_t end = region->offset + region->length;

    for (size_t at = region->offset; at + 4 <= end; at += 4)
        mask_arm_word(mask, at, region->address - region->offset, pages, &known);
}

void wh_mask_code(struct wh_masking *mask, const struct wh_region *region)
{
    switch (mask->elf->machine) {
    case WH_EM_X86_64:
        mask_x86(mask, region);
        break;
    case WH_EM_386:
        mask_i386(mask, region);
        break;
    case WH_EM_AARCH64:
        mask_aarch64(mask, region);
        break;
    default:
        break;
    }
}

/* Numbers of relocations: the names of the slots say the same. */
void wh_mask_stubs(struct wh_masking *mask, const struct wh_region *region)
{
    size_t end = region->offset + region->length;

    wh_mask_code(mask, region);
    for (size_t at = region->offset; at + WH_STUB_LENGTH <= end; at += WH_STUB_LENGTH) {
        size_t field = wh_stub_number(mask->elf->bytes.data, at);
        if (field)
            wh_mask_put_constant(mask, field, 4, 0);
    }
}
