/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory.h - how much memory the work on a bundle takes at most, and which contents are worked on
 * with less effort because it would be too much. All of it follows from sizes that the headers
 * tell, so that the same packages give the same bundles whatever else is at work. */
#ifndef WHITTLE_REPO_MEMORY_H
#define WHITTLE_REPO_MEMORY_H

#include "effort.h"
#include "whittle/bundle.h"

/* With what a bundle is made. */
struct wh_means {
    enum wh_effort effort;
    uint64_t memory;      /* bytes for all of the work */
    uint64_t stored_max;  /* bytes of all groups together: a longer bundle helps nobody */
    bool without_liblzma; /* no content that a client has to encode with LZMA */
    bool as_they_are;     /* no content is taken apart, to compare */
    bool unproved;        /* how streams were made is not proved one by one: the bundle will be */
    uint32_t threads;     /* for one bundle; 0 or 1: the caller's alone */
};

/* The most memory that a content of these sizes takes until its bundle is proved, pages of the
 * unpacked payloads included. base: 0 for none. */
uint64_t wh_memory_of_content(
    uint64_t base, uint64_t content, enum wh_effort effort, uint64_t stored_max);

/* How one content is worked on. */
struct wh_fit {
    enum wh_effort effort;
    bool with_base;
};

/* The most effort, up to that of the means, for which room is enough; without the base where it is
 * enough for none. Where it is not enough for that either, the least of all. */
struct wh_fit wh_memory_fit(
    uint64_t base, uint64_t content, uint64_t room, const struct wh_means *means);

/* The most effort, up to the given one, with which room is enough to encode residues of that length
 * together. */
enum wh_effort wh_memory_for_residues(uint64_t length, uint64_t room, enum wh_effort effort);

struct wh_memory {
    uint64_t room;  /* for one content at a time */
    uint64_t total; /* for all of the work */
};

/* What a bundle with these contents takes. old_header: NULL where no entry has a base. */
struct wh_memory wh_memory_of_bundle(const struct wh_entry *entries, uint32_t entry_count,
    const struct wh_header *old_header, const struct wh_header *new_header,
    const struct wh_means *means);

#endif
