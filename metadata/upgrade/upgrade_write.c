/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade_write.c - writes what a client reports, see whittle/upgrade.h. */
#include "base/xml.h"
#include "upgrade/differs.h"
#include "upgrade/path_text.h"
#include "upgrade/rules.h"

static void put_file(struct wh_buffer *out, const struct wh_listed_file *file)
{
    wh_xml_put(out, "<file path=\"");
    wh_path_put(out, file->path);
    wh_xml_put(out, "\"");
    wh_xml_put_number(out, "size", file->size);
    wh_xml_put_hex(out, "sha256", file->sha256, sizeof file->sha256);
    wh_xml_put(out, "/>\n");
}

static void put_installed(struct wh_buffer *out, const struct wh_upgrade_package *package)
{
    wh_xml_put(out, "<installed");
    wh_xml_put_hex(out, "header", package->header_id, sizeof package->header_id);
    if (package->differs_count > 0) {
        wh_xml_put(out, " differs=\"");
        wh_differs_put(out, package->differs, package->differs_count);
        wh_xml_put(out, "\"");
    }
    if (!package->is_listed) {
        wh_xml_put(out, "/>");
        return;
    }
    wh_xml_put(out, ">\n");
    for (uint32_t i = 0; i < package->file_count; i++)
        put_file(out, &package->files[i]);
    wh_xml_put(out, "</installed>");
}

wh_status wh_upgrade_write(
    const struct wh_upgrade *upgrade, struct wh_buffer *out_xml, struct wh_error *err)
{
    WH_TRY(wh_upgrade_check(upgrade, err));
    wh_xml_put(out_xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<upgrade version=\"1\"");
    wh_xml_put(out_xml, upgrade->without_liblzma ? " reencode=\"no\">\n" : ">\n");
    for (uint32_t i = 0; i < upgrade->package_count; i++) {
        wh_xml_put(out_xml, "<package");
        wh_xml_put_text(out_xml, "pkgid", upgrade->packages[i].pkgid);
        wh_xml_put(out_xml, ">");
        put_installed(out_xml, &upgrade->packages[i]);
        wh_xml_put(out_xml, "</package>\n");
    }
    wh_xml_put(out_xml, "</upgrade>\n");
    return wh_buffer_check(out_xml, err);
}
