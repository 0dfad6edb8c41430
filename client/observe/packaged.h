/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packaged.h - what installed files hold, beside what was packaged. */
#ifndef WHITTLE_PACKAGED_H
#define WHITTLE_PACKAGED_H

#include "observe/disk.h"

/* The digest of a file that has its packaged size. WH_MISSING: it has not, or cannot be read. */
WH_MUST_CHECK wh_status wh_content_digest(struct wh_disk_source *source, uint32_t file,
    uint32_t algorithm, struct wh_digest *out_digest, struct wh_error *err);

/* Does the file hold what was packaged, as far as its digest tells? */
bool wh_content_is_packaged(struct wh_disk_source *source, uint32_t file);

#endif
