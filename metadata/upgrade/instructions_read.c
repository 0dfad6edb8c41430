/* SPDX-License-Identifier: GPL-2.0-or-later */
/* instructions_read.c - reads what a backend answers, see whittle/upgrade.h.
 *
 *   <instructions version="1">
 *     <package pkgid="6bb51f…">
 *       <bundle from="2c26b46b68ffc68f" size="5388" sha256="fcde2b…"
 *               kept="181" patched="40" fetched="1" saved="1256676"/>
 *       <operations suggest="restart" advisories="DSA-5678-1">
 *         <remove path="/usr/lib/tool/old.so"/>
 *       </operations>
 *     </package>
 *     <package pkgid="9f86d0…">
 *       <whole reason="no package of this repository"/>
 *     </package>
 *   </instructions>
 */
#include <stdio.h>
#include <string.h>

#include "index/bundle_element.h"
#include "upgrade/path_text.h"
#include "upgrade/rules.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

/* Where reading is. */
struct reading {
    struct wh_instructions instructions;
    bool in_package;
    bool has_answer;     /* this package */
    bool has_operations; /* this package */
    bool in_operations;
};

static wh_status bad_answer(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, WH_INSTRUCTIONS_NAME ": %s", what);
}

static struct wh_package_instructions *last_package(struct reading *reading)
{
    return &reading->instructions.packages[reading->instructions.package_count - 1];
}

/* The name's place among count names, or count. */
static unsigned find_name(const char *const *names, unsigned count, const char *name)
{
    unsigned i = 0;

    while (i < count && !(names[i] && strcmp(names[i], name) == 0))
        i++;
    return i;
}

/* At the end of a package, or of the document. */
static wh_status close_package(const struct reading *reading, struct wh_error *err)
{
    if (reading->instructions.package_count > 0 && !reading->has_answer)
        return bad_answer("a package has no answer", err);
    return WH_OK;
}

static wh_status read_package(struct wh_xml *element, struct reading *reading, struct wh_error *err)
{
    struct wh_instructions *instructions = &reading->instructions;
    struct wh_package_instructions package = {0};

    WH_TRY(close_package(reading, err));
    if (!wh_pkgid_read(element, package.pkgid))
        return bad_answer("a pkgid is no checksum", err);
    if (instructions->package_count == WH_UPGRADE_PACKAGES_MAX)
        return wh_fail(err, WH_OVER_LIMIT, WH_INSTRUCTIONS_NAME ": too many packages");
    struct wh_package_instructions *packages = wh_grown(
        instructions->packages, instructions->package_count, sizeof *packages);
    if (!packages)
        return wh_no_memory(err);
    instructions->packages = packages;
    packages[instructions->package_count++] = package;
    reading->has_answer = false;
    reading->has_operations = false;
    return WH_OK;
}

/* ---- answers --------------------------------------------------------------------------------- */

static wh_status read_bundle(
    struct wh_xml *element, struct wh_package_instructions *package, struct wh_error *err)
{
    const struct {
        const char *name;
        uint32_t *out;
    } counts[] = {
        {"kept", &package->counts.kept},
        {"patched", &package->counts.patched},
        {"fetched", &package->counts.fetched},
    };
    uint64_t number = 0;

    package->bundle.kind = WH_BUNDLE_STEP;
    WH_TRY(wh_bundle_element_read(element, WH_INSTRUCTIONS_NAME, &package->bundle, err));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (!wh_xml_number(element, counts[i].name, WH_FILES_MAX, &number))
            return bad_answer("a count of files is no number, or out of range", err);
        *counts[i].out = (uint32_t)number;
    }
    if (!wh_xml_number(element, "saved", UINT64_MAX, &package->saved))
        return bad_answer("the bytes that are saved are no number", err);
    return WH_OK;
}

static wh_status read_reason(
    struct wh_xml *element, struct wh_package_instructions *package, struct wh_error *err)
{
    const char *reason = wh_xml_value(element, "reason");

    if (!reason || !wh_is_printable(reason, ' ', WH_REASON_MAX))
        return bad_answer("a reason is missing, not printable, or too long", err);
    package->reason = strdup(reason);
    return package->reason ? WH_OK : wh_no_memory(err);
}

static wh_status read_answer(
    struct wh_xml *element, enum wh_answer_kind kind, struct reading *reading, struct wh_error *err)
{
    struct wh_package_instructions *package = last_package(reading);

    if (reading->has_answer)
        return bad_answer("a package has two answers", err);
    reading->has_answer = true;
    package->kind = kind;
    if (kind == WH_ANSWER_BUNDLE)
        return read_bundle(element, package, err);
    return kind == WH_ANSWER_WHOLE ? read_reason(element, package, err) : WH_OK;
}

/* ---- operations ------------------------------------------------------------------------------ */

