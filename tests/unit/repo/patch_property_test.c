/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patch_property_test.c - whatever the two contents are, the patch between them gives the new one,
 * byte by byte. */
#include "unit.h"

#include <stdlib.h>

#include "made_elf.h"
#include "round_trip.h"
#include "whittle/cleanup.h"

enum { EFFORTS = WH_EFFORT_BEST + 1, LENGTH_MAX = 1 << 14 };

static uint32_t state_of_random;

static uint32_t random_number(uint32_t below)
{
    state_of_random = state_of_random * 1664525u + 1013904223u;
    return below ? (state_of_random >> 8) % below : 0;
}

static void with_every_effort(struct wh_bytes old, struct wh_bytes fresh)
{
    for (int effort = 0; effort < EFFORTS; effort++)
        (void)round_trip(old, fresh, (enum wh_effort)effort);
}

/* ---- contents without structure ------------------------------------------------------------ */

enum filling { ZEROS, PERIOD, WORDS, NOISE, FILLINGS };

static void fill_with(enum filling filling, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        switch (filling) {
        case PERIOD:
            bytes[i] = (uint8_t)(i % 37);
            break;
        case WORDS:
            bytes[i] = (uint8_t)("the old word and the new one "[random_number(29)]);
            break;
        case NOISE:
            bytes[i] = (uint8_t)random_number(256);
            break;
        case ZEROS:
        case FILLINGS:
            bytes[i] = 0;
            break;
        }
    }
}

static void unrelated_contents(void **state)
{
    static const size_t lengths[] = {0, 1, 2, 7, 8, 23, 24, 25, 63, 64, 65, 1000, 5000};
    static uint8_t old[LENGTH_MAX];
    static uint8_t fresh[LENGTH_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++)
        for (size_t j = 0; j < COUNT(lengths); j++) {
            fill_with((enum filling)random_number(FILLINGS), old, lengths[i]);
            fill_with((enum filling)random_number(FILLINGS), fresh, lengths[j]);
            with_every_effort(
                (struct wh_bytes){old, lengths[i]}, (struct wh_bytes){fresh, lengths[j]});
        }
}

/* Blocks of the old content in any order, some of them new, some with a byte changed. */
static size_t rearrange(const uint8_t *old, size_t old_length, uint8_t *fresh)
{
    size_t length = 0;

    for (uint32_t blocks = random_number(24); blocks > 0; blocks--) {
        size_t block = 1 + random_number(600);
        size_t from = random_number((uint32_t)old_length);
        if (block > LENGTH_MAX - length)
            break;
        if (block > old_length - from || random_number(4) == 0) {
            fill_with(NOISE, fresh + length, block);
        } else {
            memcpy(fresh + length, old + from, block);
            if (random_number(2))
                fresh[length + random_number((uint32_t)block)] ^= 1;
        }
        length += block;
    }
    return length;
}

static void rearranged_contents(void **state)
{
    static uint8_t old[LENGTH_MAX];
    static uint8_t fresh[LENGTH_MAX];

    (void)state;
    for (int i = 0; i < 200; i++) {
        size_t length = 1 + random_number(6000);
        fill_with((enum filling)random_number(FILLINGS), old, length);
        size_t fresh_length = rearrange(old, length, fresh);
        with_every_effort((struct wh_bytes){old, length}, (struct wh_bytes){fresh, fresh_length});
    }
}

/* ---- ELF files ----------------------------------------------------------------------------- */

static const uint16_t machines[] = {WH_EM_X86_64, WH_EM_AARCH64, WH_EM_386};
static const uint16_t types[] = {WH_ET_REL, WH_ET_EXEC, MADE_ET_DYN};

enum { KINDS = COUNT(machines) * COUNT(types) };

/* Two builds of each kind. */
static struct made_elf olds[KINDS];
static struct made_elf news[KINDS];
static struct made_elf go_old;
static struct made_elf go_new;

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct made_recipe recipe = {
            machines[i / COUNT(types)], types[i % COUNT(types)], MADE_ALL | MADE_TYPES, 0, false};
        made_elf_make(&recipe, &olds[i]);
        recipe.inserted = 4096 + 64;
        recipe.added = true;
        made_elf_make(&recipe, &news[i]);
    }
    struct made_recipe recipe = {WH_EM_X86_64, WH_ET_EXEC, MADE_CALLS | MADE_GO, 0, false};
    made_elf_make(&recipe, &go_old);
    recipe.inserted = 80;
    recipe.added = true;
    made_elf_make(&recipe, &go_new);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        made_elf_clear(&olds[i]);
        made_elf_clear(&news[i]);
    }
    made_elf_clear(&go_old);
    made_elf_clear(&go_new);
    return 0;
}

