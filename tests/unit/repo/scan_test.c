/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan_test.c - one pass over the new view: how often other places are looked for, and where copies
 * begin and end before anything refines them. */
#include "unit.h"

#include "match/anchor_index.h"
#include "whittle/cleanup.h"

enum { LENGTH = 20000 };

static uint8_t old_bytes[LENGTH];
static uint8_t new_bytes[LENGTH];
static const struct wh_bytes old_view = {old_bytes, LENGTH};

static uint32_t state_of_random;

static uint8_t random_byte(void)
{
    state_of_random = state_of_random * 1664525u + 1013904223u;
    return (uint8_t)(state_of_random >> 24);
}

static size_t calls;
static size_t compared;

/* Finds places that are seldom equal for long. */
static struct wh_anchor find_and_count(
    const void *context, size_t new_offset, size_t end, size_t alignment)
{
    size_t place = (new_offset * 7 + 1) % (LENGTH / 2);
    size_t length = wh_equal_forward(old_bytes + place, new_bytes + new_offset, end - new_offset);

    (void)context;
    (void)alignment;
    calls++;
    compared += length;
    return (struct wh_anchor){place, length};
}

static void each_byte_is_looked_for_once(void **state)
{
    const struct wh_scan scan = {{old_view, {new_bytes, LENGTH / 2}}, find_and_count, NULL};

    (void)state;
    state_of_random = 3;
    for (size_t i = 0; i < LENGTH; i++) {
        old_bytes[i] = (uint8_t)(random_byte() % 2);
        new_bytes[i] = (uint8_t)(i % 5 ? old_bytes[i] : random_byte() % 2);
    }
    calls = compared = 0;
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list list = {0};
    OK(wh_scan_range(&scan, 0, LENGTH / 2, 0, &list, &err));
    assert_true(calls > 0 && calls <= LENGTH / 2);
    assert_true(compared < 64 * LENGTH);

    /* Where the alignment holds nothing else is looked for. */
    memcpy(new_bytes, old_bytes, LENGTH);
    calls = 0;
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list whole = {0};
    OK(wh_scan_range(&scan, 0, LENGTH / 2, 0, &whole, &err));
    assert_int_equal(calls, 0);
    assert_int_equal(whole.count, 1);
    assert_int_equal(whole.copies[0].length, LENGTH / 2);
}

static void copies_end_where_bytes_differ(void **state)
{
    enum { HALF = LENGTH / 2, INSERTED = 50, DELETED = 9 };
    const struct wh_views views = {old_view, {new_bytes, LENGTH}};
    wh_cleanup(wh_anchor_index_clear) struct wh_anchor_index index = {0};
    const struct wh_scan scan = {views, wh_anchor_index_find, &index};

    (void)state;
    state_of_random = 4;
    for (size_t i = 0; i < LENGTH; i++)
        old_bytes[i] = random_byte();
    /* 3000 bytes; something new; the following ones up to HALF; some are left out; the rest. */
    memcpy(new_bytes, old_bytes, 3000);
    for (size_t i = 0; i < INSERTED; i++)
        new_bytes[3000 + i] = random_byte();
    memcpy(new_bytes + 3000 + INSERTED, old_bytes + 3000, HALF - 3000);
    memcpy(new_bytes + HALF + INSERTED, old_bytes + HALF + DELETED, HALF - INSERTED);
    OK(wh_anchor_index_init(&index, &views, 4, &err));
    wh_cleanup(wh_copy_list_clear) struct wh_copy_list list = {0};
    OK(wh_scan_range(&scan, 0, LENGTH, 0, &list, &err));

    static const struct wh_copy expected[] = {
        {0, 0, 3000},
        {3000 + INSERTED, 3000, HALF - 3000},
        {HALF + INSERTED, HALF + DELETED, HALF - INSERTED},
    };
    assert_int_equal(list.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_int_equal(list.copies[i].new_offset, expected[i].new_offset);
        assert_int_equal(list.copies[i].old_offset, expected[i].old_offset);
        assert_int_equal(list.copies[i].length, expected[i].length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_is_looked_for_once),
        cmocka_unit_test(copies_end_where_bytes_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
