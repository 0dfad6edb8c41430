/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk_constants.c - jump tables and pointers in read-only data. */
#include "patch/go.h"

/* A displacement: the target moves with its code, the table with its neighbours. */
static void put_displacement(
    struct wh_walk *walk, const struct wh_stretch *stretch, const struct wh_table_entry *entry)
{
    uint64_t base = walk->tables.got
                        ? walk->new_got
                        : entry->base - stretch->old_shift + stretch->shift + stretch->new_shift;
    uint32_t guess = (uint32_t)(wh_guess(walk, entry->target) - base);
    uint32_t now = wh_put32(walk, entry->at + stretch->shift, guess);

    if (now != guess)
        wh_learn(walk, entry->target, base + (uint64_t)(int64_t)(int32_t)now);
}

void wh_walk_constants(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    struct wh_table_search search = {.at = wh_first_record(stretch, 0, 4)};
    struct wh_table_entry entry;

    if (walk->go) {
        wh_walk_go_data(walk, stretch);
        return;
    }
    while (wh_table_next(
        &walk->tables, walk->old_bytes, stretch->old_shift, stretch->to, &search, &entry)) {
        if (entry.width == 8)
            (void)wh_put_address(walk, entry.at + stretch->shift, 8, entry.target);
        else
            put_displacement(walk, stretch, &entry);
    }
}
