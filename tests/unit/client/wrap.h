/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wrap.h - calls that fail when the test says so: the linker sends those of our own code to the
 * wrappers (whittle_wrap() in CMakeLists.txt). */
#ifndef WHITTLE_TESTS_CLIENT_WRAP_H
#define WHITTLE_TESTS_CLIENT_WRAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The test's: does this call fail? It has then set errno. */
static bool fails_now(const char *name);

/* The wrapper of a call, and what the call gives when it fails. */
#define WRAP(type, failed, name, parameters, arguments)                                            \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails_now(#name) ? (failed) : __real_##name arguments;                              \
    }

int __wrap_asprintf(char **out, const char *format, ...);
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...);

__attribute__((format(printf, 2, 3))) int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list arguments;

    if (fails_now("asprintf"))
        return -1;
    va_start(arguments, format);
    int length = vasprintf(out, format, arguments);
    va_end(arguments);
    return length;
}

/* What asprintf() is in a fortified build. */
__attribute__((format(printf, 3, 4))) int __wrap___asprintf_chk(
    char **out, int flag, const char *format, ...)
{
    va_list arguments;

    (void)flag;
    if (fails_now("asprintf"))
        return -1;
    va_start(arguments, format);
    int length = vasprintf(out, format, arguments);
    va_end(arguments);
    return length;
}

static inline bool is_allocation(const char *name)
{
    static const char *const names[] = {
        "malloc", "calloc", "realloc", "strdup", "strndup", "asprintf"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

#endif
