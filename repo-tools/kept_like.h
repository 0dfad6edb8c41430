/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept_like.h - the contents of a kept version by their paths: what the next version's contents are
 * likely to be close to. */
#ifndef WHITTLE_REPO_KEPT_LIKE_H
#define WHITTLE_REPO_KEPT_LIKE_H

#include "kept_content.h"

struct wh_kept_like;

/* location: of the kept version, or NULL: nothing is like anything then, nor where it cannot be
 * read. NULL: no memory, which a run does without. Free with wh_kept_like_free(). */
struct wh_kept_like *wh_kept_like_new(const struct wh_history *history, const char *location);
void wh_kept_like_free(struct wh_kept_like *like);

/* The content that the version has at the file's path, or NULL. like: may be NULL. */
const struct wh_content_base *wh_kept_like_find(
    const struct wh_kept_like *like, const struct wh_file *file);

#endif
