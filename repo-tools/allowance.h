/* SPDX-License-Identifier: GPL-2.0-or-later */
/* allowance.h - memory that the jobs of a run share: each takes what it will need before it begins,
 * and waits until that fits. */
#ifndef WHITTLE_REPO_ALLOWANCE_H
#define WHITTLE_REPO_ALLOWANCE_H

#include <pthread.h>
#include <stdint.h>

struct wh_allowance {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t ceiling;
    uint64_t taken;
    uint64_t next_ticket; /* jobs are served in the order in which they came */
    uint64_t serving;
};

void wh_allowance_init(struct wh_allowance *allowance, uint64_t ceiling);
void wh_allowance_clear(struct wh_allowance *allowance);

/* Waits until so many bytes fit below the ceiling, or nobody else has any: one job alone always
 * works. A job that has some already must not ask again. */
void wh_allowance_take(struct wh_allowance *allowance, uint64_t bytes);
void wh_allowance_give(struct wh_allowance *allowance, uint64_t bytes);

#endif
