/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress_test.c - the line that people see. */
#include "unit.h"

#include <stdlib.h>
#include <time.h>

#include "jobs.h"
#include "progress.h"
#include "whittle/cleanup.h"

static uint64_t seconds(void)
{
    struct timespec time;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &time), 0);
    return (uint64_t)time.tv_sec;
}

/* What a run leaves on a terminal. */
struct screen {
    FILE *out;
    char *text;
    size_t length;
    struct wh_progress *progress;
};

static void open_screen(struct screen *screen)
{
    *screen = (struct screen){.out = open_memstream(&screen->text, &screen->length)};
    assert_non_null(screen->out);
    screen->progress = wh_progress_new(screen->out);
    assert_non_null(screen->progress);
}

static void close_screen(struct screen *screen)
{
    wh_progress_free(screen->progress);
    screen->progress = NULL;
    assert_int_equal(fclose(screen->out), 0);
}

/* The line so many seconds from now, or one more: a second may begin meanwhile. */
static void shows(const struct screen *screen, uint64_t later, const char *before, const char *now)
{
    wh_autofree char *line = wh_progress_line(screen->progress, seconds() + later);

    assert_non_null(line);
    if (strcmp(line, before) != 0)
        assert_string_equal(line, now);
}

static void counts_packages_and_bytes(void **state)
{
    static const char *const names[] = {"small", "large\033[2J"};
    struct screen screen;

    (void)state;
    open_screen(&screen);
    wh_progress_begin(screen.progress, 3, 8900000000);
    shows(&screen, 0, "0 of 3 packages, 0.0 of 8.9 GB", "0 of 3 packages, 0.0 of 8.9 GB");
    wh_progress_enter(screen.progress, names[1]);
    wh_progress_enter(screen.progress, names[0]);
    shows(&screen, 0, "0 of 3 packages, 0.0 of 8.9 GB", "0 of 3 packages, 0.0 of 8.9 GB");
    shows(&screen, 70, "0 of 3 packages, 0.0 of 8.9 GB; at large?[2J for 70 s and at 1 more",
        "0 of 3 packages, 0.0 of 8.9 GB; at large?[2J for 71 s and at 1 more");
    wh_progress_leave(screen.progress, names[0], 100000000);
    shows(&screen, 70, "1 of 3 packages, 0.1 of 8.9 GB; at large?[2J for 70 s",
        "1 of 3 packages, 0.1 of 8.9 GB; at large?[2J for 71 s");
    wh_progress_leave(screen.progress, names[1], 8000000000);
    shows(&screen, 70, "2 of 3 packages, 8.1 of 8.9 GB", "2 of 3 packages, 8.1 of 8.9 GB");
    close_screen(&screen);
    assert_non_null(strstr(screen.text, "\r\033[K2 of 3 packages, 8.1 of 8.9 GB\n"));
    free(screen.text);
}

static void bytes_have_a_unit_that_suits(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 of 1 packages, 0.0 of 0.0 kB"},
        {1500, "0 of 1 packages, 0.0 of 1.5 kB"},
        {999999, "0 of 1 packages, 0.0 of 1000.0 kB"},
        {34000000, "0 of 1 packages, 0.0 of 34.0 MB"},
        {5000000000000, "0 of 1 packages, 0.0 of 5.0 TB"},
        {5000000000000000, "0 of 1 packages, 0.0 of 5000.0 TB"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct screen screen;
        open_screen(&screen);
        wh_progress_begin(screen.progress, 1, cases[i].bytes);
        shows(&screen, 0, cases[i].text, cases[i].text);
        close_screen(&screen);
        free(screen.text);
    }
}

static void a_run_that_never_began_shows_nothing(void **state)
{
    struct screen screen;

    (void)state;
    open_screen(&screen);
    close_screen(&screen);
    assert_int_equal(screen.length, 0);
    free(screen.text);
}

static void none_is_fine(void **state)
{
    (void)state;
    wh_progress_begin(NULL, 1, 1);
    wh_progress_enter(NULL, "a");
    wh_progress_leave(NULL, "a", 1);
    wh_progress_free(NULL);
}

/* ---- threads ------------------------------------------------------------------------------- */

enum { PIECES = 300 };

static bool work(void *context, uint32_t number)
{
    static const char *const name = "package";

    wh_progress_enter(context, name);
    wh_progress_leave(context, name, number);
    return true;
}

static void threads_share_it(void **state)
{
    struct screen screen;

    (void)state;
    open_screen(&screen);
    wh_progress_begin(screen.progress, PIECES, PIECES * (PIECES - 1) / 2);
    const struct wh_jobs jobs = {work, screen.progress, PIECES, 8};
    wh_jobs_run(&jobs);
    close_screen(&screen);
    assert_non_null(strstr(screen.text, "\r\033[K300 of 300 packages, 44.9 of 44.9 kB\n"));
    free(screen.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_packages_and_bytes),
        cmocka_unit_test(bytes_have_a_unit_that_suits),
        cmocka_unit_test(a_run_that_never_began_shows_nothing),
        cmocka_unit_test(none_is_fine),
        cmocka_unit_test(threads_share_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
