/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon_options.h - the command line of whittled. */
#ifndef WHITTLE_WHITTLED_DAEMON_OPTIONS_H
#define WHITTLE_WHITTLED_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "effort.h"
#include "whittle/error.h"

/* Of an option that may be given several times. */
struct wh_words {
    const char **list; /* owned; the words are argv's */
    uint32_t count;
};

/* Strings are argv's. */
struct wh_daemon_options {
    struct wh_words repositories;
    struct wh_words histories;
    const char *listen; /* ADDRESS:PORT; NULL: the socket that the service manager hands over */
    const char *catalogue;
    const char *store;
    const char *s3_url;
    const char *s3_region;
    const char *s3_key_file;
    uint32_t store_max; /* MiB */
    uint32_t memory;    /* MiB of work for all bundles that are cut at the same time */
    uint32_t unpacked;  /* MiB of payloads that stay unpacked */
    uint32_t jobs;      /* bundles that are cut at the same time; 0: processors */
    uint32_t requests;  /* upgrade requests that are worked on at the same time */
    uint32_t connections;
    uint32_t deadline; /* seconds */
    uint32_t interval; /* seconds */
    enum wh_effort effort;
    bool access_log;
    bool help;
    bool version;
};

/* WH_MALFORMED: not understood; the message says what. Free with wh_daemon_options_clear(). */
WH_MUST_CHECK wh_status wh_daemon_options_parse(
    int argc, char **argv, struct wh_daemon_options *out_options, struct wh_error *err);
void wh_daemon_options_clear(struct wh_daemon_options *options);
void wh_daemon_options_help(FILE *out);

#endif
