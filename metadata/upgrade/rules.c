/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules.c - see rules.h. */
#include "upgrade/rules.h"

#include <string.h>

#include "index/bundle_element.h"
#include "upgrade/path_text.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

const char *const wh_suggestion_names[WH_SUGGESTIONS] = {
    [WH_SUGGEST_RESTART] = "restart",
    [WH_SUGGEST_RELOGIN] = "relogin",
    [WH_SUGGEST_REBOOT] = "reboot",
};
const char *const wh_answer_names[WH_ANSWER_KINDS] = {
    [WH_ANSWER_BUNDLE] = "bundle",
    [WH_ANSWER_WHOLE] = "whole",
    [WH_ANSWER_LIST] = "list",
};
const char *const wh_operation_names[WH_OPERATION_KINDS] = {
    [WH_OPERATION_REMOVE] = "remove",
    [WH_OPERATION_KEEP] = "keep",
    [WH_OPERATION_REPLACE] = "replace",
};

bool wh_is_printable(const char *text, char first, size_t ceiling)
{
    size_t length = 0;

    while (length <= ceiling && text[length] >= first && text[length] <= '~')
        length++;
    return length > 0 && length <= ceiling && text[length] == '\0';
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

wh_status wh_pkgids_check(
    const char *document, const void *records, uint32_t count, size_t size, struct wh_error *err)
{
    wh_autofree const char **ids = NULL;

    if (count > WH_UPGRADE_PACKAGES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, "%s: too many packages", document);
    if (!(ids = wh_array(count, sizeof *ids, WH_UPGRADE_PACKAGES_MAX * sizeof *ids, err)))
        return WH_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        ids[i] = (const char *)records + i * size;
        if (!wh_is_pkgid(ids[i]))
            return wh_fail(err, WH_MALFORMED, "%s: a pkgid is no checksum", document);
    }
    qsort(ids, count, sizeof *ids, compare_texts);
    for (uint32_t i = 1; i < count; i++)
        if (strcmp(ids[i - 1], ids[i]) == 0)
            return wh_fail(err, WH_MALFORMED, "%s: a package is listed twice", document);
    return WH_OK;
}

/* ---- the request ----------------------------------------------------------------------------- */

static wh_status bad_request(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, WH_REQUEST_NAME ": %s", what);
}

static wh_status check_files(const struct wh_upgrade_package *package, struct wh_error *err)
{
    for (uint32_t i = 0; i < package->file_count; i++) {
        const struct wh_listed_file *file = &package->files[i];
        if (!wh_path_is_absolute(file->path))
            return bad_request("a path is not absolute, or too long", err);
        if (file->size > INT64_MAX)
            return bad_request("a file's size is out of range", err);
        if (i > 0 && strcmp(file[-1].path, file->path) >= 0)
            return bad_request("files are out of order", err);
    }
    return WH_OK;
}

static wh_status check_package(const struct wh_upgrade_package *package, struct wh_error *err)
{
    if (package->is_listed != (package->file_count > 0))
        return bad_request("a list of files has none", err);
    if (package->is_listed && package->differs_count > 0)
        return bad_request("a package has files, and numbers of files", err);
    for (uint32_t i = 0; i < package->differs_count; i++)
        if (package->differs[i] >= WH_FILES_MAX ||
            (i > 0 && package->differs[i - 1] >= package->differs[i]))
            return bad_request("file numbers are out of range or order", err);
    return check_files(package, err);
}

wh_status wh_upgrade_check(const struct wh_upgrade *upgrade, struct wh_error *err)
{
    uint64_t files = 0;

    WH_TRY(wh_pkgids_check(WH_REQUEST_NAME, upgrade->packages, upgrade->package_count,
        sizeof *upgrade->packages, err));
    for (uint32_t i = 0; i < upgrade->package_count; i++) {
        const struct wh_upgrade_package *package = &upgrade->packages[i];
        files += (uint64_t)package->differs_count + package->file_count;
        if (files > WH_UPGRADE_FILES_MAX)
            return wh_fail(err, WH_OVER_LIMIT, WH_REQUEST_NAME ": too many files");
        WH_TRY(check_package(package, err));
    }
    return WH_OK;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static wh_status bad_answer(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, WH_INSTRUCTIONS_NAME ": %s", what);
}

static wh_status check_bundle(const struct wh_package_instructions *package, struct wh_error *err)
{
    const struct wh_instruction_counts *counts = &package->counts;

    if (package->bundle.kind != WH_BUNDLE_STEP || package->bundle.size < WH_BUNDLE_HEAD_LENGTH ||
        package->bundle.size > WH_BUNDLE_MAX)
        return bad_answer("a bundle is of a kind or size that none has", err);
    if (counts->kept > WH_FILES_MAX || counts->patched > WH_FILES_MAX ||
        counts->fetched > WH_FILES_MAX)
        return bad_answer("a count of files is out of range", err);
    return WH_OK;
}

static wh_status check_answer(const struct wh_package_instructions *package, struct wh_error *err)
{
    if (package->kind >= WH_ANSWER_KINDS)
        return bad_answer("an answer is of no kind", err);
    if ((package->kind == WH_ANSWER_WHOLE) != (package->reason != NULL))
        return bad_answer("a reason is missing, or too much", err);
    if (package->reason &&
        (package->reason[0] == '\0' || strnlen(package->reason, WH_REASON_MAX + 1) > WH_REASON_MAX))
        return bad_answer("a reason is empty, or too long", err);
    return package->kind == WH_ANSWER_BUNDLE ? check_bundle(package, err) : WH_OK;
}

static wh_status check_operations(const struct wh_operations *operations, struct wh_error *err)
{
    if (operations->suggestion >= WH_SUGGESTIONS)
        return bad_answer("a suggestion is of no kind", err);
    if (operations->advisory_count > WH_ADVISORIES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, WH_INSTRUCTIONS_NAME ": too many advisories");
    for (uint32_t i = 0; i < operations->advisory_count; i++)
        if (!wh_is_printable(operations->advisories[i], '!', WH_ADVISORY_MAX))
            return bad_answer("an advisory's id is not printable, or too long", err);
    for (uint32_t i = 0; i < operations->count; i++) {
        const struct wh_operation *operation = &operations->operations[i];
        if (operation->kind >= WH_OPERATION_KINDS)
            return bad_answer("an operation is of no kind", err);
        if (!wh_path_is_absolute(operation->path))
            return bad_answer("a path is not absolute, or too long", err);
        if (i > 0 && strcmp(operation[-1].path, operation->path) >= 0)
            return bad_answer("operations are out of order", err);
    }
    return WH_OK;
}

wh_status wh_instructions_check(const struct wh_instructions *instructions, struct wh_error *err)
{
    WH_TRY(wh_pkgids_check(WH_INSTRUCTIONS_NAME, instructions->packages,
        instructions->package_count, sizeof *instructions->packages, err));
    for (uint32_t i = 0; i < instructions->package_count; i++) {
        WH_TRY(check_answer(&instructions->packages[i], err));
        WH_TRY(check_operations(&instructions->packages[i].operations, err));
    }
    return WH_OK;
}
