/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repo_options.c - see repo_options.h. */
#include "repo_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish.h"
#include "whittle/bytes.h"
#include "whittle/cleanup.h"
#include "whittle/index.h"

enum {
    PUBLISH = 1,
    VERIFY = 2,
    EXPLAIN = 4,
    DIFF = 8,
    PATCH = 16,
    HISTORY_ADD = 32,
    HISTORY_LIST = 64,
    HISTORY_VERIFY = 128,
    ALL = 255
};

struct option_row {
    unsigned commands;
    const char *name;
    char letter;
    const char *argument;
    const char *help;
};

static const struct option_row rows[] = {
#define WH_OPTION(commands, name, letter, argument, help) {commands, name, letter, argument, help},
#include "repo_options.def"
#undef WH_OPTION
};

enum { ROWS = sizeof rows / sizeof *rows, FIRST_VALUE = 256 };

static const struct {
    const char *name;
    enum wh_repo_command command;
    unsigned mask;
    int operands_min, operands_max;
    const char *usage;
    const char *help;
} commands[] = {
    {"publish", WH_REPO_PUBLISH, PUBLISH, 1, 1, "publish REPO",
        "make bundles for the packages of a repository and list them"},
    {"verify", WH_REPO_VERIFY, VERIFY, 1, 1, "verify REPO",
        "assemble and check every bundle that a repository lists"},
    {"explain", WH_REPO_EXPLAIN, EXPLAIN, 1, 3, "explain BUNDLE [OLD.rpm [NEW.rpm]]",
        "say what is in a bundle; with packages, of each file, and of each codec"},
    {"diff", WH_REPO_DIFF, DIFF, 3, 3, "diff OLD NEW PATCH",
        "make a patch of one file, any file, as publish makes it"},
    {"patch", WH_REPO_PATCH, PATCH, 3, 3, "patch OLD PATCH NEW",
        "make the new file from the old one and a patch"},
    {"history add", WH_REPO_HISTORY_ADD, HISTORY_ADD, 2, 2, "history add REPO DIR",
        "keep the packages of a repository for the backend, each content once"},
    {"history list", WH_REPO_HISTORY_LIST, HISTORY_LIST, 1, 1, "history list DIR",
        "say which packages are kept"},
    {"history verify", WH_REPO_HISTORY_VERIFY, HISTORY_VERIFY, 1, 1, "history verify DIR",
        "make every kept package again and check it"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

void wh_repo_options_help(FILE *out)
{
    (void)fputs("usage: whittle-repo COMMAND [OPTION]... ARGUMENT...\n\n", out);
    for (int i = 0; i < COMMANDS; i++)
        (void)fprintf(out, "  %s\n      %s\n", commands[i].usage, commands[i].help);
    for (int c = 0; c < COMMANDS; c++) {
        (void)fprintf(out, "\noptions of %s:\n", commands[c].name);
        for (int i = 0; i < ROWS; i++) {
            char left[32];
            if (!(rows[i].commands & commands[c].mask))
                continue;
            (void)snprintf(left, sizeof left, "%c%c%c --%s%s%s", rows[i].letter ? '-' : ' ',
                rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? ',' : ' ', rows[i].name,
                rows[i].argument ? "=" : "", rows[i].argument ? rows[i].argument : "");
            (void)fprintf(out, "  %-24s%s\n", left, rows[i].help);
        }
    }
    (void)fputs("\nexit status: 0 done, 1 failure, 2 the command line is not understood\n", out);
}

static wh_status parse_number(const char *name, const char *text, uint32_t floor, uint32_t ceiling,
    uint32_t *out_value, struct wh_error *err)
{
    uint64_t value;

    if (!wh_decimal(text, ceiling, &value) || value < floor)
        return wh_fail(
            err, WH_MALFORMED, "--%s: %s is no number from %u to %u", name, text, floor, ceiling);
    *out_value = (uint32_t)value;
    return WH_OK;
}

/* As the index has it: with a slash at its end. */
static wh_status parse_backend(const char *text, char **out_backend, struct wh_error *err)
{
    size_t length = strlen(text);
    wh_autofree char *backend = NULL;

    if (asprintf(&backend, "%s%s", text, length > 0 && text[length - 1] == '/' ? "" : "/") < 0) {
        backend = NULL;
        return wh_no_memory(err);
    }
    if (!wh_is_backend(backend))
        return wh_fail(err, WH_MALFORMED,
            "--backend: %s is no base URL: http:// or https://, a host, perhaps a path; neither "
            "user nor query nor fragment",
            text);
    free(*out_backend);
    *out_backend = wh_take(backend);
    return WH_OK;
}

static wh_status take_option(const struct option_row *row, const char *argument,
    struct wh_repo_options *options, struct wh_error *err)
{
    if (strcmp(row->name, "previous") == 0)
        options->previous[options->previous_count++] = argument;
    else if (strcmp(row->name, "backend") == 0)
        return parse_backend(argument, &options->backend, err);
    else if (strcmp(row->name, "versions") == 0)
        return parse_number(row->name, argument, 1, WH_VERSIONS_CEILING, &options->versions, err);
    else if (strcmp(row->name, "jobs") == 0)
        return parse_number(row->name, argument, 1, 256, &options->jobs, err);
    else if (strcmp(row->name, "memory") == 0)
        return parse_number(
            row->name, argument, WH_MEMORY_FLOOR, WH_MEMORY_CEILING, &options->memory, err);
    else if (strcmp(row->name, "effort") == 0)
        return wh_effort_parse(argument, &options->effort, err);
    else if (strcmp(row->name, "supplement-docs") == 0)
        options->supplement_docs = true;
    else if (strcmp(row->name, "no-reinstall") == 0)
        options->no_reinstall = true;
    else if (strcmp(row->name, "no-reencode") == 0)
        options->no_reencode = true;
    else if (strcmp(row->name, "reencode-limit") == 0)
        return parse_number(
            row->name, argument, 0, WH_REENCODE_LIMIT_CEILING, &options->reencode_limit, err);
    else if (strcmp(row->name, "keep-count") == 0)
        return parse_number(row->name, argument, 1, UINT32_MAX, &options->keep_count, err);
    else if (strcmp(row->name, "keep-age") == 0)
        return parse_number(row->name, argument, 1, 100000, &options->keep_age, err);
    else if (strcmp(row->name, "json") == 0)
        options->json = true;
    else if (strcmp(row->name, "help") == 0)
        options->command = WH_REPO_HELP;
    else if (strcmp(row->name, "version") == 0 && options->command != WH_REPO_HELP)
        options->command = WH_REPO_VERSION;
    return WH_OK;
}

/* The rows as getopt_long() wants them. */
static void build_tables(struct option *longs, char *shorts)
{
    *shorts++ = ':'; /* tell a missing argument from an unknown option */
    for (int i = 0; i < ROWS; i++) {
        longs[i] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument,
            NULL, FIRST_VALUE + i};
        if (rows[i].letter) {
            *shorts++ = rows[i].letter;
            if (rows[i].argument)
                *shorts++ = ':';
        }
    }
    longs[ROWS] = (struct option){0};
    *shorts = '\0';
}

static int row_of(int value)
{
    if (value >= FIRST_VALUE)
        return value - FIRST_VALUE;
    for (int i = 0; i < ROWS; i++)
        if (rows[i].letter == value)
            return i;
    return -1;
}

/* used: the commands that all options so far belong to. */
static wh_status parse_options(
    int argc, char **argv, struct wh_repo_options *options, unsigned *used, struct wh_error *err)
{
    struct option longs[ROWS + 1];
    char shorts[2 * ROWS + 2];
    int value;

    build_tables(longs, shorts);
    opterr = 0;
    optind = 0; /* glibc: start over */
    while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (value == ':')
            return wh_fail(err, WH_MALFORMED, "%s needs an argument", argv[optind - 1]);
        if (value == '?')
            return wh_fail(err, WH_MALFORMED, "%s is no option", argv[optind - 1]);
        const struct option_row *row = &rows[row_of(value)];
        *used &= row->commands;
        WH_TRY(take_option(row, optarg, options, err));
    }
    return WH_OK;
}

