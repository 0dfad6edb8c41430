/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packaged.c - see packaged.h. */
#include "observe/packaged.h"

#include <stdlib.h>
#include <strings.h>

#include "whittle/cleanup.h"

#define CHUNK (64u << 10)

wh_status wh_content_digest(struct wh_disk_source *source, uint32_t file, uint32_t algorithm,
    struct wh_digest *out_digest, struct wh_error *err)
{
    uint64_t size = source->installed->header->files[file].size;
    wh_cleanup(wh_hasher_cleanup) struct wh_hasher *hasher = NULL;
    wh_autofree uint8_t *chunk = malloc(CHUNK);

    if (!chunk)
        return wh_no_memory(err);
    WH_TRY(wh_hasher_new(algorithm, &hasher, err));
    for (uint64_t offset = 0; offset < size;) {
        size_t length = size - offset < CHUNK ? (size_t)(size - offset) : CHUNK;
        WH_TRY(wh_disk_read(source, file, offset, chunk, length, err));
        wh_hasher_update(hasher, chunk, length);
        offset += length;
    }
    return wh_hasher_finish(hasher, out_digest, err);
}

bool wh_content_is_packaged(struct wh_disk_source *source, uint32_t file)
{
    const struct wh_header *header = source->installed->header;
    struct wh_digest digest;
    char hex[2 * WH_DIGEST_MAX + 1];

    if (wh_content_digest(source, file, header->digest_algorithm, &digest, NULL) != WH_OK)
        return false;
    wh_hex(digest.bytes, digest.length, hex);
    return strcasecmp(hex, header->files[file].digest) == 0;
}
