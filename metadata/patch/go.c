/* SPDX-License-Identifier: GPL-2.0-or-later */
/* go.c - see patch/go.h. */
#include "patch/go.h"

#include <stdlib.h>

wh_status wh_go_find(const struct wh_elf *old, struct wh_go **out_go, struct wh_error *err)
{
    (void)old;
    (void)err;
    *out_go = NULL;
    return WH_OK;
}

void wh_go_free(struct wh_go *go)
{
    free(go);
}

void wh_walk_go_table(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    (void)walk;
    (void)stretch;
}
