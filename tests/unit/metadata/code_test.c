/* SPDX-License-Identifier: GPL-2.0-or-later */
/* code_test.c - references in machine code: instructions as compilers write them, and any bytes
 * against a scanner that looks at one byte after the other. */
#include "unit.h"

#include "whittle/code.h"

enum { BASE = 0x1000, IMAGE = 0x100000, ROOM = 600 };

static uint32_t random_state = 1;

static uint32_t random_number(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

static struct wh_code code_over(const uint8_t *bytes, size_t length, uint64_t got)
{
    return (struct wh_code){
        .bytes = bytes, .end = length, .shift = BASE, .low = 0, .span = IMAGE, .got = got};
}

/* ---- x86-64 -------------------------------------------------------------------------------- */

struct field {
    size_t at;
    uint64_t target;
};

#define INSTRUCTION(bytes) bytes, sizeof(bytes) - 1

static void x86_instructions(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        size_t field; /* 0: none */
        uint64_t target;
    } rows[] = {
        {INSTRUCTION("\xe8\x10\x02\x00\x00"), 1, 0x1215},                     /* call */
        {INSTRUCTION("\xe8\xf0\xff\xff\xff"), 1, 0xff5},                      /* backward */
        {INSTRUCTION("\xe9\x00\x10\x00\x00"), 1, 0x2005},                     /* jmp */
        {INSTRUCTION("\x0f\x84\x00\x01\x00\x00"), 2, 0x1106},                 /* je */
        {INSTRUCTION("\x0f\x8f\x00\x01\x00\x00"), 2, 0x1106},                 /* jg */
        {INSTRUCTION("\x48\x8d\x05\x00\x20\x00\x00"), 3, 0x3007},             /* lea x(%rip),%rax */
        {INSTRUCTION("\x48\x8b\x3d\x00\x20\x00\x00"), 3, 0x3007},             /* mov x(%rip),%rdi */
        {INSTRUCTION("\x4c\x8d\x35\x00\xf0\xff\xff"), 3, 0x7},                /* lea x(%rip),%r14 */
        {INSTRUCTION("\xff\x25\x00\x40\x00\x00"), 2, 0x5006},                 /* jmp *x(%rip) */
        {INSTRUCTION("\xf2\xff\x25\x00\x40\x00\x00"), 3, 0x5007},             /* bnd jmp */
        {INSTRUCTION("\x66\x0f\x6f\x05\x00\x40\x00\x00"), 4, 0x5008},         /* movdqa x(%rip) */
        {INSTRUCTION("\xc7\x05\x00\x40\x00\x00\x01\x00\x00\x00"), 2, 0x5006}, /* movl $1,x(%rip) */
        {INSTRUCTION("\x48\x8d\x05\x7f\x00\x00\x00"), 0, 0}, /* too near to be sure */
        {INSTRUCTION("\x48\x8d\x05\x80\xff\xff\xff"), 0, 0}, /* the same backward */
        {INSTRUCTION("\x48\x8d\x05\x80\x00\x00\x00"), 3, 0x1087},
        {INSTRUCTION("\xe8\x00\x00\x10\x00"), 0, 0}, /* behind the image */
        {INSTRUCTION("\xe8\x00\x00\x00\x80"), 0, 0}, /* before it */
        {INSTRUCTION("\xe8\x10\x02\x00"), 0, 0},     /* cut short */
        {INSTRUCTION("\x0f\x84\x00\x01\x00"), 0, 0}, {INSTRUCTION("\x0f"), 0, 0},
        {INSTRUCTION("\x74\x10\xeb\x20\xc3\x90\x90\x90"), 0, 0}, /* short jumps */
        {INSTRUCTION("\x48\x89\xd8\x48\x01\xc8\xc3"), 0, 0},     /* registers only */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        /* At any place: by itself, behind other bytes, before others. */
        for (size_t before = 0; before < 40; before++) {
            uint8_t bytes[ROOM];
            uint64_t target = 0;
            size_t wanted = rows[i].field ? before + rows[i].field : before + rows[i].length;
            memset(bytes, 0x90, sizeof bytes);
            memcpy(bytes + before, rows[i].bytes, rows[i].length);
            struct wh_code code = code_over(bytes, before + rows[i].length, 0);
            if (wh_x86_next(&code, 0, &target) != wanted)
                fail_msg("row %zu behind %zu bytes", i, before);
            if (rows[i].field)
                assert_int_equal(target, (rows[i].target + before) & UINT64_MAX);
        }
    }
}

/* One byte after the other, as the comment in whittle/code.h says. */
static size_t x86_next_plain(const struct wh_code *code, size_t at, uint64_t *out_target)
{
    for (; at < code->end; at++) {
        const uint8_t *byte = code->bytes + at;
        bool relative = (byte[0] & 0xc7) == 0x05;
        size_t field = at + 1;
        if (at + 1 < code->end && byte[0] == 0x0f && (byte[1] & 0xf0) == 0x80)
            field = at + 2;
        else if ((byte[0] & 0xfe) != 0xe8 && !relative)
            continue;
        if (field + 4 > code->end)
            continue;
        int32_t value = (int32_t)wh_load32(code->bytes + field);
        uint64_t target = field + code->shift + 4 + (uint64_t)(int64_t)value;
        if ((relative && value >= -128 && value <= 127) || target - code->low >= code->span)
            continue;
        *out_target = target;
        return field;
    }
    return code->end;
}

