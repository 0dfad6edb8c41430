/* SPDX-License-Identifier: GPL-2.0-or-later */
/* choice_test.c - bytes against CPU time: every mode, both sides of each limit, and numbers that
 * are out of all proportion. */
#include "check.h"

#include "select/choice.h"

#define AUTO WH_REENCODE_AUTO
#define NEVER WH_REENCODE_NEVER
#define ALWAYS WH_REENCODE_ALWAYS
#define TAKEN WH_CHOICE_TAKEN
#define HUGE_SIZE ((uint64_t)INT64_MAX)

/* One line of the tables: offers with and without re-encoding, and which of them is taken. */
struct row {
    struct wh_terms terms;
    struct wh_offer offers[3];
    uint32_t count;
    enum wh_choice choice;
    uint32_t number; /* of the one that is taken */
};

static void expect_rows(const struct row *rows, size_t count, bool proved)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        uint32_t number = 77;
        enum wh_choice choice = wh_choose(&row->terms, proved, row->offers, row->count, &number);
        uint32_t expected = row->choice == WH_CHOICE_TAKEN ? row->number : 77;
        if (choice != row->choice || number != expected)
            fail_msg("row %zu: choice %d of offer %u", i, (int)choice, number);
    }
}

static void automatic_takes_what_is_here_sooner(void **state)
{
    static const struct row rows[] = {
        /* 1000 bytes less at 1000 bytes a second are a second. */
        {{AUTO, 1, 1000, 9000}, {{1000, 999}, {2000, 0}}, 2, TAKEN, 0},
        {{AUTO, 1, 1000, 9000}, {{1000, 1000}, {2000, 0}}, 2, TAKEN, 1},
        {{AUTO, 1, 1000, 9000}, {{2000, 0}, {1000, 999}}, 2, TAKEN, 1},
        {{AUTO, 1, 1000, 9000}, {{2000, 0}, {1000, 1000}}, 2, TAKEN, 0},
        /* Four processors share the work; the link is half as fast. */
        {{AUTO, 4, 1000, 9000}, {{1000, 3999}, {2000, 0}}, 2, TAKEN, 0},
        {{AUTO, 4, 1000, 9000}, {{1000, 4000}, {2000, 0}}, 2, TAKEN, 1},
        {{AUTO, 1, 500, 9000}, {{1000, 1999}, {2000, 0}}, 2, TAKEN, 0},
        {{AUTO, 1, 500, 9000}, {{1000, 2000}, {2000, 0}}, 2, TAKEN, 1},
        /* A rate that is not known is the assumed one. */
        {{AUTO, 1, 0, 90000000}, {{0, 999}, {WH_ASSUMED_RATE, 0}}, 2, TAKEN, 0},
        {{AUTO, 1, 0, 90000000}, {{0, 1000}, {WH_ASSUMED_RATE, 0}}, 2, TAKEN, 1},
        /* From two installed versions. */
        {{AUTO, 1, 1000, 9000}, {{1000, 500}, {2000, 0}, {1001, 498}}, 3, TAKEN, 2},
        {{AUTO, 1, 1000, 9000}, {{1000, 500}, {2000, 0}, {1499, 0}}, 3, TAKEN, 2},
        {{AUTO, 1, 1000, 9000}, {{1000, 500}, {2000, 0}, {1500, 0}}, 3, TAKEN, 2},
        /* What costs no CPU time is not weighed against the whole package here. */
        {{AUTO, 1, 1000, 10}, {{2000, 0}}, 1, TAKEN, 0},
        {{AUTO, 1, 1000, 10}, {{2000, 0}, {2000, 0}}, 2, TAKEN, 0},
    };

    (void)state;
    expect_rows(rows, COUNT(rows), true);
}

