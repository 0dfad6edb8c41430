/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage_test.c - the command line of whittle: help, misuse, and the man page that goes with it. */
#include "program.h"

#include <ctype.h>

#include "whittle/cleanup.h"

static void run(const char *const *arguments, const char *input, struct outcome *out_outcome)
{
    program_run(&(struct program){.arguments = arguments, .input = input}, out_outcome);
}

static void run_help(const char *command, struct outcome *out_outcome)
{
    const char *const with[] = {command, "--help", NULL};

    run(command ? with : with + 1, NULL, out_outcome);
    assert_int_equal(out_outcome->status, 0);
    assert_string_equal(out_outcome->err, "");
}

/* The word at the start of an indented line of help; the caller frees. NULL: no such line. */
static char *first_word(const char *line)
{
    if (strncmp(line, "  ", 2) != 0 || line[2] == ' ')
        return NULL;
    return strndup(line + 2, strcspn(line + 2, " \n"));
}

/* Calls see for each indented word of a help text that is an option, or is none. */
static int each_word(const char *help, bool options, void (*see)(const char *word))
{
    int count = 0;

    for (const char *line = help; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        wh_autofree char *word = first_word(line);
        if (!word || (word[0] == '-') != options)
            continue;
        see(word);
        count++;
    }
    return count;
}

/* ---- help ----------------------------------------------------------------------------------- */

static void fits_a_terminal(const char *text)
{
    size_t column = 0;

    for (; *text; text++) {
        column = *text == '\n' ? 0 : column + 1;
        assert_true(column <= 80);
        assert_true(*text == '\n' || isprint((unsigned char)*text));
    }
    assert_int_equal(column, 0); /* the last line has its end */
}

static void see_command(const char *command)
{
    struct outcome help;
    char start[64];

    run_help(command, &help);
    (void)snprintf(start, sizeof start, "Usage: whittle %s ", command);
    assert_int_equal(strncmp(help.out, start, strlen(start)), 0);
    assert_non_null(strstr(help.out, "  --help "));
    assert_non_null(strstr(help.out, "Exit status: 0 "));
    fits_a_terminal(help.out);
    outcome_clear(&help);
}

static void each_command_has_help_that_fits_a_terminal(void **state)
{
    wh_cleanup(outcome_clear) struct outcome help = {0};

    (void)state;
    run_help(NULL, &help);
    assert_int_equal(strncmp(help.out, "Usage: whittle COMMAND ", 23), 0);
    fits_a_terminal(help.out);
    assert_int_equal(each_word(help.out, false, see_command), 5);
}

static void says_its_version(void **state)
{
    static const char *const arguments[] = {"--version", NULL};
    wh_cleanup(outcome_clear) struct outcome outcome = {0};

    (void)state;
    run(arguments, NULL, &outcome);
    assert_int_equal(outcome.status, 0);
    assert_string_equal(outcome.out, "whittle " WHITTLE_VERSION "\n");
    assert_string_equal(outcome.err, "");
}

