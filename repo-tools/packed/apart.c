/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apart.c - see packed/apart.h. */
#include "packed/apart.h"

#include <stdlib.h>

#include "whittle/cleanup.h"

void wh_apart_free(struct wh_apart *apart)
{
    if (!apart)
        return;
    wh_recipe_clear(&apart->recipe);
    wh_buffer_clear(&apart->parameters);
    wh_apart_forget(apart);
    free(apart->base.lengths);
    free(apart->content.lengths);
    free(apart);
}

void wh_apart_forget(struct wh_apart *apart)
{
    wh_buffer_clear(&apart->base.plain);
    wh_buffer_clear(&apart->content.plain);
}

void wh_apart_drop_base(struct wh_apart *apart)
{
    struct wh_recipe *recipe = &apart->recipe;

    for (uint32_t i = 0; i < recipe->new_count; i++)
        recipe->new_streams[i].growth = (int64_t)apart->content.lengths[i];
    recipe->outer_growth = (int64_t)apart->content.lengths[recipe->new_count];
    recipe->old_count = 0;
}

bool wh_apart_is_debugdata(const struct wh_apart *apart)
{
    return apart->recipe.packing == WH_PACKING_DEBUGDATA && apart->recipe.old_count == 1;
}

wh_status wh_apart_new(const struct wh_whole *base, const struct wh_whole *content,
    const struct wh_apart_means *means, struct wh_apart **out_apart, struct wh_error *err)
{
    (void)base;
    (void)content;
    (void)means;
    (void)out_apart;
    return wh_fail(err, WH_UNSUPPORTED, "not yet");
}
