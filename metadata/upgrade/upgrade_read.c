/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade_read.c - reads what a client reports, see whittle/upgrade.h.
 *
 *   <upgrade version="1" reencode="no">
 *     <package pkgid="6bb51f…">
 *       <installed header="2c26b4…" differs="4 17-19"/>
 *     </package>
 *     <package pkgid="9f86d0…">
 *       <installed header="fcde2b…">
 *         <file path="/usr/bin/tool" size="52344" sha256="ba7816…"/>
 *       </installed>
 *     </package>
 *   </upgrade>
 */
#include <string.h>

#include "index/bundle_element.h"
#include "upgrade/differs.h"
#include "upgrade/path_text.h"
#include "upgrade/rules.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Where reading is. */
struct reading {
    struct wh_upgrade upgrade;
    uint32_t files; /* in all lists */
    bool in_package;
    bool has_installed; /* this package */
    bool in_installed;
};

static wh_status bad_request(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, WH_REQUEST_NAME ": %s", what);
}

static struct wh_upgrade_package *last_package(struct reading *reading)
{
    return &reading->upgrade.packages[reading->upgrade.package_count - 1];
}

/* At the end of a package, or of the document. */
static wh_status close_package(const struct reading *reading, struct wh_error *err)
{
    if (reading->upgrade.package_count > 0 && !reading->has_installed)
        return bad_request("a package does not say what is installed", err);
    return WH_OK;
}

static wh_status read_root(struct wh_xml *element, struct wh_upgrade *upgrade, struct wh_error *err)
{
    const char *reencode = wh_xml_value(element, "reencode");

    if (reencode && strcmp(reencode, "no") != 0)
        return bad_request("reencode says something else than no", err);
    upgrade->without_liblzma = reencode != NULL;
    return WH_OK;
}

static wh_status read_package(struct wh_xml *element, struct reading *reading, struct wh_error *err)
{
    struct wh_upgrade *upgrade = &reading->upgrade;
    struct wh_upgrade_package package = {0};

    WH_TRY(close_package(reading, err));
    if (!wh_pkgid_read(element, package.pkgid))
        return bad_request("a pkgid is no checksum", err);
    if (upgrade->package_count == WH_UPGRADE_PACKAGES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, WH_REQUEST_NAME ": too many packages");
    struct wh_upgrade_package *packages = wh_grown(
        upgrade->packages, upgrade->package_count, sizeof *packages);
    if (!packages)
        return wh_no_memory(err);
    upgrade->packages = packages;
    packages[upgrade->package_count++] = package;
    reading->has_installed = false;
    return WH_OK;
}

static wh_status read_installed(
    struct wh_xml *element, struct reading *reading, struct wh_error *err)
{
    struct wh_upgrade_package *package = last_package(reading);

    if (reading->has_installed)
        return bad_request("a package says twice what is installed", err);
    reading->has_installed = true;
    if (!wh_xml_hex(element, "header", package->header_id, sizeof package->header_id))
        return bad_request("a header is no checksum", err);
    const char *differs = wh_xml_value(element, "differs");
    if (!differs)
        return WH_OK;
    WH_TRY(wh_differs_read(differs, WH_UPGRADE_FILES_MAX - reading->files, &package->differs,
        &package->differs_count, err));
    reading->files += package->differs_count;
    return WH_OK;
}

static wh_status read_file(struct wh_xml *element, struct reading *reading, struct wh_error *err)
{
    struct wh_upgrade_package *package = last_package(reading);
    struct wh_listed_file file = {0};

    if (reading->files == WH_UPGRADE_FILES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, WH_REQUEST_NAME ": too many files");
    if (!wh_xml_hex(element, "sha256", file.sha256, sizeof file.sha256))
        return bad_request("a sha256 is no checksum", err);
    if (!wh_xml_number(element, "size", INT64_MAX, &file.size))
        return bad_request("a size is no number, or out of range", err);
    const char *text = wh_xml_value(element, "path");
    if (!text)
        return bad_request("a file has no path", err);
    struct wh_listed_file *files = wh_grown(package->files, package->file_count, sizeof *files);
    if (!files)
        return wh_no_memory(err);
    package->files = files;
    WH_TRY(wh_path_read(text, &file.path, err));
    files[package->file_count++] = file;
    package->is_listed = true;
    reading->files++;
    return WH_OK;
}

/* Elements by depth: package, installed, file. Whatever else there is, is passed over. */
static wh_status read_element(
    void *context, struct wh_xml *element, const char *name, int depth, struct wh_error *err)
{
    struct reading *reading = context;

    if (depth == 0)
        return read_root(element, &reading->upgrade, err);
    if (depth == 1) {
        reading->in_installed = false;
        reading->in_package = strcmp(name, "package") == 0;
        return reading->in_package ? read_package(element, reading, err) : WH_OK;
    }
    if (depth == 2) {
        reading->in_installed = reading->in_package && strcmp(name, "installed") == 0;
        return reading->in_installed ? read_installed(element, reading, err) : WH_OK;
    }
    if (depth == 3 && reading->in_installed && strcmp(name, "file") == 0)
        return read_file(element, reading, err);
    return WH_OK;
}

static void clear_reading(struct reading *reading)
{
    wh_upgrade_clear(&reading->upgrade);
}

wh_status wh_upgrade_read(struct wh_bytes xml, struct wh_upgrade *out_upgrade, struct wh_error *err)
{
    static const struct wh_xml_form form = {
        .name = WH_REQUEST_NAME,
        .root = "upgrade",
        .version = WH_UPGRADE_VERSION,
        .stored_ceiling = WH_UPGRADE_STORED_MAX,
        .ceiling = WH_UPGRADE_MAX,
        .element = read_element,
    };
    wh_cleanup(clear_reading) struct reading reading = {0};

    WH_TRY(wh_xml_read(xml, &form, &reading, err));
    WH_TRY(close_package(&reading, err));
    WH_TRY(wh_upgrade_check(&reading.upgrade, err));
    *out_upgrade = reading.upgrade;
    reading.upgrade = (struct wh_upgrade){0};
    return WH_OK;
}

void wh_upgrade_clear(struct wh_upgrade *upgrade)
{
    for (uint32_t i = 0; i < upgrade->package_count; i++) {
        struct wh_upgrade_package *package = &upgrade->packages[i];
        for (uint32_t f = 0; f < package->file_count; f++)
            free(package->files[f].path);
        free(package->files);
        free(package->differs);
    }
    free(upgrade->packages);
    *upgrade = (struct wh_upgrade){0};
}
