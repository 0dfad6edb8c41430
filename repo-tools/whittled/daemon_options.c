/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon_options.c - see daemon_options.h. */
#include "whittled/daemon_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/bytes.h"
#include "whittle/cleanup.h"

enum row {
#define WH_OPTION(id, name, argument, help) id,
#include "whittled/daemon_options.def"
#undef WH_OPTION
    ROWS
};

static const struct {
    const char *name;
    const char *argument;
    const char *help;
} rows[ROWS] = {
#define WH_OPTION(id, name, argument, help) {name, argument, help},
#include "whittled/daemon_options.def"
#undef WH_OPTION
};

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

/* Where a number goes, and its bounds. */
static uint32_t *number_of(
    struct wh_daemon_options *options, enum row row, uint32_t *out_floor, uint32_t *out_ceiling)
{
    *out_floor = 1;
    *out_ceiling = 1u << 20;
    switch (row) {
    case STORE_MAX:
        *out_ceiling = 1u << 30;
        return &options->store_max;
    case MEMORY:
        *out_floor = 128;
        return &options->memory;
    case UNPACKED:
        return &options->unpacked;
    case JOBS:
        *out_ceiling = 256;
        return &options->jobs;
    case REQUESTS:
        *out_ceiling = 1024;
        return &options->requests;
    case CONNECTIONS:
        return &options->connections;
    case DEADLINE:
        *out_ceiling = 3600;
        return &options->deadline;
    case INTERVAL:
        *out_ceiling = 86400;
        return &options->interval;
    default:
        return NULL;
    }
}

static const char **text_of(struct wh_daemon_options *options, enum row row)
{
    switch (row) {
    case REPO:
        return &options->repositories[options->repository_count++];
    case HISTORY:
        return &options->histories[options->history_count++];
    case LISTEN:
        return &options->listen;
    case CATALOGUE:
        return &options->catalogue;
    case STORE:
        return &options->store;
    case S3_URL:
        return &options->s3_url;
    case S3_REGION:
        return &options->s3_region;
    case S3_KEY_FILE:
        return &options->s3_key_file;
    default:
        return NULL;
    }
}

static wh_status take_effort(
    const char *text, struct wh_daemon_options *options, struct wh_error *err)
{
    static const char *const names[] = {
        [WH_EFFORT_FAST] = "fast", [WH_EFFORT_DEFAULT] = "default", [WH_EFFORT_BEST] = "best"};

    for (unsigned i = WH_EFFORT_FAST; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], text) != 0)
            continue;
        options->effort = (enum wh_effort)i;
        return WH_OK;
    }
    return wh_fail(err, WH_MALFORMED, "--effort: %s is none of fast, default, best", text);
}

static wh_status take_option(
    enum row row, const char *argument, struct wh_daemon_options *options, struct wh_error *err)
{
    uint32_t floor;
    uint32_t ceiling;
    uint64_t value;
    uint32_t *number = number_of(options, row, &floor, &ceiling);
    const char **text = number ? NULL : text_of(options, row);

    if (text) {
        *text = argument;
        return argument[0] ? WH_OK
                           : wh_fail(err, WH_MALFORMED, "--%s: it is empty", rows[row].name);
    }
    if (number) {
        if (!wh_decimal(argument, ceiling, &value) || value < floor)
            return wh_fail(err, WH_MALFORMED, "--%s: %s is no number from %u to %u", rows[row].name,
                argument, floor, ceiling);
        *number = (uint32_t)value;
        return WH_OK;
    }
    if (row == EFFORT)
        return take_effort(argument, options, err);
    options->access_log |= row == ACCESS_LOG;
    options->help |= row == HELP;
    options->version |= row == VERSION;
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
        WH_TRY(take_option((enum row)(value - 1), optarg, options, err));
    }
    if (optind < argc)
        return wh_fail(err, WH_MALFORMED, "%s is no option", argv[optind]);
    if (options->repository_count == 0 && !options->help && !options->version)
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

    options.repositories = calloc((size_t)argc + 1, sizeof *options.repositories);
    options.histories = calloc((size_t)argc + 1, sizeof *options.histories);
    if (!options.repositories || !options.histories)
        return wh_no_memory(err);
    WH_TRY(parse(argc, argv, &options, err));
    *out_options = options;
    options = (struct wh_daemon_options){0};
    return WH_OK;
}

void wh_daemon_options_clear(struct wh_daemon_options *options)
{
    free(options->repositories);
    free(options->histories);
    *options = (struct wh_daemon_options){0};
}
