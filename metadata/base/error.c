/* SPDX-License-Identifier: GPL-2.0-or-later */
/* error.c - see whittle/error.h. */
#include "whittle/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 0))) static void describe(
    struct wh_error *err, const char *format, va_list arguments)
{
    /* Truncation is fine: the subject comes first. */
    (void)vsnprintf(err->message, sizeof err->message, format, arguments);
    for (char *at = err->message; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f) /* names from outside reach terminals */
            *at = '?';
}

wh_status wh_fail(struct wh_error *err, wh_status status, const char *format, ...)
{
    if (!err)
        return status;

    va_list arguments;
    va_start(arguments, format);
    describe(err, format, arguments);
    va_end(arguments);
    err->status = status;
    err->sys_errno = 0;
    return status;
}

wh_status wh_fail_errno(struct wh_error *err, const char *format, ...)
{
    int code = errno;

    if (!err)
        return WH_SYSTEM;

    va_list arguments;
    va_start(arguments, format);
    describe(err, format, arguments);
    va_end(arguments);
    err->status = WH_SYSTEM;
    err->sys_errno = code;

    size_t used = strlen(err->message);
    char reason[128];
    (void)snprintf(err->message + used, sizeof err->message - used, ": %s",
        strerror_r(code, reason, sizeof reason));
    return WH_SYSTEM;
}

wh_status wh_no_memory(struct wh_error *err)
{
    return wh_fail(err, WH_NO_MEMORY, "out of memory");
}