/* All that moved costs little: matching finds the copies, and prediction the references. */
static void builds_of_all_machines(void **state)
{
    enum { CORRECTIONS_MAX = 700, EXTRA_MAX = 6000 };

    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct wh_bytes old = made_elf_file(&olds[i]);
        struct wh_bytes fresh = made_elf_file(&news[i]);
        for (int effort = 0; effort < EFFORTS; effort++) {
            struct round_trip trip = round_trip(old, fresh, (enum wh_effort)effort);
            assert_int_equal(trip.method, WH_PATCH_ELF);
            if (effort != WH_EFFORT_DEFAULT)
                continue;
            if (round_trip_corrections(&trip) > CORRECTIONS_MAX)
                fail_msg("machine %u, type %u: %zu bytes of corrections", olds[i].recipe.machine,
                    olds[i].recipe.type, round_trip_corrections(&trip));
            assert_in_range(trip.lengths[WH_STREAM_EXTRA], 4000, EXTRA_MAX);
        }
        with_every_effort(fresh, old);
    }
    with_every_effort(made_elf_file(&go_old), made_elf_file(&go_new));
    with_every_effort(made_elf_file(&go_new), made_elf_file(&go_old));
}

/* Of another class or machine nothing is predicted. */
static void builds_of_different_machines(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++)
        for (size_t j = 0; j < KINDS; j++) {
            bool alike = olds[i].recipe.machine == news[j].recipe.machine &&
                         (olds[i].recipe.type == WH_ET_REL) == (news[j].recipe.type == WH_ET_REL);
            struct round_trip trip = round_trip(
                made_elf_file(&olds[i]), made_elf_file(&news[j]), WH_EFFORT_FAST);
            assert_int_equal(trip.method, alike ? WH_PATCH_ELF : WH_PATCH_PLAIN);
        }
}

/* As the builds of a distribution and their debugging symbols were before they parted. */
static void stripped_builds(void **state)
{
    enum { CORRECTIONS_MAX = 700, EXTRA_MAX = 5000 };

    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct made_recipe recipe = news[i].recipe;
        if (recipe.type == WH_ET_REL)
            continue;
        recipe.parts &= ~(unsigned)(MADE_SYMBOLS | MADE_TYPES);
        wh_cleanup(made_elf_clear) struct made_elf stripped;
        made_elf_make(&recipe, &stripped);
        struct round_trip trip = round_trip(
            made_elf_file(&olds[i]), made_elf_file(&stripped), WH_EFFORT_DEFAULT);
        assert_int_equal(trip.method, WH_PATCH_ELF);
        assert_in_range(round_trip_corrections(&trip), 1, CORRECTIONS_MAX);
        assert_in_range(trip.lengths[WH_STREAM_EXTRA], 1, EXTRA_MAX);
        with_every_effort(made_elf_file(&stripped), made_elf_file(&olds[i]));
    }
}

/* ---- ELF files that are damaged ------------------------------------------------------------ */

static void change_bytes(uint8_t *bytes, size_t length, unsigned count)
{
    for (; count > 0; count--)
        bytes[random_number((uint32_t)length)] = (uint8_t)random_number(256);
}

/* Takes bytes out at one place and puts them in at another. */
static void move_bytes(uint8_t *bytes, size_t length)
{
    enum { MOST = 512 };
    uint8_t moved[MOST];
    size_t count = 1 + random_number(MOST);
    size_t from = random_number((uint32_t)(length - count));
    size_t to = random_number((uint32_t)(length - count));

    memcpy(moved, bytes + from, count);
    memmove(bytes + from, bytes + from + count, length - from - count);
    memmove(bytes + to + count, bytes + to, length - to - count);
    memcpy(bytes + to, moved, count);
}

