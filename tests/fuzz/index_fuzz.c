/* SPDX-License-Identifier: GPL-2.0-or-later */
/* index_fuzz.c - an index, plain or in a zstd frame. */
#include <string.h>

#include "fuzz.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/index.h"
#include "whittle/limits.h"

static void clear_index(struct wh_index *index)
{
    wh_index_clear(index);
}

static void check_package(const struct wh_index_package *package)
{
    size_t digits = strlen(package->pkgid);

    promise(digits >= 32 && digits <= WH_PKGID_MAX);
    promise(strspn(package->pkgid, "0123456789abcdef") == digits);
    promise(package->bundle_count > 0 || package->has_prefix);
    promise(package->bundle_count <= WH_INDEX_BUNDLES_MAX);
    for (uint32_t i = 0; i < package->bundle_count; i++) {
        static const uint8_t none[8];
        const struct wh_index_bundle *bundle = &package->bundles[i];
        promise(bundle->kind >= WH_BUNDLE_STEP && bundle->kind <= WH_BUNDLE_DOC);
        promise(bundle->size >= WH_BUNDLE_HEAD_LENGTH && bundle->size <= WH_BUNDLE_MAX);
        promise(bundle->kind == WH_BUNDLE_STEP ||
                (bundle->cpu_ms == 0 && memcmp(bundle->from, none, sizeof none) == 0));
        for (uint32_t k = 0; k < i; k++)
            promise(!wh_index_bundles_rival(bundle, &package->bundles[k]));
    }
}

static void check_packages(const struct wh_index *index)
{
    promise(!index->backend || wh_is_backend(index->backend));
    promise(index->package_count <= WH_INDEX_PACKAGES_MAX);
    for (uint32_t i = 0; i < index->package_count; i++) {
        const struct wh_index_package *package = &index->packages[i];
        check_package(package);
        promise(i == 0 || strcmp(package[-1].pkgid, package->pkgid) < 0);
        promise(wh_index_find(index, package->pkgid) == package);
    }
    promise(wh_index_find(index, "0123") == NULL);
}

static void check_same(struct wh_bytes bytes, struct wh_bytes xml)
{
    wh_cleanup(clear_index) struct wh_index index = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = WH_INDEX_MAX};

    promise(wh_index_read(bytes, &index, NULL) == WH_OK);
    promise(wh_index_write(&index, &again, NULL) == WH_OK);
    promise(fuzz_same(wh_buffer_bytes(&again), xml));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wh_cleanup(clear_index) struct wh_index index = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = WH_INDEX_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_INDEX_MAX};
    struct wh_error err = {0};

    if (!fuzz_ok(wh_index_read((struct wh_bytes){data, size}, &index, &err), &err))
        return 0;
    check_packages(&index);
    promise(wh_index_write(&index, &xml, NULL) == WH_OK);
    promise(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 1, &frame, NULL) == WH_OK);
    check_same(wh_buffer_bytes(&xml), wh_buffer_bytes(&xml));
    check_same(wh_buffer_bytes(&frame), wh_buffer_bytes(&xml));
    if (index.package_count > 0)
        fuzz_accept();
    return 0;
}
