/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nevra_test.c - names of packages as solvers write them. */
#include "check.h"

#include "observe/nevra.h"
#include "whittle/cleanup.h"

static void finds_the_name(void **state)
{
    static const struct {
        const char *nevra;
        const char *name; /* NULL: not of the form */
    } cases[] = {
        {"bash-5.2-1.x86_64", "bash"},
        {"bash-0:5.2-1.x86_64", "bash"},
        {"python3-dnf-plugins-core-4.3.1-1.noarch", "python3-dnf-plugins-core"},
        {"a-b", NULL},
        {"a", NULL},
        {"", NULL},
        {"-", NULL},
        {"--", NULL},
        {"-1-2.noarch", NULL},
        {"--1-2.noarch", "-"},
        {"n--", "n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        wh_autofree char *name = wh_nevra_name(cases[i].nevra);
        if (!cases[i].name)
            assert_null(name);
        else
            assert_string_equal(name, cases[i].name);
    }
}

static void epoch_zero_may_be_left_out(void **state)
{
    static const struct {
        uint32_t epoch;
        const char *nevra;
        bool is;
    } cases[] = {
        {0, "n-1-2.noarch", true},
        {0, "n-0:1-2.noarch", true},
        {0, "n-00:1-2.noarch", false},
        {0, "n-1:1-2.noarch", false},
        {3, "n-3:1-2.noarch", true},
        {3, "n-1-2.noarch", false},
        {3, "n-0:1-2.noarch", false},
        {UINT32_MAX, "n-4294967295:1-2.noarch", true},
        {0, "n-1-2.noarch ", false},
        {0, "n-1-2", false},
        {0, "m-1-2.noarch", false},
        {0, "n-2-2.noarch", false},
        {0, "n-1-1.noarch", false},
        {0, "n-1-2.x86_64", false},
        {0, "", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct wh_header header = {.name = "n",
            .version = "1",
            .release = "2",
            .arch = "noarch",
            .epoch = cases[i].epoch,
            .has_epoch = cases[i].epoch > 0};
        if (wh_nevra_is(cases[i].nevra, &header) != cases[i].is)
            fail_msg("%s, epoch %u", cases[i].nevra, cases[i].epoch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_name),
        cmocka_unit_test(epoch_zero_may_be_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
