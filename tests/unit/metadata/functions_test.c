/* SPDX-License-Identifier: GPL-2.0-or-later */
/* functions_test.c - which function of an older file is which of a newer one. */
#include "patch/debug.h"

#include "unit.h"

enum { FUNCTIONS_MAX = 8, LOW = 0x1000, NONE = -1 };

/* Where the copies lead: as far on as the row says, but for functions that they do not know. */
struct row {
    uint64_t old[FUNCTIONS_MAX];   /* starts, 0 behind the last */
    uint64_t fresh[FUNCTIONS_MAX]; /* likewise */
    int pairs[FUNCTIONS_MAX];      /* numbers of new ones */
};

static struct wh_functions functions_of(const uint64_t *starts, struct wh_function *list)
{
    size_t count = 0;

    for (; count < FUNCTIONS_MAX && starts[count]; count++)
        list[count] = (struct wh_function){starts[count], 16};
    return (struct wh_functions){list, count};
}

static void pairs_functions(void **state)
{
    static const struct row rows[] = {
        {{0}, {0}, {0}},
        {{0x1010}, {0}, {NONE}},
        {{0x1010, 0x1020}, {0x1010, 0x1020}, {0, 1}},
        /* one between two that are known, one between theirs */
        {{0x1010, 0x1020, 0x1030}, {0x1010, 0x1024, 0x1030}, {0, 1, 2}},
        {{0x1010, 0x1020, 0x1028, 0x1030}, {0x1010, 0x1021, 0x1022, 0x1030}, {0, 1, 2, 3}},
        /* not as many */
        {{0x1010, 0x1020, 0x1030}, {0x1010, 0x1022, 0x1024, 0x1030}, {0, NONE, 3}},
        {{0x1010, 0x1020, 0x1028, 0x1030}, {0x1010, 0x1024, 0x1030}, {0, NONE, NONE, 2}},
        {{0x1010, 0x1020, 0x1030}, {0x1010, 0x1030}, {0, NONE, 1}},
        /* before the first and behind the last that is known */
        {{0x1008, 0x1010, 0x1020}, {0x1006, 0x1010, 0x1022}, {NONE, 1, NONE}},
    };
    struct wh_learned lessons[16] = {{0, 0}};
    struct wh_elf elf = {.low = LOW, .high = LOW + 0x100};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wh_function lists[2][FUNCTIONS_MAX];
        struct wh_debugdata debug = {
            .old_functions = functions_of(rows[i].old, lists[0]),
            .new_functions = functions_of(rows[i].fresh, lists[1]),
            .moves.walk = {.old = &elf, .learned = lessons, .learned_shift = 28},
        };
        OK(wh_functions_pair(&debug, &err));
        for (size_t k = 0; k < debug.old_functions.count; k++)
            assert_int_equal((int)debug.pairs[k], rows[i].pairs[k]);
        free(debug.pairs);
    }
}

static void finds_functions(void **state)
{
    static const uint64_t starts[FUNCTIONS_MAX] = {0x1010, 0x1020, 0x1040};
    struct wh_function list[FUNCTIONS_MAX];
    struct wh_functions functions = functions_of(starts, list);

    (void)state;
    assert_int_equal(wh_functions_at(&functions, 0x1010), 0);
    assert_int_equal(wh_functions_at(&functions, 0x1040), 2);
    assert_int_equal(wh_functions_at(&functions, 0x1041), SIZE_MAX);
    assert_int_equal(wh_functions_at(&functions, 0x100f), SIZE_MAX);
    assert_int_equal(wh_functions_from(&functions, 0), 0);
    assert_int_equal(wh_functions_from(&functions, 0x1011), 1);
    assert_int_equal(wh_functions_from(&functions, 0x1041), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_functions),
        cmocka_unit_test(finds_functions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
