/* SPDX-License-Identifier: GPL-2.0-or-later */
/* path_text.h - paths as documents spell them: bytes that are not printable ASCII, '%', '"', '<',
 * '>' and '&' as '%' and two upper-case hex digits, all others as they are. */
#ifndef WHITTLE_UPGRADE_PATH_TEXT_H
#define WHITTLE_UPGRADE_PATH_TEXT_H

#include "whittle/bytes.h"

/* Absolute, and no longer than WH_PATH_MAX? */
bool wh_path_is_absolute(const char *path);
void wh_path_put(struct wh_buffer *out, const char *path);
/* text: hostile. WH_MALFORMED: it is not the spelling of an absolute path. The caller frees. */
WH_MUST_CHECK wh_status wh_path_read(const char *text, char **out_path, struct wh_error *err);

#endif
