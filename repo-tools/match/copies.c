/* SPDX-License-Identifier: GPL-2.0-or-later */
/* copies.c - see copies.h. */
#include "match/copies.h"

#include <stdlib.h>

#define FIRST_CAPACITY 64u

static bool goes_on(const struct wh_copy *last, const struct wh_copy *copy)
{
    return last->new_offset + last->length == copy->new_offset &&
           last->old_offset + last->length == copy->old_offset;
}

wh_status wh_copy_list_add(struct wh_copy_list *list, struct wh_copy copy, struct wh_error *err)
{
    if (copy.length == 0)
        return WH_OK;
    if (list->count > 0 && goes_on(&list->copies[list->count - 1], &copy)) {
        list->copies[list->count - 1].length += copy.length;
        return WH_OK;
    }
    if (list->ceiling > 0 && list->count == list->ceiling)
        return WH_OK;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : FIRST_CAPACITY;
        struct wh_copy *copies = reallocarray(list->copies, capacity, sizeof *copies);
        if (!copies)
            return wh_no_memory(err);
        list->copies = copies;
        list->capacity = capacity;
    }
    list->copies[list->count++] = copy;
    return WH_OK;
}

void wh_copy_list_clear(struct wh_copy_list *list)
{
    free(list->copies);
    *list = (struct wh_copy_list){0};
}
