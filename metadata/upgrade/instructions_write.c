/* SPDX-License-Identifier: GPL-2.0-or-later */
/* instructions_write.c - writes what a backend answers, see whittle/upgrade.h. */
#include <string.h>

#include "index/bundle_element.h"
#include "upgrade/path_text.h"
#include "upgrade/rules.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void put_bundle(struct wh_buffer *out, const struct wh_package_instructions *package)
{
    wh_bundle_element_put(out, &package->bundle);
    wh_xml_put_number(out, "kept", package->counts.kept);
    wh_xml_put_number(out, "patched", package->counts.patched);
    wh_xml_put_number(out, "fetched", package->counts.fetched);
    wh_xml_put_number(out, "saved", package->saved);
}

/* A reason may name what comes from outside. */
static void put_reason(struct wh_buffer *out, const char *reason)
{
    char printable[WH_REASON_MAX + 1] = "";

    for (size_t i = 0; i < WH_REASON_MAX && reason[i]; i++)
        printable[i] = (char)(reason[i] >= ' ' && reason[i] <= '~' ? reason[i] : '?');
    wh_xml_put_escaped(out, "reason", printable);
}

static void put_answer(struct wh_buffer *out, const struct wh_package_instructions *package)
{
    wh_xml_put(out, "<");
    wh_xml_put(out, wh_answer_names[package->kind]);
    if (package->kind == WH_ANSWER_BUNDLE)
        put_bundle(out, package);
    if (package->kind == WH_ANSWER_WHOLE)
        put_reason(out, package->reason);
    wh_xml_put(out, "/>");
}

static wh_status put_advisories(
    struct wh_buffer *out, const struct wh_operations *operations, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer ids = {
        .ceiling = (size_t)WH_ADVISORIES_MAX * (WH_ADVISORY_MAX + 1)};

    for (uint32_t i = 0; i < operations->advisory_count; i++) {
        wh_xml_put(&ids, i ? " " : "");
        wh_xml_put(&ids, operations->advisories[i]);
    }
    wh_buffer_u8(&ids, '\0');
    WH_TRY(wh_buffer_check(&ids, err));
    wh_xml_put_escaped(out, "advisories", (const char *)ids.data);
    return WH_OK;
}

static wh_status put_operations(
    struct wh_buffer *out, const struct wh_operations *operations, struct wh_error *err)
{
    if (operations->count == 0 && operations->advisory_count == 0 &&
        operations->suggestion == WH_SUGGEST_NOTHING)
        return WH_OK;
    wh_xml_put(out, "<operations");
    if (operations->suggestion != WH_SUGGEST_NOTHING)
        wh_xml_put_text(out, "suggest", wh_suggestion_names[operations->suggestion]);
    if (operations->advisory_count > 0)
        WH_TRY(put_advisories(out, operations, err));
    wh_xml_put(out, ">");
    for (uint32_t i = 0; i < operations->count; i++) {
        wh_xml_put(out, "<");
        wh_xml_put(out, wh_operation_names[operations->operations[i].kind]);
        wh_xml_put(out, " path=\"");
        wh_path_put(out, operations->operations[i].path);
        wh_xml_put(out, "\"/>");
    }
    wh_xml_put(out, "</operations>");
    return WH_OK;
}

wh_status wh_instructions_write(
    const struct wh_instructions *instructions, struct wh_buffer *out_xml, struct wh_error *err)
{
    WH_TRY(wh_instructions_check(instructions, err));
    wh_xml_put(
        out_xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<instructions version=\"1\">\n");
    for (uint32_t i = 0; i < instructions->package_count; i++) {
        const struct wh_package_instructions *package = &instructions->packages[i];
        wh_xml_put(out_xml, "<package");
        wh_xml_put_text(out_xml, "pkgid", package->pkgid);
        wh_xml_put(out_xml, ">");
        put_answer(out_xml, package);
        WH_TRY(put_operations(out_xml, &package->operations, err));
        wh_xml_put(out_xml, "</package>\n");
    }
    wh_xml_put(out_xml, "</instructions>\n");
    return wh_buffer_check(out_xml, err);
}
