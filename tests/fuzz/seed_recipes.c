/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed_recipes.c - recipes with older contents and plain forms. */
#include <stdio.h>

#include "seeds.h"
#include "whittle/cleanup.h"

enum { ROOM = 1 << 18 };

static void put_long(struct wh_buffer *out, struct wh_bytes bytes)
{
    wh_buffer_u8(out, (uint8_t)bytes.length);
    wh_buffer_u8(out, (uint8_t)(bytes.length >> 8));
    wh_buffer_append(out, bytes.data, bytes.length);
}

static void seed_change(
    const char *name, const struct made_packed *old, const struct made_packed *fresh)
{
    wh_cleanup(made_change_clear) struct made_change change;
    wh_cleanup(wh_buffer_clear) struct wh_buffer spelled = {.ceiling = ROOM};
    wh_cleanup(wh_buffer_clear) struct wh_buffer whole = {.ceiling = ROOM};

    made_change(old, fresh, &change);
    wh_recipe_write(&change.recipe, &spelled);
    put_long(&whole, wh_buffer_bytes(&spelled));
    put_long(&whole, old ? wh_buffer_bytes(&old->bytes) : (struct wh_bytes){0});
    wh_buffer_u8(&whole, (uint8_t)fresh->build_id.length);
    wh_buffer_append(&whole, fresh->build_id.data, fresh->build_id.length);
    wh_buffer_append(&whole, change.fresh.plain.data, change.fresh.plain.length);
    seed("recipe", name, wh_buffer_bytes(&whole));
}

void seed_recipes(void)
{
    const struct packed_pair *pair = fuzz_packed();
    char name[32];

    for (uint32_t i = 0; i < PACKED_ROWS; i++) {
        (void)snprintf(name, sizeof name, "change-%u", (unsigned)i);
        seed_change(name, i == PACKED_AT_FRESH ? NULL : &pair->bases[i], &pair->contents[i]);
        (void)snprintf(name, sizeof name, "alone-%u", (unsigned)i);
        seed_change(name, NULL, &pair->contents[i]);
    }
    for (int i = 0; i < MADE_ARCHIVES; i++) {
        wh_cleanup(made_packed_clear) struct made_packed archive;
        made_packed_archive(i, &archive);
        (void)snprintf(name, sizeof name, "archive-%s", made_archives[i].name);
        seed_change(name, &archive, &archive);
        made_packed_as_symbols(&archive);
        (void)snprintf(name, sizeof name, "symbols-%s", made_archives[i].name);
        seed_change(name, &archive, &archive);
    }
}
