/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command_line_test.c - options of whittle-repo. */
#include "unit.h"

#include <stdio.h>

#include "repo_options.h"
#include "whittle/cleanup.h"

static wh_status parse(
    const char *const *words, struct wh_repo_options *out_options, struct wh_error *err)
{
    char *argv[16] = {(char *)(uintptr_t) "whittle-repo"};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    return wh_repo_options_parse(argc, argv, out_options, err);
}

static void reads_options_in_any_order(void **state)
{
    wh_cleanup(wh_repo_options_clear) struct wh_repo_options options = {0};
    const char *words[] = {"publish", "--previous", "A", "R", "-p", "B", "--versions=5", "-j2",
        "--supplement-docs", "--no-reinstall", "--json", NULL};

    (void)state;
    assert_int_equal(parse(words, &options, NULL), WH_OK);
    assert_int_equal(options.command, WH_REPO_PUBLISH);
    assert_string_equal(options.operands[0], "R");
    assert_int_equal(options.previous_count, 2);
    assert_string_equal(options.previous[0], "A");
    assert_string_equal(options.previous[1], "B");
    assert_int_equal(options.versions, 5);
    assert_int_equal(options.jobs, 2);
    assert_true(options.supplement_docs && options.no_reinstall && options.json);
}

static void refuses_what_it_does_not_understand(void **state)
{
    static const char *const cases[][6] = {
        {NULL},
        {"publish", NULL},
        {"publish", "a", "b", NULL},
        {"frobnicate", "a", NULL},
        {"publish", "R", "--frob", NULL},
        {"publish", "R", "-x", NULL},
        {"publish", "R", "--versions=0", NULL},
        {"publish", "R", "--versions=33", NULL},
        {"publish", "R", "--versions=1x", NULL},
        {"publish", "R", "--versions=-1", NULL},
        {"publish", "R", "--jobs", NULL},
        {"verify", "R", "--versions=1", NULL},
        {"verify", "R", "--backend=http://a/", NULL},
        {"explain", "B", "--previous=x", NULL},
        {"explain", "B", "O", "N", "x", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wh_repo_options options;
        struct wh_error error = {0};
        assert_int_equal(parse(cases[i], &options, &error), WH_MALFORMED);
        assert_true(error.message[0] != '\0');
    }
}

static void commands_may_have_two_words(void **state)
{
    static const char *const cases[][5] = {{"history", NULL}, {"history", "frob", "A", NULL},
        {"history", "add", "A", NULL}, {"history", "list", NULL},
        {"history", "list", "A", "--keep-count=1", NULL}, {"historyadd", "A", "B", NULL},
        {"history", "add", "A", "B", NULL}};
    wh_cleanup(wh_repo_options_clear) struct wh_repo_options options = {0};
    const char *words[] = {
        "history", "--keep-count=5", "add", "R", "--keep-age", "30", "D", "-j2", NULL};

    (void)state;
    OK(parse(words, &options, &err));
    assert_int_equal(options.command, WH_REPO_HISTORY_ADD);
    assert_string_equal(options.operands[0], "R");
    assert_string_equal(options.operands[1], "D");
    assert_int_equal(options.keep_count, 5);
    assert_int_equal(options.keep_age, 30);
    for (size_t i = 0; i < COUNT(cases) - 1; i++) {
        struct wh_repo_options none;
        struct wh_error error = {0};
        assert_int_equal(parse(cases[i], &none, &error), WH_MALFORMED);
        assert_true(error.message[0] != '\0');
    }
    wh_repo_options_clear(&options);
    OK(parse(cases[COUNT(cases) - 1], &options, &err));
    assert_int_equal(options.keep_count, 0);
}

static void a_backend_is_a_base_url(void **state)
{
    static const char *const good[][2] = {
        {"http://a", "http://a/"},
        {"https://backend.example:8443/w", "https://backend.example:8443/w/"},
        {"https://[2001:db8::1]/", "https://[2001:db8::1]/"},
    };
    static const char *const bad[] = {"", "/", "backend.example", "ftp://a/", "HTTP://a/",
        "http://", "http:///w", "http://user@a/", "http://a/?q", "http://a/#f", "http://a b/",
        "http://a/\"x"};

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        wh_cleanup(wh_repo_options_clear) struct wh_repo_options options = {0};
        const char *words[] = {"publish", "R", "--backend=http://b", "--backend", good[i][0], NULL};
        OK(parse(words, &options, &err));
        assert_string_equal(options.backend, good[i][1]);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct wh_repo_options options;
        const char *words[] = {"publish", "R", "--backend", bad[i], NULL};
        REFUSED(WH_MALFORMED, "is no base URL: http", parse(words, &options, &err));
    }
}

static void help_fits_a_terminal(void **state)
{
    char *text = NULL;
    size_t length = 0;
    size_t column = 0;
    FILE *out = open_memstream(&text, &length);

    (void)state;
    wh_repo_options_help(out);
    assert_int_equal(fclose(out), 0);
    for (size_t i = 0; i < length; i++) {
        column = text[i] == '\n' ? 0 : column + 1;
        assert_true(column <= 80);
    }
    assert_non_null(strstr(text, "--no-reinstall"));
    free(text);
}

/* Every option has its place in the man page, which spells each hyphen `\\-`. */
static void the_man_page_has_every_option(void **state)
{
    static const char *const names[] = {
#define WH_OPTION(commands, name, letter, argument, help) name,
#include "repo_options.def"
#undef WH_OPTION
    };
    FILE *page = fopen(MAN_PAGE, "r");
    static char text[1 << 16];

    (void)state;
    assert_non_null(page);
    size_t length = fread(text, 1, sizeof text - 1, page);
    assert_int_equal(fclose(page), 0);
    text[length] = '\0';
    for (size_t i = 0; i < COUNT(names); i++) {
        char spelled[64] = "\\-\\-";
        size_t at = strlen(spelled);
        for (const char *c = names[i]; *c; c++) {
            if (*c == '-')
                spelled[at++] = '\\';
            spelled[at++] = *c;
        }
        spelled[at] = '\0';
        assert_non_null(strstr(text, spelled));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_options_in_any_order),
        cmocka_unit_test(refuses_what_it_does_not_understand),
        cmocka_unit_test(commands_may_have_two_words),
        cmocka_unit_test(a_backend_is_a_base_url),
        cmocka_unit_test(help_fits_a_terminal),
        cmocka_unit_test(the_man_page_has_every_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