/* Bytes of which many look like references. */
static void code_like(uint8_t *bytes, size_t length)
{
    static const uint8_t opcodes[] = {0xe8, 0xe9, 0x0f, 0x84, 0x05, 0x3d, 0x8b, 0x83, 0xff};

    for (size_t i = 0; i < length; i++) {
        uint32_t choice = random_number(6);
        bytes[i] = choice < 2   ? opcodes[random_number(COUNT(opcodes))]
                   : choice < 5 ? (random_number(2) ? 0 : 0xff)
                                : (uint8_t)random_number(256);
    }
}

static void x86_any_bytes(void **state)
{
    unsigned found = 0;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        uint8_t bytes[ROOM];
        size_t length = random_number(90);
        code_like(bytes, sizeof bytes);
        struct wh_code code = code_over(bytes, length, 0);
        for (size_t at = 0; at < length;) {
            uint64_t target = 0;
            uint64_t plain_target = 0;
            size_t field = wh_x86_next(&code, at, &target);
            assert_int_equal(field, x86_next_plain(&code, at, &plain_target));
            assert_int_equal(target, plain_target);
            found += field < length;
            at = field + 4;
        }
    }
    assert_true(found > 1000);
}

/* ---- i386 ---------------------------------------------------------------------------------- */

static void i386_instructions(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        size_t field;
        uint64_t target;
        bool from_got;
    } rows[] = {
        {INSTRUCTION("\xe8\x10\x02\x00\x00"), 1, 0x1215, false},
        {INSTRUCTION("\xe9\xf0\xff\xff\xff"), 1, 0xff5, false},
        {INSTRUCTION("\x0f\x85\x00\x01\x00\x00"), 2, 0x1106, false},
        {INSTRUCTION("\x8d\x83\x00\xe0\xff\xff"), 2, 0x6000, true}, /* lea x(%ebx),%eax */
        {INSTRUCTION("\x8d\x83\x00\x10\x00\x00"), 2, 0x9000, true},
        {INSTRUCTION("\x8d\x83\xf0\xff\xff\xff"), 0, 0, false}, /* a slot of the GOT itself */
        {INSTRUCTION("\x8b\x83\xf0\xff\xff\xff"), 0, 0, false}, /* mov: the opcode is none either */
        {INSTRUCTION("\x8d\x84\x24\x00\x10\x00\x00"), 0, 0, false}, /* from %esp */
        {INSTRUCTION("\x8d\x85\x00\x10\x00\x00"), 0, 0, false},     /* from %ebp */
        {INSTRUCTION("\x8d\x83\x00\x00\x10\x00"), 0, 0, false},     /* behind the image */
        {INSTRUCTION("\xe8\x10\x02\x00"), 0, 0, false},
        {INSTRUCTION("\x8d\x83\x00\xe0\xff"), 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t bytes[16];
        uint64_t target = 0;
        bool from_got = false;
        memcpy(bytes, rows[i].bytes, rows[i].length);
        struct wh_code code = code_over(bytes, rows[i].length, 0x8000);
        size_t field = wh_i386_next(&code, 0, &target, &from_got);
        if (field != (rows[i].field ? rows[i].field : rows[i].length))
            fail_msg("row %zu: field at %zu", i, field);
        if (!rows[i].field)
            continue;
        assert_int_equal(target, rows[i].target);
        assert_int_equal(from_got, rows[i].from_got);
    }
}

static void i386_any_bytes(void **state)
{
    unsigned found = 0;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        uint8_t bytes[ROOM];
        size_t length = random_number(90);
        code_like(bytes, sizeof bytes);
        struct wh_code code = code_over(bytes, length, round & 1 ? 0x8000 : 0);
        size_t last = 0;
        for (size_t at = 0; at < length; at = last + 4) {
            uint64_t target = 0;
            bool from_got = false;
            last = wh_i386_next(&code, at, &target, &from_got);
            if (last == length)
                break;
            found++;
            assert_true(last > at && last + 4 <= length);
            assert_true(target < IMAGE);
            uint64_t base = from_got ? 0x8000 : last + BASE + 4;
            assert_int_equal(target, (base + wh_load32(bytes + last)) & UINT32_MAX);
        }
    }
    assert_true(found > 1000);
}

static void stubs(void **state)
{
    static const uint8_t jump[16] = "\xff\x25\x00\x10\x00\x00\x68\x07\x00\x00\x00\xe9\x00\x00\x00";
    static const uint8_t endbr[16] = "\xf3\x0f\x1e\xfa\x68\x07\x00\x00\x00\xf2\xe9\x00\x00\x00\x00";
    static const uint8_t first[16] = "\xff\x35\x00\x10\x00\x00\xff\x25\x00\x10\x00\x00\x0f\x1f\x40";

    (void)state;
    assert_int_equal(wh_stub_number(jump, 0), 7);
    assert_int_equal(wh_stub_number(endbr, 0), 5);
    assert_int_equal(wh_stub_number(first, 0), 0);
}

