/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_packed.c - see explain_packed.h. */
#include "explain_packed.h"

#include <inttypes.h>
#include <string.h>

const char *wh_packing_name(enum wh_packing packing)
{
    static const char *const names[] = {
        [WH_PACKING_NONE] = "none",
        [WH_PACKING_GZIP] = "gzip",
        [WH_PACKING_ZIP] = "zip",
        [WH_PACKING_XZ] = "xz",
        [WH_PACKING_DEBUGDATA] = "debugdata",
    };

    return names[packing];
}

static void add(struct json_object *object, const char *key, uint64_t more)
{
    wh_json_add_number(object, key, wh_json_number(object, key) + more);
}

/* ---- recipes ------------------------------------------------------------------------------- */

/* Counts streams by the coder that makes them. */
static void add_streams(struct json_object *object, const struct wh_recipe *recipe)
{
    struct json_object *coders = json_object_object_get(object, "coders");

    if (!coders)
        wh_json_add(object, "coders", coders = json_object_new_object());
    for (uint32_t i = 0; i < recipe->new_count; i++) {
        const struct wh_coder *coder = wh_coder_find(recipe->new_streams[i].coder);
        add(coders, coder ? coder->name : "unknown", 1);
        add(object, "parameters_bytes", recipe->new_streams[i].parameters.length);
    }
    add(object, "streams_made", recipe->new_count);
    add(object, "streams_taken", recipe->old_count);
    add(object, "cpu_ms", recipe->cpu_ms);
}

static struct json_object *summary_of(struct json_object *packed, enum wh_packing packing)
{
    struct json_object *row = json_object_object_get(packed, wh_packing_name(packing));

    if (!row)
        wh_json_add(packed, wh_packing_name(packing), row = json_object_new_object());
    return row;
}

/* A group counts once for each packing in it. */
static void count_group(
    const struct wh_bundle *bundle, const struct wh_group *group, struct json_object *packed)
{
    bool seen[WH_PACKING_DEBUGDATA + 1] = {false};

    for (uint32_t i = 0; i < group->entry_count; i++) {
        const struct wh_recipe *recipe = bundle->entries[group->first_entry + i].recipe;
        if (!recipe)
            continue;
        struct json_object *row = summary_of(packed, recipe->packing);
        add(row, "files", 1);
        add_streams(row, recipe);
        if (!seen[recipe->packing])
            add(row, "group_bytes", group->stored.length);
        seen[recipe->packing] = true;
    }
}

void wh_explain_packed(const struct wh_bundle *bundle, struct json_object *object)
{
    struct json_object *packed = json_object_new_object();

    for (uint32_t i = 0; i < bundle->group_count; i++)
        count_group(bundle, &bundle->groups[i], packed);
    wh_json_add(object, "packed", packed);
}

void wh_explain_recipes(
    const struct wh_bundle *bundle, struct json_object *object, struct json_object *const *rows)
{
    struct json_object *packed = json_object_object_get(object, "packed");

    for (uint32_t i = 0; i < bundle->entry_count; i++) {
        const struct wh_recipe *recipe = bundle->entries[i].recipe;
        struct json_object *row = rows[bundle->entries[i].file];
        if (!recipe || !row)
            continue;
        struct json_object *said = json_object_new_object();
        wh_json_add_text(said, "packing", wh_packing_name(recipe->packing));
        add_streams(said, recipe);
        wh_json_add(row, "recipe", said);
        struct json_object *summary = summary_of(packed, recipe->packing);
        add(summary, "bytes", wh_json_number(row, "size"));
        add(summary, "plain_bytes", wh_json_number(row, "plain_bytes"));
        add(summary, "share", wh_json_number(row, "share"));
        if (recipe->packing == WH_PACKING_DEBUGDATA)
            add(summary, "inner_share", wh_json_number(row, "inner_share"));
    }
}

/* ---- text ---------------------------------------------------------------------------------- */

static void print_coders(FILE *out, struct json_object *coders)
{
    const char *before = "";

    json_object_object_foreach(coders, name, count)
    {
        (void)fprintf(out, "%s%" PRId64 " by %s", before, json_object_get_int64(count), name);
        before = ", ";
    }
}

static const struct {
    const char *key;
    const char *title;
} columns[] = {
    {"files", "files"},
    {"streams_made", "made"},
    {"streams_taken", "taken"},
    {"parameters_bytes", "parameters"},
    {"cpu_ms", "CPU ms"},
    {"group_bytes", "groups"},
    {"bytes", "packed"},
    {"plain_bytes", "plain"},
    {"share", "stored"},
};

enum { COLUMNS = sizeof columns / sizeof *columns };

void wh_explain_print_packed(FILE *out, struct json_object *object)
{
    struct json_object *packed = json_object_object_get(object, "packed");

    if (!packed || json_object_object_length(packed) == 0)
        return;
    (void)fprintf(out, "  %-10s", "packing");
    for (int i = 0; i < COLUMNS; i++)
        (void)fprintf(out, " %11s", columns[i].title);
    (void)fputs("  streams\n", out);
    json_object_object_foreach(packed, name, row)
    {
        (void)fprintf(out, "  %-10s", name);
        for (int i = 0; i < COLUMNS; i++) {
            if (json_object_object_get(row, columns[i].key))
                (void)fprintf(out, " %11" PRIu64, wh_json_number(row, columns[i].key));
            else
                (void)fprintf(out, " %11s", "");
        }
        (void)fputs("  ", out);
        print_coders(out, json_object_object_get(row, "coders"));
        (void)fputc('\n', out);
    }
}

void wh_explain_print_recipe(FILE *out, struct json_object *row)
{
    struct json_object *recipe = json_object_object_get(row, "recipe");

    if (!recipe)
        return;
    (void)fprintf(out, "%21s%s: %" PRIu64 " streams made (", "", wh_json_text(recipe, "packing"),
        wh_json_number(recipe, "streams_made"));
    print_coders(out, json_object_object_get(recipe, "coders"));
    (void)fprintf(out,
        "), %" PRIu64 " taken from the base, %" PRIu64 " bytes plain, %" PRIu64
        " of parameters, %" PRIu64 " CPU ms\n",
        wh_json_number(recipe, "streams_taken"), wh_json_number(row, "plain_bytes"),
        wh_json_number(recipe, "parameters_bytes"), wh_json_number(recipe, "cpu_ms"));
}