static void lost_output_is_trouble(void **state)
{
    static const char *const cases[][3] = {
        {"--help"},
        {"--version"},
        {"select", "--help"},
        {"assemble", "--help"},
        {"canary", "--help"},
        {"report", "--help"},
        {"purge", "--help"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        wh_cleanup(outcome_clear) struct outcome outcome = {0};
        program_run(&(struct program){.arguments = cases[i], .output = "/dev/full"}, &outcome);
        assert_int_equal(outcome.status, 1);
    }
}

/* ---- misuse --------------------------------------------------------------------------------- */

/* Exit status 2, nothing on standard output, one line on standard error. */
static void expect_misuse(const char *const *arguments, const char *input, const char *part)
{
    wh_cleanup(outcome_clear) struct outcome outcome = {0};

    run(arguments, input, &outcome);
    const char *end = strchr(outcome.err, '\n');
    if (outcome.status != 2 || outcome.out[0] != '\0' || !end || end[1] != '\0' ||
        !strstr(outcome.err, part) || strncmp(outcome.err, "whittle", 7) != 0)
        fail_msg("status %d, \"%s\" instead of \"%s\"", outcome.status, outcome.err, part);
}

static void misuse_is_said_in_one_sentence(void **state)
{
    static const struct {
        const char *part;
        const char *arguments[4];
    } cases[] = {
        {"whittle: no command given", {NULL}},
        {"whittle: unknown command frobnicate", {"frobnicate"}},
        {"whittle: unknown command --frob", {"--frob"}},
        {"whittle: unknown command ,", {""}},
        {"whittle select: unknown argument x", {"select", "x"}},
        {"whittle select: unknown argument x", {"select", "--jobs=2", "x"}},
        {"whittle select: unknown option --frob", {"select", "--frob"}},
        {"whittle select: --jobs takes a number from 1 to 256", {"select", "--jobs"}},
        {"whittle select: --jobs takes a number", {"select", "--jobs", "0"}},
        {"whittle select: --jobs takes a number", {"select", "--jobs=257"}},
        {"whittle select: --reencode takes auto, never or always", {"select", "--reencode"}},
        {"whittle select: --reencode takes auto", {"select", "--reencode", "Auto"}},
        {"whittle select: --reencode takes auto", {"select", "--reencode="}},
        {"whittle select: --state takes a folder", {"select", "--state"}},
        {"whittle select: --state takes a folder", {"select", "--state="}},
        {"whittle assemble: unknown argument x", {"assemble", "x"}},
        {"whittle assemble: unknown argument x", {"assemble", "--jobs=2", "x"}},
        {"whittle assemble: unknown option --frob", {"assemble", "--frob"}},
        {"whittle assemble: unknown option -xy", {"assemble", "-xy"}},
        {"whittle assemble: --jobs takes a number from 1 to 256", {"assemble", "--jobs"}},
        {"whittle assemble: --jobs takes a number", {"assemble", "--jobs", "0"}},
        {"whittle assemble: --jobs takes a number", {"assemble", "--jobs", "257"}},
        {"whittle assemble: --jobs takes a number", {"assemble", "--jobs=-1"}},
        {"whittle assemble: --jobs takes a number", {"assemble", "--jobs=1x"}},
        {"whittle assemble: --jobs takes a number", {"assemble", "--jobs="}},
        {"whittle canary: unknown argument x", {"canary", "x"}},
        {"whittle canary: unknown argument x", {"canary", "--json", "x"}},
        {"whittle canary: unknown argument --frob", {"canary", "--frob"}},
        {"whittle report: no package given", {"report"}},
        {"whittle report: no package given", {"report", "--long"}},
        {"whittle report: unknown option --frob", {"report", "--frob", "x"}},
        {"whittle report: --root takes a folder", {"report", "--root"}},
        {"whittle purge: unknown argument --frob", {"purge", "--frob"}},
        {"whittle purge: unknown argument -r", {"purge", "/nonexistent", "-r"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_misuse(cases[i].arguments, NULL, cases[i].part);
}

static void a_request_that_is_none_is_misuse(void **state)
{
    static const char *const commands[][2] = {{"select"}, {"assemble"}};

    (void)state;
    for (size_t i = 0; i < COUNT(commands); i++) {
        expect_misuse(commands[i], "no request\n", "request: not a JSON object");
        expect_misuse(commands[i], "{\"id\":1}\n", "is missing or bad");
    }
}

/* ---- the man page --------------------------------------------------------------------------- */

static char man_page[1 << 16];

static void read_man_page(void)
{
    FILE *page = fopen(MAN_PAGE, "r");

    assert_non_null(page);
    size_t length = fread(man_page, 1, sizeof man_page - 1, page);
    man_page[length] = '\0';
    assert_int_equal(fclose(page), 0);
}

/* In the page each hyphen of an option is `\-`. */
static void see_option_in_page(const char *option)
{
    char spelled[128];
    size_t at = 0;

    for (; *option; option++) {
        if (*option == '-')
            spelled[at++] = '\\';
        spelled[at++] = *option;
    }
    spelled[at] = '\0';
    const char *options = strstr(man_page, ".SH OPTIONS");
    assert_non_null(options);
    if (!strstr(options, spelled))
        fail_msg("%s is not among the man page's options", spelled);
}

/* In the synopsis, and with a paragraph of its own. */
static void see_command_in_page(const char *command)
{
    wh_cleanup(outcome_clear) struct outcome help = {0};
    char synopsis[64];
    char paragraph[64];

    (void)snprintf(synopsis, sizeof synopsis, ".B whittle %s\n", command);
    (void)snprintf(paragraph, sizeof paragraph, ".TP\n.B %s\n", command);
    if (!strstr(man_page, synopsis) || !strstr(man_page, paragraph))
        fail_msg("%s is not in the man page", command);
    run_help(command, &help);
    assert_true(each_word(help.out, true, see_option_in_page) > 0);
}

static void the_man_page_has_every_command_and_option(void **state)
{
    wh_cleanup(outcome_clear) struct outcome help = {0};

    (void)state;
    read_man_page();
    run_help(NULL, &help);
    assert_int_equal(each_word(help.out, false, see_command_in_page), 5);
    assert_int_equal(each_word(help.out, true, see_option_in_page), 2);
    assert_non_null(strstr(man_page, ".TH WHITTLE 8 \"\" \"whittle " WHITTLE_VERSION "\""));
}

/* And none that the program does not know: each is in the help of a command, or of the program. */
static void the_man_page_has_no_other_option(void **state)
{
    static const char *const commands[] = {NULL, "select", "assemble", "canary", "report", "purge"};
    char known[1 << 14] = "";

    (void)state;
    read_man_page();
    for (size_t i = 0; i < COUNT(commands); i++) {
        wh_cleanup(outcome_clear) struct outcome help = {0};
        run_help(commands[i], &help);
        (void)strncat(known, help.out, sizeof known - strlen(known) - 1);
    }
    for (const char *at = man_page; (at = strstr(at, "\\-\\-")) != NULL; at += 4) {
        char option[64];
        (void)snprintf(option, sizeof option, "--%.*s",
            (int)strspn(at + 4, "abcdefghijklmnopqrstuvwxyz"), at + 4);
        if (!strstr(known, option))
            fail_msg("%s is in the man page only", option);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_has_help_that_fits_a_terminal),
        cmocka_unit_test(says_its_version),
        cmocka_unit_test(lost_output_is_trouble),
        cmocka_unit_test(misuse_is_said_in_one_sentence),
        cmocka_unit_test(a_request_that_is_none_is_misuse),
        cmocka_unit_test(the_man_page_has_every_command_and_option),
        cmocka_unit_test(the_man_page_has_no_other_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
