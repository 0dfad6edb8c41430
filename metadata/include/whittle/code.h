/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code.h - finds references in machine code without disassembling it. The walk uses it on old code,
 * the publisher's match finder on both, so that the two see the same fields. */
#ifndef WHITTLE_CODE_H
#define WHITTLE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "whittle/word.h"

/* Code as it is mapped; targets outside [low, low + span) are no references. */
struct wh_code {
    const uint8_t *bytes; /* of the file, from its beginning */
    size_t end;           /* offset; no field reaches behind it */
    uint64_t shift;       /* address - offset, of these bytes */
    uint64_t low;
    uint64_t span;
    uint64_t got; /* i386: what GOT-relative displacements count from, or 0 */
};

/* x86: the offset of the next field of four bytes at or behind `at`, or end. Fields are the
 * operands of CALL, JMP, Jcc and displacements relative to the instruction pointer (x86-64) or to
 * the GOT (i386); Intel SDM, volume 2, appendix A. Bytes that only look like one do no harm: the
 * same bytes look the same in the new file. */
size_t wh_x86_next(const struct wh_code *code, size_t at, uint64_t *out_target);
size_t wh_i386_next(
    const struct wh_code *code, size_t at, uint64_t *out_target, bool *out_got_relative);

enum { WH_STUB_LENGTH = 16 };

/* Where the stub that begins at an offset has the number of its relocation (PUSH imm32), 0 for
 * nowhere; at least WH_STUB_LENGTH bytes are there. */
static inline size_t wh_stub_number(const uint8_t *bytes, size_t at)
{
    if (bytes[at + 6] == 0x68 && bytes[at] == 0xff) /* JMP *slot; PUSH; JMP */
        return at + 7;
    if (bytes[at + 4] == 0x68 && bytes[at] == 0xf3) /* ENDBR; PUSH; JMP */
        return at + 5;
    return 0;
}

/* aarch64: what a word refers to (Arm ARM, C4.1). */
enum wh_arm_kind {
    WH_ARM_NONE,
    WH_ARM_BRANCH, /* B, BL: target / 4 in bits 0-25 */
    WH_ARM_PAGE,   /* ADRP: page in bits 5-23 and 29-30 */
    WH_ARM_LOW,    /* ADD, LDR, STR, PRFM: 12 bits from bit 10, scaled */
};

struct wh_arm_word {
    enum wh_arm_kind kind;
    unsigned target_register; /* that it writes, 32 for none */
    unsigned base;            /* LOW: the register with the page */
    unsigned scale;           /* LOW: log2 of the unit */
};

static inline struct wh_arm_word wh_arm_decode(uint32_t word)
{
    if ((word & 0x7c000000) == 0x14000000)
        return (struct wh_arm_word){WH_ARM_BRANCH, 32, 32, 0};
    if ((word & 0x9f000000) == 0x90000000)
        return (struct wh_arm_word){WH_ARM_PAGE, word & 31, 32, 0};
    if ((word & 0xffc00000) == 0x91000000)
        return (struct wh_arm_word){WH_ARM_LOW, word & 31, word >> 5 & 31, 0};
    if ((word & 0x3b000000) == 0x39000000) { /* load and store, unsigned offset */
        bool vector = word >> 26 & 1;
        unsigned scale = vector && (word >> 23 & 1) ? 4 : word >> 30;
        bool is_load = word >> 22 & 1 && !vector;
        return (struct wh_arm_word){WH_ARM_LOW, is_load ? word & 31 : 32, word >> 5 & 31, scale};
    }
    if ((word & 0x0a000000) == 0x08000000) /* other loads and stores, branches: see below */
        return (struct wh_arm_word){WH_ARM_NONE, word >> 22 & 1 ? word & 31 : 32, 32, 0};
    if ((word & 0x1c000000) == 0x14000000) /* conditional branches, system */
        return (struct wh_arm_word){WH_ARM_NONE, 32, 32, 0};
    return (struct wh_arm_word){WH_ARM_NONE, word & 31, 32, 0};
}

static inline uint64_t wh_arm_branch_target(uint32_t word, uint64_t address)
{
    return address + (uint64_t)((int64_t)((uint64_t)word << 38) >> 36);
}

static inline uint32_t wh_arm_branch(uint32_t word, uint64_t address, uint64_t target)
{
    return (word & 0xfc000000) | ((uint32_t)((target - address) >> 2) & 0x03ffffff);
}

static inline uint64_t wh_arm_page_target(uint32_t word, uint64_t address)
{
    uint64_t pages = (uint64_t)(word >> 5 & 0x7ffff) << 2 | (word >> 29 & 3);

    return (address & ~0xfffull) + (uint64_t)((int64_t)(pages << 43) >> 31);
}

static inline uint32_t wh_arm_page(uint32_t word, uint64_t address, uint64_t target)
{
    uint64_t pages = (target >> 12) - (address >> 12);

    return (word & 0x9f00001f) | (uint32_t)(pages & 3) << 29 |
           (uint32_t)(pages >> 2 & 0x7ffff) << 5;
}

static inline uint32_t wh_arm_low_bits(uint32_t word, unsigned scale)
{
    return (word >> 10 & 0xfff) << scale;
}

static inline uint32_t wh_arm_low(uint32_t word, unsigned scale, uint64_t target)
{
    return (word & ~(0xfffu << 10)) | ((uint32_t)(target & 0xfff) >> scale) << 10;
}

#endif
