/* SPDX-License-Identifier: GPL-2.0-or-later */
/* go_table.c - .gopclntab: header, table of functions, a record for each function whose words are
 * offsets in the other tables. Fields ascend, as the walk wants it. */
#include "patch/go.h"

/* Fixed words of a function's record (runtime/runtime2.go, type _func). */
enum {
    RECORD_ENTRY = 0,
    RECORD_NAME = 4,
    RECORD_COUNTERS = 16, /* pcsp, pcfile, pcln */
    RECORD_COUNTER_COUNT = 28,
    RECORD_UNIT = 32,
    RECORD_LENGTH = 40, /* 44 with the start line */
};

static bool is_there(const struct wh_stretch *stretch, size_t at)
{
    return at >= stretch->from && at + 4 <= stretch->to;
}

/* An offset from the start of the code. */
static void put_entry(struct wh_walk *walk, const struct wh_stretch *stretch, size_t from)
{
    uint64_t target = walk->go->text + wh_load32(walk->old_bytes + from);

    if (!is_there(stretch, from) || target > walk->go->text_end)
        return;
    uint64_t base = wh_guess(walk, walk->go->text);
    uint32_t guess = (uint32_t)(wh_guess(walk, target) - base);
    uint32_t now = wh_put32(walk, from + stretch->shift, guess);
    if (now != guess)
        wh_learn(walk, target, base + now);
}

/* An offset in a table that starts there; `unit` bytes are one. */
static void put_offset(struct wh_walk *walk, const struct wh_stretch *stretch, size_t from,
    uint64_t table, uint64_t unit)
{
    uint64_t distance = unit * wh_load32(walk->old_bytes + from);

    if (!is_there(stretch, from) || distance == 0 || distance >= walk->go->end - table)
        return;
    (void)wh_put32(
        walk, from + stretch->shift, (uint32_t)(wh_moved_within(walk, table, distance) / unit));
}

/* Offset of read-only data from go:func.*, or all ones. */
static void put_data(struct wh_walk *walk, const struct wh_stretch *stretch, size_t from)
{
    uint32_t value = wh_load32(walk->old_bytes + from);
    uint64_t target = walk->go->functions + value;

    if (!is_there(stretch, from) || value == UINT32_MAX || !wh_in_image(walk, target))
        return;
    uint64_t base = wh_guess(walk, walk->go->functions);
    uint32_t guess = (uint32_t)(wh_guess(walk, target) - base);
    uint32_t now = wh_put32(walk, from + stretch->shift, guess);
    if (now != guess && now != UINT32_MAX)
        wh_learn(walk, target, base + now);
}

static void put_record(struct wh_walk *walk, const struct wh_stretch *stretch, size_t at)
{
    const struct wh_go *go = walk->go;
    size_t length = RECORD_LENGTH + (go->has_start_line ? 4 : 0);

    if (at + length > stretch->to)
        return;
    uint32_t counters = wh_load32(walk->old_bytes + at + RECORD_COUNTER_COUNT);
    uint32_t data = walk->old_bytes[at + length - 1];
    if (counters > (stretch->to - at - length) / 4)
        return;
    put_entry(walk, stretch, at + RECORD_ENTRY);
    put_offset(walk, stretch, at + RECORD_NAME, go->names, 1);
    for (size_t i = 0; i < 3; i++)
        put_offset(walk, stretch, at + RECORD_COUNTERS + 4 * i, go->counters, 1);
    put_offset(walk, stretch, at + RECORD_UNIT, go->units, 4);
    at += length;
    for (uint32_t i = 0; i < counters; i++, at += 4)
        put_offset(walk, stretch, at, go->counters, 1);
    for (uint32_t i = 0; i < data && at + 4 <= stretch->to; i++, at += 4)
        put_data(walk, stretch, at);
}

static uint64_t row(const struct wh_walk *walk, uint64_t number)
{
    return walk->go->table + 8 * number;
}

/* Where the record of a function is. */
static uint64_t record_of(const struct wh_walk *walk, uint64_t number)
{
    return walk->go->table + wh_load32(walk->old_bytes + row(walk, number) + 4);
}

/* The first function whose record does not begin before an offset; records ascend with numbers. */
static uint64_t first_function(const struct wh_walk *walk, size_t offset)
{
    uint64_t low = 0;
    uint64_t high = walk->go->function_count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (record_of(walk, middle) < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put_rows(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    const struct wh_go *go = walk->go;
    size_t table = (size_t)(go->table - stretch->region->offset);
    size_t end = (size_t)row(walk, go->function_count);

    for (size_t from = wh_first_record(stretch, table, 8); from + 8 <= stretch->to && from < end;
         from += 8) {
        put_entry(walk, stretch, from);
        put_offset(walk, stretch, from + 4, go->table, 1);
    }
}

/* Records that a hostile table lays over each other are passed over. */
static void put_records(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    uint64_t least = row(walk, walk->go->function_count);

    if (least < stretch->from)
        least = stretch->from;
    for (uint64_t i = first_function(walk, (size_t)least); i < walk->go->function_count; i++) {
        uint64_t at = record_of(walk, i);
        uint64_t next = i + 1 < walk->go->function_count ? record_of(walk, i + 1) : walk->go->end;
        struct wh_stretch part = *stretch;
        if (at >= stretch->to)
            break;
        if (at < least || next <= at)
            continue;
        if (next < part.to)
            part.to = (size_t)next;
        put_record(walk, &part, (size_t)at);
        least = next;
    }
}

static void put_header(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    enum { TEXT = 24, TABLES = 32, TABLE_COUNT = 5 };
    size_t start = stretch->region->offset;

    if (stretch->from > start || stretch->to < start + TABLES + 8 * TABLE_COUNT)
        return;
    uint64_t text = wh_load64(walk->old_bytes + start + TEXT);
    if (text && wh_in_image(walk, text))
        (void)wh_put_address(walk, start + TEXT + stretch->shift, 8, text);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        size_t from = start + TABLES + 8 * i;
        uint64_t distance = wh_load64(walk->old_bytes + from);
        if (distance < stretch->region->length)
            (void)wh_put64(walk, from + stretch->shift, wh_moved_within(walk, start, distance));
    }
}

void wh_walk_go_table(struct wh_walk *walk, const struct wh_stretch *stretch)
{
    if (!walk->go || walk->go->start != stretch->region->offset)
        return;
    put_header(walk, stretch);
    put_rows(walk, stretch);
    put_records(walk, stretch);
}
