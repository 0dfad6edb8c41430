/* SPDX-License-Identifier: GPL-2.0-or-later */
/* map_test.c - where old places have gone, against the rule in its plainest form: of the copies
 * that hold a byte the longest has it, and a byte that none holds goes with the nearest. */
#include "unit.h"

#include "patch/map.h"

enum { PLACES = 400, COPIES_MAX = 40, OLD_LENGTH = 0xc000 };

static uint32_t random_state = 1;

static uint32_t random_number(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

/* The copy that has a place, or NULL; of equally long ones that which begins first. */
static const struct wh_copy *owner(const struct wh_copy *copies, size_t count, size_t place)
{
    const struct wh_copy *best = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct wh_copy *copy = &copies[i];
        if (place < copy->old_offset || place - copy->old_offset >= copy->length)
            continue;
        if (!best || copy->length > best->length ||
            (copy->length == best->length && copy->old_offset < best->old_offset))
            best = copy;
    }
    return best;
}

static const struct wh_copy *nearest(const struct wh_copy *copies, size_t count, size_t place)
{
    for (size_t distance = 0; distance <= PLACES; distance++) {
        const struct wh_copy *found = NULL;
        if (place >= distance + 1) /* what ends before a place is one byte nearer than it looks */
            found = owner(copies, count, place - distance - 1);
        if (!found)
            found = owner(copies, count, place + distance);
        if (found)
            return found;
    }
    return NULL;
}

static size_t expected(const struct wh_copy *copies, size_t count, size_t place)
{
    const struct wh_copy *copy = owner(copies, count, place);

    if (!copy)
        copy = nearest(copies, count, place);
    return copy ? place + (copy->new_offset - copy->old_offset) : place;
}

static void check(const struct wh_copy *copies, size_t count)
{
    wh_cleanup(wh_map_clear) struct wh_map map = {0};

    OK(wh_map_offsets(copies, count, OLD_LENGTH, &map, &err));
    for (size_t i = 1; i < map.count; i++)
        assert_true(map.spans[i - 1].to <= map.spans[i].from);
    for (size_t place = 0; place < PLACES; place++)
        assert_int_equal(wh_map_search(&map, place), expected(copies, count, place));
}

static void the_longer_of_two_wins(void **state)
{
    static const struct wh_copy copies[] = {{1000, 100, 50}, {2000, 120, 80}, {3000, 90, 20}};
    wh_cleanup(wh_map_clear) struct wh_map map = {0};

    (void)state;
    OK(wh_map_offsets(copies, COUNT(copies), OLD_LENGTH, &map, &err));
    assert_int_equal(wh_map_search(&map, 95), 3005);
    assert_int_equal(wh_map_search(&map, 100), 1000);
    assert_int_equal(wh_map_search(&map, 119), 1019);
    assert_int_equal(wh_map_search(&map, 120), 2000);
    assert_int_equal(wh_map_search(&map, 199), 2079);
    assert_int_equal(wh_map_search(&map, 200), 2080); /* behind all: as the last */
    assert_int_equal(wh_map_search(&map, 0), 2910);   /* before all: as the first */
    check(copies, COUNT(copies));
}

/* The second loses its beginning to the first, then all to the third, which meets the first. */
static void chains_of_overlaps(void **state)
{
    static const struct wh_copy copies[] = {{1000, 0, 10}, {2000, 2, 10}, {3000, 3, 27}};
    wh_cleanup(wh_map_clear) struct wh_map map = {0};

    (void)state;
    OK(wh_map_offsets(copies, COUNT(copies), OLD_LENGTH, &map, &err));
    assert_int_equal(map.count, 2);
    assert_int_equal(wh_map_search(&map, 2), 1002);
    assert_int_equal(wh_map_search(&map, 3), 3000);
    check(copies, COUNT(copies));
}

static void any_copies(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        struct wh_copy copies[COPIES_MAX];
        const size_t count = random_number(COPIES_MAX + 1);
        const uint32_t longest = 1 + random_number(100);
        size_t new_offset = 0;
        for (size_t i = 0; i < count; i++) {
            size_t old_offset = random_number(PLACES);
            size_t length = 1 + random_number(longest);
            new_offset += random_number(3);
            copies[i] = (struct wh_copy){new_offset, old_offset, length};
            new_offset += length;
        }
        check(copies, count);
    }
}

/* So many that they are sorted in another way: each byte of the old content goes to its own place.
 */
static void many_copies(void **state)
{
    enum { MANY = 2500 };
    static struct wh_copy copies[MANY];
    wh_cleanup(wh_map_clear) struct wh_map map = {0};

    (void)state;
    for (size_t i = 0; i < MANY; i++) /* 3 and MANY have no common factor but 1 */
        copies[i] = (struct wh_copy){7 * i, 7 * (i * 3 % MANY), 7};
    OK(wh_map_offsets(copies, MANY, 7 * MANY, &map, &err));
    for (size_t i = 0; i < MANY; i++)
        for (size_t byte = 0; byte < 7; byte++)
            assert_int_equal(
                wh_map_find(&map, copies[i].old_offset + byte), copies[i].new_offset + byte);
}