/* Words that an attacker would try. */
static uint64_t odd_number(size_t length)
{
    static const uint64_t numbers[] = {0, 1, 2, 3, 0x7f, 0x80, 0xff, 0xfff, 0x1000, 0xffff,
        0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX,
        UINT64_MAX - 0x1000};
    uint32_t choice = random_number(COUNT(numbers) + 4);

    if (choice < COUNT(numbers))
        return numbers[choice];
    return choice & 1 ? length - random_number(64) : random_number((uint32_t)length);
}

static void change_word(uint8_t *bytes, size_t from, size_t to, size_t length)
{
    size_t width = random_number(2) ? 4 : 8;
    uint64_t number = odd_number(length);

    memcpy(bytes + from + random_number((uint32_t)(to - from) / 4 - 1) * 4, &number, width);
}

/* Kinds of damage, some to the headers and some to all. */
static size_t damage(const struct made_elf *elf, unsigned kind, uint8_t *bytes)
{
    size_t length = elf->file.length;

    memcpy(bytes, elf->file.data, length);
    switch (kind) {
    case 0:
        change_bytes(bytes, length, 1 + random_number(200));
        break;
    case 1:
        move_bytes(bytes, length);
        break;
    case 2:
        change_word(bytes, 16, elf->headers_end, length);
        break;
    case 3:
        change_word(bytes, elf->sections_at, length, length);
        break;
    case 4: /* two sections change places, or one is named twice */
        memcpy(bytes + elf->sections_at + (elf->wide ? 64 : 40) * (1 + random_number(6)),
            elf->file.data + elf->sections_at + (elf->wide ? 64 : 40) * (1 + random_number(6)),
            elf->wide ? 64 : 40);
        break;
    case 5:
        fill_with(NOISE, bytes + elf->sections_at, length - elf->sections_at);
        break;
    case 6:
        fill_with(NOISE, bytes + 24, elf->headers_end - 24);
        break;
    case 7: /* some words anywhere */
        for (int i = 0; i < 8; i++)
            change_word(bytes, 64, length, length);
        break;
    default:
        return 1 + random_number((uint32_t)length);
    }
    return length;
}

static void damaged_files(void **state)
{
    enum { DAMAGES = 9, ROUNDS = 3 };
    static uint8_t bytes[1 << 17];

    (void)state;
    for (size_t i = 0; i < KINDS; i++)
        for (unsigned kind = 0; kind < DAMAGES * ROUNDS; kind++) {
            assert_true(olds[i].file.length < sizeof bytes - 64);
            size_t length = damage(&olds[i], kind % DAMAGES, bytes);
            struct wh_bytes damaged = {bytes, length};
            (void)round_trip(damaged, made_elf_file(&news[i]), WH_EFFORT_FAST);
            (void)round_trip(made_elf_file(&news[i]), damaged, WH_EFFORT_FAST);
            (void)round_trip(damaged, damaged, WH_EFFORT_FAST);
        }
}

/* Every field of the ELF header, and the class, order and machine in it. */
static void damaged_headers(void **state)
{
    static const uint8_t values[] = {0, 1, 2, 3, 0x7f, 0xff};
    static uint8_t bytes[1 << 17];
    struct wh_bytes fresh = made_elf_file(&news[2]);

    (void)state;
    for (size_t at = 4; at < 64; at++) {
        memcpy(bytes, olds[2].file.data, olds[2].file.length);
        bytes[at] = values[random_number(COUNT(values))];
        (void)round_trip((struct wh_bytes){bytes, olds[2].file.length}, fresh, WH_EFFORT_FAST);
        (void)round_trip(fresh, (struct wh_bytes){bytes, olds[2].file.length}, WH_EFFORT_FAST);
    }
}

static void truncated_files(void **state)
{
    const struct wh_bytes old = made_elf_file(&olds[2]);
    const struct wh_bytes fresh = made_elf_file(&news[2]);

    (void)state;
    for (size_t length = 0; length < old.length; length += length < 80 ? 1 : 1499) {
        (void)round_trip((struct wh_bytes){old.data, length}, fresh, WH_EFFORT_FAST);
        (void)round_trip(old, (struct wh_bytes){fresh.data, length}, WH_EFFORT_FAST);
    }
}