/* Ids with one blank between; the empty one and what is not printable is left to the rules. */
static wh_status read_advisories(
    const char *text, struct wh_operations *operations, struct wh_error *err)
{
    for (bool more = true; more;) {
        size_t length = strcspn(text, " ");
        if (operations->advisory_count == WH_ADVISORIES_MAX)
            return wh_fail(err, WH_OVER_LIMIT, WH_INSTRUCTIONS_NAME ": too many advisories");
        char **advisories = wh_grown(
            operations->advisories, operations->advisory_count, sizeof *advisories);
        if (!advisories)
            return wh_no_memory(err);
        operations->advisories = advisories;
        if (!(advisories[operations->advisory_count] = strndup(text, length)))
            return wh_no_memory(err);
        operations->advisory_count++;
        more = text[length] == ' ';
        text += length + 1;
    }
    return WH_OK;
}

static wh_status read_operations(
    struct wh_xml *element, struct reading *reading, struct wh_error *err)
{
    struct wh_operations *operations = &last_package(reading)->operations;

    if (reading->has_operations)
        return bad_answer("a package has operations twice", err);
    reading->has_operations = true;
    const char *suggestion = wh_xml_value(element, "suggest");
    if (suggestion) {
        unsigned found = find_name(wh_suggestion_names, WH_SUGGESTIONS, suggestion);
        if (found == WH_SUGGESTIONS)
            return bad_answer("a suggestion is of no kind", err);
        operations->suggestion = (enum wh_suggestion)found;
    }
    const char *advisories = wh_xml_value(element, "advisories");
    return advisories ? read_advisories(advisories, operations, err) : WH_OK;
}

static wh_status read_operation(struct wh_xml *element, enum wh_operation_kind kind,
    struct wh_operations *operations, struct wh_error *err)
{
    struct wh_operation operation = {.kind = kind};
    const char *text = wh_xml_value(element, "path");

    if (!text)
        return bad_answer("an operation has no path", err);
    struct wh_operation *grown = wh_grown(operations->operations, operations->count, sizeof *grown);
    if (!grown)
        return wh_no_memory(err);
    operations->operations = grown;
    WH_TRY(wh_path_read(text, &operation.path, err));
    grown[operations->count++] = operation;
    return WH_OK;
}

/* ---- the document ---------------------------------------------------------------------------- */

static wh_status read_part(
    struct wh_xml *element, const char *name, struct reading *reading, struct wh_error *err)
{
    unsigned kind = find_name(wh_answer_names, WH_ANSWER_KINDS, name);

    if (kind < WH_ANSWER_KINDS)
        return read_answer(element, (enum wh_answer_kind)kind, reading, err);
    reading->in_operations = strcmp(name, "operations") == 0;
    return reading->in_operations ? read_operations(element, reading, err) : WH_OK;
}

/* Elements by depth: package, its answer and operations, an operation. Whatever else there is, is
 * passed over. */
static wh_status read_element(
    void *context, struct wh_xml *element, const char *name, int depth, struct wh_error *err)
{
    struct reading *reading = context;

    if (depth <= 2)
        reading->in_operations = false;
    if (depth == 1) {
        reading->in_package = strcmp(name, "package") == 0;
        return reading->in_package ? read_package(element, reading, err) : WH_OK;
    }
    if (depth == 2)
        return reading->in_package ? read_part(element, name, reading, err) : WH_OK;
    unsigned kind = find_name(wh_operation_names, WH_OPERATION_KINDS, name);
    if (depth != 3 || !reading->in_operations || kind == WH_OPERATION_KINDS)
        return WH_OK;
    return read_operation(
        element, (enum wh_operation_kind)kind, &last_package(reading)->operations, err);
}

static void clear_reading(struct reading *reading)
{
    wh_instructions_clear(&reading->instructions);
}

wh_status wh_instructions_read(
    struct wh_bytes xml, struct wh_instructions *out_instructions, struct wh_error *err)
{
    static const struct wh_xml_form form = {
        .name = WH_INSTRUCTIONS_NAME,
        .root = "instructions",
        .version = WH_UPGRADE_VERSION,
        .stored_ceiling = WH_INSTRUCTIONS_MAX,
        .ceiling = WH_INSTRUCTIONS_MAX,
        .element = read_element,
    };
    wh_cleanup(clear_reading) struct reading reading = {0};

    WH_TRY(wh_xml_read(xml, &form, &reading, err));
    WH_TRY(close_package(&reading, err));
    WH_TRY(wh_instructions_check(&reading.instructions, err));
    *out_instructions = reading.instructions;
    reading.instructions = (struct wh_instructions){0};
    return WH_OK;
}

void wh_instructions_clear(struct wh_instructions *instructions)
{
    for (uint32_t i = 0; i < instructions->package_count; i++) {
        free(instructions->packages[i].reason);
        wh_operations_clear(&instructions->packages[i].operations);
    }
    free(instructions->packages);
    *instructions = (struct wh_instructions){0};
}

void wh_cut_location(
    const uint8_t sha256[WH_SHA256_LENGTH], char out_location[WH_CUT_LOCATION_LENGTH])
{
    char hex[2 * WH_SHA256_LENGTH + 1];

    wh_hex(sha256, WH_SHA256_LENGTH, hex);
    (void)snprintf(out_location, WH_CUT_LOCATION_LENGTH, "v1/bundle/%s.wht", hex);
}
