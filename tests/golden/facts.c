/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts.c - reads one test vector with the library and prints what it is as one line of JSON, or
 * how it was refused. tests/oracle/oracle.py prints the same by another road. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whittle/assemble.h"
#include "whittle/cleanup.h"
#include "whittle/upgrade.h"

enum { CEILING = 1 << 20 };

static const char *folder;

static void load(const char *name, struct wh_buffer *out)
{
    char path[4096];
    uint8_t chunk[4096];
    size_t length;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        (void)fprintf(stderr, "facts: %s: cannot be read\n", path);
        exit(1);
    }
    *out = (struct wh_buffer){.ceiling = CEILING};
    while ((length = fread(chunk, 1, sizeof chunk, file)) > 0)
        wh_buffer_append(out, chunk, length);
    (void)fclose(file);
}

/* ---- the installed version ------------------------------------------------------------------ */

struct installed {
    struct wh_buffer prefix_bytes;
    struct wh_buffer payload;
    struct wh_prefix prefix;
    struct wh_header *header;
    struct wh_skeleton skeleton;
};

/* Patches start from a package of their own. */
static wh_status load_installed(
    const char *vector, struct installed *installed, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer frame = {0};
    bool packed = strstr(vector, "packed") != NULL;
    bool patch = strstr(vector, "patch") != NULL;

    load(packed  ? "packed-old.prefix"
         : patch ? "patch-old.prefix"
                 : "old.prefix",
        &installed->prefix_bytes);
    load(packed  ? "packed-old.payload.zst"
         : patch ? "patch-old.payload.zst"
                 : "old.payload.zst",
        &frame);
    installed->payload.ceiling = CEILING;
    WH_TRY(wh_prefix_parse(wh_buffer_bytes(&installed->prefix_bytes), &installed->prefix, err));
    WH_TRY(wh_header_parse(installed->prefix.header.bytes, &installed->header, err));
    WH_TRY(wh_frame_read_all(wh_buffer_bytes(&frame), &installed->payload, err));
    return wh_skeleton_read(
        installed->header, wh_buffer_bytes(&installed->payload), &installed->skeleton, err);
}

static void clear_installed(struct installed *installed)
{
    wh_buffer_clear(&installed->prefix_bytes);
    wh_buffer_clear(&installed->payload);
    wh_header_free(installed->header);
    wh_skeleton_clear(&installed->skeleton);
}

static wh_status read_installed(void *context, uint32_t file, uint64_t offset, uint8_t *out,
    size_t length, struct wh_error *err)
{
    const struct installed *installed = context;
    const struct wh_file *files = installed->header->files;
    const uint8_t *at = installed->payload.data;

    while (files[file].link_count > 1 && !files[file].has_content)
        file = files[file].link_next;
    for (uint32_t i = 0; i < installed->skeleton.piece_count; i++) {
        const struct wh_piece *piece = &installed->skeleton.pieces[i];
        at += piece->skeleton_length;
        if (piece->file == file && offset + length <= files[file].size) {
            memcpy(out, at + offset, length);
            return WH_OK;
        }
        at += files[piece->file].size;
    }
    return wh_fail(err, WH_MISSING, "file %u has no such bytes", file);
}

/* ---- a sink in memory ----------------------------------------------------------------------- */

static wh_status write_sink(
    void *context, uint64_t offset, const uint8_t *data, size_t length, struct wh_error *err)
{
    struct wh_buffer *file = context;

    if (offset + length > file->length)
        wh_buffer_fill(file, 0, (size_t)offset + length - file->length);
    WH_TRY(wh_buffer_check(file, err));
    if (length > 0)
        memcpy(file->data + offset, data, length);
    return WH_OK;
}

