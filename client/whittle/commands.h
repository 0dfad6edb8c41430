/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands.h - the subcommands. Each takes its own arguments, argv[0] being its name, and returns
 * the exit status. */
#ifndef WHITTLE_COMMANDS_H
#define WHITTLE_COMMANDS_H

#include "whittle/error.h"

enum exit_status { EXIT_DONE = 0, EXIT_TROUBLE = 1, EXIT_MISUSE = 2 };

int run_select(int argc, char **argv);
int run_assemble(int argc, char **argv);
int run_canary(int argc, char **argv);
int run_purge(int argc, char **argv);
int run_report(int argc, char **argv);

/* Prints text on standard output and sees to it that it arrives. */
int say(const char *text);

/* For a command that knows no further argument: is there one at that place? It is --help, and help
 * is printed, or nothing that is known. */
int no_options(int argc, char **argv, int at, const char *help, int *out_status);

#define JOBS_MAX 256 /* that --jobs takes */

/* One a processor, within JOBS_MAX. */
long default_jobs(void);

/* The argument of --jobs. False when it is no number from 1 to JOBS_MAX. */
int parse_jobs(const char *text, long *out_jobs);

/* One sentence on standard error; returns status. */
int complain(int status, const char *command, const struct wh_error *err);

#endif