static void automatic_prefers_the_whole_package_that_is_here_sooner(void **state)
{
    static const struct row rows[] = {
        {{AUTO, 1, 1000, 3000}, {{1000, 1999}}, 1, TAKEN, 0},
        {{AUTO, 1, 1000, 3000}, {{1000, 2000}}, 1, WH_CHOICE_TOO_SLOW, 0},
        {{AUTO, 2, 1000, 3000}, {{1000, 3999}}, 1, TAKEN, 0},
        {{AUTO, 2, 1000, 3000}, {{1000, 4000}}, 1, WH_CHOICE_TOO_SLOW, 0},
        {{AUTO, 1, 1000, 0}, {{1000, 1}}, 1, WH_CHOICE_TOO_SLOW, 0},
        {{AUTO, 1, 1000, 3000}, {{1000, 2001}, {2999, 0}}, 2, TAKEN, 1},
    };

    (void)state;
    expect_rows(rows, COUNT(rows), true);
}

static void always_takes_the_fewest_bytes(void **state)
{
    static const struct row rows[] = {
        {{ALWAYS, 1, 1000000, 3000}, {{1999, UINT32_MAX}, {2000, 0}}, 2, TAKEN, 0},
        {{ALWAYS, 1, 1000000, 3000}, {{2000, 1}, {2000, 0}}, 2, TAKEN, 1},
        {{ALWAYS, 1, 1000000, 10}, {{2000, UINT32_MAX}}, 1, TAKEN, 0},
        {{ALWAYS, 1, 0, 0}, {{0}}, 0, WH_CHOICE_NONE, 0},
    };

    (void)state;
    expect_rows(rows, COUNT(rows), true);
}

static void never_takes_none_that_needs_it(void **state)
{
    static const struct row rows[] = {
        {{NEVER, 1, 1, 9000}, {{1, 1}, {2000, 0}}, 2, TAKEN, 1},
        {{NEVER, 1, 1, 9000}, {{1, 1}}, 1, WH_CHOICE_SWITCHED, 0},
        {{NEVER, 1, 1, 9000}, {{0}}, 0, WH_CHOICE_NONE, 0},
    };

    (void)state;
    expect_rows(rows, COUNT(rows), true);
}

static void what_is_not_proved_is_not_taken(void **state)
{
    static const struct row rows[] = {
        {{AUTO, 1, 1, 9000}, {{1, 1}, {2000, 0}}, 2, TAKEN, 1},
        {{ALWAYS, 1, 1, 9000}, {{1, 1}, {2000, 0}}, 2, TAKEN, 1},
        {{AUTO, 1, 1, 9000}, {{1, 1}}, 1, WH_CHOICE_UNPROVED, 0},
        {{ALWAYS, 1, 1, 9000}, {{1, 1}}, 1, WH_CHOICE_UNPROVED, 0},
        {{AUTO, 1, 1, 9000}, {{0}}, 0, WH_CHOICE_NONE, 0},
    };

    (void)state;
    expect_rows(rows, COUNT(rows), false);
}

/* Requests and indexes hold any number; no product of them may wrap. */
static void numbers_out_of_proportion_do_not_wrap(void **state)
{
    static const struct row rows[] = {
        {{AUTO, UINT32_MAX, 1, HUGE_SIZE}, {{1, 1}, {2, 0}}, 2, TAKEN, 0},
        {{AUTO, UINT32_MAX, HUGE_SIZE, HUGE_SIZE}, {{1, 1000000}}, 1, TAKEN, 0},
        {{AUTO, 1, UINT64_MAX, 1000}, {{1, UINT32_MAX}}, 1, WH_CHOICE_TOO_SLOW, 0},
        {{AUTO, 1, 1, UINT64_MAX}, {{UINT64_MAX, 0}, {1, 7}}, 2, TAKEN, 1},
    };

    (void)state;
    expect_rows(rows, COUNT(rows), true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(automatic_takes_what_is_here_sooner),
        cmocka_unit_test(automatic_prefers_the_whole_package_that_is_here_sooner),
        cmocka_unit_test(always_takes_the_fewest_bytes),
        cmocka_unit_test(never_takes_none_that_needs_it),
        cmocka_unit_test(what_is_not_proved_is_not_taken),
        cmocka_unit_test(numbers_out_of_proportion_do_not_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