static wh_status read_sink(
    void *context, uint64_t offset, uint8_t *out, size_t length, struct wh_error *err)
{
    const struct wh_buffer *file = context;

    if (offset + length > file->length)
        return wh_fail(err, WH_MISMATCH, "the file is too short");
    memcpy(out, file->data + offset, length);
    return WH_OK;
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void print_digest(const char *name, struct wh_bytes bytes)
{
    struct wh_digest digest;
    char hex[2 * WH_DIGEST_MAX + 1];

    if (wh_digest_of(WH_SHA256, bytes, &digest, NULL) != WH_OK)
        abort();
    wh_hex(digest.bytes, digest.length, hex);
    printf(", \"%s\": \"%s\"", name, hex);
}

static void print_number(uint32_t value)
{
    if (value == WH_NO_FILE)
        printf("null");
    else
        printf("%u", value);
}

static void print_bundle(const struct wh_bundle *bundle)
{
    printf("{\"verdict\": \"ok\", \"kind\": %u, \"correction\": %u, \"package_size\": %llu",
        (unsigned)bundle->kind, (unsigned)bundle->correction_mode,
        (unsigned long long)bundle->package_size);
    printf(", \"groups\": [");
    for (uint32_t i = 0; i < bundle->group_count; i++)
        printf("%s[%u, %u, %zu]", i ? ", " : "", bundle->groups[i].codec,
            bundle->groups[i].entry_count, bundle->groups[i].stored.length);
    printf("], \"entries\": [");
    for (uint32_t i = 0; i < bundle->entry_count; i++) {
        printf("%s[%u, ", i ? ", " : "", bundle->entries[i].file);
        print_number(bundle->entries[i].base);
        printf("]");
    }
    printf("], \"twins\": [");
    for (uint32_t i = 0; i < bundle->twin_count; i++)
        printf("%s[%u, %u]", i ? ", " : "", bundle->twins[i].file, bundle->twins[i].original);
    printf("]");
}

static void clear_report(struct wh_report *report)
{
    wh_report_clear(report);
}

/* Files of the supplement's kind are taken for changed, so that it is needed. */
static uint32_t flag_of(enum wh_bundle_kind kind)
{
    return kind == WH_BUNDLE_CONFIG ? WH_FILE_CONFIG : kind == WH_BUNDLE_DOC ? WH_FILE_DOC : 0;
}

static wh_status bundle_facts(
    const char *vector, const struct wh_bytes *bundles, uint32_t count, struct wh_error *err)
{
    wh_cleanup(clear_installed) struct installed installed = {0};
    wh_cleanup(wh_assembly_cleanup) struct wh_assembly *assembly = NULL;
    wh_cleanup(clear_report) struct wh_report report = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer file = {.ceiling = CEILING};

    WH_TRY(load_installed(vector, &installed, err));
    struct wh_assembly_input input = {
        .old_header = installed.prefix.header.bytes, .bundles = bundles, .bundle_count = count};
    struct wh_source source = {read_installed, &installed};
    struct wh_sink sink = {write_sink, read_sink, &file};
    WH_TRY(wh_assembly_new(&input, &assembly, err));
    const struct wh_bundle *last = wh_assembly_bundle(assembly, count - 1);
    WH_TRY(wh_report_init(&report, installed.header, err));
    for (uint32_t i = 0; i < report.file_count; i++)
        report.differs[i] = (installed.header->files[i].flags & flag_of(last->kind)) != 0;
    WH_TRY(wh_assembly_plan_for(assembly, &report, err));
    WH_TRY(wh_assembly_run(assembly, &source, &sink, NULL, NULL, err));
    print_bundle(last);
    print_digest("assembled", wh_buffer_bytes(&file));
    printf("}\n");
    return WH_OK;
}

static wh_status index_facts(struct wh_bytes bytes, struct wh_error *err)
{
    struct wh_index index = {0};
    char hex[2 * WH_SHA256_LENGTH + 1];

    WH_TRY(wh_index_read(bytes, &index, err));
    printf("{\"verdict\": \"ok\", \"packages\": [");
    for (uint32_t i = 0; i < index.package_count; i++) {
        const struct wh_index_package *package = &index.packages[i];
        printf("%s[\"%s\"", i ? ", " : "", package->pkgid);
        for (uint32_t b = 0; b < package->bundle_count; b++) {
            const struct wh_index_bundle *bundle = &package->bundles[b];
            wh_hex(bundle->from, sizeof bundle->from, hex);
            printf(", [%u, \"%s\", %llu, ", (unsigned)bundle->kind, hex,
                (unsigned long long)bundle->size);
            wh_hex(bundle->sha256, sizeof bundle->sha256, hex);
            printf("\"%s\", %u]", hex, bundle->cpu_ms);
        }
        printf("]");
    }
    printf("]}\n");
    wh_index_clear(&index);
    return WH_OK;
}

static void print_hex(const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char digits[3];
        wh_hex((const uint8_t *)bytes + i, 1, digits);
        printf("%s", digits);
    }
}

static wh_status upgrade_facts(struct wh_bytes bytes, struct wh_error *err)
{
    struct wh_upgrade upgrade = {0};

    WH_TRY(wh_upgrade_read(bytes, &upgrade, err));
    printf("{\"verdict\": \"ok\", \"reencode\": %s, \"packages\": [",
        upgrade.without_liblzma ? "false" : "true");
    for (uint32_t i = 0; i < upgrade.package_count; i++) {
        const struct wh_upgrade_package *package = &upgrade.packages[i];
        printf("%s[\"%s\", \"", i ? ", " : "", package->pkgid);
        print_hex(package->header_id, sizeof package->header_id);
        printf("\", %s, [", package->is_listed ? "true" : "false");
        for (uint32_t d = 0; d < package->differs_count; d++)
            printf("%s%u", d ? ", " : "", package->differs[d]);
        printf("], [");
        for (uint32_t f = 0; f < package->file_count; f++) {
            const struct wh_listed_file *file = &package->files[f];
            printf("%s[\"", f ? ", " : "");
            print_hex(file->path, strlen(file->path));
            printf("\", %llu, \"", (unsigned long long)file->size);
            print_hex(file->sha256, sizeof file->sha256);
            printf("\"]");
        }
        printf("]]");
    }
    printf("]}\n");
    wh_upgrade_clear(&upgrade);
    return WH_OK;
}

