/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk_code.c - references in machine code. */
#include "patch/walk.h"
#include "whittle/code.h"

static struct wh_code code_of(const struct wh_walk *walk, const struct wh_stretch *stretch)
{
    return (struct wh_code){
        .bytes = walk->old_bytes,
        .end = stretch->to,
        .shift = stretch->old_shift,
        .low = walk->old->low,
        .span = walk->old->high - walk->old->low,
        .got = walk->old_got,
    };
}

/* The operand counts from the address behind its four bytes. */
static void put_relative(
    struct wh_walk *walk, const struct wh_stretch *stretch, size_t field, uint64_t target)
{
    size_t at = field + stretch->shift;
    uint64_t base = at + stretch->new_shift + 4;
    uint32_t guess = (uint32_t)(wh_guess(walk, target) - base);
    uint32_t now = wh_put32(walk, at, guess);

    if (now != guess)
        wh_learn(walk, target, base + (uint64_t)(int64_t)(int32_t)now);
}

static void walk_x86(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    const struct wh_code code = code_of(walk, stretch);
    uint64_t target = 0;

    for (size_t field = wh_x86_next(&code, stretch->from, &target); field < stretch->to;
         field = wh_x86_next(&code, field + 4, &target))
        put_relative(walk, stretch, field, target);
}

/* The displacement counts from the GOT, which has its place in the maps like everything else. */
static void put_got_relative(
    struct wh_walk *walk, const struct wh_stretch *stretch, size_t field, uint64_t target)
{
    size_t at = field + stretch->shift;
    uint64_t base = walk->new_got;
    uint32_t guess = (uint32_t)(wh_guess(walk, target) - base);
    uint32_t now = wh_put32(walk, at, guess);

    if (now != guess)
        wh_learn(walk, target, (base + now) & UINT32_MAX);
}

static void walk_i386(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    const struct wh_code code = code_of(walk, stretch);
    uint64_t target = 0;
    bool from_got = false;

    for (size_t field = wh_i386_next(&code, stretch->from, &target, &from_got); field < stretch->to;
         field = wh_i386_next(&code, field + 4, &target, &from_got)) {
        if (from_got)
            put_got_relative(walk, stretch, field, target);
        else
            put_relative(walk, stretch, field, target);
    }
}

/* Numbers of relocations move as the rows of their table do. i386 counts bytes. */
static void put_number(
    struct wh_walk *walk, const struct wh_section *rows, size_t at, uint32_t number)
{
    size_t row = walk->old->wide ? 24 : 8;
    uint64_t distance = walk->old->wide ? (uint64_t)number * row : number;

    if (distance >= rows->length)
        return;
    uint64_t moved = wh_moved_within(walk, rows->offset, distance);
    (void)wh_put32(walk, at, (uint32_t)(walk->old->wide ? moved / row : moved));
}

static void walk_x86_or_i386(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    if (walk->old->wide)
        walk_x86(walk, stretch);
    else
        walk_i386(walk, stretch);
}

void wh_walk_stubs(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    struct wh_stretch part = *stretch;

    for (size_t stub = wh_first_record(stretch, 0, WH_STUB_LENGTH);
         stub + WH_STUB_LENGTH <= stretch->to; stub += WH_STUB_LENGTH) {
        size_t field = wh_stub_number(walk->old_bytes, stub);
        part.from = stub;
        part.to = stub + WH_STUB_LENGTH;
        if (field) {
            part.to = field - 1;
            walk_x86_or_i386(walk, &part);
            if (walk->stub_rows)
                put_number(walk, &walk->old->sections[walk->stub_rows], field + stretch->shift,
                    wh_load32(walk->old_bytes + field));
            part.from = field + 4;
            part.to = stub + WH_STUB_LENGTH;
        }
        walk_x86_or_i386(walk, &part);
    }
}

/* ---- aarch64 ------------------------------------------------------------------------------- */

enum { REGISTERS = 32, LOOK_AHEAD = 16 };

/* Which page each register holds, in the old image and in the new one. */
struct pages {
    uint32_t known; /* bit i: register i holds a page */
    uint64_t old_page[REGISTERS];
    uint64_t new_page[REGISTERS];
};

