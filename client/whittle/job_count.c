/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job_count.c - how many things are done at a time. */
#include <unistd.h>

#include "whittle/bytes.h"
#include "whittle/commands.h"

long default_jobs(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    return processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX : processors;
}

int parse_jobs(const char *text, long *out_jobs)
{
    uint64_t jobs;

    if (!wh_decimal(text, JOBS_MAX, &jobs) || jobs == 0)
        return 0;
    *out_jobs = (long)jobs;
    return 1;
}
