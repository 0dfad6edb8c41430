/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strings.c - see whittle/symbol_table.h. */
#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/symbol_table.h"

struct string {
    struct wh_bytes name;
    size_t number;
};

/* By the bytes from the end on; a name that ends another one comes before it, and of equal ones the
 * first. */
static int order_backwards(const void *left, const void *right)
{
    const struct string *a = left;
    const struct string *b = right;
    size_t length = a->name.length < b->name.length ? a->name.length : b->name.length;

    for (size_t i = 1; i <= length; i++) {
        uint8_t x = a->name.data[a->name.length - i];
        uint8_t y = b->name.data[b->name.length - i];
        if (x != y)
            return x < y ? -1 : 1;
    }
    if (a->name.length != b->name.length)
        return a->name.length < b->name.length ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static bool is_end_of(const struct wh_bytes *end, const struct wh_bytes *name)
{
    return end->length <= name->length &&
           (end->length == 0 ||
               memcmp(end->data, name->data + (name->length - end->length), end->length) == 0);
}

static bool is_equal(const struct wh_bytes *a, const struct wh_bytes *b)
{
    return a->length == b->length && is_end_of(a, b);
}

/* Which name each lies in: itself, an equal one that comes first, or one that it is the end of. */
static void find_hosts(const struct string *sorted, size_t count, size_t *hosts)
{
    struct string host = sorted[count - 1];

    for (size_t i = count; i > 0;) {
        size_t end = i;
        while (i > 0 && is_equal(&sorted[i - 1].name, &sorted[end - 1].name))
            i--;
        if (end == count || !is_end_of(&sorted[i].name, &host.name))
            host = sorted[i];
        for (size_t k = i; k < end; k++)
            hosts[sorted[k].number] = host.number;
    }
}

static wh_status lay_out(const struct wh_bytes *names, size_t count, const size_t *hosts,
    struct wh_strings *strings, struct wh_error *err)
{
    wh_buffer_u8(&strings->table, 0);
    for (size_t i = 0; i < count; i++) {
        if (hosts[i] != i || names[i].length == 0)
            continue;
        strings->offsets[i] = (uint32_t)strings->table.length;
        wh_buffer_append(&strings->table, names[i].data, names[i].length);
        wh_buffer_u8(&strings->table, 0);
    }
    for (size_t i = 0; i < count; i++) {
        size_t host = hosts[i];
        if (names[i].length > 0 && host != i)
            strings->offsets[i] = strings->offsets[host] +
                                  (uint32_t)(names[host].length - names[i].length);
    }
    return wh_buffer_check(&strings->table, err);
}

wh_status wh_strings_build(const struct wh_bytes *names, size_t count, size_t ceiling,
    struct wh_strings *out_strings, struct wh_error *err)
{
    wh_cleanup(wh_strings_clear) struct wh_strings strings = {
        .table.ceiling = ceiling < UINT32_MAX ? ceiling : UINT32_MAX};
    wh_autofree struct string *sorted = wh_array(count, sizeof *sorted, SIZE_MAX, err);
    wh_autofree size_t *hosts = wh_array(count, sizeof *hosts, SIZE_MAX, err);

    strings.offsets = wh_array(count, sizeof *strings.offsets, SIZE_MAX, err);
    if (!sorted || !hosts || !strings.offsets)
        return wh_no_memory(err);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct string){names[i], i};
    qsort(sorted, count, sizeof *sorted, order_backwards);
    if (count > 0)
        find_hosts(sorted, count, hosts);
    WH_TRY(lay_out(names, count, hosts, &strings, err));
    *out_strings = strings;
    strings = (struct wh_strings){0};
    return WH_OK;
}

void wh_strings_clear(struct wh_strings *strings)
{
    wh_buffer_clear(&strings->table);
    free(strings->offsets);
    *strings = (struct wh_strings){0};
}
