/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_list.c - the names of the new inner file's symbols: old ones that copies bring, old ones
 * with another end (compilers number what they split and rename), and new ones. */
#include <stdlib.h>

#include "patch/debug.h"
#include "whittle/cleanup.h"

enum { SHARED_MAX = 4 }; /* how often names may use each byte there is, all together */

static wh_status bad_list(const char *what, struct wh_error *err)
{
    return wh_fail(err, WH_MALFORMED, "MiniDebugInfo: %s", what);
}

void wh_debug_list_clear(struct wh_debug_list *list)
{
    free(list->names);
    free(list->old);
    free(list->renamed);
    wh_buffer_clear(&list->text);
    *list = (struct wh_debug_list){0};
}

/* All symbols are new, until copies say which are old. */
static wh_status list_new(size_t count, struct wh_debug_list *list, struct wh_error *err)
{
    list->names = wh_array(count, sizeof *list->names, SIZE_MAX, err);
    list->old = wh_array(count, sizeof *list->old, SIZE_MAX, err);
    list->renamed = wh_array(count, sizeof *list->renamed, SIZE_MAX, err);
    if (!list->names || !list->old || !list->renamed)
        return wh_no_memory(err);
    list->count = count;
    for (size_t i = 0; i < count; i++)
        list->old[i] = WH_DEBUG_NEW;
    return WH_OK;
}

static void list_copies(struct wh_debug_list *list, const struct wh_symbols *old,
    const struct wh_copy *copies, size_t copy_count)
{
    for (size_t i = 0; i < copy_count; i++) {
        for (size_t k = 0; k < copies[i].length; k++) {
            list->old[copies[i].new_offset + k] = copies[i].old_offset + k;
            list->names[copies[i].new_offset + k] = old->list[copies[i].old_offset + k].name;
        }
    }
}

/* ---- old symbols that no copy brings ------------------------------------------------------- */

/* Their numbers among themselves are what the streams speak of. */
struct left {
    size_t *symbols; /* numbers of old symbols, ascending */
    size_t count;
    size_t expected; /* one behind the last that was used */
};

static void clear_left(struct left *left)
{
    free(left->symbols);
}

static wh_status find_left(
    const struct wh_debug_list *list, size_t old_count, struct left *left, struct wh_error *err)
{
    wh_autofree bool *used = wh_array(old_count, sizeof *used, SIZE_MAX, err);

    left->symbols = wh_array(old_count, sizeof *left->symbols, SIZE_MAX, err);
    if (!used || !left->symbols)
        return wh_no_memory(err);
    for (size_t i = 0; i < list->count; i++)
        if (list->old[i] != WH_DEBUG_NEW)
            used[list->old[i]] = true;
    for (size_t i = 0; i < old_count; i++)
        if (!used[i])
            left->symbols[left->count++] = i;
    return WH_OK;
}

static size_t stem_length(struct wh_bytes name)
{
    const uint8_t *dot = name.length > 0 ? memchr(name.data, '.', name.length) : NULL;

    return dot ? (size_t)(dot - name.data) : name.length;
}

/* ---- reading ------------------------------------------------------------------------------- */

static struct wh_bytes read_name(struct wh_reader *extra)
{
    struct wh_bytes name = {extra->at, 0};

    while (wh_read_u8(extra) != 0)
        name.length++;
    return name;
}

/* Names that are put together are slices of text, which may still move: their offset, for now. */
static wh_status read_renamed(const struct wh_symbols *old, struct left *left, uint64_t code,
    struct wh_reader *extra, struct wh_debug_list *list, size_t number, struct wh_error *err)
{
    uint64_t zigzag = code - 1;
    size_t index = left->expected + (size_t)((zigzag >> 1) ^ (0 - (zigzag & 1)));

    if (index >= left->count)
        return bad_list("a symbol is none of those that are left", err);
    left->expected = index + 1;
    struct wh_bytes name = old->list[left->symbols[index]].name;
    struct wh_bytes end = read_name(extra);
    list->old[number] = left->symbols[index];
    list->renamed[number] = true;
    list->names[number].length = stem_length(name) + end.length;
    wh_buffer_append(&list->text, name.data, stem_length(name));
    wh_buffer_append(&list->text, end.data, end.length);
    return WH_OK;
}

static void place_renamed(struct wh_debug_list *list)
{
    size_t at = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (!list->renamed[i] || list->names[i].length == 0)
            continue;
        list->names[i].data = list->text.data + at;
        at += list->names[i].length;
    }
}