/* Go's tables hold offsets of themselves: one that leads into the header, or records in any order,
 * must not give fields over each other. */
static void go_tables_that_lie(void **state)
{
    static uint8_t bytes[1 << 17];
    static struct wh_copy copies[MADE_COPIES_MAX];
    const size_t length = go_old.file.length;
    const struct made_section *table = &go_old.sections[MADE_GO_TABLE];
    const size_t start = (size_t)table->offset;
    const size_t count = made_elf_copies(&go_old, &go_new, copies);
    const struct wh_bytes fresh = made_elf_file(&go_new);

    (void)state;
    assert_true(length < sizeof bytes);
    for (uint64_t offset = 0; offset < 80; offset += 4) { /* of the table of functions */
        memcpy(bytes, go_old.file.data, length);
        memcpy(bytes + start + 64, &offset, sizeof offset);
        assert_true(
            round_trip_along(WH_PATCH_ELF, (struct wh_bytes){bytes, length}, fresh, copies, count));
    }
    memcpy(bytes, go_old.file.data, length); /* a table outside of the file */
    memset(bytes + go_old.sections_at + 64 * (size_t)table->number + 24, 0xff, 8);
    assert_true(
        round_trip_along(WH_PATCH_ELF, (struct wh_bytes){bytes, length}, fresh, copies, count));
    for (int round = 0; round < 200; round++) {
        memcpy(bytes, go_old.file.data, length);
        for (int i = 0; i < 1 + round % 20; i++)
            change_word(bytes, start + (round & 1 ? 0 : table->bytes.length / 2),
                start + table->bytes.length, length);
        assert_true(
            round_trip_along(WH_PATCH_ELF, (struct wh_bytes){bytes, length}, fresh, copies, count));
    }
}

/* ---- any copies ---------------------------------------------------------------------------- */

static size_t any_copies(size_t old_length, size_t new_length, struct wh_copy *copies, size_t most)
{
    const uint32_t longest = 1u << (1 + random_number(14));
    size_t count = 0;
    size_t at = 0;

    while (count < most) {
        at += random_number(4) ? random_number(8) : random_number(longest);
        size_t old_offset = random_number((uint32_t)old_length);
        if (count > 0 && random_number(4)) /* nearly the same alignment */
            old_offset = (copies[count - 1].old_offset + (at - copies[count - 1].new_offset) +
                             random_number(3) * 8) %
                         old_length;
        size_t length = 1 + random_number(longest);
        if (length > old_length - old_offset)
            length = old_length - old_offset;
        if (at >= new_length || length > new_length - at)
            break;
        copies[count++] = (struct wh_copy){at, old_offset, length};
        at += length;
    }
    return count;
}

/* The walk must be the same for both sides however badly the copies fit. */
static void copies_that_do_not_fit(void **state)
{
    enum { MOST = 3000, ROUNDS = 24 };
    static struct wh_copy copies[MOST];

    (void)state;
    for (size_t i = 0; i < KINDS; i++)
        for (int round = 0; round < ROUNDS; round++) {
            struct wh_bytes old = made_elf_file(&olds[i]);
            struct wh_bytes fresh = made_elf_file(&news[i]);
            size_t count = any_copies(old.length, fresh.length, copies, MOST);
            assert_true(round_trip_along(WH_PATCH_ELF, old, fresh, copies, count));
            assert_true(round_trip_along(WH_PATCH_PLAIN, old, fresh, copies, count));
        }
    for (int round = 0; round < ROUNDS; round++) {
        struct wh_bytes old = made_elf_file(&go_old);
        struct wh_bytes fresh = made_elf_file(&go_new);
        size_t count = any_copies(old.length, fresh.length, copies, MOST);
        assert_true(round_trip_along(WH_PATCH_ELF, old, fresh, copies, count));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unrelated_contents),
        cmocka_unit_test(rearranged_contents),
        cmocka_unit_test(builds_of_all_machines),
        cmocka_unit_test(builds_of_different_machines),
        cmocka_unit_test(stripped_builds),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(damaged_headers),
        cmocka_unit_test(truncated_files),
        cmocka_unit_test(go_tables_that_lie),
        cmocka_unit_test(copies_that_do_not_fit),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
