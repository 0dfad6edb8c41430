/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade.c - see upgrade.h. */
#include "upgrade.h"

#include "assemble/budget.h"
#include "capture.h"
#include "observe/listing.h"
#include "whittle/cleanup.h"

static const char *const names[UPGRADE_BUNDLES] = {
    "cache/step.wht", "cache/config.wht", "cache/doc.wht"};

struct root upgrade_root;

int upgrade_begin(void **state)
{
    wh_cleanup(sample_clear) struct sample old = {0};

    if (root_begin(state) != 0)
        return -1;
    root_make(&upgrade_root);
    sample_old(&old);
    root_enter(&upgrade_root, &old, NULL);
    return 0;
}

int upgrade_end(void **state)
{
    (void)state;
    root_remove(&upgrade_root);
    return 0;
}

void upgrade_offer(struct upgrade *upgrade, uint32_t bundle, struct wh_bytes bytes)
{
    struct wh_bundle_file *file = &upgrade->request.bundles[bundle];
    struct wh_digest digest;

    scratch_put(&upgrade_root.scratch, names[bundle], bytes.data, bytes.length);
    OK(wh_digest_of(WH_SHA256, bytes, &digest, &err));
    memcpy(file->sha256, digest.bytes, sizeof file->sha256);
    file->path = upgrade->paths[bundle];
    file->size = bytes.length;
}

void upgrade_offer_all(struct upgrade *upgrade)
{
    const struct sample *new = &upgrade->new;

    for (uint32_t i = 0; i < UPGRADE_BUNDLES; i++)
        wh_buffer_clear(&upgrade->bundles[i]);
    sample_step(&upgrade->old, new, NULL, &upgrade->bundles[UPGRADE_STEP]);
    sample_supplement(new, WH_BUNDLE_CONFIG, WH_FILE_CONFIG, &upgrade->bundles[UPGRADE_CONFIG]);
    sample_supplement(new, WH_BUNDLE_DOC, WH_FILE_DOC, &upgrade->bundles[UPGRADE_DOC]);
    for (uint32_t i = 0; i < UPGRADE_BUNDLES; i++)
        upgrade_offer(upgrade, i, wh_buffer_bytes(&upgrade->bundles[i]));
}

void upgrade_offer_list(struct upgrade *upgrade)
{
    struct wh_installed *installed = root_find(&upgrade_root, "sample");
    wh_cleanup(wh_listing_clear) struct wh_listing listing = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer bundle = {0};
    struct wh_bundle_file *file = &upgrade->request.bundles[UPGRADE_STEP];

    OK(wh_listing_make(upgrade_root.system, installed, &listing, &err));
    sample_step_from_list(listing.files, listing.count, &upgrade->old, &upgrade->new, &bundle);
    upgrade_offer(upgrade, UPGRADE_STEP, wh_buffer_bytes(&bundle));
    file->has_installed = true;
    memcpy(file->installed, installed->header->id, sizeof file->installed);
    wh_installed_free(installed, 1);
}

void upgrade_make(struct upgrade *upgrade)
{
    const char *folder = upgrade_root.scratch.path;

    *upgrade = (struct upgrade){0};
    sample_old(&upgrade->old);
    sample_new(&upgrade->new);
    root_write(&upgrade_root, &upgrade->old);
    for (uint32_t i = 0; i < UPGRADE_BUNDLES; i++)
        (void)snprintf(upgrade->paths[i], sizeof upgrade->paths[i], "%s/%s", folder, names[i]);
    (void)snprintf(
        upgrade->destination, sizeof upgrade->destination, "%s/cache/sample.rpm", folder);
    memset(upgrade->checksum, '1', sizeof upgrade->checksum - 1); /* as the samples have it */
    upgrade->run.system = upgrade_root.system;
    upgrade->request = (struct wh_assemble_request){
        .id = 7,
        .nevra = TEXT("sample-2-1.noarch"),
        .bundle_count = 1,
        .destination = upgrade->destination,
        .checksum_type = TEXT("sha256"),
        .checksum_value = upgrade->checksum,
        .budget = UPGRADE_BUDGET,
    };
    upgrade_offer_all(upgrade);
}

void upgrade_remove(struct upgrade *upgrade)
{
    for (uint32_t i = 0; i < UPGRADE_BUNDLES; i++)
        wh_buffer_clear(&upgrade->bundles[i]);
    sample_clear(&upgrade->old);
    sample_clear(&upgrade->new);
    scratch_clear(&upgrade_root.scratch, "cache");
    scratch_clear(&upgrade_root.scratch, "taken");
}

void upgrade_edit(const char *path)
{
    int fd = openat(upgrade_root.scratch.folder, path + 1, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, "X", 1, 0), 1);
    assert_int_equal(close(fd), 0);
}

wh_status upgrade_assemble(
    struct upgrade *upgrade, struct wh_assembled *out_assembled, struct wh_error *err)
{
    struct capture capture = capture_begin();
    wh_status status = wh_package_assemble(&upgrade->run, &upgrade->request, out_assembled, err);

    free(capture_end(&capture));
    return status;
}

void upgrade_succeeds(struct upgrade *upgrade, struct wh_assembled *out_assembled)
{
    OK(upgrade_assemble(upgrade, out_assembled, &err));
    upgrade_expect_package(upgrade);
    assert_int_equal(scratch_names(&upgrade_root.scratch, "cache"), UPGRADE_BUNDLES + 1);
    wh_budget_return(out_assembled->bytes);
}

void upgrade_expect_file(const char *path, const void *bytes, size_t length)
{
    wh_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    wh_autofree uint8_t *found = malloc(length + 1);

    assert_non_null(found);
    assert_int_equal(read(fd, found, length + 1), length);
    assert_memory_equal(found, bytes, length);
}

void upgrade_expect_package(const struct upgrade *upgrade)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer expected = {0};

    sample_assembled(&upgrade->new, &expected);
    upgrade_expect_file(upgrade->destination, expected.data, expected.length);
}
