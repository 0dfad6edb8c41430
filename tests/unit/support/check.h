/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - what every unit test includes: cmocka, and checks of calls that fill a wh_error. */
#ifndef WHITTLE_TESTS_CHECK_H
#define WHITTLE_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "whittle/error.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A call that must succeed; its message is shown when it does not. */
#define OK(call)                                                                                   \
    do {                                                                                           \
        struct wh_error err = {0};                                                                 \
        if ((call) != WH_OK)                                                                       \
            fail_msg("%s: %s", #call, err.message);                                                \
    } while (0)

/* A call that must fail with that status and a message that has that part. */
#define REFUSED(expected, part, call)                                                              \
    do {                                                                                           \
        struct wh_error err = {0};                                                                 \
        wh_status found = (call);                                                                  \
        if (found != (expected) || !strstr(err.message, (part)))                                   \
            fail_msg("%s: status %d, \"%s\" instead of %d, \"%s\"", #call, (int)found,             \
                err.message, (int)(expected), (part));                                             \
    } while (0)

#endif
