/* SPDX-License-Identifier: GPL-2.0-or-later */
/* functions.c - where functions start and end, after the unwind tables of two files, and which is
 * which. */
#include <stdlib.h>

#include "patch/debug.h"
#include "whittle/cleanup.h"

static int order_functions(const void *left, const void *right)
{
    const struct wh_function *a = left;
    const struct wh_function *b = right;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->length > b->length) - (a->length < b->length);
}

static void keep_first(struct wh_functions *functions)
{
    size_t kept = 0;

    qsort(functions->list, functions->count, sizeof *functions->list, order_functions);
    for (size_t i = 0; i < functions->count; i++)
        if (kept == 0 || functions->list[kept - 1].start != functions->list[i].start)
            functions->list[kept++] = functions->list[i];
    functions->count = kept;
}

wh_status wh_functions_find(
    const struct wh_elf *elf, struct wh_functions *out_functions, struct wh_error *err)
{
    uint32_t number = wh_elf_section(elf, ".eh_frame");
    struct wh_bytes section = wh_elf_content(elf, number);
    struct wh_functions functions = {0};
    wh_autofree uint32_t *fields = NULL;
    size_t count;

    WH_TRY(wh_find_frames(elf, &fields, &count, err));
    functions.list = wh_array(count, sizeof *functions.list, SIZE_MAX, err);
    if (!functions.list)
        return wh_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        size_t at = fields[i] >> 2;
        if ((fields[i] & 3) != WH_FRAME_START)
            continue;
        int32_t distance = (int32_t)wh_load32(section.data + at);
        functions.list[functions.count++] = (struct wh_function){
            elf->sections[number].address + at + (uint64_t)(int64_t)distance,
            wh_load32(section.data + at + 4)};
    }
    keep_first(&functions);
    *out_functions = functions;
    return WH_OK;
}

size_t wh_functions_from(const struct wh_functions *functions, uint64_t address)
{
    size_t low = 0;
    size_t high = functions->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (functions->list[middle].start < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t wh_functions_at(const struct wh_functions *functions, uint64_t start)
{
    size_t found = wh_functions_from(functions, start);

    return found < functions->count && functions->list[found].start == start ? found : SIZE_MAX;
}

/* Functions that no copy leads to lie between two that one does, old and new alike: if they are as
 * many, they are the same. */
static void pair_between(size_t *pairs, size_t from, size_t to, size_t before, size_t after)
{
    if (after <= before || after - before - 1 != to - from)
        return;
    for (size_t i = from; i < to; i++)
        pairs[i] = before + 1 + (i - from);
}

wh_status wh_functions_pair(struct wh_debugdata *debug, struct wh_error *err)
{
    const struct wh_functions *old = &debug->old_functions;
    size_t from = 0; /* of those that have no pair yet */

    debug->pairs = wh_array(old->count, sizeof *debug->pairs, SIZE_MAX, err);
    if (!debug->pairs)
        return wh_no_memory(err);
    for (size_t i = 0; i < old->count; i++)
        debug->pairs[i] = wh_functions_at(
            &debug->new_functions, wh_guess(&debug->moves.walk, old->list[i].start));
    for (size_t i = 0; i < old->count; i++) {
        if (debug->pairs[i] == SIZE_MAX)
            continue;
        if (from > 0 && from < i)
            pair_between(debug->pairs, from, i, debug->pairs[from - 1], debug->pairs[i]);
        from = i + 1;
    }
    return WH_OK;
}
