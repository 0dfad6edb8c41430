/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_costs.c - see explain_costs.h. */
#include "explain_costs.h"

#include <inttypes.h>

#include "bundle_build.h"
#include "explain_shares.h"
#include "group_report.h"
#include "whittle/cleanup.h"

/* Sets have numbers from 1 on; their members come in any order. */
static void count_in_set(struct json_object *sets, const struct wh_costs *costs)
{
    while (json_object_array_length(sets) < costs->set) {
        struct json_object *set = json_object_new_object();
        wh_json_add_number(set, "files", 0);
        (void)json_object_array_add(sets, set);
    }
    struct json_object *set = json_object_array_get_idx(sets, costs->set - 1);
    wh_json_add_number(set, "files", wh_json_number(set, "files") + 1);
    wh_json_add(set, "costs", wh_costs_report(costs));
}

static void add_costs(struct json_object *row, const struct wh_costs *costs)
{
    if (costs->set > 0)
        wh_json_add_number(row, "set", costs->set);
    else
        wh_json_add(row, "costs", wh_costs_report(costs));
}

/* Of a plain form only what was tried is known. */
static wh_status complete(const struct wh_entry *entry, const struct wh_package_file *origin,
    const struct wh_package_file *target, struct wh_costs *costs, struct wh_error *err)
{
    struct wh_bytes base = {0};

    if (entry->recipe)
        return WH_OK;
    if (entry->base != WH_NO_FILE)
        base = wh_package_content(origin, entry->base);
    return wh_costs_complete(base, wh_package_content(target, entry->file), costs, err);
}

static bool has_recipes(const struct wh_encoded_groups *groups)
{
    for (uint32_t i = 0; i < groups->entry_count; i++)
        if (groups->aparts[i])
            return true;
    return false;
}

static wh_status add_as_they_are(const struct wh_package_file *origin,
    const struct wh_package_file *target, const struct wh_means *means, struct json_object *object,
    struct wh_error *err)
{
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};
    struct wh_means less = *means;
    uint64_t bytes = 0;

    less.as_they_are = true;
    WH_TRY(wh_build_groups(origin, target, &less, &groups, err));
    for (uint32_t i = 0; i < groups.group_count; i++)
        bytes += groups.groups[i].stored.length;
    wh_json_add_number(object, "as_they_are_bytes", bytes);
    return WH_OK;
}

wh_status wh_explain_costs(const struct wh_package_file *origin,
    const struct wh_package_file *target, const struct wh_means *means, struct json_object *object,
    struct json_object *const *rows, struct wh_error *err)
{
    wh_cleanup(wh_encoded_groups_clear) struct wh_encoded_groups groups = {0};
    struct json_object *sets = json_object_new_array();

    wh_json_add(object, "sets", sets); /* owns it from here on */
    WH_TRY(wh_build_groups(origin, target, means, &groups, err));
    for (uint32_t i = 0; i < groups.entry_count; i++) {
        WH_TRY(complete(&groups.entries[i], origin, target, &groups.costs[i], err));
        if (rows[groups.entries[i].file])
            add_costs(rows[groups.entries[i].file], &groups.costs[i]);
        if (groups.costs[i].set > 0)
            count_in_set(sets, &groups.costs[i]);
    }
    WH_TRY(wh_explain_shares(&groups, origin, target, means, object, err));
    return has_recipes(&groups) ? add_as_they_are(origin, target, means, object, err) : WH_OK;
}

void wh_explain_print_sets(FILE *out, struct json_object *object)
{
    struct json_object *sets = json_object_object_get(object, "sets");

    for (size_t i = 0; sets && i < json_object_array_length(sets); i++) {
        struct json_object *set = json_object_array_get_idx(sets, i);
        (void)fprintf(
            out, "  set %zu of %" PRIu64 " small files: ", i + 1, wh_json_number(set, "files"));
        wh_costs_print(out, json_object_object_get(set, "costs"));
        (void)fputc('\n', out);
    }
}
