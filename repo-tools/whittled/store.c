/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.c - see store.h; the kinds of stores are behind store_kind.h. */
#include "whittled/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittled/store_kind.h"

struct wh_store {
    const struct wh_store_kind *kind;
    void *state;
};

void wh_object_name(const uint8_t *sha256, char out_name[WH_OBJECT_NAME_LENGTH])
{
    char hex[2 * WH_SHA256_LENGTH + 1];

    wh_hex(sha256, WH_SHA256_LENGTH, hex);
    (void)snprintf(out_name, WH_OBJECT_NAME_LENGTH, "%.2s/%s.wht", hex, hex);
}

wh_status wh_store_open(
    const struct wh_store_place *place, struct wh_store **out_store, struct wh_error *err)
{
    wh_autofree struct wh_store *store = calloc(1, sizeof *store);

    if (!store)
        return wh_no_memory(err);
    if (!place->folder == !place->bucket_url)
        return wh_fail(err, WH_UNSUPPORTED, "a store is either a folder or a bucket");
    store->kind = place->folder ? &wh_store_folder : &wh_store_s3;
    WH_TRY(store->kind->open(place, &store->state, err));
    *out_store = wh_take(store);
    return WH_OK;
}

void wh_store_close(struct wh_store *store)
{
    if (!store)
        return;
    store->kind->close(store->state);
    free(store);
}

static wh_status check(const uint8_t *sha256, struct wh_bytes bytes, struct wh_error *err)
{
    char name[WH_OBJECT_NAME_LENGTH];
    struct wh_digest digest;

    WH_TRY(wh_digest_of(WH_SHA256, bytes, &digest, err));
    if (memcmp(digest.bytes, sha256, WH_SHA256_LENGTH) == 0)
        return WH_OK;
    wh_object_name(sha256, name);
    return wh_fail(err, WH_MISMATCH, "%s: not the bytes that its name says", name);
}

wh_status wh_store_put(struct wh_store *store, const uint8_t sha256[WH_SHA256_LENGTH],
    struct wh_bytes bytes, struct wh_error *err)
{
    if (bytes.length > WH_BUNDLE_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "%zu bytes are more than a bundle has", bytes.length);
    WH_TRY(check(sha256, bytes, err));
    return store->kind->put(store->state, sha256, bytes, err);
}

wh_status wh_store_get(struct wh_store *store, const uint8_t sha256[WH_SHA256_LENGTH],
    struct wh_buffer *out_bytes, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_BUNDLE_MAX};

    wh_status status = store->kind->get(store->state, sha256, &bytes, err);
    if (status == WH_OK)
        status = check(sha256, wh_buffer_bytes(&bytes), err);
    if (status == WH_MISMATCH)
        store->kind->remove(store->state, sha256);
    WH_TRY(status);
    *out_bytes = bytes;
    bytes = (struct wh_buffer){0};
    return WH_OK;
}

wh_status wh_store_open_file(struct wh_store *store, const uint8_t sha256[WH_SHA256_LENGTH],
    int *out_fd, uint64_t *out_size, struct wh_error *err)
{
    if (!store->kind->open_file)
        return wh_fail(err, WH_UNSUPPORTED, "a bucket has no files");
    return store->kind->open_file(store->state, sha256, out_fd, out_size, err);
}
