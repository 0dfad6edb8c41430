/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program.h - runs the command whittle and catches what it says. */
#ifndef WHITTLE_TESTS_CLIENT_PROGRAM_H
#define WHITTLE_TESTS_CLIENT_PROGRAM_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define ARGUMENTS_MAX 8

struct program {
    const char *const *arguments; /* NULL-ended, without the program's name */
    const char *input;            /* NULL for none */
    const char *output;           /* file for standard output, NULL to catch it */
    const char *home;             /* folder with .rpmmacros, NULL for the test's own */
};

struct outcome {
    int status; /* of the exit, or -1 after a signal */
    char *out;
    char *err;
};

static inline void outcome_clear(struct outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
}

static inline char *program_output(int fd)
{
    off_t length = lseek(fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)length + 1);

    assert_non_null(text);
    assert_int_equal(pread(fd, text, (size_t)length, 0), length);
    (void)close(fd);
    return text;
}

/* Never returns. */
__attribute__((noreturn)) static inline void program_child(
    const struct program *program, const int fds[3])
{
    char *argv[ARGUMENTS_MAX + 2] = {(char *)(uintptr_t) "whittle"};

    for (int i = 0; i < ARGUMENTS_MAX && program->arguments[i]; i++)
        argv[i + 1] = (char *)(uintptr_t)program->arguments[i];
    for (int i = 0; i < 3; i++)
        if (dup2(fds[i], i) < 0)
            _exit(126);
    if (program->home && setenv("HOME", program->home, 1) < 0)
        _exit(126);
    (void)execv(WHITTLE, argv);
    _exit(127);
}

static inline void program_run(const struct program *program, struct outcome *out_outcome)
{
    const char *input = program->input ? program->input : "";
    int fds[3];
    int status;

    for (int i = 0; i < 3; i++)
        fds[i] = memfd_create("whittle-test", MFD_CLOEXEC);
    if (program->output) {
        (void)close(fds[1]);
        fds[1] = open(program->output, O_RDWR | O_CLOEXEC);
    }
    assert_true(fds[0] >= 0 && fds[1] >= 0 && fds[2] >= 0);
    assert_int_equal(write(fds[0], input, strlen(input)), strlen(input));
    assert_int_equal(lseek(fds[0], 0, SEEK_SET), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        program_child(program, fds);
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(fds[0]);
    out_outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    out_outcome->out = program->output ? calloc(1, 1) : program_output(fds[1]);
    if (program->output)
        (void)close(fds[1]);
    out_outcome->err = program_output(fds[2]);
}

#endif
