/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade_fuzz.c - a client's report or a backend's instructions, plain or in a zstd frame. */
#include <string.h>

#include "fuzz.h"
#include "whittle/cleanup.h"
#include "whittle/codec.h"
#include "whittle/limits.h"
#include "whittle/upgrade.h"

static void clear_upgrade(struct wh_upgrade *upgrade)
{
    wh_upgrade_clear(upgrade);
}

static void clear_instructions(struct wh_instructions *instructions)
{
    wh_instructions_clear(instructions);
}

static void check_pkgid(const char *pkgid)
{
    size_t digits = strlen(pkgid);

    promise(digits >= 32 && digits <= WH_PKGID_MAX);
    promise(strspn(pkgid, "0123456789abcdef") == digits);
}

static void check_path(const char *path, const char *before)
{
    promise(path[0] == '/' && strlen(path) <= WH_PATH_MAX);
    promise(!before || strcmp(before, path) < 0);
}

/* ---- the request ----------------------------------------------------------------------------- */

static void check_package(const struct wh_upgrade_package *package)
{
    check_pkgid(package->pkgid);
    promise(package->is_listed == (package->file_count > 0));
    promise(!package->is_listed || package->differs_count == 0);
    for (uint32_t i = 0; i < package->differs_count; i++)
        promise(package->differs[i] < WH_FILES_MAX &&
                (i == 0 || package->differs[i - 1] < package->differs[i]));
    for (uint32_t i = 0; i < package->file_count; i++) {
        promise(package->files[i].size <= INT64_MAX);
        check_path(package->files[i].path, i ? package->files[i - 1].path : NULL);
    }
}

static void check_upgrade(const struct wh_upgrade *upgrade)
{
    uint64_t files = 0;

    promise(upgrade->package_count <= WH_UPGRADE_PACKAGES_MAX);
    for (uint32_t i = 0; i < upgrade->package_count; i++) {
        const struct wh_upgrade_package *package = &upgrade->packages[i];
        check_package(package);
        files += (uint64_t)package->differs_count + package->file_count;
        for (uint32_t k = 0; k < i; k++)
            promise(strcmp(upgrade->packages[k].pkgid, package->pkgid) != 0);
    }
    promise(files <= WH_UPGRADE_FILES_MAX);
}

static void check_same_upgrade(struct wh_bytes bytes, struct wh_bytes xml)
{
    wh_cleanup(clear_upgrade) struct wh_upgrade upgrade = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = 2 * WH_UPGRADE_MAX};

    promise(wh_upgrade_read(bytes, &upgrade, NULL) == WH_OK);
    promise(wh_upgrade_write(&upgrade, &again, NULL) == WH_OK);
    promise(fuzz_same(wh_buffer_bytes(&again), xml));
}

static void check_request(struct wh_bytes bytes)
{
    wh_cleanup(clear_upgrade) struct wh_upgrade upgrade = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 2 * WH_UPGRADE_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {.ceiling = WH_UPGRADE_MAX};
    struct wh_error err = {0};

    if (!fuzz_ok(wh_upgrade_read(bytes, &upgrade, &err), &err))
        return;
    check_upgrade(&upgrade);
    promise(wh_upgrade_write(&upgrade, &xml, NULL) == WH_OK);
    promise(wh_frame_write(wh_buffer_bytes(&xml), (struct wh_bytes){0}, 1, &frame, NULL) == WH_OK);
    if (xml.length <= WH_UPGRADE_STORED_MAX)
        check_same_upgrade(wh_buffer_bytes(&xml), wh_buffer_bytes(&xml));
    if (frame.length <= WH_UPGRADE_STORED_MAX && xml.length <= WH_UPGRADE_MAX)
        check_same_upgrade(wh_buffer_bytes(&frame), wh_buffer_bytes(&xml));
    if (upgrade.package_count > 0)
        fuzz_accept();
}

/* ---- the answer ------------------------------------------------------------------------------ */

static bool is_printable(const char *text, char first, size_t ceiling)
{
    for (const char *at = text; *at; at++)
        if (*at < first || *at > '~')
            return false;
    return *text && strlen(text) <= ceiling;
}

static void check_operations(const struct wh_operations *operations)
{
    promise(operations->suggestion <= WH_SUGGEST_REBOOT);
    promise(operations->advisory_count <= WH_ADVISORIES_MAX);
    for (uint32_t i = 0; i < operations->advisory_count; i++)
        promise(is_printable(operations->advisories[i], '!', WH_ADVISORY_MAX));
    for (uint32_t i = 0; i < operations->count; i++) {
        promise(operations->operations[i].kind <= WH_OPERATION_REPLACE);
        check_path(operations->operations[i].path, i ? operations->operations[i - 1].path : NULL);
    }
}

static void check_answer(const struct wh_package_instructions *package)
{
    check_pkgid(package->pkgid);
    promise(package->kind <= WH_ANSWER_LIST);
    promise((package->kind == WH_ANSWER_WHOLE) == (package->reason != NULL));
    promise(!package->reason || is_printable(package->reason, ' ', WH_REASON_MAX));
    if (package->kind != WH_ANSWER_BUNDLE)
        return;
    promise(package->bundle.kind == WH_BUNDLE_STEP);
    promise(package->bundle.size >= WH_BUNDLE_HEAD_LENGTH && package->bundle.size <= WH_BUNDLE_MAX);
    promise(package->counts.kept <= WH_FILES_MAX && package->counts.patched <= WH_FILES_MAX &&
            package->counts.fetched <= WH_FILES_MAX);
}

static void check_instructions(const struct wh_instructions *instructions)
{
    promise(instructions->package_count <= WH_UPGRADE_PACKAGES_MAX);
    for (uint32_t i = 0; i < instructions->package_count; i++) {
        check_answer(&instructions->packages[i]);
        check_operations(&instructions->packages[i].operations);
        for (uint32_t k = 0; k < i; k++)
            promise(strcmp(instructions->packages[k].pkgid, instructions->packages[i].pkgid) != 0);
    }
}

static void check_response(struct wh_bytes bytes)
{
    wh_cleanup(clear_instructions) struct wh_instructions instructions = {0};
    wh_cleanup(clear_instructions) struct wh_instructions same = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer xml = {.ceiling = 2 * WH_INSTRUCTIONS_MAX};
    wh_cleanup(wh_buffer_clear) struct wh_buffer again = {.ceiling = 2 * WH_INSTRUCTIONS_MAX};
    struct wh_error err = {0};

    if (!fuzz_ok(wh_instructions_read(bytes, &instructions, &err), &err))
        return;
    check_instructions(&instructions);
    promise(wh_instructions_write(&instructions, &xml, NULL) == WH_OK);
    if (xml.length > WH_INSTRUCTIONS_MAX) /* shorter spellings than ours are taken, too */
        return;
    promise(wh_instructions_read(wh_buffer_bytes(&xml), &same, NULL) == WH_OK);
    promise(wh_instructions_write(&same, &again, NULL) == WH_OK);
    promise(fuzz_same(wh_buffer_bytes(&again), wh_buffer_bytes(&xml)));
    if (instructions.package_count > 0)
        fuzz_accept();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_request((struct wh_bytes){data, size});
    check_response((struct wh_bytes){data, size});
    return 0;
}