/* What the page in a register is used for first: the whole old address, or the page itself. */
static uint64_t first_use(
    const uint8_t *code, size_t at, size_t end, unsigned page_register, uint64_t page)
{
    for (int i = 0; i < LOOK_AHEAD && at + 4 <= end; i++, at += 4) {
        uint32_t word = wh_load32(code + at);
        struct wh_arm_word arm = wh_arm_decode(word);
        if (arm.kind == WH_ARM_LOW && arm.base == page_register)
            return page + wh_arm_low_bits(word, arm.scale);
        if (arm.target_register == page_register)
            break;
    }
    return page;
}

static void put_branch(
    struct wh_walk *walk, size_t at, uint32_t word, uint64_t old_address, uint64_t new_address)
{
    uint64_t target = wh_arm_branch_target(word, old_address);

    if (!wh_in_image(walk, target))
        return;
    uint32_t guess = wh_arm_branch(word, new_address, wh_guess(walk, target));
    uint32_t now = wh_put32(walk, at, guess);
    if (now != guess)
        wh_learn(walk, target, wh_arm_branch_target(now, new_address));
}

static void put_page(struct wh_walk *walk, const struct wh_stretch *stretch, size_t from,
    uint32_t word, struct pages *pages)
{
    size_t at = from + stretch->shift;
    uint64_t new_address = at + stretch->new_shift;
    unsigned number = word & 31;
    uint64_t page = wh_arm_page_target(word, from + stretch->old_shift);
    uint64_t target = first_use(walk->old_bytes, from + 4, stretch->to, number, page);

    pages->known &= ~(1u << number);
    if (!wh_in_image(walk, target))
        return;
    uint64_t guessed = wh_guess(walk, target);
    uint32_t guess = wh_arm_page(word, new_address, guessed);
    uint32_t now = wh_put32(walk, at, guess);
    pages->known |= 1u << number;
    pages->old_page[number] = page;
    pages->new_page[number] = wh_arm_page_target(now, new_address);
    if (now != guess)
        wh_learn(walk, target, pages->new_page[number] | (guessed & 0xfff));
}

static void put_low(struct wh_walk *walk, size_t at, uint32_t word, const struct wh_arm_word *arm,
    const struct pages *pages)
{
    uint64_t target = pages->old_page[arm->base] + wh_arm_low_bits(word, arm->scale);

    if (!wh_in_image(walk, target))
        return;
    uint32_t guess = wh_arm_low(word, arm->scale, wh_guess(walk, target));
    uint32_t now = wh_put32(walk, at, guess);
    if (now != guess)
        wh_learn(walk, target, pages->new_page[arm->base] + wh_arm_low_bits(now, arm->scale));
}

static void walk_aarch64(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    struct pages pages = {0};
    size_t from = wh_first_record(stretch, 0, 4);

    for (; from + 4 <= stretch->to; from += 4) {
        uint32_t word = wh_load32(walk->old_bytes + from);
        struct wh_arm_word arm = wh_arm_decode(word);
        size_t at = from + stretch->shift;
        if (arm.kind == WH_ARM_BRANCH) {
            put_branch(walk, at, word, from + stretch->old_shift, at + stretch->new_shift);
            if (word >> 31)
                pages.known &= 0xfff80000u; /* a call may change x0 to x18 */
            continue;
        }
        if (arm.kind == WH_ARM_PAGE) {
            put_page(walk, stretch, from, word, &pages);
            continue;
        }
        if (arm.kind == WH_ARM_LOW && pages.known >> arm.base & 1)
            put_low(walk, at, word, &arm, &pages);
        if (arm.target_register < REGISTERS)
            pages.known &= ~(1u << arm.target_register);
    }
}

void wh_walk_code(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    switch (walk->old->machine) {
    case WH_EM_X86_64:
        walk_x86(walk, stretch);
        break;
    case WH_EM_386:
        walk_i386(walk, stretch);
        break;
    case WH_EM_AARCH64:
        walk_aarch64(walk, stretch);
        break;
    default:
        break;
    }
}
