/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon_options.c - see daemon_options.h. */
#include "whittled/daemon_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/bytes.h"
#include "whittle/cleanup.h"

enum kind { TEXT, LIST, NUMBER, FLAG, EFFORT };

static const struct row {
    enum kind kind;
    size_t at; /* of what it fills, in the options */
    uint32_t floor;
    uint32_t ceiling;
    const char *name;
    const char *argument;
    const char *help;
} rows[] = {
#define WH_OPTION(kind, field, floor, ceiling, name, argument, help)                               \
    {kind, offsetof(struct wh_daemon_options, field), floor, ceiling, name, argument, help},
#include "whittled/daemon_options.def"
#undef WH_OPTION
};

enum { ROWS = sizeof rows / sizeof *rows };

void wh_daemon_options_help(FILE *out)
{
    (void)fputs("usage: whittled --repo DIR [OPTION]...\n\n", out);
    for (int i = 0; i < ROWS; i++) {
        char left[40];
        (void)snprintf(left, sizeof left, "--%s%s%s", rows[i].name, rows[i].argument ? "=" : "",
            rows[i].argument ? rows[i].argument : "");
        (void)fprintf(out, "  %-24s %s\n", left, rows[i].help);
    }
    (void)fputs("\nexit status: 0 stopped by a signal, 1 failure, 2 the command line is not "
                "understood\n",
        out);
}

static wh_status take_number(
    const struct row *row, const char *text, uint32_t *out_number, struct wh_error *err)
{
    uint64_t value;

    if (!wh_decimal(text, row->ceiling, &value) || value < row->floor)
        return wh_fail(err, WH_MALFORMED, "--%s: %s is no number from %u to %u", row->name, text,
            row->floor, row->ceiling);
    *out_number = (uint32_t)value;
    return WH_OK;
}

static wh_status take_option(const struct row *row, const char *argument,
    struct wh_daemon_options *options, struct wh_error *err)
{
    void *field = (char *)options + row->at;
    struct wh_words *words = field;

    if (argument && !argument[0])
        return wh_fail(err, WH_MALFORMED, "--%s: it is empty", row->name);
    if (row->kind == NUMBER)
        return take_number(row, argument, field, err);
    if (row->kind == EFFORT)
        return wh_effort_parse(argument, field, err);
    if (row->kind == LIST)
        words->list[words->count++] = argument;
    else if (row->kind == TEXT)
        *(const char **)field = argument;
    else
        *(bool *)field = true;
    return WH_OK;
}

static wh_status parse(
    int argc, char **argv, struct wh_daemon_options *options, struct wh_error *err)
{
    struct option longs[ROWS + 1] = {0};
    int value;

    for (int i = 0; i < ROWS; i++)
        longs[i] = (struct option){
            rows[i].name, rows[i].argument ? required_argument : no_argument, NULL, i + 1};
    opterr = 0;
    optind = 0; /* glibc: start over */
    while ((value = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
        if (value == ':')
            return wh_fail(err, WH_MALFORMED, "%s needs an argument", argv[optind - 1]);
        if (value == '?')
            return wh_fail(err, WH_MALFORMED, "%s is no option", argv[optind - 1]);
        WH_TRY(take_option(&rows[value - 1], optarg, options, err));
    }
    if (optind < argc)
        return wh_fail(err, WH_MALFORMED, "%s is no option", argv[optind]);
    if (options->repositories.count == 0 && !options->help && !options->version)
        return wh_fail(err, WH_MALFORMED, "--repo is needed; see whittled --help");
    return WH_OK;
}

wh_status wh_daemon_options_parse(
    int argc, char **argv, struct wh_daemon_options *out_options, struct wh_error *err)
{
    wh_cleanup(wh_daemon_options_clear) struct wh_daemon_options options = {
        .catalogue = "/var/cache/whittled/catalogue.sqlite",
        .store = "/var/cache/whittled/bundles",
        .s3_region = "us-east-1",
        .store_max = 10240,
        .memory = 2048,
        .unpacked = 2048,
        .requests = 64,
        .connections = 4096,
        .deadline = 60,
        .interval = 5,
        .effort = WH_EFFORT_FAST,
    };

    options.repositories.list = calloc((size_t)argc + 1, sizeof(char *));
    options.histories.list = calloc((size_t)argc + 1, sizeof(char *));
    if (!options.repositories.list || !options.histories.list)
        return wh_no_memory(err);
    WH_TRY(parse(argc, argv, &options, err));
    *out_options = options;
    options = (struct wh_daemon_options){0};
    return WH_OK;
}

void wh_daemon_options_clear(struct wh_daemon_options *options)
{
    free(options->repositories.list);
    free(options->histories.list);
    *options = (struct wh_daemon_options){0};
}
