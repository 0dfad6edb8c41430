/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exports.c - symbols of the dynamic linker by name. */
#include <stdlib.h>

#include "patch/debug.h"

static int compare_names(struct wh_bytes a, struct wh_bytes b)
{
    size_t length = a.length < b.length ? a.length : b.length;
    int order = length > 0 ? memcmp(a.data, b.data, length) : 0;

    if (order != 0)
        return order;
    return (a.length > b.length) - (a.length < b.length);
}

static int order_symbols(const void *left, const void *right)
{
    const struct wh_symbol *a = *(const struct wh_symbol *const *)left;
    const struct wh_symbol *b = *(const struct wh_symbol *const *)right;
    int order = compare_names(a->name, b->name);

    return order != 0 ? order : (a > b) - (a < b); /* of one table */
}

wh_status wh_exports_read(
    const struct wh_elf *elf, struct wh_exports *out_exports, struct wh_error *err)
{
    struct wh_symbols *symbols = &out_exports->symbols;

    WH_TRY(wh_symbols_read(elf, WH_SHT_DYNSYM, symbols, err));
    out_exports->order = wh_array(symbols->count, sizeof *out_exports->order, SIZE_MAX, err);
    if (!out_exports->order)
        return wh_no_memory(err);
    for (size_t i = 0; i < symbols->count; i++)
        if (symbols->list[i].section != 0 && symbols->list[i].name.length > 0)
            out_exports->order[out_exports->count++] = &symbols->list[i];
    qsort(out_exports->order, out_exports->count, sizeof *out_exports->order, order_symbols);
    return WH_OK;
}

void wh_exports_clear(struct wh_exports *exports)
{
    wh_symbols_clear(&exports->symbols);
    free(exports->order);
}

const struct wh_symbol *wh_exports_find(const struct wh_exports *exports, struct wh_bytes name)
{
    size_t low = 0;
    size_t high = exports->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_names(exports->order[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == exports->count || compare_names(exports->order[low]->name, name) != 0)
        return NULL;
    return exports->order[low];
}
