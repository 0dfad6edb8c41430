/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prune.c - see prune.h. The weights are tenths of a byte after compression, found by trying them
 * on the programs of some twenty packages; they are flat around these values. */
#include "match/prune.h"

enum { EQUAL = 10, EQUAL_ZERO = 2, UNEQUAL = -15 };
/* What a copy costs that goes on where the one before would have been, and any other. */
enum { COST_IN_LINE = 40, COST_ELSEWHERE = 60 };
enum { SHORT = 64 }; /* longer copies always pay */

static bool pays(const struct wh_views *views, const struct wh_copy *copy, int64_t cost)
{
    const uint8_t *new_bytes = views->new_view.data + copy->new_offset;
    const uint8_t *old_bytes = views->old_view.data + copy->old_offset;
    int64_t gain = 0;

    if (copy->length > SHORT)
        return true;
    for (size_t i = 0; i < copy->length; i++) {
        if (new_bytes[i] != old_bytes[i])
            gain += UNEQUAL;
        else
            gain += new_bytes[i] ? EQUAL : EQUAL_ZERO;
    }
    return gain >= cost;
}

void wh_prune_copies(const struct wh_views *views, struct wh_copy_list *list)
{
    size_t kept = 0;
    size_t alignment = 0;

    for (size_t i = 0; i < list->count; i++) {
        struct wh_copy copy = list->copies[i];
        size_t own = copy.old_offset - copy.new_offset;
        if (!pays(views, &copy, own == alignment ? COST_IN_LINE : COST_ELSEWHERE))
            continue;
        list->copies[kept++] = copy;
        alignment = own;
    }
    list->count = kept;
}
