/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.h - cut bundles by their SHA-256: a folder, or a bucket of any S3-compatible store. What is
 * in it never changes; it may lose objects. */
#ifndef WHITTLE_WHITTLED_STORE_H
#define WHITTLE_WHITTLED_STORE_H

#include "whittle/digest.h"
#include "whittle/limits.h"

struct wh_store;

/* How to reach a store. Strings are borrowed for the call. */
struct wh_store_place {
    const char *folder;     /* of a local store, or NULL */
    const char *bucket_url; /* http(s)://host[:port]/bucket[/prefix], or NULL */
    const char *region;     /* as requests are signed for; NULL: us-east-1 */
    const char *key_file;   /* two lines: access key id, secret; readable by nobody else */
    uint64_t folder_max;    /* bytes that a local store may hold: the least used go first; 0: all */
};

/* For several threads at once. Free with wh_store_close(). */
WH_MUST_CHECK wh_status wh_store_open(
    const struct wh_store_place *place, struct wh_store **out_store, struct wh_error *err);
void wh_store_close(struct wh_store *store);

/* Puts an object that may be there already; it is whole for readers or not there. */
WH_MUST_CHECK wh_status wh_store_put(struct wh_store *store, const uint8_t sha256[WH_SHA256_LENGTH],
    struct wh_bytes bytes, struct wh_error *err);
/* WH_MISSING: not there. WH_MISMATCH: what is there is not what its name says; it is removed. Free
 * with wh_buffer_clear(). */
WH_MUST_CHECK wh_status wh_store_get(struct wh_store *store, const uint8_t sha256[WH_SHA256_LENGTH],
    struct wh_buffer *out_bytes, struct wh_error *err);
/* A local store gives a descriptor to send from, and the size; others WH_UNSUPPORTED. The digest is
 * not checked: whoever gets the bytes does. */
WH_MUST_CHECK wh_status wh_store_open_file(struct wh_store *store,
    const uint8_t sha256[WH_SHA256_LENGTH], int *out_fd, uint64_t *out_size, struct wh_error *err);

#endif