static wh_status read_names(const struct wh_symbols *old, struct wh_reader *control,
    struct wh_reader *extra, struct wh_debug_list *list, struct wh_error *err)
{
    wh_cleanup(clear_left) struct left left = {0};

    WH_TRY(find_left(list, old->count, &left, err));
    for (size_t i = 0; i < list->count; i++) {
        if (list->old[i] != WH_DEBUG_NEW)
            continue;
        uint64_t code = wh_read_varint(control, 2 * (uint64_t)left.count + 1);
        if (code > 0)
            WH_TRY(read_renamed(old, &left, code, extra, list, i, err));
        else
            list->names[i] = read_name(extra);
    }
    if (control->failed || extra->failed)
        return bad_list("names of symbols are missing", err);
    WH_TRY(wh_buffer_check(&list->text, err));
    place_renamed(list);
    return WH_OK;
}

/* count: at most as many as the inner file has room for. */
wh_status wh_debug_list_read(const struct wh_debugdata *debug, struct wh_reader *control,
    struct wh_reader *extra, size_t inner_length, struct wh_debug_list *list, struct wh_error *err)
{
    wh_cleanup(wh_patch_copies_clear) struct wh_patch_copies copies = {0};
    size_t count = (size_t)wh_read_varint(
        control, inner_length / wh_symbol_length(debug->inner.wide));

    WH_TRY(list_new(count, list, err));
    list->text.ceiling = SHARED_MAX * (debug->inner.bytes.length + inner_length);
    WH_TRY(wh_patch_copies_read(control, debug->old.count, count, &copies, err));
    list_copies(list, &debug->old, copies.copies, copies.count);
    return read_names(&debug->old, control, extra, list, err);
}

/* Names that come again and again would take more time than there are bytes. */
bool wh_debug_list_is_bounded(const struct wh_debug_list *list, uint64_t bytes)
{
    uint64_t room = SHARED_MAX * bytes;

    for (size_t i = 0; i < list->count; i++) {
        if (list->names[i].length > room)
            return false;
        room -= list->names[i].length;
    }
    return true;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int order_sizes(const void *left, const void *right)
{
    const size_t *a = left;
    const size_t *b = right;

    return (*a > *b) - (*a < *b);
}

static void write_renamed(struct left *left, size_t symbol, struct wh_buffer *control)
{
    const size_t *found = bsearch(
        &symbol, left->symbols, left->count, sizeof *left->symbols, order_sizes);
    size_t index = found ? (size_t)(found - left->symbols) : 0;
    int64_t distance = (int64_t)index - (int64_t)left->expected;

    wh_buffer_varint(control, 1 + ((uint64_t)distance << 1 ^ (uint64_t)(distance >> 63)));
    left->expected = index + 1;
}

static void write_name(struct wh_buffer *extra, struct wh_bytes name, size_t from)
{
    if (name.length > from)
        wh_buffer_append(extra, name.data + from, name.length - from);
    wh_buffer_u8(extra, 0);
}

wh_status wh_debug_list_write(const struct wh_debugdata *debug,
    const struct wh_symbol_choice *choice, struct wh_buffer *control, struct wh_buffer *extra,
    struct wh_debug_list *list, struct wh_error *err)
{
    wh_cleanup(clear_left) struct left left = {0};
    const struct wh_symbols *fresh = &debug->fresh;

    WH_TRY(list_new(fresh->count, list, err));
    wh_buffer_varint(control, fresh->count);
    wh_patch_copies_write(control, choice->copies, choice->copy_count);
    list_copies(list, &debug->old, choice->copies, choice->copy_count);
    WH_TRY(find_left(list, debug->old.count, &left, err));
    for (size_t i = 0; i < fresh->count; i++) {
        size_t renamed = choice->renamed[i];
        if (list->old[i] != WH_DEBUG_NEW)
            continue;
        list->names[i] = fresh->list[i].name;
        if (renamed == WH_SYMBOL_NEW) {
            wh_buffer_varint(control, 0);
            write_name(extra, list->names[i], 0);
            continue;
        }
        list->old[i] = renamed;
        list->renamed[i] = true;
        write_renamed(&left, renamed, control);
        write_name(extra, list->names[i], stem_length(debug->old.list[renamed].name));
    }
    return WH_OK;
}
