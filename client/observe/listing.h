/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing.h - the files of an installed package as a list, for a backend that does not know its
 * header. */
#ifndef WHITTLE_LISTING_H
#define WHITTLE_LISTING_H

#include "observe/installed.h"
#include "whittle/file_list.h"

struct wh_listing {
    struct wh_listed_file *files; /* ascending by path; paths are its own */
    uint32_t count;
};

/* All regular files that are there with what was packaged in them; not the empty ones. What was
 * changed or made on this system is left out: its digest would tell one system from another, and
 * nobody else has its content. Reads all of them. Free with wh_listing_clear(). */
WH_MUST_CHECK wh_status wh_listing_make(const struct wh_system *system,
    const struct wh_installed *installed, struct wh_listing *out_listing, struct wh_error *err);
void wh_listing_clear(struct wh_listing *listing);

/* The list in the place of the package: what a bundle that starts from it names files by. Free with
 * wh_installed_free(out_installed, 1). */
WH_MUST_CHECK wh_status wh_listing_installed(
    const struct wh_listing *listing, struct wh_installed **out_installed, struct wh_error *err);

#endif
