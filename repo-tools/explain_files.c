/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_files.c - see explain_files.h. */
#include "explain_files.h"

#include <inttypes.h>
#include <stdlib.h>

#include "whittle/cleanup.h"

static const char *const names[] = {
    [WH_KEEP] = "keep",
    [WH_PATCH] = "patch",
    [WH_FETCH] = "fetch",
    [WH_TWIN] = "twin",
    [WH_EMPTY] = "empty",
};

static void add(struct json_object *object, const char *key, struct json_object *value)
{
    (void)json_object_object_add(object, key, value);
}

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

    add(object, key, nevra ? json_object_new_string(nevra) : NULL);
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

    add(row, "codec", codec ? json_object_new_string(codec->name) : NULL);
    add(row, "group", json_object_new_int64(instruction->source));
    add(row, "group_files", json_object_new_int64(group->entry_count));
    add(row, "group_bytes", json_object_new_int64((int64_t)group->stored.length));
    if (entry && entry->base != WH_NO_FILE)
        add(row, "base", path_of(wh_assembly_old_header(assembly), entry->base));
}

static struct json_object *describe(const struct wh_assembly *assembly, uint32_t file)
{
    const struct wh_header *header = wh_assembly_new_header(assembly);
    const struct wh_instruction *instruction = &wh_assembly_plan(assembly)->instructions[file];
    struct json_object *row = json_object_new_object();

    if (!row)
        return NULL;
    add(row, "path", path_of(header, file));
    add(row, "instruction", json_object_new_string(names[instruction->kind]));
    add(row, "size", json_object_new_int64((int64_t)header->files[file].size));
    if (instruction->kind == WH_PATCH || instruction->kind == WH_FETCH)
        add_made(row, assembly, instruction, file);
    else if (instruction->kind == WH_KEEP)
        add(row, "base", path_of(wh_assembly_old_header(assembly), instruction->source));
    else if (instruction->kind == WH_TWIN)
        add(row, "twin_of", path_of(header, instruction->source));
    return row;
}

static void add_totals(struct json_object *object, const struct wh_plan *plan)
{
    struct json_object *totals = json_object_new_object();

    for (enum wh_instruction_kind kind = WH_KEEP; kind <= WH_EMPTY; kind++) {
        struct json_object *total = json_object_new_object();
        add(total, "files", json_object_new_int64(plan->totals[kind].files));
        add(total, "bytes", json_object_new_int64((int64_t)plan->totals[kind].bytes));
        add(total, "stored", json_object_new_int64((int64_t)plan->totals[kind].stored));
        add(totals, names[kind], total);
    }
    add(object, "totals", totals);
}

wh_status wh_explain_files(
    struct wh_assembly *assembly, struct json_object *object, struct wh_error *err)
{
    wh_cleanup(wh_report_clear) struct wh_report report = {0};
    const struct wh_header *header = wh_assembly_new_header(assembly);
    struct json_object *rows = json_object_new_array();

    add(object, "files", rows); /* owns it from here on */
    WH_TRY(wh_report_init(&report, wh_assembly_old_header(assembly), err));
    WH_TRY(wh_assembly_plan_for(assembly, &report, err));
    add_nevra(object, "old", wh_assembly_old_header(assembly));
    add_nevra(object, "new", header);
    add_totals(object, wh_assembly_plan(assembly));
    for (uint32_t i = 0; i < header->file_count; i++)
        if (wh_assembly_plan(assembly)->instructions[i].kind != WH_EMPTY)
            (void)json_object_array_add(rows, describe(assembly, i));
    return WH_OK;
}

/* ---- text ---------------------------------------------------------------------------------- */

static const char *text_of(struct json_object *object, const char *key)
{
    const char *text = json_object_get_string(json_object_object_get(object, key));

    return text ? text : "";
}

static int64_t number_of(struct json_object *object, const char *key)
{
    return json_object_get_int64(json_object_object_get(object, key));
}

/* Paths come from headers: control bytes must not reach a terminal. */
static void print_path(FILE *out, const char *path)
{
    for (; *path; path++)
        (void)fputc((unsigned char)*path < 0x20 || *path == 0x7f ? '?' : *path, out);
}

static void print_row(FILE *out, struct json_object *row)
{
    (void)fprintf(
        out, "  %-5s %11" PRId64 "  ", text_of(row, "instruction"), number_of(row, "size"));
    print_path(out, text_of(row, "path"));
    if (json_object_object_get(row, "codec"))
        (void)fprintf(out, "  [%s, group %" PRId64 ": %" PRId64 " bytes for %" PRId64 "]",
            text_of(row, "codec"), number_of(row, "group"), number_of(row, "group_bytes"),
            number_of(row, "group_files"));
    const char *source = text_of(row, json_object_object_get(row, "base") ? "base" : "twin_of");
    if (*source) {
        (void)fputs("  <- ", out);
        print_path(out, source);
    }
    (void)fputc('\n', out);
}

static void print_totals(FILE *out, struct json_object *totals)
{
    for (enum wh_instruction_kind kind = WH_KEEP; kind <= WH_TWIN; kind++) {
        struct json_object *total = json_object_object_get(totals, names[kind]);
        (void)fprintf(out,
            "  %-5s %7" PRId64 " files, %12" PRId64 " bytes from %" PRId64 " stored\n", names[kind],
            number_of(total, "files"), number_of(total, "bytes"), number_of(total, "stored"));
    }
}

void wh_explain_print_files(FILE *out, struct json_object *object)
{
    struct json_object *rows = json_object_object_get(object, "files");

    if (!rows)
        return;
    (void)fprintf(out, "%s -> %s\n", text_of(object, "old"), text_of(object, "new"));
    print_totals(out, json_object_object_get(object, "totals"));
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        print_row(out, row);
    }
}
