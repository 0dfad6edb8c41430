/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jobs_test.c - every piece of work is done once, whatever the number of threads. */
#include "unit.h"

#include "jobs.h"

enum { PIECES = 500 };

struct tally {
    uint8_t times[PIECES];
    uint32_t stop_at;
};

static bool work(void *context, uint32_t number)
{
    struct tally *tally = context;

    tally->times[number]++;
    return number != tally->stop_at;
}

static void does_every_piece_once(void **state)
{
    static const uint32_t threads[] = {0, 1, 2, 7, 256, 10000};

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++) {
        struct tally tally = {.stop_at = UINT32_MAX};
        const struct wh_jobs jobs = {work, &tally, PIECES, threads[i]};
        wh_jobs_run(&jobs);
        for (int k = 0; k < PIECES; k++)
            assert_int_equal(tally.times[k], 1);
    }
}

static void stops_when_told(void **state)
{
    struct tally tally = {.stop_at = 3};
    const struct wh_jobs jobs = {work, &tally, PIECES, 1};

    (void)state;
    wh_jobs_run(&jobs);
    assert_int_equal(tally.times[3], 1);
    assert_int_equal(tally.times[4], 0);
}

static void nothing_to_do_is_fine(void **state)
{
    const struct wh_jobs jobs = {work, NULL, 0, 0};

    (void)state;
    wh_jobs_run(&jobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_every_piece_once),
        cmocka_unit_test(stops_when_told),
        cmocka_unit_test(nothing_to_do_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
