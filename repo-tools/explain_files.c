/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_files.c - see explain_files.h. */
#include "explain_files.h"

#include <inttypes.h>
#include <stdlib.h>

#include "explain_packed.h"
#include "group_report.h"
#include "whittle/cleanup.h"

static const char *const names[] = {
    [WH_KEEP] = "keep",
    [WH_PATCH] = "patch",
    [WH_FETCH] = "fetch",
    [WH_TWIN] = "twin",
    [WH_EMPTY] = "empty",
};

static struct json_object *path_of(const struct wh_header *header, uint32_t file)
{
    wh_autofree char *path = NULL;

    if (asprintf(&path, "%s%s", header->files[file].dirname, header->files[file].basename) < 0) {
        path = NULL;
        return NULL;
    }
    return json_object_new_string(path);
}

static void add_nevra(struct json_object *object, const char *key, const struct wh_header *header)
{
    wh_autofree char *nevra = wh_header_nevra(header);

    wh_json_add(object, key, nevra ? json_object_new_string(nevra) : NULL);
}

/* The entry of a file in the step, or NULL. */
static const struct wh_entry *entry_of(
    const struct wh_bundle *bundle, const struct wh_group *group, uint32_t file)
{
    for (uint32_t i = 0; i < group->entry_count; i++)
        if (bundle->entries[group->first_entry + i].file == file)
            return &bundle->entries[group->first_entry + i];
    return NULL;
}

static void add_made(struct json_object *row, const struct wh_assembly *assembly,
    const struct wh_instruction *instruction, uint32_t file)
{
    const struct wh_bundle *bundle = wh_assembly_bundle(assembly, 0);
    const struct wh_group *group = &bundle->groups[instruction->source];
    const struct wh_entry *entry = entry_of(bundle, group, file);
    const struct wh_codec *codec = wh_codec_find(group->codec);

    wh_json_add(row, "codec", codec ? json_object_new_string(codec->name) : NULL);
    wh_json_add_number(row, "group", instruction->source);
    wh_json_add(row, "group_files", json_object_new_int64(group->entry_count));
    wh_json_add(row, "group_bytes", json_object_new_int64((int64_t)group->stored.length));
    if (entry && entry->base != WH_NO_FILE)
        wh_json_add(row, "base", path_of(wh_assembly_old_header(assembly), entry->base));
}

static struct json_object *describe(const struct wh_assembly *assembly, uint32_t file)
{
    const struct wh_header *header = wh_assembly_new_header(assembly);
    const struct wh_instruction *instruction = &wh_assembly_plan(assembly)->instructions[file];
    struct json_object *row = json_object_new_object();

    if (!row)
        return NULL;
    wh_json_add(row, "path", path_of(header, file));
    wh_json_add(row, "instruction", json_object_new_string(names[instruction->kind]));
    wh_json_add(row, "size", json_object_new_int64((int64_t)header->files[file].size));
    if (instruction->kind == WH_PATCH || instruction->kind == WH_FETCH)
        add_made(row, assembly, instruction, file);
    else if (instruction->kind == WH_KEEP)
        wh_json_add(row, "base", path_of(wh_assembly_old_header(assembly), instruction->source));
    else if (instruction->kind == WH_TWIN)
        wh_json_add(row, "twin_of", path_of(header, instruction->source));
    return row;
}

static void add_totals(struct json_object *object, const struct wh_plan *plan)
{
    struct json_object *totals = json_object_new_object();

    for (enum wh_instruction_kind kind = WH_KEEP; kind <= WH_EMPTY; kind++) {
        struct json_object *total = json_object_new_object();
        wh_json_add(total, "files", json_object_new_int64(plan->totals[kind].files));
        wh_json_add(total, "bytes", json_object_new_int64((int64_t)plan->totals[kind].bytes));
        wh_json_add(total, "stored", json_object_new_int64((int64_t)plan->totals[kind].stored));
        wh_json_add(totals, names[kind], total);
    }
    wh_json_add(object, "totals", totals);
}

wh_status wh_explain_files(struct wh_assembly *assembly, struct json_object *object,
    struct json_object ***out_rows, struct wh_error *err)
{
    wh_cleanup(wh_report_clear) struct wh_report report = {0};
    const struct wh_header *header = wh_assembly_new_header(assembly);
    wh_autofree struct json_object **rows = wh_array(
        header->file_count, sizeof(struct json_object *), SIZE_MAX, err);
    struct json_object *list = json_object_new_array();

