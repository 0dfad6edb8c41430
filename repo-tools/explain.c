/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.c - see explain.h. */
#include "explain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "explain_costs.h"
#include "explain_files.h"
#include "explain_groups.h"
#include "explain_packed.h"
#include "explain_patches.h"
#include "explain_shares.h"
#include "files.h"
#include "package_file.h"
#include "whittle/assemble.h"
#include "whittle/cleanup.h"
#include "whittle/limits.h"

static void add_digest(
    struct json_object *object, const char *key, const uint8_t *digest, size_t length)
{
    char hex[2 * WH_DIGEST_MAX + 1];

    wh_hex(digest, length, hex);
    wh_json_add_text(object, key, hex);
}

static const char *const kinds[] = {
    [WH_BUNDLE_STEP] = "step", [WH_BUNDLE_CONFIG] = "config", [WH_BUNDLE_DOC] = "doc"};
static const char *const corrections[] = {
    [WH_CORRECTION_NONE] = "none", [WH_CORRECTION_XOR] = "xor", [WH_CORRECTION_FULL] = "full"};

static void add_identity(struct json_object *object, const struct wh_bundle *bundle)
{
    wh_json_add_text(object, "kind", kinds[bundle->kind]);
    if (bundle->kind == WH_BUNDLE_STEP)
        add_digest(object, "from", bundle->identity.old_header, WH_SHA256_LENGTH);
    add_digest(object, "prefix_sha256", bundle->identity.prefix, WH_SHA256_LENGTH);
    add_digest(object, "package_sha256", bundle->identity.package, WH_SHA256_LENGTH);
    wh_json_add_number(object, "package_bytes", bundle->package_size);
}

static void add_sizes(struct json_object *object, const struct wh_bundle *bundle, size_t length)
{
    uint64_t known = WH_BUNDLE_HEAD_LENGTH + bundle->stored_prefix.length +
                     bundle->stored_correction.length + bundle->groups_length;

    wh_json_add_number(object, "bytes", length);
    wh_json_add_number(object, "head_bytes", WH_BUNDLE_HEAD_LENGTH);
    wh_json_add_number(object, "prefix_bytes", bundle->stored_prefix.length);
    wh_json_add_number(object, "prefix_length", bundle->prefix_length);
    wh_json_add_text(object, "correction", corrections[bundle->correction_mode]);
    wh_json_add_number(object, "correction_bytes", bundle->stored_correction.length);
    wh_json_add_number(object, "table_bytes", length - known);
    wh_json_add_number(object, "groups_bytes", bundle->groups_length);
    wh_json_add_number(object, "groups", bundle->group_count);
    wh_json_add_number(object, "contents", bundle->entry_count);
    wh_json_add_number(object, "twins", bundle->twin_count);
}

/* Opens and unpacks. */
static wh_status open_package(
    const char *path, struct wh_package_file *out_package, struct wh_error *err)
{
    wh_autoclose int folder = -1;
    const char *name;

    WH_TRY(wh_open_folder_of(path, &folder, &name, err));
    size_t length = name > path + 1 ? (size_t)(name - path) - 1 : (size_t)(name - path);
    wh_autofree char *folder_name = length > 0 ? strndup(path, length) : strdup(".");
    if (!folder_name)
        return wh_no_memory(err);
    WH_TRY(wh_package_open(folder, folder_name, name, out_package, err));
    return wh_package_unpack(out_package, err);
}

/* The packages, as far as they are given: unpacked. */
struct packages {
    struct wh_package_file origin;
    struct wh_package_file target;
};

static void clear_packages(struct packages *packages)
{
    wh_package_clear(&packages->origin);
    wh_package_clear(&packages->target);
}

static wh_status open_packages(const struct wh_explain_options *options,
    const struct wh_bundle *bundle, struct packages *packages, struct wh_error *err)
{
    struct wh_digest digest;

    WH_TRY(open_package(options->old_package, &packages->origin, err));
    if (!options->new_package)
        return WH_OK;
    WH_TRY(open_package(options->new_package, &packages->target, err));
    WH_TRY(wh_digest_of(WH_SHA256, packages->target.prefix.bytes, &digest, err));
    if (memcmp(digest.bytes, bundle->identity.prefix, WH_SHA256_LENGTH) != 0)
        return wh_fail(err, WH_MISMATCH, "%s: it is not the package that the bundle leads to",
            options->new_package);
    return WH_OK;
}

/* The smaller of two bundles of one step asks for liblzma, the other one has to be compared with
 * its own kind. */
static bool asks_for_liblzma(const struct wh_bundle *bundle)
{
    for (uint32_t i = 0; i < bundle->recipe_count; i++)
        for (uint32_t k = 0; k < bundle->recipes[i].new_count; k++)
            if (bundle->recipes[i].new_streams[k].coder == WH_CODER_XZ)
                return true;
    return false;
}

