/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_unit.h - what the unit tests of the rpm plugin include. */
#ifndef WHITTLE_TESTS_PLUGIN_UNIT_H
#define WHITTLE_TESTS_PLUGIN_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A copy that ends where the bytes end, so that a read past them is caught; the caller frees. */
static inline uint8_t *exact_copy(const void *bytes, size_t length)
{
    uint8_t *copy = malloc(length);

    assert_true(copy || length == 0);
    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

#endif