/* How many words of the command line are that command's name; 0: it is another. */
static int words_of(const char *name, int argc, char **argv)
{
    int words = 0;

    for (const char *at = name; *at; words++) {
        size_t length = strcspn(at, " ");
        if (words == argc || strlen(argv[words]) != length || strncmp(argv[words], at, length) != 0)
            return 0;
        at += length;
        at += *at == ' ';
    }
    return words;
}

static wh_status take_operands(
    int argc, char **argv, unsigned used, struct wh_repo_options *options, struct wh_error *err)
{
    for (int c = 0; c < COMMANDS; c++) {
        int words = words_of(commands[c].name, argc - optind, argv + optind);
        if (words == 0)
            continue;
        int operands = argc - optind - words;
        if (operands < commands[c].operands_min || operands > commands[c].operands_max)
            return wh_fail(err, WH_MALFORMED, "usage: whittle-repo %s", commands[c].usage);
        if (!(used & commands[c].mask))
            return wh_fail(err, WH_MALFORMED, "an option is not for %s", commands[c].name);
        options->command = commands[c].command;
        for (int i = 0; i < operands; i++)
            options->operands[i] = argv[optind + words + i];
        return WH_OK;
    }
    return wh_fail(err, WH_MALFORMED, "%s is no command", argv[optind]);
}

wh_status wh_repo_options_parse(
    int argc, char **argv, struct wh_repo_options *out_options, struct wh_error *err)
{
    wh_cleanup(wh_repo_options_clear) struct wh_repo_options options = {
        .versions = WH_VERSIONS_DEFAULT,
        .memory = WH_MEMORY_DEFAULT,
        .effort = WH_EFFORT_DEFAULT,
        .reencode_limit = WH_REENCODE_LIMIT_DEFAULT,
        .command = WH_REPO_PUBLISH};
    unsigned used = ALL;

    options.previous = calloc((size_t)argc + 1, sizeof *options.previous);
    if (!options.previous)
        return wh_no_memory(err);
    WH_TRY(parse_options(argc, argv, &options, &used, err));
    bool plain = options.command != WH_REPO_HELP && options.command != WH_REPO_VERSION;
    if (plain && optind >= argc)
        return wh_fail(err, WH_MALFORMED, "a command is needed; see whittle-repo --help");
    if (plain)
        WH_TRY(take_operands(argc, argv, used, &options, err));
    *out_options = options;
    options = (struct wh_repo_options){0};
    return WH_OK;
}

void wh_repo_options_clear(struct wh_repo_options *options)
{
    free(options->previous);
    free(options->backend);
    *options = (struct wh_repo_options){0};
}
