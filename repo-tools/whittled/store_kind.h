/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store_kind.h - what a kind of store does for store.c. Digests are checked there, once for all. */
#ifndef WHITTLE_WHITTLED_STORE_KIND_H
#define WHITTLE_WHITTLED_STORE_KIND_H

#include "whittled/store.h"

struct wh_store_kind {
    wh_status (*open)(const struct wh_store_place *place, void **out_state, struct wh_error *err);
    void (*close)(void *state);
    wh_status (*put)(
        void *state, const uint8_t *sha256, struct wh_bytes bytes, struct wh_error *err);
    /* Whatever has that name, up to the buffer's ceiling. */
    wh_status (*get)(
        void *state, const uint8_t *sha256, struct wh_buffer *out_bytes, struct wh_error *err);
    void (*remove)(void *state, const uint8_t *sha256); /* what is there is wrong */
    /* NULL: it has no files. */
    wh_status (*open_file)(
        void *state, const uint8_t *sha256, int *out_fd, uint64_t *out_size, struct wh_error *err);
};

extern const struct wh_store_kind wh_store_folder;
extern const struct wh_store_kind wh_store_s3;

/* <2 hex digits>/<64 hex digits>.wht */
#define WH_OBJECT_NAME_LENGTH (3 + 64 + sizeof ".wht")
void wh_object_name(const uint8_t *sha256, char out_name[WH_OBJECT_NAME_LENGTH]);

#endif
