/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the command `whittle`. */
#include <getopt.h>
#include <malloc.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "whittle/commands.h"

static const char help[] =
    "Usage: whittle COMMAND [OPTION]...\n"
    "Assembles RPM packages from installed files and small bundles.\n"
    "\n"
    "Commands:\n"
    "  select     say which bundles lead to a package (for plugins)\n"
    "  assemble   write packages from bundles and installed files (for plugins)\n"
    "  canary     tell whether assembled packages install on this system\n"
    "  report     print what a backend would be told, and send nothing\n"
    "  purge      remove assembled packages from the package managers' caches\n"
    "\n"
    "  --help     show this text, or a command's own\n"
    "  --version  show the version\n"
    "\n"
    "Exit status: 0 done, 1 trouble, 2 bad command line or request.\n"
    "See whittle(8).\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"select", run_select},
    {"assemble", run_assemble},
    {"canary", run_canary},
    {"report", run_report},
    {"purge", run_purge},
};

int complain(int status, const char *command, const struct wh_error *err)
{
    (void)fprintf(stderr, "whittle %s: %s\n", command, err->message);
    return status;
}

int say(const char *text)
{
    return fputs(text, stdout) < 0 || fflush(stdout) != 0 ? EXIT_TROUBLE : EXIT_DONE;
}

int no_options(int argc, char **argv, int at, const char *text, int *out_status)
{
    if (argc <= at)
        return 0;
    if (strcmp(argv[at], "--help") == 0) {
        *out_status = say(text);
        return 1;
    }
    (void)fprintf(stderr, "whittle %s: unknown argument %s\n", argv[0], argv[at]);
    *out_status = EXIT_MISUSE;
    return 1;
}

/* Contents come one after the other, each with its own sizes: what one has freed goes back to the
 * system at once, so that the largest counts and not the sum. */
static void set_up_memory(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 20);
#endif
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--help") == 0)
        return say(help);
    if (argc >= 2 && strcmp(argv[1], "--version") == 0)
        return say("whittle " WHITTLE_VERSION "\n");
    if (argc < 2) {
        (void)fputs("whittle: no command given, see whittle --help\n", stderr);
        return EXIT_MISUSE;
    }
    set_up_memory();
    (void)signal(SIGPIPE, SIG_IGN); /* a plugin that went away shows as a failed write */
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    (void)fprintf(stderr, "whittle: unknown command %s, see whittle --help\n", argv[1]);
    return EXIT_MISUSE;
}
