/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.c - see explain.h. */
#include "explain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "explain_files.h"
#include "files.h"
#include "package_file.h"
#include "whittle/assemble.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void put_object(struct json_object **object)
{
    (void)json_object_put(*object);
}

static void clear_bundle(struct wh_bundle *bundle)
{
    wh_bundle_clear(bundle);
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
    (void)json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, uint64_t value)
{
    (void)json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

static void add_digest(
    struct json_object *object, const char *key, const uint8_t *digest, size_t length)
{
    char hex[2 * WH_DIGEST_MAX + 1];

    wh_hex(digest, length, hex);
    add_text(object, key, hex);
}

static const char *const kinds[] = {
    [WH_BUNDLE_STEP] = "step", [WH_BUNDLE_CONFIG] = "config", [WH_BUNDLE_DOC] = "doc"};
static const char *const corrections[] = {
    [WH_CORRECTION_NONE] = "none", [WH_CORRECTION_XOR] = "xor", [WH_CORRECTION_FULL] = "full"};

static void add_identity(struct json_object *object, const struct wh_bundle *bundle)
{
    add_text(object, "kind", kinds[bundle->kind]);
    if (bundle->kind == WH_BUNDLE_STEP)
        add_digest(object, "from", bundle->identity.old_header, WH_SHA256_LENGTH);
    add_digest(object, "prefix_sha256", bundle->identity.prefix, WH_SHA256_LENGTH);
    add_digest(object, "package_sha256", bundle->identity.package, WH_SHA256_LENGTH);
    add_number(object, "package_bytes", bundle->package_size);
}

static void add_sizes(struct json_object *object, const struct wh_bundle *bundle, size_t length)
{
    uint64_t known = WH_BUNDLE_HEAD_LENGTH + bundle->stored_prefix.length +
                     bundle->stored_correction.length + bundle->groups_length;

    add_number(object, "bytes", length);
    add_number(object, "head_bytes", WH_BUNDLE_HEAD_LENGTH);
    add_number(object, "prefix_bytes", bundle->stored_prefix.length);
    add_number(object, "prefix_length", bundle->prefix_length);
    add_text(object, "correction", corrections[bundle->correction_mode]);
    add_number(object, "correction_bytes", bundle->stored_correction.length);
    add_number(object, "table_bytes", length - known);
    add_number(object, "groups_bytes", bundle->groups_length);
    add_number(object, "groups", bundle->group_count);
    add_number(object, "contents", bundle->entry_count);
    add_number(object, "twins", bundle->twin_count);
}

/* The files need both headers, which only the older package leads to. */
static wh_status explain_files(struct wh_bytes bytes, const char *old_package,
    struct json_object *object, struct wh_error *err)
{
    wh_cleanup(wh_package_clear) struct wh_package_file origin = WH_PACKAGE_FILE_NONE;
    wh_cleanup(wh_assembly_cleanup) struct wh_assembly *assembly = NULL;
    const char *slash = strrchr(old_package, '/');
    wh_autofree char *folder_name = slash
                                        ? strndup(old_package, slash == old_package
                                                                   ? 1
                                                                   : (size_t)(slash - old_package))
                                        : strdup(".");

    if (!folder_name)
        return wh_no_memory(err);
    wh_autoclose int folder = open(folder_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return wh_fail_errno(err, "%s", folder_name);
    WH_TRY(wh_package_open(folder, folder_name, slash ? slash + 1 : old_package, &origin, err));
    const struct wh_assembly_input input = {
        .old_header = origin.prefix.header.bytes, .bundles = &bytes, .bundle_count = 1};
    WH_TRY(wh_assembly_new(&input, &assembly, err));
    return wh_explain_files(assembly, object, err);
}

wh_status wh_explain(
    const struct wh_explain_options *options, struct json_object **out_object, struct wh_error *err)
{
    wh_cleanup(put_object) struct json_object *object = json_object_new_object();
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_BUNDLE_MAX};
    wh_cleanup(clear_bundle) struct wh_bundle bundle = {0};
    struct wh_error inner;

    if (!object)
        return wh_no_memory(err);
    wh_autoclose int fd = open(options->bundle, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return wh_fail_errno(err, "%s", options->bundle);
    WH_TRY(wh_read_whole(fd, options->bundle, &bytes, err));
    wh_status status = wh_bundle_parse(wh_buffer_bytes(&bytes), &bundle, &inner);
    if (status != WH_OK)
        return wh_fail(err, status, "%s: %s", options->bundle, inner.message);
    add_text(object, "bundle", options->bundle);
    add_identity(object, &bundle);
    add_sizes(object, &bundle, bytes.length);
    if (options->old_package && bundle.kind != WH_BUNDLE_STEP)
        return wh_fail(err, WH_UNSUPPORTED,
            "%s: a supplement starts from no older package; leave %s out", options->bundle,
            options->old_package);
    if (options->old_package) {
        status = explain_files(wh_buffer_bytes(&bytes), options->old_package, object, &inner);
        if (status != WH_OK)
            return wh_fail(err, status, "%s: %s", options->bundle, inner.message);
    }
    *out_object = wh_take(object);
    return WH_OK;
}

/* ---- text ---------------------------------------------------------------------------------- */

static const char *text_of(struct json_object *object, const char *key)
{
    const char *text = json_object_get_string(json_object_object_get(object, key));

    return text ? text : "";
}

static uint64_t number_of(struct json_object *object, const char *key)
{
    return (uint64_t)json_object_get_int64(json_object_object_get(object, key));
}

static void print_part(FILE *out, const char *name, uint64_t bytes, const char *note)
{
    (void)fprintf(out, "  %-12s %12" PRIu64 " bytes%s%s\n", name, bytes, *note ? "  " : "", note);
}

static void print_parts(FILE *out, struct json_object *object)
{
    char note[128];

    print_part(out, "head", number_of(object, "head_bytes"), "");
    (void)snprintf(note, sizeof note, "of %" PRIu64, number_of(object, "prefix_length"));
    print_part(out, "prefix", number_of(object, "prefix_bytes"), note);
    print_part(
        out, "correction", number_of(object, "correction_bytes"), text_of(object, "correction"));
    print_part(out, "file table", number_of(object, "table_bytes"), "");
    (void)snprintf(note, sizeof note, "%" PRIu64 " groups, %" PRIu64 " contents, %" PRIu64 " twins",
        number_of(object, "groups"), number_of(object, "contents"), number_of(object, "twins"));
    print_part(out, "groups", number_of(object, "groups_bytes"), note);
}

void wh_explain_print(FILE *out, struct json_object *object)
{
    uint64_t bytes = number_of(object, "bytes");
    uint64_t package = number_of(object, "package_bytes");

    (void)fprintf(out, "%s: %s, %" PRIu64 " bytes", text_of(object, "bundle"),
        text_of(object, "kind"), bytes);
    if (package > 0)
        (void)fprintf(out, " (%.2f %% of the package's %" PRIu64 ")",
            100.0 * (double)bytes / (double)package, package);
    (void)fputc('\n', out);
    print_parts(out, object);
    if (json_object_object_get(object, "from"))
        (void)fprintf(out, "  from header  %s\n", text_of(object, "from"));
    (void)fprintf(out, "  to package   %s\n", text_of(object, "package_sha256"));
    wh_explain_print_files(out, object);
}
