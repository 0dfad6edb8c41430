/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutate_recipe.c - see mutate_recipe.h. */
#include "mutate_recipe.h"

#include <stdlib.h>
#include <string.h>

#include "bundle/table.h"
#include "fuzz.h"
#include "mutate_header.h"
#include "whittle/cleanup.h"

enum { PARAMETERS_MAX = 512 };

static void clear_bundle(struct wh_bundle *bundle)
{
    wh_bundle_clear(bundle);
}

static void mutate_older(struct wh_recipe *recipe, unsigned seed)
{
    if (recipe->old_count == 0)
        return;
    struct wh_old_stream *stream = &recipe->old_streams[seed % recipe->old_count];
    if (seed & 1)
        stream->coder = 1 + seed / 2 % 3;
    else
        stream->before = (stream->before + seed / 2 % 32) - (stream->before < 16 ? 0 : 16);
}

/* By so many bytes more, or less, of what the stream holds. */
static int64_t mutate_growth(int64_t *growth, unsigned seed)
{
    int64_t by = (int64_t)(seed % 64) - 32;

    *growth += by;
    return by;
}

/* room: what stays where it is while the bundle is written. */
static void mutate_parameters(struct wh_new_stream *stream, uint8_t room[PARAMETERS_MAX])
{
    size_t length = stream->parameters.length;

    if (length > PARAMETERS_MAX)
        return;
    if (length > 0)
        memcpy(room, stream->parameters.data, length);
    stream->parameters = (struct wh_bytes){room, LLVMFuzzerMutate(room, length, PARAMETERS_MAX)};
}

static int64_t mutate_newer(struct wh_recipe *recipe, unsigned seed, uint8_t room[PARAMETERS_MAX])
{
    struct wh_new_stream *stream = &recipe->new_streams[seed % recipe->new_count];
    unsigned value = seed / 8;

    switch (seed % 4) {
    case 0:
        mutate_parameters(stream, room);
        return 0;
    case 1:
        stream->coder = 1 + value % 3;
        return 0;
    case 2:
        stream->before = value % 64;
        return 0;
    default:
        return mutate_growth(&stream->growth, value);
    }
}

/* What the plain form has more now. */
static int64_t mutate(struct wh_recipe *recipe, unsigned seed, uint8_t room[PARAMETERS_MAX])
{
    unsigned value = seed / 8;

    switch (seed % 8) {
    case 0:
        recipe->packing = (enum wh_packing)(1 + value % 3);
        return 0;
    case 1:
    case 2:
        mutate_older(recipe, value);
        return 0;
    case 3:
        return mutate_growth(&recipe->outer_growth, value);
    default:
        return mutate_newer(recipe, value, room);
    }
}

static struct wh_group *group_of(struct wh_bundle *bundle, const struct wh_recipe *recipe)
{
    for (uint32_t g = 0; g < bundle->group_count; g++)
        for (uint32_t i = 0; i < bundle->groups[g].entry_count; i++)
            if (bundle->entries[bundle->groups[g].first_entry + i].recipe == recipe)
                return &bundle->groups[g];
    return NULL;
}

bool mutate_recipe(struct wh_bytes bytes, unsigned seed, struct wh_buffer *out_table)
{
    wh_cleanup(clear_bundle) struct wh_bundle bundle = {0};
    wh_cleanup(wh_buffer_clear) struct wh_buffer table = {.ceiling = 1 << 16};
    const struct fuzz_versions versions = fuzz_versions_for(bytes.data, bytes.length);
    uint8_t room[PARAMETERS_MAX];

    if (wh_bundle_parse(bytes, &bundle, NULL) != WH_OK || bundle.recipe_count == 0)
        return false;
    const struct wh_file_map *old_map = bundle.kind == WH_BUNDLE_STEP ? versions.old_map : NULL;
    if (wh_bundle_resolve(&bundle, versions.old->header, old_map, versions.fresh->header, NULL) !=
        WH_OK)
        return false;
    struct wh_recipe *recipe = &bundle.recipes[seed % bundle.recipe_count];
    struct wh_group *group = group_of(&bundle, recipe);
    int64_t more = mutate(recipe, seed / 16, room);
    if (group)
        group->plain_contents += (uint64_t)more;
    const struct wh_bundle_draft draft = {
        .old_map = old_map,
        .new_header = versions.fresh->header,
        .entries = bundle.entries,
        .entry_count = bundle.entry_count,
        .twins = bundle.twins,
        .twin_count = bundle.twin_count,
        .groups = bundle.groups,
        .group_count = bundle.group_count,
    };
    if (wh_table_write(&draft, &table, NULL) != WH_OK)
        return false;
    out_table->length = 0;
    wh_buffer_append(out_table, table.data, table.length);
    return !out_table->failed;
}