/* ---- aarch64 ------------------------------------------------------------------------------- */

static void arm_words(void **state)
{
    static const struct {
        uint32_t word;
        enum wh_arm_kind kind;
        unsigned target_register;
        unsigned base;
        unsigned scale;
    } rows[] = {
        {0x94000010, WH_ARM_BRANCH, 32, 32, 0}, /* bl */
        {0x17ffffff, WH_ARM_BRANCH, 32, 32, 0}, /* b */
        {0x90000003, WH_ARM_PAGE, 3, 32, 0},    /* adrp x3 */
        {0xb0ffffff, WH_ARM_PAGE, 31, 32, 0},
        {0x91004063, WH_ARM_LOW, 3, 3, 0},    /* add x3, x3, #16 */
        {0x91404063, WH_ARM_NONE, 3, 32, 0},  /* add x3, x3, #16, lsl #12 */
        {0xf9400861, WH_ARM_LOW, 1, 3, 3},    /* ldr x1, [x3, #16] */
        {0xb9401061, WH_ARM_LOW, 1, 3, 2},    /* ldr w1, [x3, #16] */
        {0x79402061, WH_ARM_LOW, 1, 3, 1},    /* ldrh w1, [x3, #16] */
        {0x39404061, WH_ARM_LOW, 1, 3, 0},    /* ldrb w1, [x3, #16] */
        {0xf9000861, WH_ARM_LOW, 32, 3, 3},   /* str x1, [x3, #16] */
        {0x3dc00461, WH_ARM_LOW, 32, 3, 4},   /* ldr q1, [x3, #16] */
        {0xfd400861, WH_ARM_LOW, 32, 3, 3},   /* ldr d1, [x3, #16] */
        {0x54000041, WH_ARM_NONE, 32, 32, 0}, /* b.ne */
        {0xb4000041, WH_ARM_NONE, 32, 32, 0}, /* cbz x1: writes nothing */
        {0xd65f03c0, WH_ARM_NONE, 32, 32, 0}, /* ret */
        {0xa9bf7bfd, WH_ARM_NONE, 32, 32, 0}, /* stp x29, x30, [sp, #-16]! */
        {0xa8c17bfd, WH_ARM_NONE, 29, 32, 0}, /* ldp x29, x30, [sp], #16 */
        {0xd2800021, WH_ARM_NONE, 1, 32, 0},  /* mov x1, #1 */
        {0x8b020023, WH_ARM_NONE, 3, 32, 0},  /* add x3, x1, x2 */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_arm_word arm = wh_arm_decode(rows[i].word);
        if (arm.kind != rows[i].kind || arm.target_register != rows[i].target_register ||
            arm.base != rows[i].base || arm.scale != rows[i].scale)
            fail_msg("%08x: kind %d, register %u, base %u, scale %u", rows[i].word, (int)arm.kind,
                arm.target_register, arm.base, arm.scale);
    }
}

static void arm_targets(void **state)
{
    (void)state;
    assert_int_equal(wh_arm_branch_target(0x94000010, 0x400000), 0x400040);
    assert_int_equal(wh_arm_branch_target(0x97ffffff, 0x400000), 0x3ffffc);
    assert_int_equal(wh_arm_page_target(0xb0000003, 0x400123), 0x401000);
    assert_int_equal(wh_arm_page_target(0xf0ffffe3, 0x400123), 0x3ff000);
    assert_int_equal(wh_arm_low_bits(0xf9400861, 3), 16);
    for (int i = 0; i < 10000; i++) {
        uint64_t address = 0x10000000 + 4 * (uint64_t)random_number(1 << 22);
        uint64_t target = 0x10000000 + 4 * (uint64_t)random_number(1 << 22);
        uint32_t branch = wh_arm_branch(0x94000000, address, target);
        uint32_t page = wh_arm_page(0x90000005, address, target);
        unsigned scale = random_number(4);
        uint32_t low = wh_arm_low(0xf9400861, scale, target);
        assert_int_equal(branch >> 26, 0x94000000u >> 26);
        assert_int_equal(wh_arm_branch_target(branch, address), target);
        assert_int_equal(page & 0x9f00001f, 0x90000005);
        assert_int_equal(wh_arm_page_target(page, address), target & ~0xfffull);
        assert_int_equal(low & ~0x3ffc00u, 0xf9400861 & ~0x3ffc00u);
        assert_int_equal(wh_arm_low_bits(low, scale), (target & 0xfff) >> scale << scale);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x86_instructions),
        cmocka_unit_test(x86_any_bytes),
        cmocka_unit_test(i386_instructions),
        cmocka_unit_test(i386_any_bytes),
        cmocka_unit_test(stubs),
        cmocka_unit_test(arm_words),
        cmocka_unit_test(arm_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
