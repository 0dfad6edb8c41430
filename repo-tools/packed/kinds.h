/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kinds.h - the containers of deflate streams; see container.h. */
#ifndef WHITTLE_REPO_KINDS_H
#define WHITTLE_REPO_KINDS_H

#include "packed/container.h"

bool wh_gzip_begins(struct wh_bytes content);
/* Why the content is opaque, or NULL: then out_stream is its one stream. */
const char *wh_gzip_list(struct wh_bytes content, struct wh_inner *out_stream);

/* Where the first member would start, or the end record of an archive without members. */
bool wh_zip_begins(struct wh_bytes content);
/* Fills the listing's streams or its reason. */
WH_MUST_CHECK wh_status wh_zip_list(
    struct wh_bytes content, struct wh_listing *listing, struct wh_error *err);

#endif
