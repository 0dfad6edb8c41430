/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jobs.c - see jobs.h. */
#include "jobs.h"

#include <pthread.h>
#include <unistd.h>

struct crew {
    const struct wh_jobs *jobs;
    pthread_mutex_t lock; /* for what follows */
    uint32_t next;
    bool stopped;
};

static void *work(void *context)
{
    struct crew *crew = context;
    const struct wh_jobs *jobs = crew->jobs;

    (void)pthread_mutex_lock(&crew->lock);
    while (!crew->stopped && crew->next < jobs->count) {
        uint32_t number = crew->next++;
        (void)pthread_mutex_unlock(&crew->lock);
        bool go_on = jobs->work(jobs->context, number);
        (void)pthread_mutex_lock(&crew->lock);
        crew->stopped |= !go_on;
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return NULL;
}

static uint32_t processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count > 0 ? (uint32_t)count : 1;
}

void wh_jobs_run(const struct wh_jobs *jobs)
{
    struct crew crew = {.jobs = jobs, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[WH_THREADS_MAX];
    uint32_t wanted = jobs->threads ? jobs->threads : processors();
    uint32_t started = 0;

    if (wanted > jobs->count)
        wanted = jobs->count;
    if (wanted > WH_THREADS_MAX)
        wanted = WH_THREADS_MAX;
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, work, &crew) == 0)
        started++;
    (void)work(&crew);
    while (started > 0)
        (void)pthread_join(threads[--started], NULL);
    (void)pthread_mutex_destroy(&crew.lock);
}
