/* SPDX-License-Identifier: GPL-2.0-or-later */
/* budget_test.c - the bytes that the packages of one run share. The smallest budget of a program's
 * life counts, so the tests stand in the order of falling budgets, and each gives back all. */
#include "check.h"

#include <pthread.h>

#include "assemble/budget.h"

static void takes_up_to_the_budget(void **state)
{
    (void)state;
    OK(wh_budget_take(UINT64_MAX, UINT64_MAX, "p", &err));
    REFUSED(WH_MISSING, "p: not enough free space: 0 bytes of 1",
        wh_budget_take(1, UINT64_MAX, "p", &err));
    OK(wh_budget_take(0, UINT64_MAX, "p", &err));
    wh_budget_return(UINT64_MAX);
    OK(wh_budget_take(600, 1000, "p", &err));
    REFUSED(WH_MISSING, "400 bytes of 401", wh_budget_take(401, 1000, "p", &err));
    OK(wh_budget_take(400, 1000, "p", &err));
    wh_budget_return(1000);
}

static void what_is_given_back_can_be_taken_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        OK(wh_budget_take(1000, 1000, "p", &err));
        wh_budget_return(1000);
    }
}

static void the_smallest_budget_counts(void **state)
{
    (void)state;
    OK(wh_budget_take(800, 1000, "p", &err));
    REFUSED(WH_MISSING, "0 bytes of 1", wh_budget_take(1, 700, "p", &err)); /* over it already */
    REFUSED(WH_MISSING, "0 bytes of 1", wh_budget_take(1, 1000, "p", &err));
    wh_budget_return(800);
    REFUSED(WH_MISSING, "700 bytes of 701", wh_budget_take(701, 1000, "p", &err));
    OK(wh_budget_take(700, 1000, "p", &err));
    wh_budget_return(700);
}

enum { TAKERS = 8, BUDGET = 500 };

static void *take_all_that_is_there(void *context)
{
    int *taken = context;

    while (wh_budget_take(1, BUDGET, "p", NULL) == WH_OK)
        ++*taken;
    return NULL;
}

static void threads_share_the_budget(void **state)
{
    pthread_t takers[TAKERS];
    int taken[TAKERS] = {0};
    int sum = 0;

    (void)state;
    for (int i = 0; i < TAKERS; i++)
        assert_int_equal(pthread_create(&takers[i], NULL, take_all_that_is_there, &taken[i]), 0);
    for (int i = 0; i < TAKERS; i++) {
        assert_int_equal(pthread_join(takers[i], NULL), 0);
        sum += taken[i];
    }
    assert_int_equal(sum, BUDGET);
    wh_budget_return(BUDGET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_up_to_the_budget),
        cmocka_unit_test(what_is_given_back_can_be_taken_again),
        cmocka_unit_test(the_smallest_budget_counts),
        cmocka_unit_test(threads_share_the_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
