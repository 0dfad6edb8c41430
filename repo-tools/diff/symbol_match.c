/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbol_match.c - see diff/symbol_match.h. */
#include "diff/symbol_match.h"

#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"

enum {
    CANDIDATES_MAX = 32,
    RUN_MAX = 64
}; /* names that come often, and how far they are followed */

static int compare_names(const struct wh_symbol *a, const struct wh_symbol *b)
{
    size_t length = a->name.length < b->name.length ? a->name.length : b->name.length;
    int order = length > 0 ? memcmp(a->name.data, b->name.data, length) : 0;

    if (order != 0)
        return order;
    return (a->name.length > b->name.length) - (a->name.length < b->name.length);
}

static int order_symbols(const void *left, const void *right)
{
    const struct wh_symbol *a = *(const struct wh_symbol *const *)left;
    const struct wh_symbol *b = *(const struct wh_symbol *const *)right;
    int order = compare_names(a, b);

    return order != 0 ? order : (a > b) - (a < b); /* of one table */
}

struct search {
    const struct wh_symbols *old;
    const struct wh_symbols *fresh;
    const struct wh_symbol **order; /* old ones by name */
    size_t expected;                /* the old symbol behind the last one */
};

/* How many symbols have the same names from there on, as far as it matters. */
static size_t run_length(const struct search *search, size_t old, size_t fresh)
{
    size_t length = 0;

    while (
        length < RUN_MAX && old + length < search->old->count &&
        fresh + length < search->fresh->count &&
        compare_names(&search->old->list[old + length], &search->fresh->list[fresh + length]) == 0)
        length++;
    return length;
}

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

/* The first in order that is not before a symbol in place and name. */
static size_t first_candidate(const struct search *search, size_t fresh)
{
    size_t low = 0;
    size_t high = search->old->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct wh_symbol *symbol = search->order[middle];
        int order = compare_names(symbol, &search->fresh->list[fresh]);
        if (order < 0 || (order == 0 && (size_t)(symbol - search->old->list) < search->expected))
            low = middle + 1;
        else
            high = middle;
    }
    return low > CANDIDATES_MAX / 2 ? low - CANDIDATES_MAX / 2 : 0;
}

/* The old symbol of that name with the longest run, of equal ones the nearest. */
static bool find_start(const struct search *search, size_t fresh, size_t *out_old)
{
    size_t first = first_candidate(search, fresh);
    size_t best = 0;

    for (size_t i = first; i < first + CANDIDATES_MAX && i < search->old->count; i++) {
        size_t old = (size_t)(search->order[i] - search->old->list);
        size_t length = run_length(search, old, fresh);
        if (length == 0 || length < best ||
            (length == best &&
                distance(old, search->expected) >= distance(*out_old, search->expected)))
            continue;
        best = length;
        *out_old = old;
    }
    return best > 0;
}

static wh_status match(struct search *search, struct wh_copy_list *out_copies, struct wh_error *err)
{
    for (size_t i = 0; i < search->fresh->count; i++) {
        size_t old = search->expected;
        bool goes_on = old < search->old->count &&
                       compare_names(&search->old->list[old], &search->fresh->list[i]) == 0;
        if (!goes_on && !find_start(search, i, &old))
            continue;
        WH_TRY(wh_copy_list_add(out_copies, (struct wh_copy){i, old, 1}, err));
        search->expected = old + 1;
    }
    return WH_OK;
}

wh_status wh_match_symbols(const struct wh_symbols *old, const struct wh_symbols *fresh,
    struct wh_copy_list *out_copies, struct wh_error *err)
{
    struct search search = {.old = old, .fresh = fresh};
    wh_autofree const struct wh_symbol **order = wh_array(old->count, sizeof *order, SIZE_MAX, err);

    if (!order)
        return wh_no_memory(err);
    for (size_t i = 0; i < old->count; i++)
        order[i] = &old->list[i];
    qsort(order, old->count, sizeof *order, order_symbols);
    search.order = order;
    return match(&search, out_copies, err);
}

/* ---- names with another end ---------------------------------------------------------------- */

static struct wh_bytes stem_of(const struct wh_symbol *symbol)
{
    const uint8_t *dot = symbol->name.length > 0
                             ? memchr(symbol->name.data, '.', symbol->name.length)
                             : NULL;

    return (struct wh_bytes){
        symbol->name.data, dot ? (size_t)(dot - symbol->name.data) : symbol->name.length};
}

static int compare_stems(const struct wh_symbol *left, const struct wh_symbol *right)
{
    const struct wh_symbol a = {.name = stem_of(left)};
    const struct wh_symbol b = {.name = stem_of(right)};

    return compare_names(&a, &b);
}

static int order_stems(const void *left, const void *right)
{
    const struct wh_symbol *a = *(const struct wh_symbol *const *)left;
    const struct wh_symbol *b = *(const struct wh_symbol *const *)right;
    int order = compare_stems(a, b);

    return order != 0 ? order : (a > b) - (a < b); /* of one table */
}

/* Old symbols that no copy brings, by their stems. */
struct left {
    const struct wh_symbol **order;
    bool *used;
    size_t count;
};

static void clear_left(struct left *left)
{
    free(left->order);
    free(left->used);
}

static wh_status find_left(const struct wh_symbols *old, const struct wh_copy_list *copies,
    struct left *left, struct wh_error *err)
{
    wh_autofree bool *copied = wh_array(old->count, sizeof *copied, SIZE_MAX, err);

    left->order = wh_array(old->count, sizeof *left->order, SIZE_MAX, err);
    left->used = wh_array(old->count, sizeof *left->used, SIZE_MAX, err);
    if (!copied || !left->order || !left->used)
        return wh_no_memory(err);
    for (size_t i = 0; i < copies->count; i++)
        memset(copied + copies->copies[i].old_offset, true, copies->copies[i].length);
    for (size_t i = 0; i < old->count; i++)
        if (!copied[i])
            left->order[left->count++] = &old->list[i];
    qsort(left->order, left->count, sizeof *left->order, order_stems);
    return WH_OK;
}

/* The first one of that stem that is not used yet. */
static size_t take_left(
    const struct wh_symbols *old, struct left *left, const struct wh_symbol *symbol)
{
    size_t low = 0;
    size_t high = left->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_stems(left->order[middle], symbol) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i < left->count && i < low + CANDIDATES_MAX; i++) {
        if (compare_stems(left->order[i], symbol) != 0)
            break;
        if (left->used[i])
            continue;
        left->used[i] = true;
        return (size_t)(left->order[i] - old->list);
    }
    return WH_SYMBOL_NEW;
}

wh_status wh_match_renamed(const struct wh_symbols *old, const struct wh_symbols *fresh,
    const struct wh_copy_list *copies, size_t *out_renamed, struct wh_error *err)
{
    wh_cleanup(clear_left) struct left left = {0};
    size_t next = 0; /* new symbol */

    WH_TRY(find_left(old, copies, &left, err));
    for (size_t i = 0; i < fresh->count; i++)
        out_renamed[i] = WH_SYMBOL_NEW;
    for (size_t i = 0; i <= copies->count; i++) {
        size_t end = i < copies->count ? copies->copies[i].new_offset : fresh->count;
        for (; next < end; next++)
            if (stem_of(&fresh->list[next]).length > 0)
                out_renamed[next] = take_left(old, &left, &fresh->list[next]);
        if (i < copies->count)
            next = end + copies->copies[i].length;
    }
    return WH_OK;
}