/* The files need both headers, which only the older package leads to. */
static wh_status explain_files(struct wh_bytes bytes, const struct packages *packages,
    const struct wh_means *means, struct json_object *object, struct wh_error *err)
{
    wh_cleanup(wh_assembly_cleanup) struct wh_assembly *assembly = NULL;
    wh_autofree struct json_object **rows = NULL;
    const struct wh_package_file *origin = &packages->origin;
    const struct wh_assembly_input input = {
        .old_header = origin->prefix.header.bytes, .bundles = &bytes, .bundle_count = 1};

    WH_TRY(wh_assembly_new(&input, &assembly, err));
    WH_TRY(wh_explain_files(assembly, object, &rows, err));
    const struct wh_bundle *bundle = wh_assembly_bundle(assembly, 0);
    WH_TRY(wh_explain_patches(bundle, origin, wh_assembly_new_header(assembly), rows, err));
    wh_explain_recipes(bundle, object, rows);
    if (!packages->target.header)
        return WH_OK;
    struct wh_means same = *means;
    same.without_liblzma = !asks_for_liblzma(bundle);
    return wh_explain_costs(origin, &packages->target, &same, object, rows, err);
}

static wh_status read_bundle(
    const char *path, struct wh_buffer *bytes, struct wh_bundle *out_bundle, struct wh_error *err)
{
    wh_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return wh_fail_errno(err, "%s", path);
    WH_TRY(wh_read_whole(fd, path, bytes, err));
    return wh_name_file(path, wh_bundle_parse(wh_buffer_bytes(bytes), out_bundle, err), err);
}

wh_status wh_explain(
    const struct wh_explain_options *options, struct json_object **out_object, struct wh_error *err)
{
    wh_cleanup(wh_json_put) struct json_object *object = json_object_new_object();
    wh_cleanup(wh_buffer_clear) struct wh_buffer bytes = {.ceiling = WH_BUNDLE_MAX};
    wh_cleanup(wh_bundle_clear) struct wh_bundle bundle = {0};
    wh_cleanup(clear_packages) struct packages packages = {
        WH_PACKAGE_FILE_NONE, WH_PACKAGE_FILE_NONE};

    if (!object)
        return wh_no_memory(err);
    WH_TRY(read_bundle(options->bundle, &bytes, &bundle, err));
    if (options->old_package && bundle.kind != WH_BUNDLE_STEP)
        return wh_fail(err, WH_UNSUPPORTED,
            "%s: a supplement starts from no older package; leave %s out", options->bundle,
            options->old_package);
    wh_json_add_text(object, "bundle", options->bundle);
    add_identity(object, &bundle);
    add_sizes(object, &bundle, bytes.length);
    wh_status status = wh_explain_groups(&bundle, object, err);
    WH_TRY(wh_name_file(options->bundle, status, err));
    wh_explain_packed(&bundle, object);
    if (options->old_package) {
        WH_TRY(open_packages(options, &bundle, &packages, err));
        status = explain_files(wh_buffer_bytes(&bytes), &packages, &options->means, object, err);
        WH_TRY(wh_name_file(options->bundle, status, err));
    }
    *out_object = wh_take(object);
    return WH_OK;
}

/* ---- text ---------------------------------------------------------------------------------- */

static void print_part(FILE *out, const char *name, uint64_t bytes, const char *note)
{
    (void)fprintf(out, "  %-12s %12" PRIu64 " bytes%s%s\n", name, bytes, *note ? "  " : "", note);
}

static void print_parts(FILE *out, struct json_object *object)
{
    char note[128];

    print_part(out, "head", wh_json_number(object, "head_bytes"), "");
    (void)snprintf(note, sizeof note, "of %" PRIu64, wh_json_number(object, "prefix_length"));
    print_part(out, "prefix", wh_json_number(object, "prefix_bytes"), note);
    print_part(out, "correction", wh_json_number(object, "correction_bytes"),
        wh_json_text(object, "correction"));
    print_part(out, "file table", wh_json_number(object, "table_bytes"), "");
    (void)snprintf(note, sizeof note, "%" PRIu64 " groups, %" PRIu64 " contents, %" PRIu64 " twins",
        wh_json_number(object, "groups"), wh_json_number(object, "contents"),
        wh_json_number(object, "twins"));
    print_part(out, "groups", wh_json_number(object, "groups_bytes"), note);
}

void wh_explain_print(FILE *out, struct json_object *object)
{
    uint64_t bytes = wh_json_number(object, "bytes");
    uint64_t package = wh_json_number(object, "package_bytes");

    (void)fprintf(out, "%s: %s, %" PRIu64 " bytes", wh_json_text(object, "bundle"),
        wh_json_text(object, "kind"), bytes);
    if (package > 0)
        (void)fprintf(out, " (%.2f %% of the package's %" PRIu64 ")",
            100.0 * (double)bytes / (double)package, package);
    (void)fputc('\n', out);
    print_parts(out, object);
    if (json_object_object_get(object, "from"))
        (void)fprintf(out, "  from header  %s\n", wh_json_text(object, "from"));
    (void)fprintf(out, "  to package   %s\n", wh_json_text(object, "package_sha256"));
    wh_explain_print_groups(out, object);
    wh_explain_print_packed(out, object);
    wh_explain_print_files(out, object);
    wh_explain_print_sets(out, object);
    wh_explain_print_shares(out, object);
}
