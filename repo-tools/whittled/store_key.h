/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_key.h - the key to a bucket, from a file that nobody else may read. */
#ifndef WHITTLE_WHITTLED_STORE_KEY_H
#define WHITTLE_WHITTLED_STORE_KEY_H

#include "whittle/error.h"

#define WH_KEY_MAX 128u /* bytes of either part */

struct wh_store_key {
    char id[WH_KEY_MAX + 1];
    char secret[WH_KEY_MAX + 1];
};

/* Two lines: access key id, secret. WH_MISMATCH: others may read the file; WH_MALFORMED: it holds
 * something else. Messages never have what is in it. */
WH_MUST_CHECK wh_status wh_store_key_read(
    const char *path, struct wh_store_key *out_key, struct wh_error *err);
void wh_store_key_clear(struct wh_store_key *key);

#endif
