/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sink.h - the file that a package is assembled into: nameless until it is proved. */
#ifndef WHITTLE_SINK_H
#define WHITTLE_SINK_H

#include "whittle/assemble.h"

struct wh_sink_file {
    int fd;        /* read and write */
    int folder_fd; /* of the destination */
    char *name;    /* the destination's last component */
    char *stopgap; /* a name that the file has meanwhile, where it cannot be nameless, or NULL */
};

/* Creates an empty file in destination's folder and reserves size bytes of disk for it, so that a
 * full disk shows now. destination: absolute, local input. */
WH_MUST_CHECK wh_status wh_sink_open(
    const char *destination, uint64_t size, struct wh_sink_file *out_file, struct wh_error *err);

/* wh_sink of whittle/assemble.h over the file. */
struct wh_sink wh_sink_over(struct wh_sink_file *file);

/* Gives the file its name, in place of whatever had it. Not synced: a package cache may be lost. */
WH_MUST_CHECK wh_status wh_sink_link(struct wh_sink_file *file, struct wh_error *err);

/* Closes; what was not linked is gone. */
void wh_sink_close(struct wh_sink_file *file);

#endif
