/* SPDX-License-Identifier: GPL-2.0-or-later */
/* changed.c - see packed/changed.h. */
#include "packed/changed.h"

#include <stdlib.h>
#include <string.h>

#include "whittle/cleanup.h"
#include "whittle/digest.h"
#include "whittle/limits.h"

/* Packed bytes, to be looked up. */
struct print {
    uint64_t length;
    uint8_t digest[WH_SHA256_LENGTH];
};

/* An old stream that is unpacked, to be looked up by its name. */
struct named {
    struct wh_bytes name;
    uint32_t place; /* in the list of unpacked ones */
    uint32_t taken; /* in the first of a name: how many of them have a pair */
};

void wh_changed_clear(struct wh_changed *changed)
{
    free(changed->made);
    free(changed->unpacked);
    *changed = (struct wh_changed){0};
}

static int compare_prints(const void *left, const void *right)
{
    const struct print *a = left;
    const struct print *b = right;

    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return memcmp(a->digest, b->digest, sizeof a->digest);
}

static int compare_names(struct wh_bytes a, struct wh_bytes b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;

    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_named(const void *left, const void *right)
{
    const struct named *a = left;
    const struct named *b = right;
    int order = compare_names(a->name, b->name);

    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static wh_status print_of(struct wh_bytes content, const struct wh_inner *stream,
    struct print *out_print, struct wh_error *err)
{
    struct wh_bytes packed = {content.data + stream->start, stream->packed_length};
    struct wh_digest digest;

    WH_TRY(wh_digest_of(WH_SHA256, packed, &digest, err));
    *out_print = (struct print){.length = packed.length};
    memcpy(out_print->digest, digest.bytes, sizeof out_print->digest);
    return WH_OK;
}

/* The caller frees them; in the order of the streams. */
static wh_status prints_of(struct wh_bytes content, const struct wh_listing *listing,
    struct print **out_prints, struct wh_error *err)
{
    wh_autofree struct print *prints = wh_array(listing->count, sizeof *prints, SIZE_MAX, err);

    if (!prints)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < listing->count; i++)
        WH_TRY(print_of(content, &listing->streams[i], &prints[i], err));
    *out_prints = wh_take(prints);
    return WH_OK;
}

/* Numbers of the streams that are not too long and whose packed bytes the others do not have;
 * numbers has room for all. Sorts the others. */
static uint32_t find_missing(const struct wh_listing *listing, const struct print *prints,
    struct print *others, uint32_t other_count, uint32_t *numbers)
{
    uint32_t count = 0;

    qsort(others, other_count, sizeof *others, compare_prints);
    for (uint32_t i = 0; i < listing->count; i++)
        if (listing->streams[i].plain_length <= WH_PACKED_STREAM_MAX &&
            !bsearch(&prints[i], others, other_count, sizeof *others, compare_prints))
            numbers[count++] = i;
    return count;
}

/* The first of that name, or NULL. */
static struct named *find_name(struct named *list, uint32_t count, struct wh_bytes name)
{
    uint32_t low = 0;
    uint32_t high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_names(list[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && compare_names(list[low].name, name) == 0 ? &list[low] : NULL;
}

/* Of several with one name the first goes with the first. */
static uint32_t take_pair(struct named *list, uint32_t count, struct wh_bytes name)
{
    struct named *first = find_name(list, count, name);

    if (!first)
        return WH_NO_PAIR;
    const struct named *next = first + first->taken;
    if (next == list + count || compare_names(next->name, name) != 0)
        return WH_NO_PAIR;
    first->taken++;
    return next->place;
}

static wh_status pair(const struct wh_listing *old, const struct wh_listing *listing,
    struct wh_changed *changed, struct wh_error *err)
{
    uint32_t count = changed->unpacked_count;
    wh_autofree struct named *names = wh_array(count, sizeof *names, SIZE_MAX, err);

    if (!names)
        return wh_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        names[i].name = old->streams[changed->unpacked[i]].name;
        names[i].place = i;
    }
    qsort(names, count, sizeof *names, compare_named);
    for (uint32_t i = 0; i < changed->made_count; i++) {
        struct wh_made_stream *made = &changed->made[i];
        made->pair = take_pair(names, count, listing->streams[made->number].name);
    }
    return WH_OK;
}

static wh_status find(struct wh_bytes old_content, const struct wh_listing *old,
    struct wh_bytes content, const struct wh_listing *listing, struct wh_changed *changed,
    struct wh_error *err)
{
    wh_autofree struct print *old_prints = NULL;
    wh_autofree struct print *prints = NULL;
    wh_autofree uint32_t *numbers = wh_array(listing->count, sizeof *numbers, SIZE_MAX, err);
    wh_autofree struct print *sorted = wh_array(old->count, sizeof *sorted, SIZE_MAX, err);

    changed->made = wh_array(listing->count, sizeof *changed->made, SIZE_MAX, err);
    changed->unpacked = wh_array(old->count, sizeof *changed->unpacked, SIZE_MAX, err);
    if (!numbers || !sorted || !changed->made || !changed->unpacked)
        return wh_no_memory(err);
    WH_TRY(prints_of(old_content, old, &old_prints, err));
    WH_TRY(prints_of(content, listing, &prints, err));
    memcpy(sorted, old_prints, old->count * sizeof *sorted);
    changed->made_count = find_missing(listing, prints, sorted, old->count, numbers);
    for (uint32_t i = 0; i < changed->made_count; i++)
        changed->made[i].number = numbers[i];
    if (changed->made_count > 0)
        changed->unpacked_count = find_missing(
            old, old_prints, prints, listing->count, changed->unpacked);
    return pair(old, listing, changed, err);
}

wh_status wh_changed_find(struct wh_bytes old_content, const struct wh_listing *old,
    struct wh_bytes content, const struct wh_listing *listing, struct wh_changed *out_changed,
    struct wh_error *err)
{
    wh_cleanup(wh_changed_clear) struct wh_changed changed = {0};

    WH_TRY(find(old_content, old, content, listing, &changed, err));
    *out_changed = changed;
    changed = (struct wh_changed){0};
    return WH_OK;
}
