/* SPDX-License-Identifier: GPL-2.0-or-later */
/* budget.c - see budget.h. */
#include "assemble/budget.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t taken;
static uint64_t smallest = UINT64_MAX;

wh_status wh_budget_take(uint64_t size, uint64_t ceiling, const char *name, struct wh_error *err)
{
    (void)pthread_mutex_lock(&mutex);
    if (ceiling < smallest)
        smallest = ceiling;
    bool fits = taken <= smallest && size <= smallest - taken;
    uint64_t left = taken <= smallest ? smallest - taken : 0;
    if (fits)
        taken += size;
    (void)pthread_mutex_unlock(&mutex);
    if (!fits)
        return wh_fail(err, WH_MISSING, "%s: not enough free space: %llu bytes of %llu", name,
            (unsigned long long)left, (unsigned long long)size);
    return WH_OK;
}

void wh_budget_return(uint64_t size)
{
    (void)pthread_mutex_lock(&mutex);
    taken -= size;
    (void)pthread_mutex_unlock(&mutex);
}