/* So many that they are sorted in another way. */
static void very_many_copies(void **state)
{
    enum { MANY = 2500 };
    static struct wh_copy copies[MANY];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < MANY; i++) {
            size_t old_offset = random_number(round == 2 ? 30 : PLACES);
            copies[i] = (struct wh_copy){200 * i, old_offset, 1 + random_number(round ? 9 : 60)};
        }
        check(copies, MANY);
    }
}

static void no_copies(void **state)
{
    wh_cleanup(wh_map_clear) struct wh_map map = {0};

    (void)state;
    OK(wh_map_offsets(NULL, 0, OLD_LENGTH, &map, &err));
    assert_int_equal(wh_map_search(&map, 17), 17);
    assert_true(wh_map_search(&map, UINT64_MAX) == UINT64_MAX);
}

/* ---- addresses ----------------------------------------------------------------------------- */

/* Two segments; the second has memory behind its bytes. The new file's are a page further on. */
static const struct wh_segments old_segments = {
    {{0, 0x8000, 0x400000, 0x8000}, {0x8000, 0x4000, 0x409000, 0x6000}}, 2};
static const struct wh_segments new_segments = {
    {{0, 0x9000, 0x400000, 0x9000}, {0x9000, 0x4000, 0x40a000, 0x6100}}, 2};

static void make_addresses(const struct wh_segments *fresh, const struct wh_copy *copies,
    size_t count, struct wh_map *offsets, struct wh_map *addresses)
{
    const struct wh_elf elf = {.bytes = {NULL, OLD_LENGTH},
        .segments = old_segments,
        .low = 0x400000,
        .high = 0x40f000,
        .type = WH_ET_EXEC};

    OK(wh_map_offsets(copies, count, OLD_LENGTH, offsets, &err));
    OK(wh_map_addresses(offsets, &elf, fresh, addresses, &err));
}

static void addresses_follow_the_segments(void **state)
{
    static const struct wh_copy copies[] = {{0, 0, 0x3000}, {0x4000, 0x3000, 0x9000}};
    wh_cleanup(wh_map_clear) struct wh_map offsets = {0};
    wh_cleanup(wh_map_clear) struct wh_map map = {0};

    (void)state;
    make_addresses(&new_segments, copies, COUNT(copies), &offsets, &map);
    assert_int_equal(wh_map_find(&map, 0x400010), 0x400010);
    assert_int_equal(wh_map_find(&map, 0x403010), 0x404010);
    assert_int_equal(wh_map_find(&map, 0x407fff), 0x408fff);
    assert_int_equal(wh_map_find(&map, 0x409000), 0x40a000);
    assert_int_equal(wh_map_find(&map, 0x40d000), 0x40e100); /* memory ends where memory ends */
    assert_int_equal(wh_map_find(&map, 0x40efff), 0x4100ff);
}

/* The table of pages is only faster. */
static void pages_say_the_same(void **state)
{
    (void)state;
    for (int round = 0; round < 40; round++) {
        wh_cleanup(wh_map_clear) struct wh_map offsets = {0};
        wh_cleanup(wh_map_clear) struct wh_map map = {0};
        struct wh_copy copies[8];
        size_t new_offset = 0;
        for (size_t i = 0; i < COUNT(copies); i++) {
            size_t old_offset = random_number(0xa000);
            size_t length = 1 + random_number((uint32_t)(0xc000 - old_offset));
            copies[i] = (struct wh_copy){new_offset + random_number(64), old_offset, length};
            new_offset = copies[i].new_offset + length;
        }
        make_addresses(&new_segments, copies, COUNT(copies), &offsets, &map);
        unsigned pages = 0;
        for (size_t i = 0; i < map.page_count; i++)
            pages += map.pages[i].shift != WH_NO_SHIFT;
        assert_true(pages > 0);
        for (uint64_t place = 0x3ff000; place < 0x411000; place += 1 + random_number(97))
            assert_int_equal(wh_map_find(&map, place), wh_map_search(&map, place));
    }
}

/* A new file without program headers: addresses are offsets. */
static void no_segments(void **state)
{
    static const struct wh_copy copies[] = {{0x10, 0, 0x9000}};
    static const struct wh_segments none;
    wh_cleanup(wh_map_clear) struct wh_map offsets = {0};
    wh_cleanup(wh_map_clear) struct wh_map map = {0};

    (void)state;
    make_addresses(&none, copies, COUNT(copies), &offsets, &map);
    assert_int_equal(wh_map_find(&map, 0x400020), 0x30);
    assert_int_equal(wh_map_find(&map, 0x409020), 0x8030);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longer_of_two_wins),
        cmocka_unit_test(chains_of_overlaps),
        cmocka_unit_test(any_copies),
        cmocka_unit_test(many_copies),
        cmocka_unit_test(very_many_copies),
        cmocka_unit_test(no_copies),
        cmocka_unit_test(addresses_follow_the_segments),
        cmocka_unit_test(pages_say_the_same),
        cmocka_unit_test(no_segments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