static void print_operations(const struct wh_operations *operations)
{
    printf(", %u, [", (unsigned)operations->suggestion);
    for (uint32_t i = 0; i < operations->advisory_count; i++)
        printf("%s\"%s\"", i ? ", " : "", operations->advisories[i]);
    printf("], [");
    for (uint32_t i = 0; i < operations->count; i++) {
        const struct wh_operation *operation = &operations->operations[i];
        printf("%s[%u, \"", i ? ", " : "", (unsigned)operation->kind);
        print_hex(operation->path, strlen(operation->path));
        printf("\"]");
    }
    printf("]");
}

static void print_answer(const struct wh_package_instructions *package)
{
    const struct wh_index_bundle *bundle = &package->bundle;

    if (package->kind == WH_ANSWER_LIST)
        printf("\"list\"");
    if (package->kind == WH_ANSWER_WHOLE) {
        printf("\"");
        print_hex(package->reason, strlen(package->reason));
        printf("\"");
    }
    if (package->kind != WH_ANSWER_BUNDLE)
        return;
    printf("[\"");
    print_hex(bundle->from, sizeof bundle->from);
    printf("\", %llu, \"", (unsigned long long)bundle->size);
    print_hex(bundle->sha256, sizeof bundle->sha256);
    printf("\", %u, %u, %u, %u, %llu]", bundle->cpu_ms, package->counts.kept,
        package->counts.patched, package->counts.fetched, (unsigned long long)package->saved);
}

static wh_status instructions_facts(struct wh_bytes bytes, struct wh_error *err)
{
    struct wh_instructions instructions = {0};

    WH_TRY(wh_instructions_read(bytes, &instructions, err));
    printf("{\"verdict\": \"ok\", \"packages\": [");
    for (uint32_t i = 0; i < instructions.package_count; i++) {
        const struct wh_package_instructions *package = &instructions.packages[i];
        printf("%s[\"%s\", ", i ? ", " : "", package->pkgid);
        print_answer(package);
        print_operations(&package->operations);
        printf("]");
    }
    printf("]}\n");
    wh_instructions_clear(&instructions);
    return WH_OK;
}

/* The prefix of the assembled package; package digests of 0x11 and 0x22. */
static wh_status prefix_facts(struct wh_bytes bytes, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer rewritten = {.ceiling = CEILING};
    struct wh_package_digests digests;
    struct wh_prefix prefix;

    memset(digests.sha256, 0x11, sizeof digests.sha256);
    memset(digests.sha512, 0x22, sizeof digests.sha512);
    WH_TRY(wh_prefix_parse(bytes, &prefix, err));
    WH_TRY(wh_prefix_rewrite(&prefix, &digests, &rewritten, err));
    printf("{\"verdict\": \"ok\", \"length\": %zu", rewritten.length);
    print_digest("rewritten", wh_buffer_bytes(&rewritten));
    printf("}\n");
    return WH_OK;
}

static const char *verdict_of(wh_status status)
{
    static const char *const names[] = {
        [WH_OK] = "ok",
        [WH_MALFORMED] = "malformed",
        [WH_UNSUPPORTED] = "unsupported",
        [WH_OVER_LIMIT] = "over limit",
        [WH_MISMATCH] = "mismatch",
        [WH_REENCODING] = "reencoding",
        [WH_MISSING] = "missing",
        [WH_SYSTEM] = "system",
        [WH_NO_MEMORY] = "no memory",
    };

    return names[status];
}

static wh_status facts(const char *name, struct wh_error *err)
{
    wh_cleanup(wh_buffer_clear) struct wh_buffer vector = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer step = {0};

    load(name, &vector);
    if (strstr(name, "upgrade"))
        return upgrade_facts(wh_buffer_bytes(&vector), err);
    if (strstr(name, "instructions"))
        return instructions_facts(wh_buffer_bytes(&vector), err);
    if (strstr(name, ".xml"))
        return index_facts(wh_buffer_bytes(&vector), err);
    if (strstr(name, ".prefix"))
        return prefix_facts(wh_buffer_bytes(&vector), err);
    bool supplement = strstr(name, "config") || strstr(name, "doc");
    if (supplement)
        load("step.wht", &step);
    struct wh_bytes bundles[] = {wh_buffer_bytes(&step), wh_buffer_bytes(&vector)};
    return supplement ? bundle_facts(name, bundles, 2, err)
                      : bundle_facts(name, bundles + 1, 1, err);
}

int main(int argc, char **argv)
{
    struct wh_error err = {0};

    if (argc != 3) {
        (void)fprintf(stderr, "usage: golden_facts FOLDER NAME\n");
        return 2;
    }
    folder = argv[1];
    wh_status status = facts(argv[2], &err);
    if (status != WH_OK)
        printf("{\"verdict\": \"%s\"}\n", verdict_of(status));
    if (status != WH_OK)
        (void)fprintf(stderr, "%s: %s\n", argv[2], err.message);
    return 0;
}
