/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.c - see progress.h. */
#include "progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "jobs.h"
#include "whittle/cleanup.h"

enum { NAMED_AFTER = 3 }; /* seconds: shorter work is gone before anybody has read its name */

struct work {
    const char *name;
    uint64_t since;
};

struct wh_progress {
    FILE *out;
    pthread_t writer;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    bool stopped;
    uint32_t packages;
    uint32_t done;
    uint64_t bytes;
    uint64_t done_bytes;
    struct work works[WH_THREADS_MAX]; /* in the order in which they began */
    uint32_t work_count;
};

static uint64_t now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec;
}

/* ---- the line ------------------------------------------------------------------------------ */

static void write_bytes(FILE *line, uint64_t done, uint64_t all)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double unit = 1e3;
    size_t i = 0;

    for (; i + 1 < sizeof units / sizeof *units && (double)all >= 1e3 * unit; i++)
        unit *= 1e3;
    (void)fprintf(line, "%.1f of %.1f %s", (double)done / unit, (double)all / unit, units[i]);
}

static void write_work(FILE *line, const struct wh_progress *progress, uint64_t seconds)
{
    const struct work *oldest = &progress->works[0];
    uint64_t age = seconds - oldest->since;

    if (progress->work_count == 0 || seconds < oldest->since || age < NAMED_AFTER)
        return;
    (void)fprintf(line, "; at %s for %" PRIu64 " s", oldest->name, age);
    if (progress->work_count > 1)
        (void)fprintf(line, " and at %" PRIu32 " more", progress->work_count - 1);
}

char *wh_progress_line(const struct wh_progress *progress, uint64_t seconds)
{
    char *text = NULL;
    size_t length;
    FILE *line = open_memstream(&text, &length);

    if (!line)
        return NULL;
    (void)fprintf(
        line, "%" PRIu32 " of %" PRIu32 " packages, ", progress->done, progress->packages);
    write_bytes(line, progress->done_bytes, progress->bytes);
    write_work(line, progress, seconds);
    if (fclose(line) != 0) {
        free(text);
        return NULL;
    }
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    return text;
}

static size_t columns_of(FILE *out)
{
    struct winsize size = {0};

    (void)ioctl(fileno(out), TIOCGWINSZ, &size);
    return size.ws_col > 1 ? size.ws_col - 1u : 79u;
}

static void show(struct wh_progress *progress)
{
    wh_autofree char *line = wh_progress_line(progress, now());

    if (!line)
        return;
    (void)fprintf(progress->out, "\r\033[K%.*s", (int)columns_of(progress->out), line);
    (void)fflush(progress->out);
}

/* ---- the thread ---------------------------------------------------------------------------- */

static void *write_on(void *context)
{
    struct wh_progress *progress = context;
    struct timespec next;

    (void)pthread_mutex_lock(&progress->lock);
    (void)clock_gettime(CLOCK_REALTIME, &next);
    while (!progress->stopped) {
        show(progress);
        next.tv_sec++;
        (void)pthread_cond_timedwait(&progress->changed, &progress->lock, &next);
    }
    show(progress);
    (void)pthread_mutex_unlock(&progress->lock);
    return NULL;
}

struct wh_progress *wh_progress_new(FILE *out)
{
    struct wh_progress *progress = calloc(1, sizeof *progress);

    if (!progress)
        return NULL;
    progress->out = out;
    progress->stopped = true; /* until it begins */
    (void)pthread_mutex_init(&progress->lock, NULL);
    (void)pthread_cond_init(&progress->changed, NULL);
    return progress;
}

void wh_progress_begin(struct wh_progress *progress, uint32_t packages, uint64_t bytes)
{
    if (!progress)
        return;
    progress->packages = packages;
    progress->bytes = bytes;
    progress->stopped = false;
    if (pthread_create(&progress->writer, NULL, write_on, progress) != 0)
        progress->stopped = true;
}

void wh_progress_free(struct wh_progress *progress)
{
    if (!progress)
        return;
    (void)pthread_mutex_lock(&progress->lock);
    bool began = !progress->stopped;
    progress->stopped = true;
    (void)pthread_cond_signal(&progress->changed);
    (void)pthread_mutex_unlock(&progress->lock);
    if (began) {
        (void)pthread_join(progress->writer, NULL);
        (void)fputc('\n', progress->out);
        (void)fflush(progress->out);
    }
    (void)pthread_cond_destroy(&progress->changed);
    (void)pthread_mutex_destroy(&progress->lock);
    free(progress);
}

/* ---- work ---------------------------------------------------------------------------------- */

void wh_progress_enter(struct wh_progress *progress, const char *name)
{
    if (!progress)
        return;
    (void)pthread_mutex_lock(&progress->lock);
    if (progress->work_count < WH_THREADS_MAX)
        progress->works[progress->work_count++] = (struct work){name, now()};
    (void)pthread_mutex_unlock(&progress->lock);
}

void wh_progress_leave(struct wh_progress *progress, const char *name, uint64_t bytes)
{
    if (!progress)
        return;
    (void)pthread_mutex_lock(&progress->lock);
    uint32_t at = 0;
    while (at < progress->work_count && progress->works[at].name != name)
        at++;
    if (at < progress->work_count) {
        progress->work_count--;
        memmove(&progress->works[at], &progress->works[at + 1],
            (progress->work_count - at) * sizeof *progress->works);
    }
    progress->done++;
    progress->done_bytes += bytes;
    (void)pthread_mutex_unlock(&progress->lock);
}