    wh_json_add(object, "files", list); /* owns it from here on */
    if (!rows)
        return wh_no_memory(err);
    WH_TRY(wh_report_init(&report, wh_assembly_old_header(assembly), err));
    WH_TRY(wh_assembly_plan_for(assembly, &report, err));
    add_nevra(object, "old", wh_assembly_old_header(assembly));
    add_nevra(object, "new", header);
    add_totals(object, wh_assembly_plan(assembly));
    for (uint32_t i = 0; i < header->file_count; i++) {
        if (wh_assembly_plan(assembly)->instructions[i].kind == WH_EMPTY)
            continue;
        rows[i] = describe(assembly, i);
        (void)json_object_array_add(list, rows[i]);
    }
    *out_rows = wh_take(rows);
    return WH_OK;
}

/* ---- text ---------------------------------------------------------------------------------- */

static void print_row(FILE *out, struct json_object *row)
{
    const char *method = wh_json_text(row, "method");

    (void)fprintf(out, "  %-5s %11" PRIu64 "  ", wh_json_text(row, "instruction"),
        wh_json_number(row, "size"));
    wh_print_name(out, wh_json_text(row, "path"));
    if (json_object_object_get(row, "codec"))
        (void)fprintf(out, "  [%s%s%s, group %" PRIu64 ": %" PRIu64 " bytes for %" PRIu64 "]",
            wh_json_text(row, "codec"), *method ? " " : "", method, wh_json_number(row, "group"),
            wh_json_number(row, "group_bytes"), wh_json_number(row, "group_files"));
    const char *source = wh_json_text(
        row, json_object_object_get(row, "base") ? "base" : "twin_of");
    if (*source) {
        (void)fputs("  <- ", out);
        wh_print_name(out, source);
    }
    (void)fputc('\n', out);
}

/* What is known of a patch, under its row. */
static void print_residue(FILE *out, struct json_object *row)
{
    struct json_object *residue = json_object_object_get(row, "residue");

    if (!residue)
        return;
    (void)fprintf(out, "%21sresidue:", "");
    for (int i = 0; i < WH_STREAMS; i++) {
        const char *name = wh_stream_name((enum wh_patch_stream)i);
        (void)fprintf(out, "%s %s %" PRIu64, i ? "," : "", name, wh_json_number(residue, name));
    }
    (void)fprintf(out, "; about %" PRIu64 " bytes stored", wh_json_number(row, "share"));
    if (json_object_object_get(row, "inner"))
        (void)fprintf(
            out, ", %" PRIu64 " of them MiniDebugInfo", wh_json_number(row, "inner_share"));
    (void)fputc('\n', out);
}

static void print_costs(FILE *out, struct json_object *row)
{
    struct json_object *costs = json_object_object_get(row, "costs");

    if (costs) {
        (void)fprintf(out, "%21sby itself: ", "");
        wh_costs_print(out, costs);
        (void)fputc('\n', out);
    } else if (json_object_object_get(row, "set")) {
        (void)fprintf(out, "%21sof set %" PRIu64 "\n", "", wh_json_number(row, "set"));
    }
}

static void print_totals(FILE *out, struct json_object *totals)
{
    for (enum wh_instruction_kind kind = WH_KEEP; kind <= WH_TWIN; kind++) {
        struct json_object *total = json_object_object_get(totals, names[kind]);
        (void)fprintf(out,
            "  %-5s %7" PRIu64 " files, %12" PRIu64 " bytes from %" PRIu64 " stored\n", names[kind],
            wh_json_number(total, "files"), wh_json_number(total, "bytes"),
            wh_json_number(total, "stored"));
    }
}

void wh_explain_print_files(FILE *out, struct json_object *object)
{
    struct json_object *rows = json_object_object_get(object, "files");

    if (!rows)
        return;
    (void)fprintf(out, "%s -> %s\n", wh_json_text(object, "old"), wh_json_text(object, "new"));
    print_totals(out, json_object_object_get(object, "totals"));
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        print_row(out, row);
        wh_explain_print_recipe(out, row);
        print_residue(out, row);
        print_costs(out, row);
    }
}
