/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jobs.h - independent pieces of work on several threads. */
#ifndef WHITTLE_REPO_JOBS_H
#define WHITTLE_REPO_JOBS_H

#include <stdbool.h>
#include <stdint.h>

/* Works on one piece; false when no further one should be started. */
typedef bool wh_job_fn(void *context, uint32_t number);

#define WH_THREADS_MAX 256u

struct wh_jobs {
    wh_job_fn *work;
    void *context;
    uint32_t count;
    uint32_t threads; /* 0: as many as there are processors */
};

/* Starts the pieces in order; returns when all that were started are done. Where no thread can be
 * made the caller's does everything. */
void wh_jobs_run(const struct wh_jobs *jobs);

#endif
