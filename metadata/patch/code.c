/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code.c - see whittle/code.h. Most of a decoder's time is spent here: sixteen bytes are looked at
 * together where the machine can. */
#include "whittle/code.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK = 16 };

/* Does a field begin behind this opcode? E8 and E9, 0F 8x, and a ModRM byte with mod 0 and rm 5. */
static inline bool is_opcode(const uint8_t *at)
{
    return (at[0] & 0xfe) == 0xe8 || (at[0] & 0xc7) == 0x05 ||
           (at[0] == 0x0f && (at[1] & 0xf0) == 0x80);
}

#ifdef __SSE2__
/* Bit i: byte i may be such an opcode. Reads 17 bytes. */
static inline unsigned opcodes(const uint8_t *at)
{
    __m128i here = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(at + 1));
    __m128i call = _mm_cmpeq_epi8(
        _mm_and_si128(here, _mm_set1_epi8((char)0xfe)), _mm_set1_epi8((char)0xe8));
    __m128i relative = _mm_cmpeq_epi8(
        _mm_and_si128(here, _mm_set1_epi8((char)0xc7)), _mm_set1_epi8(0x05));
    __m128i escape = _mm_cmpeq_epi8(here, _mm_set1_epi8(0x0f));
    __m128i jump = _mm_cmpeq_epi8(
        _mm_and_si128(next, _mm_set1_epi8((char)0xf0)), _mm_set1_epi8((char)0x80));

    return (unsigned)_mm_movemask_epi8(
        _mm_or_si128(_mm_or_si128(call, relative), _mm_and_si128(escape, jump)));
}
#else
static inline unsigned opcodes(const uint8_t *at)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < BLOCK; i++)
        mask |= (unsigned)is_opcode(at + i) << i;
    return mask;
}
#endif

/* The field behind the opcode at this offset, or 0 when it is none after all. */
static inline size_t field_behind(const struct wh_code *code, size_t opcode, uint64_t *out_target)
{
    uint8_t byte = code->bytes[opcode];
    size_t field = opcode + (byte == 0x0f ? 2 : 1);

    if (field + 4 > code->end)
        return 0;
    int32_t value = (int32_t)wh_load32(code->bytes + field);
    if ((byte & 0xc7) == 0x05 && value >= -128 && value <= 127)
        return 0; /* a short jump's or an immediate operand's neighbour */
    uint64_t target = field + code->shift + 4 + (uint64_t)(int64_t)value;
    if (target - code->low >= code->span)
        return 0;
    *out_target = target;
    return field;
}

size_t wh_x86_next(const struct wh_code *code, size_t at, uint64_t *out_target)
{
    while (at + BLOCK + 1 <= code->end) {
        unsigned mask = opcodes(code->bytes + at);
        while (mask) {
            size_t field = field_behind(code, at + (unsigned)__builtin_ctz(mask), out_target);
            if (field)
                return field;
            mask &= mask - 1;
        }
        at += BLOCK;
    }
    for (; at + 5 <= code->end; at++) {
        size_t field = is_opcode(code->bytes + at) ? field_behind(code, at, out_target) : 0;
        if (field)
            return field;
    }
    return code->end;
}

/* Slots of the GOT itself, and what is no address at all. */
static inline bool is_near(int32_t displacement)
{
    return displacement >= -4096 && displacement <= 127;
}

/* A displacement of 32 bits from a register that may hold the GOT's address. The byte before it
 * may also be the opcode of a MOV, and the first one of the displacement its operand byte. */
static inline bool is_got_relative(const struct wh_code *code, size_t at, uint64_t *out_target)
{
    uint8_t modrm = code->bytes[at];
    int32_t value = (int32_t)wh_load32(code->bytes + at + 1);

    if (code->got == 0 || (modrm & 0xc0) != 0x80 || (modrm & 7) == 4 || (modrm & 7) == 5)
        return false;
    if (is_near(value))
        return false;
    if ((code->bytes[at + 1] & 0xc0) == 0x80 && at + 6 <= code->end &&
        is_near((int32_t)wh_load32(code->bytes + at + 2)))
        return false;
    uint64_t target = (code->got + (uint64_t)(int64_t)value) & UINT32_MAX;
    if (target - code->low >= code->span)
        return false;
    *out_target = target;
    return true;
}

size_t wh_i386_next(
    const struct wh_code *code, size_t at, uint64_t *out_target, bool *out_got_relative)
{
    for (; at + 5 <= code->end; at++) {
        const uint8_t *byte = code->bytes + at;
        size_t field = 0;
        *out_got_relative = false;
        if ((byte[0] & 0xfe) == 0xe8)
            field = at + 1;
        else if (byte[0] == 0x0f && (byte[1] & 0xf0) == 0x80)
            field = at + 2;
        if (field && field + 4 <= code->end) {
            uint64_t target = field + code->shift + 4 + wh_load32(code->bytes + field);
            *out_target = target & UINT32_MAX;
            if (*out_target - code->low < code->span)
                return field;
        }
        if (is_got_relative(code, at, out_target)) {
            *out_got_relative = true;
            return at + 1;
        }
    }
    return code->end;
}
