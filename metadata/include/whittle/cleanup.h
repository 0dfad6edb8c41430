/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cleanup.h - scope-bound ownership; the project has no goto. */
#ifndef WHITTLE_CLEANUP_H
#define WHITTLE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

/* wh_cleanup(f) T x; calls f(&x) when x leaves its scope. */
#define wh_cleanup(function) __attribute__((cleanup(function)))

static inline void wh_free_pointer(void *pointer)
{
    free(*(void **)pointer);
}

static inline void wh_close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

#define wh_autofree wh_cleanup(wh_free_pointer)
#define wh_autoclose wh_cleanup(wh_close_fd)

/* Gives the value away: the variable is NULL afterwards and its cleanup does nothing. */
#define wh_take(pointer)                                                                           \
    __extension__({                                                                                \
        __typeof__(pointer) wh_taken = (pointer);                                                  \
        (pointer) = NULL;                                                                          \
        wh_taken;                                                                                  \
    })

#endif
