/* SPDX-License-Identifier: GPL-2.0-or-later */
/* allowance.c - see allowance.h. */
#include "allowance.h"

#include <stdbool.h>

void wh_allowance_init(struct wh_allowance *allowance, uint64_t ceiling)
{
    *allowance = (struct wh_allowance){.ceiling = ceiling};
    (void)pthread_mutex_init(&allowance->lock, NULL);
    (void)pthread_cond_init(&allowance->changed, NULL);
}

void wh_allowance_clear(struct wh_allowance *allowance)
{
    (void)pthread_cond_destroy(&allowance->changed);
    (void)pthread_mutex_destroy(&allowance->lock);
}

static bool fits(const struct wh_allowance *allowance, uint64_t bytes)
{
    return allowance->taken == 0 ||
           (bytes <= allowance->ceiling && allowance->taken <= allowance->ceiling - bytes);
}

void wh_allowance_take(struct wh_allowance *allowance, uint64_t bytes)
{
    (void)pthread_mutex_lock(&allowance->lock);
    uint64_t ticket = allowance->next_ticket++;
    while (ticket != allowance->serving || !fits(allowance, bytes))
        (void)pthread_cond_wait(&allowance->changed, &allowance->lock);
    allowance->serving++;
    allowance->taken += bytes;
    (void)pthread_cond_broadcast(&allowance->changed);
    (void)pthread_mutex_unlock(&allowance->lock);
}

void wh_allowance_give(struct wh_allowance *allowance, uint64_t bytes)
{
    (void)pthread_mutex_lock(&allowance->lock);
    allowance->taken -= bytes;
    (void)pthread_cond_broadcast(&allowance->changed);
    (void)pthread_mutex_unlock(&allowance->lock);
}
