/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patrol.c - see patrol.h. */
#include "whittled/patrol.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "whittle/cleanup.h"

struct wh_watch {
    int fd;
    uint64_t until; /* seconds of the monotonic clock; 0: no limit */
    struct wh_watch *next;
    struct wh_watch **link; /* what points here */
};

struct wh_patrol {
    pthread_mutex_t lock; /* held while sockets are ended, so that none is closed meanwhile */
    pthread_cond_t stop_asked;
    struct wh_watch *first;
    pthread_t thread;
    bool has_thread;
    bool stops;
};

static struct timespec now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

static uint64_t limit_of(uint64_t seconds)
{
    return seconds > 0 ? (uint64_t)now().tv_sec + seconds : 0;
}

/* The server notices that the other end is gone, and closes. */
static void end_overdue(struct wh_patrol *patrol)
{
    uint64_t time = (uint64_t)now().tv_sec;

    for (struct wh_watch *watch = patrol->first; watch; watch = watch->next) {
        if (watch->until == 0 || watch->until > time)
            continue;
        (void)shutdown(watch->fd, SHUT_RDWR);
        watch->until = 0;
    }
}

static void *walk(void *context)
{
    struct wh_patrol *patrol = context;

    (void)pthread_mutex_lock(&patrol->lock);
    while (!patrol->stops) {
        struct timespec next = now();
        next.tv_sec++;
        if (pthread_cond_timedwait(&patrol->stop_asked, &patrol->lock, &next) == ETIMEDOUT)
            end_overdue(patrol);
    }
    (void)pthread_mutex_unlock(&patrol->lock);
    return NULL;
}

static void cleanup_patrol(struct wh_patrol **patrol)
{
    wh_patrol_free(*patrol);
}

wh_status wh_patrol_new(struct wh_patrol **out_patrol, struct wh_error *err)
{
    wh_cleanup(cleanup_patrol) struct wh_patrol *patrol = calloc(1, sizeof *patrol);
    pthread_condattr_t attributes;

    if (!patrol)
        return wh_no_memory(err);
    (void)pthread_mutex_init(&patrol->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&patrol->stop_asked, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    int failed = pthread_create(&patrol->thread, NULL, walk, patrol);
    if (failed) {
        errno = failed;
        return wh_fail_errno(err, "a thread for time limits");
    }
    patrol->has_thread = true;
    *out_patrol = wh_take(patrol);
    return WH_OK;
}

void wh_patrol_free(struct wh_patrol *patrol)
{
    if (!patrol)
        return;
    if (patrol->has_thread) {
        (void)pthread_mutex_lock(&patrol->lock);
        patrol->stops = true;
        (void)pthread_cond_signal(&patrol->stop_asked);
        (void)pthread_mutex_unlock(&patrol->lock);
        (void)pthread_join(patrol->thread, NULL);
    }
    (void)pthread_cond_destroy(&patrol->stop_asked);
    (void)pthread_mutex_destroy(&patrol->lock);
    free(patrol);
}

struct wh_watch *wh_patrol_add(struct wh_patrol *patrol, int fd, uint64_t seconds)
{
    struct wh_watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return NULL;
    watch->fd = fd;
    watch->until = limit_of(seconds);
    (void)pthread_mutex_lock(&patrol->lock);
    watch->next = patrol->first;
    watch->link = &patrol->first;
    if (watch->next)
        watch->next->link = &watch->next;
    patrol->first = watch;
    (void)pthread_mutex_unlock(&patrol->lock);
    return watch;
}

void wh_patrol_allow(struct wh_patrol *patrol, struct wh_watch *watch, uint64_t seconds)
{
    if (!watch)
        return;
    (void)pthread_mutex_lock(&patrol->lock);
    watch->until = limit_of(seconds);
    (void)pthread_mutex_unlock(&patrol->lock);
}

void wh_patrol_remove(struct wh_patrol *patrol, struct wh_watch *watch)
{
    if (!watch)
        return;
    (void)pthread_mutex_lock(&patrol->lock);
    *watch->link = watch->next;
    if (watch->next)
        watch->next->link = watch->link;
    (void)pthread_mutex_unlock(&patrol->lock);
    free(watch);
}
