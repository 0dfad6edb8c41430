/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_command.c - `whittle report`: what a backend would be told. */
#include <getopt.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/question.h"
#include "whittle/cleanup.h"
#include "whittle/commands.h"
#include "whittle/limits.h"

static const char help[] =
    "Usage: whittle report [OPTION]... [PKGID=]PACKAGE...\n"
    "Prints the request that a backend would get for these packages; sends nothing.\n"
    "\n"
    "PACKAGE is NAME-VERSION-RELEASE.ARCH of the version that would be installed,\n"
    "and PKGID its checksum as the repository has it; or PACKAGE is just a name, and\n"
    "zeros with a number stand where the checksum would be.\n"
    "\n"
    "  --root FOLDER      of the system that is asked about (default: /)\n"
    "  --long             as it is when the backend does not know what is installed\n"
    "  --without-liblzma  as it is when nothing may be re-encoded\n"
    "  --help             show this text\n"
    "\n"
    "Exit status: 0 printed, 1 trouble, 2 bad arguments.\n";

struct report_options {
    const char *root;
    bool in_long_form;
    bool without_liblzma;
};

static int misuse(const char *text, const char *what)
{
    (void)fprintf(stderr, "whittle report: %s%s\n", text, what);
    return EXIT_MISUSE;
}

/* False when the command is over, with out_status. */
static bool parse_options(
    int argc, char **argv, struct report_options *out_options, int *out_status)
{
    static const struct option options[] = {{"root", required_argument, NULL, 'r'},
        {"long", no_argument, NULL, 'l'}, {"without-liblzma", no_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'}, {0}};
    int option;

    opterr = 0;
    for (int at = optind; (option = getopt_long(argc, argv, "+:", options, NULL)) != -1;
         at = optind) {
        if (option == 'h') {
            *out_status = say(help);
            return false;
        }
        if (option == '?' || option == ':') {
            *out_status = option == '?' ? misuse("unknown option ", argv[at])
                                        : misuse("--root takes a folder", "");
            return false;
        }
        if (option == 'r')
            out_options->root = optarg;
        out_options->in_long_form |= option == 'l';
        out_options->without_liblzma |= option == 'w';
    }
    if (optind < argc)
        return true;
    *out_status = misuse("no package given", "");
    return false;
}

struct questions {
    struct wh_question *list;
    struct wh_question **pointers;
    uint32_t count;
};

static void free_questions(struct questions *questions)
{
    for (uint32_t i = 0; i < questions->count; i++)
        wh_question_clear(&questions->list[i]);
    free(questions->list);
    free(questions->pointers);
}

/* A bare name has no version, which matters only where several versions are installed. */
static wh_status make_question(struct wh_system *system, const char *argument,
    struct questions *questions, struct wh_error *err)
{
    const char *equals = strchr(argument, '=');
    const char *package = equals ? equals + 1 : argument;
    wh_autofree char *name_only = NULL;
    char pkgid[WH_PKGID_MAX + 1];

    if (equals && equals - argument > (ptrdiff_t)WH_PKGID_MAX)
        return wh_fail(err, WH_MALFORMED, "%s: the pkgid is no checksum", package);
    if (equals)
        (void)snprintf(pkgid, sizeof pkgid, "%.*s", (int)(equals - argument), argument);
    else
        (void)snprintf(pkgid, sizeof pkgid, "%064u", questions->count + 1);
    if (!equals && asprintf(&name_only, "%s-0-0.none", package) < 0)
        return wh_no_memory(err);
    struct wh_question *question = &questions->list[questions->count];
    wh_status status = wh_question_make(
        system, pkgid, name_only ? name_only : package, question, err);
    if (name_only && status == WH_MISSING &&
        wh_question_make(system, pkgid, package, question, NULL) == WH_OK)
        status = WH_OK;
    if (status == WH_OK)
        questions->count++;
    return status;
}

static wh_status print_report(
    const struct report_options *options, char **packages, uint32_t count, struct wh_error *err)
{
    wh_cleanup(free_questions) struct questions questions = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {0};
    struct wh_system *system = NULL;

    questions.list = wh_array(count, sizeof *questions.list, UINT32_MAX, err);
    questions.pointers = wh_array(count, sizeof *questions.pointers, UINT32_MAX, err);
    if (!questions.list || !questions.pointers)
        return wh_no_memory(err);
    WH_TRY(wh_system_open(options->root, &system, err));
    wh_status status = WH_OK;
    for (uint32_t i = 0; i < count && status == WH_OK; i++) {
        questions.pointers[i] = &questions.list[i];
        status = make_question(system, packages[i], &questions, err);
        if (status == WH_OK && options->in_long_form)
            status = wh_question_lengthen(system, &questions.list[i], err);
    }
    wh_system_free(system);
    WH_TRY(status);
    WH_TRY(wh_questions_write(questions.pointers, count, options->without_liblzma, &xml, err));
    bool printed = fwrite(xml.data, 1, xml.length, stdout) == xml.length && fflush(stdout) == 0;
    return printed ? WH_OK : wh_fail_errno(err, "standard output");
}

int run_report(int argc, char **argv)
{
    struct report_options options = {.root = "/"};
    struct wh_error err;
    int status;

    if (!parse_options(argc, argv, &options, &status))
        return status;
    if (rpmReadConfigFiles(NULL, NULL) != 0) {
        (void)wh_fail(&err, WH_SYSTEM, "rpm's configuration cannot be read");
        return complain(EXIT_TROUBLE, argv[0], &err);
    }
    rpmSetVerbosity(RPMLOG_CRIT);
    if (print_report(&options, argv + optind, (uint32_t)(argc - optind), &err) != WH_OK)
        return complain(EXIT_TROUBLE, argv[0], &err);
    return EXIT_DONE;
}
