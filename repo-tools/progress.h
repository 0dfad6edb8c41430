/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.h - tells people at a terminal how far a run is and what it is working on, in one line
 * that is written over. A thread of its own writes it, so that it goes on while one package takes
 * long. Every call does nothing where progress is NULL. */
#ifndef WHITTLE_REPO_PROGRESS_H
#define WHITTLE_REPO_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

struct wh_progress;

/* For a terminal. NULL where there is no memory: a run goes on without. */
struct wh_progress *wh_progress_new(FILE *out);
/* Ends the line. */
void wh_progress_free(struct wh_progress *progress);

/* What there is to do; before the threads start. */
void wh_progress_begin(struct wh_progress *progress, uint32_t packages, uint64_t bytes);

/* A package is worked on. name: stays until the package is left. */
void wh_progress_enter(struct wh_progress *progress, const char *name);
void wh_progress_leave(struct wh_progress *progress, const char *name, uint64_t bytes);

/* The line as it is after so many seconds, without control bytes; the caller frees. NULL on no
 * memory. */
char *wh_progress_line(const struct wh_progress *progress, uint64_t seconds);

#endif
